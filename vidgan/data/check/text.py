"""Reports as text for people and as a dictionary for programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from vidgan.data.check.report import DataReport, Finding

_NUM_ROWS = 40


def report_to_text(report: DataReport) -> str:
    """Lay out a report as plain text: tables, then warnings and problems, then the verdict.

    Args:
        report: as `check_data` returns.

    Returns:
        The text, without a line break at its end.

    Example:
        >>> from vidgan.data import DataReport, Finding, SequenceSummary
        >>> names = ("labels/walk/3.png",)
        >>> problem = Finding("missing_files", "labels: one file per frame", 9, names)
        >>> sequences = {"walk": SequenceSummary(9, (48, 64))}
        >>> print(report_to_text(DataReport("data", None, {}, sequences, {}, (), (problem,), ())))
        data: not prepared, no task
        <BLANKLINE>
        sequence  frames  H x W
        walk           9  48 x 64
        <BLANKLINE>
        PROBLEM [missing_files] labels: one file per frame (9)
            labels/walk/3.png
            and 8 more
        <BLANKLINE>
        1 problem, 0 warnings
    """
    blocks = [f"{report.path}: {f'task {report.task}' if report.task else 'not prepared, no task'}"]
    if report.sequences:
        rows = [
            (name, str(each.frames), _size(each.size)) for name, each in report.sequences.items()
        ]
        blocks.append(_table(("sequence", "frames", "H x W"), rows))
    if report.kinds:
        rows = [
            (name, str(each.files), ", ".join(map(_size, each.sizes)))
            for name, each in report.kinds.items()
        ]
        blocks.append(_table(("kind", "files", "H x W"), rows))
    if report.histogram:
        rows = [
            (f"{id_} {_class_name(report, id_)}".strip(), f"{100 * share:.2f} %", "")
            for id_, share in report.histogram.items()
        ]
        blocks.append(_table(("class", "pixels", ""), rows))
    for word, findings in (("warning", report.warnings), ("PROBLEM", report.problems)):
        if findings:
            blocks.append("\n".join(_finding_text(word, finding) for finding in findings))
    counts = f"{_count(report.problems, 'problem')}, {_count(report.warnings, 'warning')}"
    blocks.append(counts if report.problems else f"All is well ({counts}).")
    return "\n\n".join(blocks)


def report_to_dict(report: DataReport) -> dict[str, Any]:
    """Lay out a report for ``json.dumps``; ``docs/data.md`` says what the entries mean.

    Args:
        report: as `check_data` returns.

    Returns:
        Lists, dictionaries, strings, numbers and None alone.

    Example:
        >>> report = DataReport("data", None, {}, {}, {7: 1.0}, (), (), ())
        >>> report_to_dict(report)["histogram"]
        [{'id': 7, 'name': None, 'share': 1.0}]
    """
    return {
        "format": 1,
        "path": report.path,
        "good": report.is_good,
        "task": report.task,
        "kinds": {
            name: {**each._asdict(), "sizes": [list(size) for size in each.sizes]}
            for name, each in report.kinds.items()
        },
        "sequences": {
            name: {"frames": each.frames, "size": list(each.size) if each.size else None}
            for name, each in report.sequences.items()
        },
        "histogram": [
            {"id": id_, "name": _class_name(report, id_) or None, "share": share}
            for id_, share in report.histogram.items()
        ],
        "problems": [_finding_dict(finding) for finding in report.problems],
        "warnings": [_finding_dict(finding) for finding in report.warnings],
    }


def _size(size: tuple[int, int] | None) -> str:
    return f"{size[0]} x {size[1]}" if size else "unknown"


def _class_name(report: DataReport, id_: int) -> str:
    return report.class_names[id_] if id_ < len(report.class_names) else ""


def _count(findings: Sequence[Finding], word: str) -> str:
    return f"{len(findings)} {word}{'' if len(findings) == 1 else 's'}"


def _finding_dict(finding: Finding) -> dict[str, Any]:
    return {**finding._asdict(), "examples": list(finding.examples)}


def _finding_text(word: str, finding: Finding) -> str:
    count = f" ({finding.times})" if finding.times > 1 else ""
    lines = [f"{word} [{finding.code}] {finding.message}{count}"]
    lines += [f"    {example}" for example in finding.examples]
    more = finding.times - len(finding.examples)
    return "\n".join([*lines, f"    and {more} more"] if finding.examples and more > 0 else lines)


def _table(head: tuple[str, str, str], rows: list[tuple[str, str, str]]) -> str:
    """Three columns, the second one aligned to the right; a long table is cut."""
    more = len(rows) - _NUM_ROWS
    rows = [head, *rows[:_NUM_ROWS]]
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    lines = [
        f"{left:<{widths[0]}}  {right:>{widths[1]}}  {rest}".rstrip() for left, right, rest in rows
    ]
    return "\n".join([*lines, f"and {more} more"] if more > 0 else lines)
