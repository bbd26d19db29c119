"""Lengths and sizes that the streams of a clip data set must have in common."""

from __future__ import annotations

from collections.abc import Hashable, Mapping

from vidgan.data.streams import ClipStream


def common_lengths(
    streams: Mapping[str, ClipStream], span: int
) -> tuple[dict[str, int], dict[str, int]]:
    """Return the lengths of all sequences, and of those that are too short for ``span`` frames.

    All streams must have the same lengths and sizes of the others.
    """
    found = {name: dict(stream.sequences()) for name, stream in streams.items()}
    lengths: dict[str, int] = {}
    for each in found.values():
        for sequence, length in each.items():
            lengths[sequence] = max(length, lengths.get(sequence, 0))
    left_out = {
        sequence: length
        for sequence, length in lengths.items()
        if length < span or _is_too_short(sequence, length, streams, found)
    }
    first = next(iter(found))
    for name, each in found.items():
        if different := sorted((each.keys() ^ found[first].keys()) - left_out.keys()):
            raise ValueError(
                f"ClipDataset: streams {first!r} and {name!r} must have the same sequences; only "
                f"one of them has {', '.join(map(repr, different[:5]))}"
                f"{f' and {len(different) - 5} more' if len(different) > 5 else ''}"
            )
    for sequence in (each for each in lengths if each not in left_out):
        numbers = {name: each[sequence] for name, each in found.items()}
        check_equal(numbers, sequence, "number of frames")
        sizes = {name: stream.size(sequence) for name, stream in streams.items()}
        known = {name: size for name, size in sizes.items() if size is not None}
        check_equal(known, sequence, "size (H, W)")
    return lengths, left_out


def _is_too_short(
    sequence: str,
    length: int,
    streams: Mapping[str, ClipStream],
    found: Mapping[str, Mapping[str, int]],
) -> bool:
    """Return whether a stream lacks a sequence because its first ``missing`` frames are all."""
    absent = [stream for name, stream in streams.items() if sequence not in found[name]]
    return bool(absent) and all(getattr(stream, "missing", 0) >= length for stream in absent)


def check_equal(values: Mapping[str, Hashable], sequence: str, what: str) -> None:
    """Raise ValueError unless all streams of a sequence have the same of something."""
    if len(set(values.values())) > 1:
        got = ", ".join(f"{name!r} {value}" for name, value in values.items())
        subject = f"all streams of sequence {sequence!r}"
        raise ValueError(f"ClipDataset: {subject} must have the same {what}, got {got}")
