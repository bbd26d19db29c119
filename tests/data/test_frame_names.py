from __future__ import annotations

from pathlib import Path

import pytest

from vidgan.data.frame_names import frame_name, pairs_by_order, split_at_gaps


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("walk/00001.png", "00001"),
        ("frame_000000000012_keypoints.json", "frame_000000000012"),
        ("00001_IUV.png", "00001"),
        ("00001_rendered.png", "00001"),
        ("00001_rendered_keypoints.json", "00001"),
        ("aachen_000000_000019_leftImg8bit.png", "aachen_000000_000019"),
        ("aachen_000000_000019_gtFine_labelIds.png", "aachen_000000_000019"),
        ("keypoints.json", "keypoints"),
    ],
)
def test_names(file, name):
    assert frame_name(file) == name


def parts(names):
    return [[file.name for file in part] for part in split_at_gaps([Path(n) for n in names])]


@pytest.mark.parametrize(
    ("numbers", "lengths"),
    [
        ([], []),
        ([7], [1]),
        ([0, 9], [2]),  # no other step says that this one is long
        ([0, 1, 2, 3], [4]),
        ([0, 1, 2, 4, 5], [3, 2]),
        ([5, 10, 15, 25, 30, 35], [3, 3]),
        ([1, 2, 9, 10, 11, 20], [2, 3, 1]),
        ([100, 133, 167, 200, 267, 300], [4, 2]),  # times of frames in milliseconds
    ],
)
def test_gaps(numbers, lengths):
    names = [f"walk2_{number:05d}_keypoints.json" for number in numbers]
    found = parts(names)
    assert [len(part) for part in found] == lengths
    assert [name for part in found for name in part] == names


@pytest.mark.parametrize("names", [["a.png", "b.png", "d.png"], ["a1.png", "a2.png", "b9.png"]])
def test_names_without_a_common_count_are_not_split(names):
    assert parts(names) == [names]


@pytest.mark.parametrize(
    ("first", "second", "pairs"),
    [
        (["00001", "00002"], ["walk_000_keypoints", "walk_001_keypoints"], True),
        (["00001", "00002"], ["00000", "00001"], True),
        (["00001", "00002"], ["00000", "00001", "00002"], False),
        (["00001", "00002", "00003"], ["0", "1", "3"], False),  # one is missing
        (["00001", "00003", "00004"], ["0", "1", "2"], False),
        (["a", "b"], ["0", "1"], False),
        ([], [], False),
    ],
)
def test_pairs_by_order(first, second, pairs):
    files = [[Path(f"{name}.png") for name in names] for names in (first, second)]
    assert pairs_by_order(*files) is pairs
