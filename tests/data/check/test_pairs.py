"""One file per frame, and sequences that are long enough."""

import shutil

import pytest

from tests.data.check.folders import only_problem, warning_of, write_folder
from vidgan.data import (
    ClipDataset,
    FlowStream,
    ImageStream,
    LabelStream,
    MaskStream,
    check_data,
)


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
    report = check(path, clip_length=1)
    assert report.is_good  # as ClipDataset leaves it out
    (warning,) = report.warnings
    assert (warning.code, warning.examples) == ("too_short", ("blink (3 frames)",))
    assert warning.message == (
        "sequences are skipped that do not have more than 3 frames, as flow/stride3 spans so many"
    )


@pytest.mark.parametrize("clip_length", [1, 2, 3, 4])
@pytest.mark.parametrize("blink", [1, 2, 3, 4])
def test_what_is_good_can_be_trained_on(tmp_path, clip_length, blink):
    path = write_folder(tmp_path, sequences={"blink": blink, "walk": 6})
    for file in list(path.glob("*/*/blink")):  # prepare writes no empty folder
        if not any(file.iterdir()):
            file.rmdir()
    assert check(path, clip_length=clip_length, strides=(1, 3)).is_good
    streams = {
        "frames": ImageStream(path / "images"),
        "labels": LabelStream(path / "labels"),
        "confidence": MaskStream(path / "confidence/stride1", missing=1),
        "flow1": FlowStream(path / "flow/stride1", missing=1),
        "flow3": FlowStream(path / "flow/stride3", missing=3),
    }
    clips = ClipDataset(streams, clip_length=clip_length + 2)
    too_short = blink < max(clip_length + 2, 4)
    assert clips.left_out == ({"blink": blink} if too_short else {})
    assert clips[0]["flow3"].shape[0] == clip_length + 2


def raw(folder):
    (folder / "dataset.json").unlink()
    return folder


def test_missing_frames_of_a_raw_folder(tmp_path):
    path = raw(write_folder(tmp_path, sequences={"walk": 9}, strides=()))
    for kind in ("images", "labels", "instances"):
        (path / kind / "walk/00003.png").unlink()
    report = check(path)
    gaps, short = (
        next(each for each in report.warnings if each.code == code)
        for code in ("gaps", "too_short")
    )
    assert report.is_good
    assert (
        gaps.message == "images: frames are missing; what is before and after becomes two sequences"
    )
    assert gaps.examples == ("images/walk (between 00002.png and 00004.png)",)
    assert short.examples == ("walk (3 frames)",)


def test_what_tools_add_to_the_names_of_frames(tmp_path):
    path = raw(write_folder(tmp_path, "pose_to_body"))
    for kind, ending in (("keypoints", "_keypoints"), ("densepose", "_IUV")):
        for file in list((path / kind / "walk").iterdir()):
            file.rename(file.with_stem(f"{file.stem}{ending}"))
    shutil.rmtree(path / "flow")
    report = check(path)
    assert {each.code for each in report.warnings} == {"not_prepared", "no_flow"}
    assert report.is_good


def test_strides_that_a_training_needs(tmp_path):
    path = write_folder(tmp_path, strides=(1,))
    assert check(path, strides=(1,)).is_good
    problem = only_problem(check(path, strides=(1, 3)))
    assert (problem.code, problem.examples) == ("missing_kind", ("flow/stride3/",))
    assert problem.message == (
        "a training needs the flow of stride 1 and 3; prepare the folder with it"
    )
    assert check(raw(path), strides=(1, 3)).is_good
    with pytest.raises(ValueError, match="check_data: strides must be at least 1, got 0"):
        check(path, strides=(1, 0))


def test_all_sequences_too_short(folder):
    problem = only_problem(check_data(folder, clip_length=30))
    assert (problem.code, problem.examples) == ("too_short", ("walk (5 frames)",))
    assert problem.message == (
        "no sequence has 32 frames (clip length 30, 2 past frames); "
        "choose a clip length of at most 3"
    )


def test_the_default_clip_length_is_reduced_as_in_the_recipe(tmp_path):
    report = check_data(write_folder(tmp_path, sequences={"run": 6, "walk": 5}), strides=(1, 3))
    assert report.is_good
    reduced, skipped = (each for each in report.warnings if each.code == "too_short")
    assert reduced.message == (
        "no sequence is long enough for clips of 30 frames; the default is 4"
    )
    assert skipped.examples == ("walk (5 frames)",)
    problem = only_problem(
        check_data(write_folder(tmp_path / "b", sequences={"blink": 2}, strides=(1,)))
    )
    assert problem.message == "no sequence has 3 frames (clip length 1, 2 past frames)"


def test_the_parts_between_gaps_are_what_clips_come_from(tmp_path):
    path = raw(write_folder(tmp_path, sequences={"walk": 9}, strides=()))
    for kind in ("images", "labels", "instances"):
        (path / kind / "walk/00004.png").unlink()  # two parts of 4 frames
    problem = only_problem(check(path))
    assert problem.code == "too_short"
    assert problem.message.endswith("; choose a clip length of at most 2")
    assert check(path, clip_length=2).is_good


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
