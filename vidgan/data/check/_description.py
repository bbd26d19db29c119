"""Check ``dataset.json`` against the files of its folder."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, NamedTuple

from vidgan.data.check._findings import Findings
from vidgan.data.check._layout import Kind, Sequences
from vidgan.data.data_folder import DataFolder, open_data_folder

_ANNOTATIONS = ("landmarks", "labels", "keypoints")


class Classes(NamedTuple):
    """The classes of label maps: their names, their number, and an id that means none."""

    names: tuple[str, ...] = ()
    number: int | None = None
    ignore: int | None = None


def read_description(path: Path, findings: Findings) -> DataFolder | None:
    """Read ``dataset.json`` where there is one; a damaged one is noted."""
    if not (path / "dataset.json").exists():
        findings.warning("not_prepared", "there is no dataset.json: the folder is not prepared yet")
        return None
    try:
        return open_data_folder(path)
    except (OSError, OverflowError, ValueError) as error:
        findings.problem("description", str(error))
        return None


def read_classes(data: DataFolder | None, num_classes: int | None, findings: Findings) -> Classes:
    """Read what is known of the classes; ``num_classes`` comes before ``dataset.json``."""
    facts = data.facts if data else {}
    names, ignore = facts.get("classes"), facts.get("ignore")
    if names is not None and not _is_list_of(str, names):
        _note("classes must be a list of names", names, findings)
        names = None
    if ignore is not None and not _is_list_of(int, [ignore]):
        _note("ignore must be an id", ignore, findings)
        ignore = None
    number = num_classes or (len(names) if names else None)
    foreground = facts.get("foreground", [])
    if not _is_list_of(int, foreground) or (
        number is not None and not all(0 <= each < number for each in foreground)
    ):
        below = f" of 0 to {number - 1}" if number else ""
        _note(f"foreground must be a list of class ids{below}", foreground, findings)
    return Classes(tuple(names or ()), number, ignore)


def read_annotations(data: DataFolder | None, findings: Findings) -> tuple[str, ...]:
    """Read which annotations the task of ``dataset.json`` needs; () where that is not said."""
    names = data.facts.get("annotations", []) if data else []
    if not _is_list_of(str, names):
        _note("annotations must be a list of the folders that the task needs", names, findings)
        return ()
    return tuple(names)


def check_description(
    data: DataFolder, found: dict[Kind, Sequences], images: Sequences, findings: Findings
) -> None:
    """Note where ``dataset.json`` and the files differ."""
    kinds = {kind.name for kind in found}
    if data.facts.get("format", 1) != 1:
        _note("format must be 1", data.facts["format"], findings)
    if not (math.isfinite(data.fps) and data.fps > 0):
        _note("fps must be positive", data.fps, findings)
    if "labels" in kinds and not data.facts.get("classes"):
        _note("classes must name the classes of labels/", None, findings)
    for name in sorted(images.keys() | data.sequences.keys()):
        listed, got = data.sequences.get(name), len(images.get(name, ()))
        if listed != got:
            rule = "dataset.json: sequences must be those of images/, with their number of frames"
            place = f"{name} ({'none' if listed is None else listed} listed, {got} found)"
            findings.problem("description", rule, place)
    _check_frame_names(images, findings)
    _check_flow_folders(data, kinds, findings)


def _check_frame_names(images: Sequences, findings: Findings) -> None:
    for name, files in images.items():
        wrong = [file for t, file in enumerate(files) if file.name != f"{t:05d}.png"]
        if wrong:
            # Training goes by the order, but generation looks for a frame by its number.
            rule = "images: a prepared sequence must be 00000.png, 00001.png, ... without a gap"
            place = f"images/{name}/{wrong[0].name}"
            findings.problem("frame_names", rule, place, count=len(wrong))


def _check_flow_folders(data: DataFolder, kinds: set[str], findings: Findings) -> None:
    strides = data.facts.get("strides", [])
    if not _is_list_of(int, strides) or not all(stride > 0 for stride in strides):
        _note("strides must be a list of frame distances", strides, findings)
        strides = []
    for stride in strides:
        for name in (f"flow/stride{stride}", f"confidence/stride{stride}"):
            # Training reads one confidence, that of the neighboring frames.
            if name not in kinds and (name.startswith("flow") or stride == 1):
                rule = "dataset.json: the flow of every listed stride must be there"
                findings.problem("missing_kind", rule, f"{name}/")


def check_annotations(
    path: Path, kinds: set[str], needed: tuple[str, ...], findings: Findings
) -> None:
    """Note annotations that the task needs and that are not there; or that there are none."""
    for name in needed:
        if name not in kinds and not (path / name).is_dir():
            rule = "dataset.json: the annotations that it lists must be there"
            findings.problem("missing_kind", rule, f"{name}/")
    if not needed and not kinds & set(_ANNOTATIONS):
        *others, last = _ANNOTATIONS
        rule = f"there are no annotations: no {', '.join(f'{each}/' for each in others)}"
        findings.warning("no_annotations", f"{rule} or {last}/")


def _is_list_of(type_: type, value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(each, type_) and not isinstance(each, bool) for each in value
    )


def _note(rule: str, got: Any, findings: Findings) -> None:
    findings.problem("description", f"dataset.json: {rule}, got {got!r:.60}")
