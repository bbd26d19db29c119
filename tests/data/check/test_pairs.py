"""One file per frame, and sequences that are long enough."""

import shutil

import pytest

from tests.data.check.folders import only_problem, warning_of, write_folder
from vidgan.data import check_data


def check(folder, **options):
    return check_data(folder, **{"clip_length": 3, "num_classes": 2, **options})


@pytest.mark.parametrize("kind", ["labels", "instances"])
def test_missing_files_are_named(folder, kind):
    (folder / kind / "walk/00001.png").unlink()
    (folder / kind / "walk/00004.png").unlink()
    problem = only_problem(check(folder))
    assert (problem.code, problem.times) == ("missing_files", 2)
    assert problem.message == f"{kind}: every frame must have a file of the same name"
    assert problem.examples == (f"{kind}/walk/00001.png", f"{kind}/walk/00004.png")


def test_many_missing_files_are_counted(tmp_path):
    path = write_folder(tmp_path, sequences={"walk": 12})
    for t in range(1, 11):
        (path / f"labels/walk/{t:05d}.png").unlink()
    problem = only_problem(check(path))
    assert (problem.times, len(problem.examples)) == (10, 5)


def test_missing_sequence(tmp_path):
    path = write_folder(tmp_path, sequences={"run": 6, "walk": 5})
    shutil.rmtree(path / "labels/run")
    problem = only_problem(check(path))
    assert (problem.times, problem.examples) == (6, ("all of labels/run",))


def test_extra_file(folder):
    shutil.copy(folder / "labels/walk/00004.png", folder / "labels/walk/00005.png")
    problem = only_problem(check(folder))
    assert (problem.code, problem.examples) == ("extra_files", ("labels/walk/00005.png",))
    assert problem.message == "labels: every file must have the name of a frame"


def test_extra_sequence(folder):
    shutil.copytree(folder / "labels/walk", folder / "labels/run")
    problem = only_problem(check(folder))
    assert (problem.code, problem.times) == ("extra_files", 5)
    assert problem.message == "labels: every sequence must have images"
    assert problem.examples == ("labels/run",)


def test_other_names_of_the_same_number_are_paired_by_order(folder):
    for file in list((folder / "labels/walk").iterdir()):
        file.rename(file.with_stem(f"{file.stem}_labelIds"))
    warning = warning_of(check(folder), "names_differ")
    assert warning.examples == ("labels/walk (00000_labelIds for 00000, ...)",)
    (folder / "labels/walk/00002_labelIds.png").unlink()
    problem = only_problem(check(folder))
    assert problem.code == "missing_files"
    assert problem.examples == ("labels/walk (4 files of other names for 5 frames)",)


def test_two_files_for_a_frame(folder):
    shutil.copy(folder / "images/walk/00002.png", folder / "images/walk/00002.jpg")
    codes = {problem.code: problem for problem in check(folder).problems}
    assert codes["duplicates"].message == "images: a frame must have one file, not several"
    assert codes["duplicates"].examples == ("images/walk/00002.*",)


def test_flow_of_too_few_frames(folder):
    (folder / "flow/stride3/walk/00004.flo").unlink()
    problem = only_problem(check(folder))
    assert problem.code == "missing_files"
    assert problem.message == (
        "flow/stride3: every frame must have a file of the same name, but for the first 3 of a "
        "sequence"
    )
    assert problem.examples == ("flow/stride3/walk/00004.flo",)


def test_flow_named_after_the_earlier_frame(folder):
    files = sorted((folder / "flow/stride1/walk").iterdir())
    for t, file in enumerate(files):
        file.rename(file.with_stem(f"{t:05d}"))
    missing, extra = check(folder).problems
    assert missing.examples == ("flow/stride1/walk/00004.flo",)
    assert extra.examples == ("flow/stride1/walk/00000.flo",)
    assert extra.message == (
        "flow/stride1: every file must have the name of a frame that is not among the first 1 of "
        "its sequence"
    )


def test_sequence_shorter_than_a_stride(tmp_path):
    path = write_folder(tmp_path, sequences={"blink": 3, "walk": 5})
    problem = only_problem(check(path))
    assert (problem.code, problem.examples) == ("too_short", ("blink (3 frames)",))
    assert problem.message == (
        "sequences must have more than 3 frames, as flow/stride3 spans so many; leave them out"
    )


def test_all_sequences_too_short(folder):
    problem = only_problem(check_data(folder))
    assert (problem.code, problem.examples) == ("too_short", ("walk (5 frames)",))
    assert problem.message == (
        "no sequence has 32 frames (clip length 30, 2 past frames); "
        "choose a clip length of at most 3"
    )


@pytest.mark.parametrize(("clip_length", "past_frames"), [(3, 2), (4, 1), (5, 0)])
def test_length_is_clip_and_past_frames(folder, clip_length, past_frames):
    assert check(folder, clip_length=clip_length, past_frames=past_frames).is_good
    assert not check(folder, clip_length=clip_length + 1, past_frames=past_frames).is_good
    assert not check(folder, clip_length=clip_length, past_frames=past_frames + 1).is_good


def test_some_sequences_too_short(tmp_path):
    path = write_folder(tmp_path, sequences={"run": 6, "walk": 5})
    warning = warning_of(check(path, clip_length=4), "too_short")
    assert warning.examples == ("walk (5 frames)",)
    assert warning.message == (
        "sequences are skipped that do not have 6 frames (clip length 4, 2 past frames)"
    )
