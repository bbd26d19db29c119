"""Check that the kinds fit each other: one file per frame, and sequences of sufficient length."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from vidgan.data.check._findings import Findings
from vidgan.data.check._layout import Kind, Sequences
from vidgan.data.frame_names import frame_name, pairs_by_order, split_at_gaps

DEFAULT_CLIP_LENGTH = 30  # of the recipe


def check_pairs(images: Sequences, kind: Kind, files: Sequences, findings: Findings) -> None:
    """Note frames without a file of ``kind`` and files without a frame."""
    for sequence, frames in images.items():
        expected = [frame.stem for frame in frames[kind.stride :]]
        found = [file.stem for file in files.get(sequence, ())]
        if kind.is_raw and [frame_name(frame) for frame in frames] == [
            frame_name(file) for file in files.get(sequence, ())
        ]:
            continue
        if kind.type == "landmarks" and [file.suffix for file in files.get(sequence, ())] == [
            ".npy"
        ]:
            continue  # one array of all frames
        if kind.is_raw and found != expected and pairs_by_order(frames, files.get(sequence, ())):
            rule = f"{kind.name}: the names differ from those of the images; paired by their order"
            place = f"{kind.name}/{sequence} ({found[0]} for {expected[0]}, ...)"
            findings.warning("names_differ", rule, place)
            continue
        if found != expected:
            _check_sequence(f"{kind.name}/{sequence}", kind, expected, found, findings)
        if kind.stride and not expected and kind.name.startswith("flow"):
            findings.warning(
                "too_short",
                f"sequences are skipped that do not have more than {kind.stride} frames, as "
                f"{kind.name} spans so many",
                f"{sequence} ({len(frames)} frames)",
            )
    for sequence in [name for name in files if name not in images]:
        rule = f"{kind.name}: every sequence must have images"
        findings.problem("extra_files", rule, f"{kind.name}/{sequence}", count=len(files[sequence]))


def check_duplicates(kind: Kind, files: Sequences, findings: Findings) -> None:
    """Note frames that have two files, such as 1.png and 1.jpg."""
    for sequence, sequence_files in files.items():
        counts = Counter(file.stem for file in sequence_files)
        for stem, count in counts.items():
            if count > 1:
                rule = f"{kind.name}: a frame must have one file, not several"
                findings.problem("duplicates", rule, f"{kind.name}/{sequence}/{stem}.*")


def check_gaps(images: Sequences, findings: Findings) -> Sequences:
    """Note where frames of a raw folder are missing; return the sequences between the gaps."""
    parts: Sequences = {}
    for name, files in images.items():
        split = split_at_gaps(files)
        for part in split:
            parts[name if part[0] == files[0] else f"{name} from {part[0].name} on"] = part
        for before, after in pairwise(split):
            rule = "images: frames are missing; what is before and after becomes two sequences"
            place = f"images/{name} (between {before[-1].name} and {after[0].name})"
            findings.warning("gaps", rule, place)
    return parts


def check_lengths(
    parts: Sequences, clip_length: int | None, past_frames: int, findings: Findings
) -> None:
    """Note sequences, and parts of them, too short for one clip: a problem where all are.

    Without a ``clip_length``, it is the recipe's default: reduced to what the longest one allows.
    """
    longest = max(map(len, parts.values()))
    most = longest - past_frames
    length = DEFAULT_CLIP_LENGTH if clip_length is None else clip_length
    if clip_length is None and most < length:
        if most > 0:
            rule = f"no sequence is long enough for clips of {length} frames; the default is {most}"
            findings.warning("too_short", rule)
        length = max(most, 1)
    needed = length + past_frames
    rule = f"{needed} frames (clip length {length}, {past_frames} past frames)"
    repair = f"; choose a clip length of at most {most}" if most > 0 else ""
    for name, files in parts.items():
        place = f"{name} ({len(files)} frames)"
        if longest < needed:
            findings.problem("too_short", f"no sequence has {rule}{repair}", place)
        elif len(files) < needed:
            findings.warning("too_short", f"sequences are skipped that do not have {rule}", place)


def _check_sequence(
    folder: str, kind: Kind, expected: list[str], found: list[str], findings: Findings
) -> None:
    lacking, extra = set(expected) - set(found), set(found) - set(expected)
    needs = f"{kind.name}: every frame must have a file of the same name"
    if kind.stride:
        needs += f", but for the first {kind.stride} of a sequence"
    if not found:
        findings.problem("missing_files", needs, f"all of {folder}", count=len(expected))
    elif len(lacking) == len(expected) == len(found):
        rule = f"{kind.name}: the names differ from those of the images; paired by their order"
        findings.warning("names_differ", rule, f"{folder} ({found[0]} for {expected[0]}, ...)")
    elif len(lacking) == len(expected):
        place = f"{folder} ({len(found)} files of other names for {len(expected)} frames)"
        findings.problem("missing_files", needs, place, count=len(expected))
    else:
        for stem in [stem for stem in expected if stem in lacking]:
            findings.problem("missing_files", needs, f"{folder}/{stem}{kind.suffixes[0]}")
        for stem in [stem for stem in found if stem in extra]:
            rule = f"{kind.name}: every file must have the name of a frame"
            if kind.stride:
                rule += f" that is not among the first {kind.stride} of its sequence"
            findings.problem("extra_files", rule, f"{folder}/{stem}{kind.suffixes[0]}")
