import numpy as np
import pytest
import torch
from PIL import Image

from examples.labels_to_street.editing import parse_replacements, read_painted_labels
from vidgan.conditions import color_labels, label_palette, replace_classes

NAMES = ["road", "sidewalk", "building", "traffic light", "vegetation"]
IDS = torch.tensor([[[0, 1, 4], [2, 3, 3]]])


def test_exchanges_by_name_and_id():
    found = parse_replacements(["vegetation=building", "1 = road", "Traffic_Light=4"], NAMES)
    assert found == {4: 2, 1: 0, 3: 4}
    assert replace_classes(IDS, found).tolist() == [[[0, 0, 2], [2, 4, 4]]]
    assert parse_replacements([], NAMES) == {}
    assert parse_replacements(["4=2", "vegetation=building"], NAMES) == {4: 2}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("vegetaton=building", "'vegetaton=building': .* did you mean 'vegetation'?"),
        ("vegetation=bulding", "no class 'bulding': did you mean 'building'?"),
        ("5=building", "no class 5: the ids are 0 to 4"),
        ("vegetation", "must read OLD=NEW, such as road=vegetation, got 'vegetation'"),
        ("vegetation=", "must read OLD=NEW"),
        ("=building", "must read OLD=NEW"),
        ("vegetation=building=road", "no class 'building=road'"),
    ],
)
def test_bad_exchanges(text, message):
    with pytest.raises(ValueError, match=message):
        parse_replacements([text], NAMES)


def test_one_class_for_two():
    with pytest.raises(ValueError, match="'vegetation' is exchanged for two classes; choose one"):
        parse_replacements(["vegetation=building", "4=road"], NAMES)


def save(path, array, mode=None, palette=None):
    image = Image.fromarray(np.asarray(array, dtype=np.uint8))
    if palette is not None:
        image.putpalette(palette)
    (image.convert(mode) if mode else image).save(path)
    return path


def in_color():
    return color_labels(IDS, label_palette(5)).permute(1, 2, 0).numpy()


def read(path, **options):
    return read_painted_labels(path, NAMES, (2, 3), **options)


def test_class_ids(tmp_path):
    assert torch.equal(read(save(tmp_path / "a.png", IDS[0])), IDS)


def test_colors(tmp_path):
    assert torch.equal(read(save(tmp_path / "a.png", in_color())), IDS)
    assert torch.equal(read(save(tmp_path / "b.png", in_color(), mode="RGBA")), IDS)


def test_palette_in_another_order(tmp_path):
    reordered = label_palette(5).flip(0).flatten().tolist()
    path = save(tmp_path / "a.png", 4 - IDS[0], palette=reordered)
    assert torch.equal(read(path), IDS)


def test_palette_of_other_colors_holds_ids(tmp_path):
    path = save(tmp_path / "a.png", IDS[0], palette=[9, 8, 7, 6, 5, 4, 3, 2, 1, 9, 9, 9, 8, 8, 8])
    assert torch.equal(read(path), IDS)


def test_ignored_id(tmp_path):
    path = save(tmp_path / "a.png", torch.where(IDS[0] == 2, 255, IDS[0]))
    assert read(path, ignore=255)[0, 1, 0] == 255
    with pytest.raises(ValueError, match=r"a.png has ids that are no class: 255; .* 0 to 4"):
        read(path)


@pytest.mark.parametrize("mode", ["RGB", "P"])
def test_black_is_no_class_where_there_are_such_pixels(tmp_path, mode):
    """As `color_labels` draws them, in the pictures that are painted over."""
    ids = torch.where(IDS == 2, 255, IDS)
    picture = color_labels(ids, label_palette(5)).permute(1, 2, 0).numpy()
    image = Image.fromarray(picture)
    (image if mode == "RGB" else image.quantize(8)).save(tmp_path / "a.png")
    assert torch.equal(read(tmp_path / "a.png", ignore=255), ids)


def test_wrong_colors(tmp_path):
    picture = in_color().copy()
    picture[1, 2] = [1, 2, 3]
    path = save(tmp_path / "a.png", picture)
    with pytest.raises(ValueError, match=r"a.png: .* got \(1, 2, 3\) \(RGB\) in 1 of 6 pixels"):
        read(path)


@pytest.mark.parametrize("size", [(3, 3), (2, 4)])
def test_wrong_size(tmp_path, size):
    path = save(tmp_path / "a.png", np.zeros(size))
    with pytest.raises(
        ValueError, match=rf"a.png must have the size .* = \(2, 3\) .*, got \({size[0]}"
    ):
        read(path)


def test_wrong_kind_of_file(tmp_path):
    (tmp_path / "a.png").write_text("no picture")
    with pytest.raises(ValueError, match="is not a PNG or JPEG file"):
        read(tmp_path / "a.png")
    with pytest.raises(ValueError, match="must be a PNG, got JPEG: its colors are not exact"):
        read(save(tmp_path / "a.jpg", in_color()))
    with pytest.raises(FileNotFoundError, match="no such file"):
        read(tmp_path / "none.png")
