"""Clips of paired streams for training."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.utils.data import Dataset

from vidgan._checks import check_at_least
from vidgan.data._clip_lengths import check_equal, common_lengths
from vidgan.data.streams import ClipStream, StreamKind

Clip = dict[str, Tensor]
_CHANNELS: dict[StreamKind, int] = {"flow": 2, "mask": 1}
ClipTransform = Callable[[Clip, Mapping[str, StreamKind]], Clip]
"""What `ClipDataset` calls on each clip: (stream -> (T, ...), stream -> kind) to the new clip."""


class ClipIndex(NamedTuple):
    """Where a clip comes from.

    Attributes:
        sequence: name of the sequence.
        frames: indices of the clip's frames within it, oldest first.

    Example:
        >>> from vidgan.data import TensorStream
        >>> walk = TensorStream("image", {"walk": torch.zeros(7, 3, 4, 6)})
        >>> ClipDataset({"frames": walk}, clip_length=3, stride=2).clip(1)
        ClipIndex(sequence='walk', frames=(1, 3, 5))
    """

    sequence: str
    frames: tuple[int, ...]


class ClipDataset(Dataset[Clip]):
    """Every clip of ``clip_length`` frames, ``stride`` apart, of several paired streams.

    Item i is the i-th possible start over all sequences in turn. Sequences too short for one clip
    give none and are listed in ``left_out``, and so are those too short for a stream: a flow from
    frame t-3 to t has no file for a sequence of 3 frames. An item depends on i alone, except for
    what ``transform`` samples from torch's global random generator, so seeding that makes a run
    exact.

    A flow in a clip must span the clip's stride: pair ``stride=3`` with flows from frame t-3 to t.

    Args:
        streams: name -> stream. All must have the same sequences, lengths and sizes. The name
            ``"index"`` is taken.
        clip_length: frames per clip.
        stride: distance in frames between two frames of a clip.
        transform: called with the clip and the kind of each stream, such as `ClipTransforms`.

    Attributes:
        sequences: names of all sequences.
        lengths: name -> number of frames of each.
        left_out: name -> number of frames of those that are too short for a clip.

    Returns:
        Each item is name -> (T, ...), and ``"index"`` -> int64 (2,): the number of the sequence
        in the order of ``sequences`` and the index of the clip's first frame.

    Raises:
        ValueError: streams disagree in sequences, lengths or sizes, none is given, one is named
            ``"index"``, a number is below 1, or no sequence is long enough.
        IndexError: there is no such item.

    Example:
        >>> from vidgan.data import TensorStream
        >>> frames = TensorStream("image", {"walk": torch.zeros(7, 3, 4, 6)})
        >>> clips = ClipDataset({"frames": frames}, clip_length=3, stride=2)
        >>> len(clips), clips[1]["frames"].shape, clips.clip(1).frames
        (3, torch.Size([3, 3, 4, 6]), (1, 3, 5))
    """

    def __init__(
        self,
        streams: Mapping[str, ClipStream],
        *,
        clip_length: int,
        stride: int = 1,
        transform: ClipTransform | None = None,
    ) -> None:
        check_at_least("ClipDataset", 1, clip_length=clip_length, stride=stride)
        if not streams or "index" in streams:
            rule = "at least one stream and none named 'index'"
            raise ValueError(f"ClipDataset: streams must hold {rule}, got {list(streams)}")
        self.streams = dict(streams)
        self.clip_length = clip_length
        self.stride = stride
        self.transform = transform
        self.kinds: dict[str, StreamKind] = {name: s.kind for name, s in streams.items()}
        self.lengths, self.left_out = common_lengths(self.streams, self._span)
        self.sequences = list(self.lengths)
        self._ends = self._count_clips()

    def __len__(self) -> int:
        return self._ends[-1]

    def __getitem__(self, index: int) -> Clip:
        return self.part(index, range(self.clip_length))

    def part(
        self, index: int, positions: Sequence[int], *, unread: Mapping[str, int] | None = None
    ) -> Clip:
        """Load some frames of item ``index``; no file of the others is read.

        Args:
            index: number of the item.
            positions: which of its frames, in 0..clip_length-1, at least one.
            unread: stream of flows or masks -> how many of these frames, from the first on, it is
                not read for; there it is 0. No loss uses the flow into the given first frames.

        Returns:
            The item with these frames alone; ``transform`` sees no others.

        Raises:
            IndexError, ValueError: there is no such item, no position, or one is out of range, or
                ``unread`` names another stream.

        Example:
            >>> from vidgan.data import TensorStream
            >>> frames = TensorStream("image", {"walk": torch.zeros(7, 3, 4, 6)})
            >>> ClipDataset({"frames": frames}, clip_length=5).part(1, [2, 3])["frames"].shape
            torch.Size([2, 3, 4, 6])
        """
        if not positions or min(positions) < 0 or max(positions) >= self.clip_length:
            rule = f"positions must lie in 0..{self.clip_length - 1}, and at least one"
            raise ValueError(f"ClipDataset.part: {rule}, got {list(positions)}")
        (number, start), (sequence, item) = self._locate(index), self.clip(index)
        frames = tuple(item[position] for position in positions)
        skipped = self._unread(unread or {})
        clip = {
            name: _load(name, stream, sequence, frames[skipped.get(name, 0) :])
            for name, stream in self.streams.items()
            if skipped.get(name, 0) < len(frames)
        }
        sizes = {n: tuple(v.shape[-2:]) for n, v in clip.items() if self.kinds[n] != "points"}
        check_equal(sizes, sequence, "size (H, W)")
        for name, number in skipped.items():
            # of what was loaded, if anything but points was: a stream may read a file for it
            size = next(iter(sizes.values()), None) or self.streams[name].size(sequence) or ()
            shape = (min(number, len(frames)), _CHANNELS[self.kinds[name]], *size)
            clip[name] = torch.cat([torch.zeros(shape), *([clip[name]] if name in clip else [])])
        if self.transform is not None:
            clip = self.transform(clip, self.kinds)
        return {**clip, "index": torch.tensor([number, start])}

    def clip(self, index: int) -> ClipIndex:
        """Return which frames item ``index`` has, without loading them.

        Raises:
            IndexError: there is no such item.
        """
        number, start = self._locate(index)
        frames = range(start, start + self._span, self.stride)
        return ClipIndex(self.sequences[number], tuple(frames))

    @property
    def _span(self) -> int:
        return (self.clip_length - 1) * self.stride + 1

    def _unread(self, unread: Mapping[str, int]) -> dict[str, int]:
        known = [name for name, kind in self.kinds.items() if kind in _CHANNELS]
        for name in unread:
            if name not in known:
                rule = f"streams of flows or masks, which are {', '.join(known) or 'none'}"
                raise ValueError(f"ClipDataset.part: unread must name {rule}, got {name!r}")
        return dict(unread)

    def _count_clips(self) -> list[int]:
        ends, total = [], 0
        for name, length in self.lengths.items():
            total += 0 if name in self.left_out else length - self._span + 1
            ends.append(total)
        if total == 0:
            raise ValueError(self._too_short())
        return ends

    def _too_short(self) -> str:
        """Say why there is no clip, and what would help."""
        name = max(self.lengths, key=lambda sequence: self.lengths[sequence])
        longest, length = self.lengths[name], self.clip_length
        if longest >= self._span:
            missing = max(getattr(stream, "missing", 0) for stream in self.streams.values())
            return (
                f"ClipDataset: a stream that lacks {missing} frames of each sequence needs "
                f"sequences of {missing + 1} frames, the longest sequence ({name!r}) has {longest}"
            )
        rule = (
            f"ClipDataset: a clip of clip_length {length} at stride {self.stride} needs "
            f"{self._span} frames, the longest sequence ({name!r}) has {longest}"
        )
        if longest == 0:
            return rule
        stride = (longest - 1) // (length - 1)
        smaller = f", or a stride of at most {stride}" if stride else ""
        return f"{rule}; use a clip_length of at most {(longest - 1) // self.stride + 1}{smaller}"

    def _locate(self, index: int) -> tuple[int, int]:
        if not -len(self) <= index < len(self):
            raise IndexError(f"ClipDataset: index must be below {len(self)}, got {index}")
        index %= len(self)
        number = bisect_right(self._ends, index)
        return number, index - (self._ends[number - 1] if number else 0)


def _load(name: str, stream: ClipStream, sequence: str, frames: tuple[int, ...]) -> Tensor:
    values = [stream.load(sequence, index) for index in frames]
    for index, value in zip(frames, values, strict=True):
        if value.shape != values[0].shape:
            subject = f"the frames of sequence {sequence!r} of stream {name!r}"
            first = f"{tuple(values[0].shape)} in frame {frames[0]}"
            got = f"{first} and {tuple(value.shape)} in frame {index}"
            raise ValueError(f"ClipDataset: {subject} must have one shape, got {got}")
    return torch.stack(values)
