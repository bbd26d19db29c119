"""dataset.json against the files beside it."""

import shutil

import pytest

from tests.data.check.folders import (
    ANNOTATIONS,
    change_facts,
    only_problem,
    warning_of,
    write_folder,
)
from vidgan.data import check_data


def check(folder):
    return check_data(folder, clip_length=3)


@pytest.mark.parametrize("text", ["{", "[]", '{"task": "faces"}', "\xff"])
def test_damaged(folder, text):
    (folder / "dataset.json").write_bytes(text.encode("latin-1"))
    problem = only_problem(check(folder))
    assert problem.code == "description"
    assert "dataset.json is damaged" in problem.message


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"format": 2}, "format must be 1, got 2"),
        ({"fps": 0}, "fps must be positive, got 0.0"),
        ({"classes": "road"}, "classes must be a list of names, got 'road'"),
        ({"classes": []}, "classes must name the classes of labels/, got None"),
        ({"ignore": "void"}, "ignore must be an id, got 'void'"),
        ({"foreground": [1, 2]}, "foreground must be a list of class ids of 0 to 1, got [1, 2]"),
        ({"foreground": 1}, "foreground must be a list of class ids of 0 to 1, got 1"),
        (
            {"annotations": "labels"},
            "annotations must be a list of the folders that the task needs, got 'labels'",
        ),
        ({"strides": [0]}, "strides must be a list of frame distances, got [0]"),
    ],
)
def test_wrong_facts(folder, changes, text):
    change_facts(folder, **changes)
    problem = only_problem(check(folder))
    assert (problem.code, problem.message) == ("description", f"dataset.json: {text}")


@pytest.mark.parametrize(
    ("sequences", "place"),
    [
        ({"walk": {"frames": 6}}, "walk (6 listed, 5 found)"),
        ({}, "walk (none listed, 5 found)"),
        ({"run": {"frames": 3}, "walk": {"frames": 5}}, "run (3 listed, 0 found)"),
    ],
)
def test_other_sequences(folder, sequences, place):
    change_facts(folder, sequences=sequences)
    problem = only_problem(check(folder))
    assert (problem.code, problem.examples) == ("description", (place,))
    assert problem.message == (
        "dataset.json: sequences must be those of images/, with their number of frames"
    )


@pytest.mark.parametrize("task", ANNOTATIONS)
def test_task_without_its_annotations(tmp_path, task):
    path = write_folder(tmp_path, task)
    shutil.rmtree(path / ANNOTATIONS[task])
    problem = only_problem(check(path))
    assert (problem.code, problem.examples) == ("missing_kind", (f"{ANNOTATIONS[task]}/",))
    assert problem.message == "dataset.json: the annotations that it lists must be there"


def test_prepared_folder_that_lists_no_annotations_and_has_none(folder):
    for kind in ("labels", "instances"):
        shutil.rmtree(folder / kind)
    change_facts(folder, annotations=[])
    warning = warning_of(check(folder), "no_annotations")
    assert warning.message == "there are no annotations: no landmarks/, labels/ or keypoints/"


def test_task_of_ones_own_is_as_good_as_any(folder):
    change_facts(folder, task="dogs")
    report = check(folder)
    assert (report.problems, report.warnings) == ((), ())


def test_annotations_of_ones_own(folder):
    change_facts(folder, task="dogs", annotations=["labels", "barking"])
    problem = only_problem(check(folder))
    assert (problem.code, problem.examples) == ("missing_kind", ("barking/",))
    (folder / "barking" / "walk").mkdir(parents=True)
    report = check(folder)
    assert (report.problems, report.warnings) == ((), ())


@pytest.mark.parametrize("name", ["flow/stride1", "flow/stride3", "confidence/stride1"])
def test_listed_flow_is_not_there(folder, name):
    shutil.rmtree(folder / name)
    problem = only_problem(check(folder))
    assert (problem.code, problem.examples) == ("missing_kind", (f"{name}/",))
    assert problem.message == "dataset.json: the flow of every listed stride must be there"


@pytest.mark.parametrize(("old", "new", "times"), [(4, "00005.png", 1), (1, "first.png", 4)])
def test_frames_of_other_names(tmp_path, old, new, times):
    path = write_folder(tmp_path, strides=())
    for kind in ("images", "labels", "instances"):
        (path / kind / f"walk/{old:05d}.png").rename(path / kind / "walk" / new)
    problem = only_problem(check(path))
    assert (problem.code, problem.times) == ("frame_names", times)
    assert problem.message == (
        "images: a prepared sequence must be 00000.png, 00001.png, ... without a gap"
    )
    first = new if old == 4 else "00002.png"
    assert problem.examples == (f"images/walk/{first}",)
    (path / "dataset.json").unlink()
    assert check_data(path, clip_length=2).is_good
