"""What lies where it should not."""

import pytest

from tests.data.check.folders import only_problem, warning_of
from vidgan.data import check_data


def check(folder):
    return check_data(folder, clip_length=3, num_classes=2)


def test_files_that_are_not_read(folder):
    for name in ("thesis.docx", "images/walk/thumbs.db", "labels/00000.tif"):
        (folder / name).touch()
    (folder / "labels/walk/old").mkdir()
    report = check(folder)
    assert report.is_good
    strays = {(each.message, each.examples) for each in report.warnings if each.code == "stray"}
    assert strays == {
        ("files and folders that are not read", ("labels/00000.tif", "thesis.docx")),
        (
            "images: only files ending in .png and .jpg and .jpeg are read",
            ("images/walk/thumbs.db",),
        ),
        ("labels: only files ending in .png are read", ("labels/walk/old/",)),
    }


def test_what_may_lie_beside_the_data(folder):
    for name in ("README.md", "LICENSE", "contact_sheet.png", ".DS_Store", "images/walk/.part.png"):
        (folder / name).touch()
    (folder / "conditions/walk").mkdir(parents=True)
    assert check(folder).warnings == ()


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("openpose", "; if it holds keypoints, name it keypoints/"),
        ("Frames", "; if it holds images, name it images/"),
        ("optical_flow", "; if it holds flow, name it flow/stride1/"),
        ("train/images", "; a data folder inside this one is checked by its own path"),
        ("other", ""),
    ],
)
def test_folder_of_another_name(folder, name, hint):
    (folder / name).mkdir(parents=True)
    warning = warning_of(check(folder), "stray")
    assert warning.message == f"files and folders that are not read{hint}"
    assert warning.examples == (f"{name.partition('/')[0]}/",)


def test_frames_without_a_sequence_folder(tmp_path):
    (tmp_path / "images").mkdir()
    for t in range(7):
        (tmp_path / "images" / f"{t}.png").touch()
    loose, empty = check(tmp_path).problems
    assert (loose.code, loose.times) == ("wrong_place", 7)
    assert loose.message == (
        "images/ must hold one folder per sequence, images/<sequence>/<frame>.png; "
        "move its files into one"
    )
    assert loose.examples == tuple(f"images/{t}.png" for t in range(5))
    assert (empty.code, empty.examples) == ("empty", ())
    assert empty.message == "images/ must hold <sequence>/<frame>, ending in .png or .jpg or .jpeg"


def test_flow_without_a_stride_folder(folder):
    (folder / "flow/walk").mkdir()
    problem = only_problem(check(folder))
    assert (problem.code, problem.examples) == ("wrong_place", ("flow/walk",))
    assert problem.message == (
        "flow/ must hold stride1/, stride3/, ... and in each of them <sequence>/<frame>.flo"
    )
