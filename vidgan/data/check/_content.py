"""Checks the files of a data folder one after the other, and keeps sums only."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from vidgan.data.check._description import Classes
from vidgan.data.check._files import check_file
from vidgan.data.check._findings import Fault, Findings
from vidgan.data.check._layout import Kind, Sequences
from vidgan.data.check.report import KindSummary, SequenceSummary

_NUM_SIZES = 10
_NUM_IDS = 8


class ContentCheck:
    """Looks into every file; the images come first, since the others are compared with them.

    Args:
        path: the data folder.
        size: (H, W) that all files must have, or None: that of their sequence's first image.
        classes: what is known of the classes.
        findings: where faults are noted.
        quick: do not read pixels and flows.
    """

    def __init__(
        self,
        path: Path,
        size: tuple[int, int] | None,
        classes: Classes,
        findings: Findings,
        *,
        quick: bool,
    ) -> None:
        self._path, self._size, self._classes = path, size, classes
        self._findings, self._quick = findings, quick
        self._first_sizes: dict[str, tuple[int, int]] = {}
        self._sizes: dict[str, dict[tuple[int, int], int]] = {}
        self._pixels = torch.zeros(1, dtype=torch.long)  # of the label maps, by id
        self._empty: list[str] = []

    def add(self, kind: Kind, sequence: str, file: Path) -> None:
        """Check one file of a kind and sequence."""
        place = file.relative_to(self._path).as_posix()
        expected = self._size or self._first_sizes.get(sequence)
        facts = check_file(file, kind, expected, quick=self._quick)
        for fault in facts.faults:
            self._findings.add(fault, place)
        if facts.size is not None:
            self._check_size(kind, sequence, place, facts.size)
        if facts.counts is not None:
            self._check_ids(kind, place, facts.counts)

    def end_kind(self, kind: Kind) -> None:
        """Note what shows only once all files of a kind were seen."""
        sizes = self._sizes.get(kind.name, {})
        if kind.name == "images" and self._size is None and len(sizes) > 1:
            listed = ", ".join(f"{height} x {width}" for height, width in list(sizes)[:_NUM_SIZES])
            rule = f"images: sequences have different sizes (H x W): {listed}"
            self._findings.warning("sizes_differ", rule)
        if kind.name == "labels" and self._classes.number is None:
            rule = "labels: the number of classes is unknown, so ids have no limit (--num-classes)"
            self._findings.warning("ids_unchecked", rule)

    def kind_summary(self, kind: Kind, files: Sequences) -> KindSummary:
        """Sum up one kind."""
        count = sum(len(sequence_files) for sequence_files in files.values())
        return KindSummary(len(files), count, tuple(self._sizes.get(kind.name, {}))[:_NUM_SIZES])

    def sequence_summary(self, sequence: str, files: list[Path]) -> SequenceSummary:
        """Sum up one sequence of images."""
        return SequenceSummary(len(files), self._first_sizes.get(sequence))

    def histogram(self) -> dict[int, float]:
        """Compute the share of each id among all pixels of the label maps."""
        total = int(self._pixels.sum())
        return {
            int(id_): int(self._pixels[id_]) / total for id_ in self._pixels.nonzero().flatten()
        }

    def _check_size(self, kind: Kind, sequence: str, place: str, size: tuple[int, int]) -> None:
        sizes = self._sizes.setdefault(kind.name, {})
        sizes[size] = sizes.get(size, 0) + 1
        if kind.name == "images":
            self._first_sizes.setdefault(sequence, size)
        expected = self._size or self._first_sizes.get(sequence, size)
        if size != expected:
            rule = f"{kind.name}: the size (H, W) must be that of the sequence's first image"
            if self._size:
                rule = f"{kind.name}: the size (H, W) must be {self._size} as in dataset.json"
            got = f"{size}" if self._size else f"{size}, not {expected}"
            self._findings.add(Fault("size_mismatch", rule, got), place)

    def _check_ids(self, kind: Kind, place: str, counts: Tensor) -> None:
        ids: list[int] = counts.nonzero().flatten().tolist()
        if kind.name == "instances":
            if ids == [0]:
                rule = "instances: maps are all zero, so that there is no instance in them"
                self._findings.warning("no_instances", rule, place)
            return
        length = max(len(counts), len(self._pixels))
        grown = torch.zeros(length, dtype=torch.long)
        grown[: len(self._pixels)] = self._pixels
        grown[: len(counts)] += counts
        self._pixels = grown
        number, ignore = self._classes.number, self._classes.ignore
        wrong = [each for each in ids if number is not None and each >= number and each != ignore]
        if wrong and number is not None:
            rule = f"labels: ids must be 0 to {number - 1}"
            rule += "" if ignore is None else f" or {ignore}"
            more = f" and {len(wrong) - _NUM_IDS} more" if len(wrong) > _NUM_IDS else ""
            got = "ids " + ", ".join(map(str, wrong[:_NUM_IDS])) + more
            self._findings.add(Fault("ids_out_of_range", rule, got), place)
