"""Checks a data folder: what is in it, and what would stop a training or spoil it."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from vidgan._checks import check_at_least
from vidgan.data.check._content import ContentCheck
from vidgan.data.check._description import (
    check_annotations,
    check_description,
    check_strides,
    read_annotations,
    read_classes,
    read_description,
)
from vidgan.data.check._findings import Findings
from vidgan.data.check._layout import Kind, Sequences, read_layout
from vidgan.data.check._pairs import (
    check_duplicates,
    check_gaps,
    check_lengths,
    check_pairs,
)
from vidgan.data.check.report import DataReport
from vidgan.data.data_folder import DataFolder
from vidgan.files import visible_entries


def check_data(
    path: str | os.PathLike[str],
    *,
    num_classes: int | None = None,
    clip_length: int | None = None,
    past_frames: int = 2,
    strides: Sequence[int] = (),
    quick: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> DataReport:
    """Check a data folder, prepared or raw; the layout is that of `vidgan.data.DataFolder`.

    Files are read one at a time, so that the memory needed is that of one frame.

    Args:
        path: the folder.
        num_classes: label ids must be below it; None: the number of ``classes`` in
            ``dataset.json``, or no limit.
        clip_length: frames that a training clip generates; None: 30, or as many as the longest
            sequence allows, as in the recipe.
        past_frames: frames L that are given before them.
        strides: frame distances whose flow a prepared folder must have, beside those that
            ``dataset.json`` lists.
        quick: read headers, points and names only; pixels and flows are not looked at.
        progress: called with the number of files checked and that of all files, after each one.

    Returns:
        What was found, with problems and warnings.

    Raises:
        FileNotFoundError: there is no such folder.
        NotADirectoryError: ``path`` is a file.
        ValueError: a number is out of range.

    Example:
        >>> import tempfile, torch
        >>> from vidgan.video import write_frames
        >>> folder = Path(tempfile.mkdtemp())
        >>> for kind, channels, frames in (("images", 3, 4), ("labels", 1, 3)):
        ...     _ = write_frames(folder / kind / "walk", torch.zeros(frames, channels, 4, 6))
        >>> report = check_data(folder, clip_length=2)
        >>> report.sequences, report.histogram
        ({'walk': SequenceSummary(frames=4, size=(4, 6))}, {128: 1.0})
        >>> [(problem.code, problem.examples) for problem in report.problems]
        [('missing_files', ('labels/walk/00003.png',))]
    """
    check_at_least("check_data", 1, clip_length=clip_length, num_classes=num_classes)
    check_at_least("check_data", 0, past_frames=past_frames)
    check_at_least("check_data", 1, strides=min(strides, default=None))
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"check_data: no such folder: {path}")
    if not path.is_dir():
        raise NotADirectoryError(f"check_data: {path} must be a folder, but it is a file")

    findings = Findings()
    data = read_description(path, findings)
    annotations = read_annotations(data, findings)
    found = read_layout(path, annotations, findings)
    images = next((files for kind, files in found.items() if kind.name == "images"), {})
    _check_structure(path, data, found, annotations, findings)
    if data is not None:
        check_strides(data, {kind.name for kind in found}, strides, findings)
    is_raw = any(kind.is_raw for kind in found)
    if images:
        parts = check_gaps(images, findings) if is_raw else images
        check_lengths(parts, clip_length, past_frames, findings)

    classes = read_classes(data, num_classes, findings)
    content = ContentCheck(path, data.size if data else None, classes, findings, quick=quick)
    done, total = 0, sum(len(files) for kind in found.values() for files in kind.values())
    for kind, sequences in found.items():
        for sequence, files in sequences.items():
            for file in files:
                content.add(kind, sequence, file)
                done += 1
                if progress is not None:
                    progress(done, total)
        content.end_kind(kind)

    return DataReport(
        str(path),
        data.task if data else None,
        {kind.name: content.kind_summary(kind, files) for kind, files in found.items()},
        {name: content.sequence_summary(name, files) for name, files in images.items()},
        content.histogram(),
        classes.names,
        findings.of("problem"),
        findings.of("warning"),
    )


def _check_structure(
    path: Path,
    data: DataFolder | None,
    found: dict[Kind, Sequences],
    annotations: tuple[str, ...],
    findings: Findings,
) -> None:
    kinds = {kind.name for kind in found}
    images = next((files for kind, files in found.items() if kind.name == "images"), {})
    if "images" not in kinds:
        start = "" if visible_entries(path) else "the folder is empty: "
        rule = "there must be frames, images/<sequence>/<frame>.png or .jpg"
        findings.problem("no_images", start + rule)
    if data is not None:
        check_description(data, found, images, findings)
    check_annotations(path, kinds, annotations, findings)
    _check_flow(kinds, findings)
    for kind, files in found.items():
        check_duplicates(kind, files, findings)
        if kind.name != "images" and images and files:
            check_pairs(images, kind, files, findings)


def _check_flow(kinds: set[str], findings: Findings) -> None:
    if "images" in kinds and not any(name.startswith("flow/") for name in kinds):
        findings.warning("no_flow", "there is no flow yet: no flow/stride1/")
    for name in sorted(kinds):
        confidence = name.replace("flow/", "confidence/")
        if name.startswith("flow/") and confidence not in kinds:
            findings.warning("no_confidence", "flow without its confidence", f"{confidence}/")
