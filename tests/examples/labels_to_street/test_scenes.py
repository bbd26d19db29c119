"""Frames sorted into sequences."""

from pathlib import Path

import pytest

from examples.labels_to_street.pairing import Listed, tokens
from examples.labels_to_street.scenes import split_scenes


def split(*places, shared=None):
    files = [Listed(Path("data", place), Path(place).parts[:-1]) for place in places]
    if shared is None:
        shared = {token for place in places for token in tokens(place)}
    scenes, notes = split_scenes(files, shared)
    return {name: [file.path.stem for file in files] for name, files in scenes.items()}, notes


def counts(*places, **options):
    return {name: len(frames) for name, frames in split(*places, **options)[0].items()}


def numbered(pattern, numbers):
    return [pattern.format(number) for number in numbers]


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        (numbered("{}.png", range(3)), {"sequence": 3}),
        (numbered("a/{}.png", range(3)) + numbered("b/{}.png", range(4)), {"a": 3, "b": 4}),
        (numbered("t/a/{}.png", range(3)), {"t_a": 3}),
        (["a/x.png", "a/y.png", "a/z.png"], {"a": 3}),
        (numbered("0001TP_{:06d}.png", range(3)), {"sequence": 3}),
        (
            numbered("0001TP_{:06d}.png", range(3)) + numbered("0006R0_f{:05d}.png", range(4)),
            {"0001TP": 3, "0006R0_f": 4},
        ),
        (
            numbered("t/v1_{}.png", range(3)) + numbered("t/v2_{}.png", range(4)),
            {"t_v1": 3, "t_v2": 4},
        ),
        # The number of the frame is the last that is not the same everywhere.
        (numbered("a/{}_Camera_5.png", range(6)), {"a": 6}),
        # Names with a time each have one frame: the folder is the sequence.
        (numbered("a/2020_{0}_{0}.png", range(6)), {"a": 6}),
    ],
)
def test_sequences(places, expected):
    assert counts(*places[::-1]) == expected


def test_frames_are_in_the_order_of_their_numbers():
    assert split(*numbered("a/{}.png", (10, 9, 8, 11)))[0] == {"a": ["8", "9", "10", "11"]}


def test_a_folder_that_only_images_have_is_no_part_of_the_name():
    places = numbered("drive_1/image_00/data_rect/{}.png", range(3))
    assert counts(*places, shared={"drive", "1", "image", "00"}) == {"drive_1_image_00": 3}
    assert counts(*numbered("rgb/{}.png", range(3)), shared=set()) == {"sequence": 3}
    twice = numbered("a/left/{}.png", range(3)) + numbered("a/right/{}.png", range(3))
    assert counts(*twice, shared={"a"}) == {"a": 3, "a_2": 3}


def test_gaps_begin_another_sequence_and_are_noted():
    scenes, notes = split(*numbered("a/{:03d}.png", [*range(3), *range(5, 9)]), "b/1.png")
    assert {name: len(frames) for name, frames in scenes.items()} == {"a": 3, "a_005": 4, "b": 1}
    assert notes == ["frames are missing in a: where the numbers jump, another sequence begins"]


def test_every_second_frame_is_no_gap_but_noted():
    scenes, notes = split(*numbered("a/{}.png", range(0, 60, 30)))
    assert list(scenes) == ["a"]
    assert notes[0].startswith("the numbers of the frames of a are more than 1 apart: flow")


@pytest.mark.parametrize(
    ("numbers", "lengths"),
    [
        ([0, 30, 60, 90, 92, 94, 96, 126, 156, 186, 216], [3, 4, 4]),
        ([90, 92, 94, 96, 126, 156, 186, 216], [4, 4]),
        ([0, 30, 60, 90, 120, 122, 124], [4, 3]),
        ([0, 30, 31, 61, 91], [5]),  # two frames are no sequence
    ],
)
def test_a_faster_part_is_a_sequence(numbers, lengths):
    assert list(counts(*numbered("{}.png", numbers)).values()) == lengths


def test_names_of_cityscapes_count_more_than_folders():
    places = numbered("x/aachen_000001_{:06d}_leftImg8bit.png", range(4, 7))
    places += numbered("y/aachen_000001_{:06d}_leftImg8bit.png", range(7, 9))
    places += numbered("y/aachen_000002_{:06d}_leftImg8bit.png", (19,))
    assert counts(*places) == {"aachen_000001": 5, "aachen_000002": 1}
