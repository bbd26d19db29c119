"""Collects findings: one entry per rule, however many files break it."""

from __future__ import annotations

from typing import Literal, NamedTuple

from vidgan.data.check.report import Finding

_NUM_EXAMPLES = 5

Severity = Literal["problem", "warning"]


class Fault(NamedTuple):
    """A rule that one file breaks, and what was got instead."""

    code: str
    message: str
    got: str = ""
    severity: Severity = "problem"


class Findings:
    """Counts faults by rule and keeps the first few places of each."""

    def __init__(self) -> None:
        self._places: dict[tuple[Severity, str, str], list[str]] = {}
        self._counts: dict[tuple[Severity, str, str], int] = {}

    def add(self, fault: Fault, place: str = "", *, count: int = 1) -> None:
        """Note a fault at a place, such as a file or, with ``count``, a number of files."""
        key = (fault.severity, fault.code, fault.message)
        self._counts[key] = self._counts.get(key, 0) + count
        text = f"{place} ({fault.got})" if place and fault.got else place or fault.got
        places = self._places.setdefault(key, [])
        if text and len(places) < _NUM_EXAMPLES:
            places.append(text)

    def problem(self, code: str, message: str, place: str = "", *, count: int = 1) -> None:
        """Note what must be repaired."""
        self.add(Fault(code, message), place, count=count)

    def warning(self, code: str, message: str, place: str = "", *, count: int = 1) -> None:
        """Note what should be looked at."""
        self.add(Fault(code, message, severity="warning"), place, count=count)

    def of(self, severity: Severity) -> tuple[Finding, ...]:
        """Return what was noted, in the order in which the rules were first broken."""
        return tuple(
            Finding(key[1], key[2], count, tuple(self._places[key]))
            for key, count in self._counts.items()
            if key[0] == severity
        )
