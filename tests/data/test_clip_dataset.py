from __future__ import annotations

import shutil

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.utils.data import DataLoader

from vidgan.data import ClipDataset, RandomCrop, TensorStream
from vidgan.data.folder_streams import FlowStream, ImageStream, MaskStream
from vidgan.video import write_flow, write_frame, write_frames


def counting(**lengths: int) -> TensorStream:
    """Frames of 2 x 3 whose value is 100 * sequence + index."""
    return TensorStream(
        "image",
        {
            name: 100 * number + torch.arange(length).float().view(-1, 1, 1, 1).expand(-1, 3, 2, 3)
            for number, (name, length) in enumerate(lengths.items())
        },
    )


def values(clip: dict[str, torch.Tensor], name: str = "frames") -> list[int]:
    return clip[name][:, 0, 0, 0].int().tolist()


def test_items_are_all_clips_in_order():
    clips = ClipDataset({"frames": counting(a=4, b=2, c=5)}, clip_length=3)

    assert len(clips) == 2 + 0 + 3
    assert [values(clips[index]) for index in range(5)] == [
        [0, 1, 2],
        [1, 2, 3],
        [200, 201, 202],
        [201, 202, 203],
        [202, 203, 204],
    ]
    assert [clips[i]["index"].tolist() for i in range(5)] == [
        [0, 0],
        [0, 1],
        [2, 0],
        [2, 1],
        [2, 2],
    ]
    assert clips.clip(3) == ("c", (1, 2, 3))
    assert clips[0]["frames"].shape == (3, 3, 2, 3)


class Recording(TensorStream):
    """Remembers which frames were loaded."""

    def __init__(self, length):
        super().__init__("image", {"a": torch.arange(length).view(-1, 1, 1, 1).expand(-1, 3, 2, 3)})
        self.loaded = []

    def load(self, sequence, index):
        self.loaded.append(index)
        return super().load(sequence, index)


def test_part_is_a_piece_of_the_item_and_loads_nothing_else():
    stream = Recording(12)
    clips = ClipDataset({"frames": stream}, clip_length=5, stride=2)

    part = clips.part(1, range(1, 4))
    assert stream.loaded == [3, 5, 7]
    assert torch.equal(part["frames"], clips[1]["frames"][1:4])
    assert torch.equal(part["index"], clips[1]["index"])


@pytest.mark.parametrize("positions", [[], [-1], [5], range(3, 6)])
def test_part_outside_the_item(positions):
    clips = ClipDataset({"frames": counting(a=7)}, clip_length=5)
    with pytest.raises(ValueError, match=r"part: positions must lie in 0\.\.4, and at least one"):
        clips.part(0, positions)


def flows(length: int, kind: str = "flow") -> TensorStream:
    numbers = torch.arange(1, length + 1).float().view(-1, 1, 1, 1)
    return TensorStream(kind, {"a": numbers.expand(-1, 2 if kind == "flow" else 1, 2, 3)})


@pytest.mark.parametrize(("number", "expected"), [(0, [4, 5, 6]), (2, [0, 0, 6]), (9, [0, 0, 0])])
def test_unread_frames_are_zero(number, expected):
    stream, mask = flows(7), flows(7, "mask")
    clips = ClipDataset({"frames": counting(a=7), "flow": stream, "mask": mask}, clip_length=5)

    part = clips.part(2, range(1, 4), unread={"flow": number, "mask": 1})

    assert values(part, "flow") == expected
    assert part["flow"].shape == (3, 2, 2, 3)
    assert values(part, "mask") == [0, 5, 6]
    assert values(part) == [3, 4, 5]
    assert clips[0].keys() == part.keys()


def test_unread_frames_are_not_loaded(monkeypatch):
    loaded = []
    load = TensorStream.load
    monkeypatch.setattr(
        TensorStream, "load", lambda self, *place: loaded.append(place) or load(self, *place)
    )
    clips = ClipDataset({"frames": counting(a=7), "flow": flows(7)}, clip_length=5)
    clips.part(0, range(5), unread={"flow": 3})
    assert loaded == [("a", index) for index in (0, 1, 2, 3, 4, 3, 4)]


def test_nothing_but_unread_frames_has_the_size_of_the_stream():
    flow = TensorStream("flow", {"a": torch.ones(5, 2, 6, 8)})

    part = ClipDataset({"flow": flow}, clip_length=3).part(0, range(3), unread={"flow": 3})

    assert torch.equal(part["flow"], torch.zeros(3, 2, 6, 8))


@pytest.mark.parametrize("name", ["frames", "flows"])
def test_unread_of_another_stream(name):
    clips = ClipDataset({"frames": counting(a=7), "flow": flows(7)}, clip_length=5)
    message = f"unread must name streams of flows or masks, which are flow, got '{name}'"
    with pytest.raises(ValueError, match=message):
        clips.part(0, range(5), unread={name: 1})


def test_stride_skips_frames():
    clips = ClipDataset({"frames": counting(a=7)}, clip_length=3, stride=3)

    assert len(clips) == 1
    assert values(clips[0]) == [0, 3, 6]


@given(
    lengths=st.lists(st.integers(0, 9), min_size=1, max_size=5),
    clip_length=st.integers(1, 4),
    stride=st.integers(1, 3),
)
def test_every_start_comes_once(lengths, clip_length, stride):
    names = [chr(ord("a") + index) for index in range(len(lengths))]
    expected = [
        (name, tuple(start + k * stride for k in range(clip_length)))
        for name, length in zip(names, lengths, strict=True)
        for start in range(length)
        if start + (clip_length - 1) * stride < length
    ]
    stream = counting(**dict(zip(names, lengths, strict=True)))
    if not expected:
        with pytest.raises(ValueError, match="the longest sequence"):
            ClipDataset({"frames": stream}, clip_length=clip_length, stride=stride)
        return

    clips = ClipDataset({"frames": stream}, clip_length=clip_length, stride=stride)

    assert [tuple(clips.clip(index)) for index in range(len(clips))] == expected


def test_index_out_of_range():
    clips = ClipDataset({"frames": counting(a=4)}, clip_length=3)

    assert values(clips[-1]) == values(clips[1])
    for index in (2, -3):
        with pytest.raises(IndexError, match=f"ClipDataset: index must be below 2, got {index}"):
            clips[index]
    assert len(list(clips)) == 2  # the old iteration protocol ends


def test_streams_stay_paired():
    frames = counting(a=5, b=5)
    points = TensorStream(
        "points",
        {
            name: 100.0 * number + torch.arange(5.0).view(5, 1, 1).expand(5, 4, 2)
            for number, name in enumerate("ab")
        },
    )
    clips = ClipDataset({"frames": frames, "points": points}, clip_length=2)

    for index in range(len(clips)):
        assert clips[index]["points"][:, 0, 0].int().tolist() == values(clips[index])


def test_transform_gets_the_kinds_and_the_global_generator():
    stream = TensorStream("image", {"a": torch.rand(4, 3, 6, 9)})
    clips = ClipDataset({"frames": stream}, clip_length=2, transform=RandomCrop((2, 4)))

    torch.manual_seed(3)
    first = [clips[i]["frames"] for i in range(3)]
    torch.manual_seed(3)
    second = [clips[i]["frames"] for i in range(3)]

    assert clips.kinds == {"frames": "image"}
    assert all(torch.equal(one, two) for one, two in zip(first, second, strict=True))
    assert first[0].shape == (2, 3, 2, 4)


def test_batches():
    clips = ClipDataset({"frames": counting(a=6)}, clip_length=3)

    batch = next(iter(DataLoader(clips, batch_size=2)))

    assert batch["frames"].shape == (2, 3, 3, 2, 3)
    assert batch["index"].tolist() == [[0, 0], [0, 1]]


def test_clip_longer_than_every_sequence():
    with pytest.raises(
        ValueError,
        match=r"clip_length 4 at stride 3 needs 10 frames, the longest sequence \('b'\) has 9; "
        r"use a clip_length of at most 3",
    ):
        ClipDataset({"frames": counting(a=2, b=9)}, clip_length=4, stride=3)
    assert len(ClipDataset({"frames": counting(a=2, b=9)}, clip_length=3, stride=3)) == 3


def test_short_sequences_are_left_out_by_name_and_length():
    clips = ClipDataset({"frames": counting(a=4, b=2, c=5, d=0)}, clip_length=3)

    assert clips.left_out == {"b": 2, "d": 0}
    assert clips.sequences == ["a", "b", "c", "d"]
    assert clips.lengths == {"a": 4, "b": 2, "c": 5, "d": 0}
    assert {clips.clip(index).sequence for index in range(len(clips))} == {"a", "c"}


@pytest.fixture
def with_a_blink(tmp_path):
    """A walk of 6 frames, and a blink of 3, which has no flow from three frames before."""
    for name, length in (("walk", 6), ("blink", 3)):
        write_frames(tmp_path / "images" / name, torch.zeros(length, 3, 4, 6))
        for stride in range(1, 4):
            for t in range(stride, length):
                folder = tmp_path / f"flow/stride{stride}" / name
                folder.mkdir(parents=True, exist_ok=True)
                write_flow(folder / f"{t:05d}.flo", torch.ones(2, 4, 6))
    return tmp_path


@pytest.mark.parametrize("clip_length", [1, 2, 3, 4, 6])
def test_a_sequence_too_short_for_a_stride_is_left_out(with_a_blink, clip_length):
    streams = {"frames": ImageStream(with_a_blink / "images")}
    for stride in (1, 3):
        folder = with_a_blink / f"flow/stride{stride}"
        streams[f"flow{stride}"] = FlowStream(folder, missing=stride)
    clips = ClipDataset(streams, clip_length=clip_length)

    assert clips.left_out == {"blink": 3}
    assert len(clips) == 6 - clip_length + 1
    assert {clips.clip(index).sequence for index in range(len(clips))} == {"walk"}
    assert clips[0]["flow3"].shape == (clip_length, 2, 4, 6)


def test_the_walk_must_have_its_flow(with_a_blink):
    shutil.rmtree(with_a_blink / "flow/stride1/walk")
    streams = {
        "frames": ImageStream(with_a_blink / "images"),
        "flow": FlowStream(with_a_blink / "flow/stride1"),
    }
    with pytest.raises(ValueError, match=r"must have the same sequences; only .* has 'walk'"):
        ClipDataset(streams, clip_length=2)


def test_short_sequences_need_not_agree():
    masks = TensorStream("mask", {"a": torch.zeros(5, 1, 2, 3), "b": torch.zeros(1, 1, 9, 9)})

    clips = ClipDataset({"frames": counting(a=5, b=2, c=1), "masks": masks}, clip_length=3)

    assert clips.left_out == {"b": 2, "c": 1}
    assert len(clips) == 3
    with pytest.raises(ValueError, match="'b' must have the same number of frames"):
        ClipDataset({"frames": counting(a=5, b=2, c=1), "masks": masks}, clip_length=2)


def test_streams_of_different_lengths():
    streams = {"frames": counting(a=5, b=6), "conditions": counting(a=5, b=7)}
    with pytest.raises(
        ValueError, match=r"sequence 'b' must have the same number of frames, got 'frames' 6, 'cond"
    ):
        ClipDataset(streams, clip_length=2)


def test_streams_of_different_sequences():
    streams = {"frames": counting(a=5, b=6), "conditions": counting(a=5)}
    with pytest.raises(ValueError, match=r"'frames' and 'conditions' must have .* of them has 'b'"):
        ClipDataset(streams, clip_length=2)
    many = {"frames": counting(a=5), "conditions": counting(**dict.fromkeys("abcdefgh", 5))}
    with pytest.raises(ValueError, match="'b', 'c', 'd', 'e', 'f' and 2 more"):
        ClipDataset(many, clip_length=2)


@pytest.mark.parametrize("size", [(3, 3), (2, 4)])
def test_streams_of_different_sizes(size):
    masks = TensorStream("mask", {"a": torch.zeros(5, 1, *size)})
    with pytest.raises(ValueError, match=r"sequence 'a' must have the same size") as info:
        ClipDataset({"frames": counting(a=5), "masks": masks}, clip_length=2)
    assert f"got 'frames' (2, 3), 'masks' {size}" in str(info.value)


def test_sizes_that_change_within_a_sequence(tmp_path):
    write_frames(tmp_path / "images" / "a", torch.zeros(4, 3, 4, 6))
    write_frames(tmp_path / "masks" / "a", torch.zeros(4, 1, 4, 6))
    write_frame(tmp_path / "images" / "a" / "00002.png", torch.zeros(3, 4, 7))
    streams = {"frames": ImageStream(tmp_path / "images")}
    clips = ClipDataset(streams, clip_length=2)

    assert clips[0]["frames"].shape == (2, 3, 4, 6)
    with pytest.raises(
        ValueError,
        match=r"sequence 'a' of stream 'frames' must have one shape, got \(3, 4, 6\) in frame 1 "
        r"and \(3, 4, 7\) in frame 2",
    ):
        clips[1]
    both = {**streams, "masks": MaskStream(tmp_path / "masks")}
    with pytest.raises(ValueError, match=r"same size .*, got 'frames' \(4, 7\), 'masks' \(4, 6\)"):
        ClipDataset(both, clip_length=1)[2]


def test_wrong_arguments():
    frames = counting(a=5)
    with pytest.raises(ValueError, match="ClipDataset: clip_length must be at least 1, got 0"):
        ClipDataset({"frames": frames}, clip_length=0)
    with pytest.raises(ValueError, match="ClipDataset: stride must be at least 1, got 0"):
        ClipDataset({"frames": frames}, clip_length=2, stride=0)
    with pytest.raises(ValueError, match=r"at least one stream and none named 'index', got \[\]"):
        ClipDataset({}, clip_length=2)
    with pytest.raises(ValueError, match=r"at least one stream and none named 'index', got \['ind"):
        ClipDataset({"index": frames}, clip_length=2)
