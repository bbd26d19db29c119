from __future__ import annotations

import json

import pytest
import torch

from vidgan.conditions import read_openpose, write_openpose
from vidgan.data import KeypointStream, PointStream, find_keypoints, read_points

NAN = float("nan")


@pytest.fixture
def folder(tmp_path):
    """Sequence 'a' of 3 frames of two points."""
    (tmp_path / "points" / "a").mkdir(parents=True)
    for index in range(3):
        text = json.dumps([[index, 1.5], [2, 3]])
        (tmp_path / "points" / "a" / f"{index:05d}.json").write_text(text)
    return tmp_path


def test_points(folder):
    stream = PointStream(folder / "points")

    points = stream.load("a", 2)

    assert (stream.kind, stream.sequences(), stream.size("a")) == ("points", {"a": 3}, None)
    assert points.dtype == torch.float32
    assert points.tolist() == [[2.0, 1.5], [2.0, 3.0]]


def test_points_with_confidence(folder):
    (folder / "points" / "a" / "00001.json").write_text("[[1, 2, 0.5], [3, 4, 0]]")
    assert PointStream(folder / "points").load("a", 1).tolist() == [[1, 2, 0.5], [3, 4, 0]]


@pytest.mark.parametrize(
    "text",
    [
        "[[1, 2], [3]]",
        "{",
        '{"a": 1}',
        "[1, 2]",
        "[[1, 2, 3, 4]]",
        "[[1, 2], [3, 4, 5]]",
        "[[1, NaN]]",
        "[[1, 2], [null, null]]",
        "[[1, 2, 0.5], [NaN, NaN, 0.5]]",
        "[]",
        "null",
        '["a"]',
    ],
)
def test_wrong_points(folder, text):
    (folder / "points" / "a" / "00001.json").write_text(text)
    stream = PointStream(folder / "points")

    with pytest.raises(ValueError, match=r"PointStream: .*00001\.json must be a JSON list of"):
        stream.load("a", 1)


def test_text_in_another_encoding(folder):
    (folder / "points" / "a" / "00001.json").write_bytes(b"[[1, 2]] \xdf")
    with pytest.raises(ValueError, match=r"PointStream: .*00001\.json must be text in UTF-8"):
        PointStream(folder / "points").load("a", 1)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_points_of_windows_editors(folder, encoding):
    text = "[\r\n[1, 2],\r\n[3, 4]\r\n]"
    (folder / "points" / "a" / "00001.json").write_bytes(text.encode(encoding))
    assert PointStream(folder / "points").load("a", 1).tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        [[None, None]] * 68,
        [None] * 68,
        [[NAN, NAN]] * 68,
        [[0, 0]] * 68,
        [[0.0, 0.0, 0.0]] * 68,
        [[None, None, 0]] * 3,
    ],
)
def test_nothing_was_found(tmp_path, value):
    (tmp_path / "0.json").write_text(json.dumps(value))
    assert read_points(tmp_path / "0.json") is None


def test_one_point_may_lie_in_the_corner(tmp_path):
    (tmp_path / "0.json").write_text("[[0, 0]]")
    assert read_points(tmp_path / "0.json").tolist() == [[0, 0]]


@pytest.mark.parametrize("lost", [[None, None, None], [NAN, NAN, 0], [None, None, 0.0]])
def test_some_points_were_not_found(tmp_path, lost):
    (tmp_path / "0.json").write_text(json.dumps([[1, 2, 0.5], lost]))
    assert read_points(tmp_path / "0.json").tolist() == [[1, 2, 0.5], [0, 0, 0]]


def test_real_landmarks(shared):
    stream = PointStream(shared / "realdata" / "face" / "landmarks")

    assert stream.sequences() == {"seq0001": 5}
    assert stream.load("seq0001", 0).shape == (68, 2)


def test_keypoints(tmp_path):
    (tmp_path / "keypoints" / "a").mkdir(parents=True)
    values = torch.rand(2, 137, 3, generator=torch.Generator().manual_seed(0))
    for t, keypoints in enumerate(values):
        write_openpose(tmp_path / "keypoints" / "a" / f"{t:05d}.json", keypoints)
    stream = KeypointStream(tmp_path / "keypoints")

    assert (stream.kind, stream.sequences(), stream.size("a")) == ("points", {"a": 2}, None)
    assert stream.load("a", 1).dtype == torch.float32
    torch.testing.assert_close(stream.load("a", 1), values[1], atol=0.006, rtol=0)


def test_real_keypoints(shared):
    folder = find_keypoints(shared / "realdata" / "pose")
    assert folder is not None
    stream = KeypointStream(folder)
    expected = read_openpose(folder / "seq0001" / "frame000100.json").keypoints
    assert stream.sequences() == {"seq0001": 5}
    assert torch.equal(stream.load("seq0001", 0), expected)


def test_names_of_the_folder_of_keypoints(tmp_path):
    assert find_keypoints(tmp_path) is None
    (tmp_path / "keypoints").mkdir()
    assert find_keypoints(tmp_path) == tmp_path / "keypoints"
    (tmp_path / "openpose").mkdir()
    assert find_keypoints(tmp_path) == tmp_path / "openpose"
    (tmp_path / "dataset.json").touch()
    assert find_keypoints(str(tmp_path)) == tmp_path / "keypoints"
