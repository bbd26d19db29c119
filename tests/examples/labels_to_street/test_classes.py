"""Class sets: those of data sets, and files of names, ids and colors."""

import pytest

from examples.labels_to_street.classes import read_class_set
from vidgan.conditions import CITYSCAPES_FOREGROUND, CITYSCAPES_NAMES


def names(found, ids):
    return [found.names[index] for index in ids]


def test_cityscapes_and_its_training_ids():
    full, train = read_class_set("cityscapes"), read_class_set("cityscapes-train")
    assert (full.names, full.foreground) == (CITYSCAPES_NAMES, tuple(CITYSCAPES_FOREGROUND))
    assert (len(train.names), train.ignore) == (19, 255)
    assert names(train, (0, 10, 11, 13, 18)) == ["road", "sky", "person", "car", "bicycle"]
    assert names(train, train.foreground)[:3] == ["person", "rider", "car"]
    assert read_class_set("kitti-step") == train


def test_kitti_360():
    found = read_class_set("kitti-360")
    assert len(found.names) == 45
    assert names(found, (7, 23, 26, 33, 34, 37, 41, 44)) == [
        *("road", "sky", "car", "bicycle", "garage", "smallpole", "box", "unknown object"),
    ]
    assert "unknown vehicle" in names(found, found.foreground)


def test_carla():
    found = read_class_set("carla")
    ids = (0, 1, 11, 12, 14, 19, 20, 24, 28)
    assert names(found, ids) == [
        *("unlabeled", "road", "sky", "person", "car", "bicycle", "static", "road line"),
        "guard rail",
    ]
    assert len(found.names) == len(found.colors) == 29
    assert found.colors[24] == (157, 234, 50)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("64 128 64\tAnimal\n192 0 128\t\tArchway\n", ("Animal", "Archway")),
        ("Category r g b\nGuardRail 64 128 64\nSky 192 0 128\n", ("GuardRail", "Sky")),
        ("name,r,g,b\ntraffic light,64,128,64\nsky,192,0,128\n", ("traffic light", "sky")),
        ("# label:color_rgb:parts:actions\ncar:64,128,64::\nsky:192,0,128::\n", ("car", "sky")),
        ("\ufeff64 128 64 Animal\r\n192 0 128 Archway\r\n", ("Animal", "Archway")),
    ],
)
def test_files_of_colors(tmp_path, text, expected):
    (tmp_path / "colors.txt").write_text(text, encoding="utf-8", newline="")
    found = read_class_set(str(tmp_path / "colors.txt"))
    assert found.names == expected
    assert found.colors == ((64, 128, 64), (192, 0, 128))
    assert found.only_colors


def test_names_with_numbers_are_no_colors(tmp_path):
    (tmp_path / "names.txt").write_text("road 1 2 300\nlane 2\ncar\n")
    found = read_class_set(str(tmp_path / "names.txt"))
    assert found.names == ("road 1 2 300", "lane 2", "car")
    assert found.colors is None


def test_json_of_names_and_ids(tmp_path):
    (tmp_path / "a.json").write_text('{"car": "2", "others": 0, "sky": 4, "void": 255}')
    found = read_class_set(str(tmp_path / "a.json"))
    assert found.names == ("others", "unlabeled 1", "car", "unlabeled 3", "sky")
    assert found.ignore == 255


def test_unknown_set():
    with pytest.raises(FileNotFoundError, match="must be one of cityscapes, cityscapes-train, kit"):
        read_class_set("kitti360")
