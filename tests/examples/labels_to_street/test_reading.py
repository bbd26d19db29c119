"""Frames and label maps read in the encodings of public data sets, and fitted to one size."""

import numpy as np
import pytest
import torch
from PIL import Image

from examples.labels_to_street.classes import KNOWN_SETS, ClassSet
from examples.labels_to_street.frame_files import FrameFiles
from examples.labels_to_street.reading import (
    FrameReader,
    crop_to_shape,
    find_encoding,
    fit_ids,
    has_instances,
    instances_of,
)

COLORS = ClassSet(("sky", "car"), ((1, 2, 3), (200, 0, 9)), only_colors=True)
NAMES = ClassSet(("sky", "car"))


def save(path, array, mode=None):
    image = Image.fromarray(np.array(array, np.uint8))
    (image.convert(mode) if mode else image).save(path)
    return path


def red(*ids):
    return [[[index, 0, 0] for index in ids]]


@pytest.mark.parametrize(
    ("array", "mode", "classes", "encoding"),
    [
        ([[0, 1]], "L", NAMES, "ids"),
        ([[0, 1]], "P", NAMES, "ids"),
        ([[0, 1]], "L", COLORS, "ids"),
        (red(0, 1), "RGB", NAMES, "red"),
        (red(0, 1), "RGBA", NAMES, "red"),
        ([[[1, 2, 3], [200, 0, 9]]], "RGB", COLORS, "colors"),
        ([[[1, 2, 3], [200, 0, 9]]], "P", COLORS, "colors"),
        (red(0, 1, 14), "RGB", KNOWN_SETS["carla"], "red"),
        ([[[70, 130, 180], [128, 64, 128]]], "RGBA", KNOWN_SETS["carla"], "colors"),
    ],
)
def test_encodings(tmp_path, array, mode, classes, encoding):
    assert find_encoding(save(tmp_path / "a.png", array, mode), classes) == encoding


def reader(classes, encoding, **options):
    plain = {"ignore": None, "shape": (1, 2), "size": (1, 2)} | options
    return FrameReader(classes, "names.txt", encoding, **plain)


def files(path):
    return FrameFiles(path, path, None)


def test_ids_in_red_and_instances_in_green_and_blue(tmp_path):
    path = save(tmp_path / "a.png", [[[1, 2, 3], [0, 0, 0]]])
    labels, instances = reader(NAMES, "red").maps(files(path))
    assert (labels.tolist(), instances) == ([[[1, 0]]], None)
    instances = reader(NAMES, "red", instances=True).maps(files(path))[1]
    assert instances.tolist() == [[[1000 + 2 * 256 + 3, 0]]]
    assert has_instances([path])
    assert not has_instances([save(tmp_path / "b.png", red(7, 8))])


def test_the_same_number_in_two_classes_is_two_instances():
    picture = torch.tensor([[11, 13, 13], [0, 0, 4], [5, 5, 0]], dtype=torch.uint8)[:, None]
    assert instances_of(picture).tolist() == [[[11005, 13005, 1024]]]
    large = torch.full((3, 1, 1), 255, dtype=torch.uint8)
    assert instances_of(large).item() == 65535


def test_colors(tmp_path):
    path = save(tmp_path / "a.png", [[[200, 0, 9], [1, 2, 3]]])
    assert reader(COLORS, "colors").maps(files(path))[0].tolist() == [[[1, 0]]]
    path = save(tmp_path / "b.png", [[[200, 0, 9], [1, 2, 4]]])
    with pytest.raises(ValueError, match=r"b\.png must be in the colors of --classes names\.txt"):
        reader(COLORS, "colors").maps(files(path))


def test_colors_taken_for_ids_in_red(tmp_path):
    path = save(tmp_path / "a.png", [[[200, 0, 9], [1, 2, 3]]])
    with pytest.raises(ValueError, match=r"no class: 200; .* give --classes a file with a name"):
        reader(NAMES, "red").maps(files(path))
    assert reader(NAMES, "red", ignore=200).maps(files(path))[0].tolist() == [[[200, 1]]]


@pytest.mark.parametrize(
    ("size", "shape", "rows", "columns"),
    [
        ((10, 20), (10, 20), (0, 10), (0, 20)),
        ((10, 24), (10, 20), (0, 10), (2, 22)),
        ((14, 20), (10, 20), (2, 12), (0, 20)),
        ((20, 44), (10, 20), (0, 20), (2, 42)),
        ((7, 10), (10, 20), (1, 6), (0, 10)),
    ],
)
def test_the_crop_is_the_largest_in_the_center(size, shape, rows, columns):
    frame = torch.arange(size[0] * size[1]).view(1, *size)
    expected = frame[:, slice(*rows), slice(*columns)]
    assert torch.equal(crop_to_shape(frame, shape), expected)


def test_image_and_labels_are_cropped_alike(tmp_path):
    picture = np.zeros((20, 48, 3), np.uint8)
    picture[:, 14:34] = 255  # 10 pixels from the left of a crop of 40 columns
    path = save(tmp_path / "a.png", picture)
    labels = save(tmp_path / "b.png", picture[:, :, 0] // 255)
    bring = reader(NAMES, "ids", shape=(20, 40), size=(20, 40))
    found = FrameFiles(path, labels, None)
    assert torch.equal(bring.image(found)[:1] // 255, bring.maps(found)[0])
    assert bring.maps(found)[0][0, 0].tolist() == [0] * 10 + [1] * 20 + [0] * 10


def test_ids_are_resized_by_the_nearest_pixel():
    ids = torch.randint(0, 9, (1, 37, 62))
    expected = Image.fromarray(ids[0].numpy().astype(np.uint8)).resize((31, 18), 0)
    assert torch.equal(
        fit_ids(ids, (37, 62), (18, 31))[0], torch.from_numpy(np.array(expected)).long()
    )
