"""Landmarks and keypoints that cannot be."""

import json

import numpy as np
import pytest
import torch

from tests.data.check.folders import (
    BODY,
    LANDMARKS,
    SIZE,
    only_problem,
    warning_of,
    write_folder,
    write_json,
)
from vidgan.data import KeypointStream, PointStream, check_data
from vidgan.video import write_frames

H, W = SIZE
NAN, INFINITY = float("nan"), float("inf")


@pytest.fixture
def face(tmp_path):
    return write_folder(tmp_path, "edges_to_face")


@pytest.fixture
def pose(tmp_path):
    return write_folder(tmp_path, "pose_to_body")


def check(folder):
    return check_data(folder, clip_length=3)


@pytest.mark.parametrize(
    ("value", "got"),
    [
        ({"points": []}, "got an object"),
        (None, "got None"),
        (LANDMARKS[:67], "got 67 entries"),
        ([*LANDMARKS, [1, 2]], "got 69 entries"),
        ([*LANDMARKS[:67], [1, 2, 3]], "got a list of 3 at 67"),
        ([*LANDMARKS[:67], ["1", "2"]], "got a list of 2 at 67"),
        ([None, *LANDMARKS[:67]], "got None at 0"),
    ],
)
def test_malformed_landmarks(face, value, got):
    write_json(face / "landmarks/walk/00002.json", value)
    problem = only_problem(check(face))
    assert problem.code == "malformed"
    assert problem.message == "landmarks: a file must be a JSON list of 68 [x, y]"
    assert problem.examples == (f"landmarks/walk/00002.json ({got})",)


@pytest.mark.parametrize("content", [b"[[1, 2", b"", b"\xff\xfe", b"[" * 100_000])
def test_no_json(face, content):
    (face / "landmarks/walk/00002.json").write_bytes(content)
    problem = only_problem(check(face))
    assert problem.code == "malformed"
    assert problem.examples[0].startswith("landmarks/walk/00002.json (no JSON: ")


@pytest.mark.parametrize("value", [NAN, INFINITY, -INFINITY, 10**400])
def test_landmarks_that_are_not_finite(face, value):
    write_json(face / "landmarks/walk/00002.json", [*LANDMARKS[:67], [1, value]])
    problem = only_problem(check(face))
    assert (problem.code, problem.message) == (
        "not_finite",
        "landmarks: coordinates must be finite",
    )


@pytest.mark.parametrize(("x", "y"), [(W, 0), (0, H), (-1, 0), (0, -1)])
def test_landmarks_outside_of_the_image(face, x, y):
    moved = [[x, y]] * 68
    write_json(face / "landmarks/walk/00002.json", moved)
    problem = only_problem(check(face))
    assert problem.code == "outside"
    assert problem.message == ("landmarks: the points must lie in the image, not all outside of it")
    write_json(face / "landmarks/walk/00002.json", [*moved[:67], [W - 0.5, H - 0.5]])
    assert check(face).is_good


def test_landmarks_as_shares(face):
    shares = [[x / W, y / H] for x, y in LANDMARKS]
    write_json(face / "landmarks/walk/00002.json", shares)
    problem = only_problem(check(face))
    assert problem.code == "not_pixels"
    assert problem.message == (
        "landmarks: coordinates must be pixels, not shares of the width and height"
    )


@pytest.mark.parametrize(
    ("value", "got"),
    [
        ([], "got a list of 0 without a list of people"),
        ({}, "got an object without a list of people"),
        ({"people": [[]]}, "got None as pose_keypoints_2d"),
        ({"people": [{"pose_keypoints_2d": "0"}]}, "got '0' as pose_keypoints_2d"),
        ({"people": [{"pose_keypoints_2d": BODY[:51]}]}, "51 numbers in pose_keypoints_2d, not 75"),
        (
            {"people": [{"pose_keypoints_2d": BODY, "face_keypoints_2d": [0, 0, 0]}]},
            "3 numbers in face_keypoints_2d, not 210",
        ),
        (
            {"people": [{"pose_keypoints_2d": BODY, "hand_left_keypoints_2d": [True]}]},
            "got a list of 1 as hand_left_keypoints_2d",
        ),
    ],
)
def test_malformed_keypoints(pose, value, got):
    write_json(pose / "keypoints/walk/00002.json", value)
    problem = only_problem(check(pose))
    assert problem.code == "malformed"
    assert "people[0].pose_keypoints_2d with 75 numbers" in problem.message
    assert got in problem.examples[0]


def body_file(folder, body, *, people=1):
    person = {"pose_keypoints_2d": body}
    write_json(folder / "keypoints/walk/00002.json", {"people": [person] * people})


def test_keypoints_that_are_not_finite(pose):
    body_file(pose, [NAN, *BODY[1:]])
    problem = only_problem(check(pose))
    assert (problem.code, problem.examples[0].split()[0]) == (
        "not_finite",
        "keypoints/walk/00002.json",
    )


def test_keypoints_outside_of_the_image(pose):
    body_file(pose, [W + 1.0, 2.0, 0.9] * 25)
    assert only_problem(check(pose)).code == "outside"
    body_file(pose, [W + 1.0, 2.0, 0.9] * 24 + [1.0, 2.0, 0.0])  # the one inside was not seen
    assert only_problem(check(pose)).code == "outside"
    body_file(pose, [W + 1.0, 2.0, 0.9] * 24 + [1.0, 2.0, 0.1])
    assert check(pose).is_good


def test_keypoints_as_shares(pose):
    body_file(pose, [0.4, 0.7, 0.9] * 25)
    assert only_problem(check(pose)).code == "not_pixels"


@pytest.mark.parametrize("people", [0, 1])
def test_nobody_was_found(pose, people):
    body_file(pose, [0.0] * 75, people=people)
    warning = warning_of(check(pose), "nobody")
    assert warning.examples == ("keypoints/walk/00002.json",)


def test_several_people(pose):
    body_file(pose, BODY, people=3)
    warning = warning_of(check(pose), "people")
    assert warning.message == ("keypoints: more than one person was found; the largest is used")
    assert warning.examples == ("keypoints/walk/00002.json (3)",)


def people_file(folder, *bodies):
    people = [{"pose_keypoints_2d": body} for body in bodies]
    write_json(folder / "keypoints/walk/00002.json", {"people": people})


@pytest.mark.parametrize(
    ("body", "code", "got"),
    [
        ([], "malformed", "got 0 numbers in pose_keypoints_2d, not 75 of people[1]"),
        (None, "malformed", "got None as pose_keypoints_2d of people[1]"),
        ([None, 1.0, 0.5, *BODY[3:]], "malformed", "got null in pose_keypoints_2d of people[1]"),
        ([NAN, *BODY[1:]], "not_finite", "NaN or infinity of people[1]"),
    ],
)
def test_everybody_is_checked_as_everybody_is_read(pose, body, code, got):
    people_file(pose, BODY, body)
    problem = only_problem(check(pose))
    assert problem.code == code
    assert problem.examples == (f"keypoints/walk/00002.json ({got})",)
    with pytest.raises(ValueError, match="00002"):
        KeypointStream(pose / "keypoints").load("walk", 2)


def test_the_largest_person_must_be_in_the_image(pose):
    far = [n for joint in range(25) for n in (100.0 + 9 * (joint % 5), 9.0 * joint, 0.9)]
    people_file(pose, BODY, far)
    assert only_problem(check(pose)).code == "outside"
    near = [n for joint in range(25) for n in (W + joint / 9, joint / 9, 0.9)]
    people_file(pose, near, BODY)
    assert check(pose).is_good


@pytest.mark.parametrize(
    "body", [BODY[:54], [None, None, None, *BODY[3:]], [NAN, NAN, 0.0, *BODY[3:]]]
)
def test_bodies_that_are_read_are_good(pose, body):
    body_file(pose, body)
    assert check(pose).is_good
    assert KeypointStream(pose / "keypoints").load("walk", 2).shape == (137, 3)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_files_of_windows_editors(pose, encoding):
    for file in (pose / "keypoints/walk/00002.json", pose / "dataset.json"):
        file.write_bytes(file.read_text().encode(encoding))
    report = check(pose)
    assert (report.problems, report.warnings) == ((), ())


@pytest.mark.parametrize("value", [None, [], [[None, None]] * 68, [[0, 0]] * 68])
def test_frames_without_a_face(face, value):
    write_json(face / "landmarks/walk/00002.json", value)
    assert not check(face).is_good  # a training cannot read it
    (face / "dataset.json").unlink()
    warning = warning_of(check(face), "nobody")  # but it can be interpolated
    assert warning.message == "landmarks: no face was found; its points are interpolated"
    assert warning.examples == ("landmarks/walk/00002.json",)


def test_landmarks_with_confidence_in_a_raw_folder(face):
    points = [[x, y, 0.9] for x, y in LANDMARKS]
    write_json(face / "landmarks/walk/00002.json", [*points[:67], [None, None, 0]])
    assert only_problem(check(face)).code == "malformed"
    (face / "dataset.json").unlink()
    assert check(face).is_good
    write_json(face / "landmarks/walk/00002.json", [*points[:67], [1, 2]])
    assert only_problem(check(face)).examples[0].endswith("(got a list of 2 at 67)")


@pytest.mark.parametrize("kind", ["txt", "pts", "npy", "array"])
def test_landmarks_of_other_formats(tmp_path, kind):
    """A raw folder whose third frame has no face."""
    write_frames(tmp_path / "images/walk", torch.zeros(4, 3, 80, 80))
    folder = tmp_path / "landmarks/walk"
    points = 5.0 + np.arange(68 * 2).reshape(68, 2) % 70
    every = np.stack([points] * 4)
    every[2] = np.nan
    folder.mkdir(parents=True)
    lines = "\n".join(f"{x} {y}" for x, y in points)
    for t in range(4):
        if kind == "npy":
            np.save(folder / f"{t:05d}.npy", every[t])
        elif kind != "array":
            (folder / f"{t:05d}.{kind}").write_text(lines if t != 2 else "")
    if kind == "array":
        folder.rmdir()
        np.save(tmp_path / "landmarks/walk.npy", every)
    report = check_data(tmp_path, clip_length=1)
    assert report.is_good, report.problems
    assert [w.code for w in report.warnings if w.code == "nobody"] == ["nobody"]
    assert PointStream(tmp_path / "landmarks").sequences() == {"walk": 4}


def test_keypoints_of_everybody_in_the_layout_of_mmpose(tmp_path):
    write_frames(tmp_path / "images/walk", torch.zeros(3, 3, 80, 80))
    person = {"keypoints": [[i % 70, i % 60] for i in range(133)], "keypoint_scores": [0.9] * 133}
    (tmp_path / "openpose/walk").mkdir(parents=True)
    for t in range(3):
        people = [person, person] if t < 2 else []
        (tmp_path / f"openpose/walk/clip_{t:012d}.json").write_text(json.dumps(people))
    report = check_data(tmp_path, clip_length=1)
    assert report.is_good, report.problems
    assert {w.code for w in report.warnings} >= {"people", "nobody", "names_differ"}
    del person["keypoint_scores"]
    (tmp_path / "openpose/walk/clip_000000000001.json").write_text(json.dumps([person]))
    assert [p.code for p in check_data(tmp_path, clip_length=1).problems] == ["malformed"]


@pytest.mark.parametrize(
    ("change", "got"),
    [
        (lambda x, y: (x / 80, y / 80), "[0, 1]"),
        (lambda x, y: (x / 40 - 1, y / 40 - 1), "[-1, 1]"),
        (lambda x, y: (1.2 * x / 80, y / 80), "x 0.075 to 1.119"),
    ],
)
def test_keypoints_that_are_no_pixels(tmp_path, change, got):
    write_frames(tmp_path / "images/walk", torch.zeros(3, 3, 80, 80))
    body = [n for i in range(25) for n in (*change(5 + 2.9 * i, 10 + 2.7 * i), 0.9)]
    (tmp_path / "openpose/walk").mkdir(parents=True)
    for t in range(3):
        document = {"people": [{"pose_keypoints_2d": body}]}
        (tmp_path / f"openpose/walk/{t:05d}.json").write_text(json.dumps(document))
    problem = only_problem(check_data(tmp_path, clip_length=1))
    assert problem.code == "not_pixels"
    assert got in problem.examples[0]
