"""Whole folders: what is found in good ones, and what raises."""

import pytest
import torch

from tests.data.check.folders import ANNOTATIONS, SIZE, only_problem, warning_of, write_folder
from vidgan.data import KindSummary, SequenceSummary, check_data
from vidgan.video import write_frame


@pytest.mark.parametrize("task", ANNOTATIONS)
@pytest.mark.parametrize("quick", [False, True])
def test_good_folder(tmp_path, task, quick):
    path = write_folder(tmp_path, task, {"run": 6, "walk": 5})
    report = check_data(path, clip_length=3, quick=quick)
    assert report.is_good
    assert (report.problems, report.warnings) == ((), ())
    assert report.task == task
    assert report.sequences == {"run": SequenceSummary(6, SIZE), "walk": SequenceSummary(5, SIZE)}
    assert report.kinds["images"] == KindSummary(2, 11, (SIZE,))
    sizes = (SIZE,) if task == "labels_to_street" else ()
    assert report.kinds[ANNOTATIONS[task]] == KindSummary(2, 11, sizes)
    assert report.kinds["flow/stride3"] == KindSummary(2, 3 + 2, (SIZE,))


def test_histogram_is_the_share_of_pixels(folder):
    report = check_data(folder, clip_length=3)
    assert report.histogram == {0: 0.75, 1: 0.25}
    assert report.class_names == ("road", "car")
    assert check_data(folder, clip_length=3, quick=True).histogram == {}


def test_images_come_first(folder):
    # The others are compared with their sizes.
    names = list(check_data(folder, clip_length=3).kinds)
    flows = ["flow/stride1", "flow/stride3", "confidence/stride1", "confidence/stride3"]
    assert names == ["images", "labels", "instances", *flows]


def test_raw_folder_is_good(folder):
    (folder / "dataset.json").unlink()
    report = check_data(folder, clip_length=3, num_classes=2)
    assert report.task is None
    assert report.is_good
    assert [warning.code for warning in report.warnings] == ["not_prepared"]


def test_empty_folder(tmp_path):
    problem = only_problem(check_data(tmp_path))
    assert problem.code == "no_images"
    assert problem.message.startswith("the folder is empty: there must be frames, images/<seq")


def test_folder_without_images(folder):
    (folder / "images").rename(folder.parent / "images")
    codes = [problem.code for problem in check_data(folder).problems]
    assert codes == ["no_images", "description"]


def test_no_annotations(tmp_path):
    for t in range(5):
        (tmp_path / "images/walk").mkdir(parents=True, exist_ok=True)
        write_frame(tmp_path / f"images/walk/{t}.jpg", torch.zeros(3, *SIZE))
    warning = warning_of(check_data(tmp_path, clip_length=3), "no_annotations")
    assert warning.message == "there are no annotations: no landmarks/, labels/ or keypoints/"


def test_no_flow(tmp_path):
    path = write_folder(tmp_path, strides=())
    warning = warning_of(check_data(path, clip_length=3), "no_flow")
    assert warning.message == "there is no flow yet: no flow/stride1/"


def test_flow_without_confidence(folder):
    (folder / "confidence" / "stride3").rename(folder.parent / "stride3")
    warning = warning_of(check_data(folder, clip_length=3), "no_confidence")
    assert warning.examples == ("confidence/stride3/",)


def test_progress_counts_all_files(folder):
    calls = []
    check_data(folder, clip_length=3, progress=lambda *counts: calls.append(counts))
    total = 3 * 5 + 2 * 4 + 2 * 2
    assert calls == [(done, total) for done in range(1, total + 1)]


def test_nothing_is_changed(folder):
    before = {file: file.stat().st_mtime_ns for file in folder.rglob("*")}
    check_data(folder)
    assert {file: file.stat().st_mtime_ns for file in folder.rglob("*")} == before


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"clip_length": 0}, "check_data: clip_length must be at least 1, got 0"),
        ({"past_frames": -1}, "check_data: past_frames must be at least 0, got -1"),
        ({"num_classes": 0}, "check_data: num_classes must be at least 1, got 0"),
    ],
)
def test_numbers_out_of_range(tmp_path, options, text):
    with pytest.raises(ValueError, match=text):
        check_data(tmp_path, **options)


def test_no_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"check_data: no such folder: .*nowhere"):
        check_data(tmp_path / "nowhere")
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError, match=r"check_data: .*file must be a folder, but it"):
        check_data(tmp_path / "file")


def test_real_street(shared):
    street = shared / "realdata" / "street"
    report = check_data(street, num_classes=34, clip_length=2)
    assert report.is_good
    assert report.sequences == {"seq0001": SequenceSummary(4, (1024, 2048))}
    assert sum(report.histogram.values()) == pytest.approx(1)
    assert max(report.histogram, key=report.histogram.get) == 7  # road, in the middle of the street

    problem = only_problem(check_data(street, num_classes=20, clip_length=2))
    assert (problem.code, problem.times) == ("ids_out_of_range", 4)
    assert problem.message == "labels: ids must be 0 to 19"
    assert problem.examples[0] == (
        "labels/seq0001/aachen_000001_000000_leftImg8bit.png "
        "(ids 20, 21, 22, 23, 24, 25, 26, 27 and 2 more)"
    )


def test_real_face(shared):
    report = check_data(shared / "realdata" / "face", clip_length=3)
    assert report.is_good
    assert report.kinds["landmarks"].files == 5


def test_real_pose(shared):
    pose = shared / "realdata" / "pose"
    report = check_data(pose, clip_length=3)
    assert report.kinds["openpose"].files == 5  # prepare reads it under this name
    assert not [warning for warning in report.warnings if warning.code == "stray"]
    assert warning_of(report, "no_instances").times == 5


def test_real_pose_under_its_own_name(shared, tmp_path):
    pose = shared / "realdata" / "pose"
    (tmp_path / "images").symlink_to(pose / "images")
    (tmp_path / "keypoints").symlink_to(pose / "openpose")
    report = check_data(tmp_path, clip_length=3)
    assert [warning.code for warning in report.warnings] == ["not_prepared", "no_flow"]
    assert report.is_good
    assert report.kinds["keypoints"].files == 5
