"""Reading the points of frames: JSON, text, iBUG's .pts, and NumPy arrays."""

from __future__ import annotations

import math
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from vidgan.files import existing_file, read_json, read_text

POINT_SUFFIXES = (".json", ".txt", ".pts", ".npy")
_LAYOUT = "[x, y] or [x, y, confidence]"


def read_points(path: str | os.PathLike[str]) -> Tensor | None:
    r"""Read the points of one frame: [x, y] or [x, y, confidence] of each.

    ``.json`` is a list of them, ``.npy`` an array (N, 2) or (N, 3). ``.txt`` has one point per
    line, separated by spaces, tabs, commas or semicolons. ``.pts`` is the format of iBUG 300-W,
    with its head and braces; it counts pixels from 1, as MATLAB does, so that 1 is subtracted from
    x and y.

    Args:
        path: the file.

    Returns:
        float32 (N, 2) or (N, 3), x and y in pixels; None where nothing was found: the file is
        empty, ``null`` or ``[]``, or the places of all points are null, NaN, or, of several points,
        all 0, or all confidences are 0. Of three numbers, a point without confidence and without a
        place becomes (0, 0, 0).

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file has another layout, or a number is not finite.

    Example:
        >>> import tempfile
        >>> file = Path(tempfile.mkdtemp()) / "00000.json"
        >>> _ = file.write_text("[[1, 2, 0.9], [null, null, 0]]")
        >>> read_points(file)
        tensor([[1.0000, 2.0000, 0.9000],
                [0.0000, 0.0000, 0.0000]])
        >>> _ = file.write_text("null")
        >>> read_points(file) is None
        True
        >>> _ = file.with_suffix(".txt").write_text("1 2\n3.5, 4\n")
        >>> read_points(file.with_suffix(".txt"))
        tensor([[1.0000, 2.0000],
                [3.5000, 4.0000]])
    """
    path = Path(path)
    suffix = path.suffix.lower()
    layout = "a JSON list of" if suffix not in POINT_SUFFIXES[1:] else "a list of"
    try:
        points = _points(_read_rows(path, suffix))
    except FileNotFoundError:
        raise
    except (ValueError, TypeError) as error:
        reason = str(error).removeprefix(f"read_points: {path} is ")
        if reason.startswith("read_points: "):
            raise
        raise ValueError(f"read_points: {path} must be {layout} {_LAYOUT}, {reason}") from error
    if points is not None and not _is_fit(points):
        raise ValueError(
            f"read_points: {path} must be {layout.replace('of', 'of finite')} {_LAYOUT}, got "
            f"shape {tuple(points.shape)}"
        )
    return points


def read_point_array(path: str | os.PathLike[str]) -> list[Tensor | None]:
    """Read the points of all frames of a sequence from one ``.npy``, (T, N, 2) or (T, N, 3).

    Args:
        path: the file.

    Returns:
        The points of each frame, as from `read_points`.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is no such array, or a number of a frame that has points is not finite.

    Example:
        >>> import tempfile
        >>> file = Path(tempfile.mkdtemp()) / "walk.npy"
        >>> np.save(file, np.full((3, 68, 2), 7.0))
        >>> len(read_point_array(file)), read_point_array(file)[0].shape
        (3, torch.Size([68, 2]))
    """
    path = Path(path)
    rule = f"read_point_array: {path} must be an array (T, N, 2) or (T, N, 3)"
    try:
        array = _load_array(path)
    except ValueError as error:
        raise ValueError(f"{rule}: {error}") from error
    if array.ndim != 3:
        raise ValueError(f"{rule}, got shape {array.shape}")
    frames = [_points(frame.tolist()) for frame in array]
    if wrong := [frame for frame, p in enumerate(frames) if p is not None and not _is_fit(p)]:
        raise ValueError(f"{rule} of finite numbers, got shape {array.shape}, frame {wrong[0]}")
    return frames


def _read_rows(path: Path, suffix: str) -> Any:
    if suffix == ".npy":
        return _load_array(path).tolist()
    text = read_text(path, function="read_points")
    if suffix in (".txt", ".pts"):
        return _parse_lines(text, first=1.0 if suffix == ".pts" else 0.0)
    return read_json(path, allow_nan=True, function="read_points") if text.strip() else None


def _load_array(path: Path) -> np.ndarray[Any, Any]:
    if existing_file(path, "read_points").stat().st_size == 0:
        return np.zeros((0, 2))
    try:
        array: np.ndarray[Any, Any] = np.load(path, allow_pickle=False)
    except (EOFError, OSError, ValueError) as error:
        raise ValueError(f"it is no readable array ({error})") from error
    if array.dtype.kind not in "fiu":
        raise ValueError(f"it is an array of {array.dtype}")
    return array


def _parse_lines(text: str, first: float) -> list[list[float]]:
    rows = []
    for line in text.splitlines():
        words = [word for word in re.split(r"[\s,;]+", line.strip()) if word]
        if (
            not words
            or words in (["{"], ["}"])
            or re.match(r"(version|n_points)\s*:", line.strip())
        ):
            continue
        numbers = [float(word) for word in words]
        if len(numbers) not in (2, 3):
            raise ValueError(f"one on each line, got {line.strip()!r:.60}")
        rows.append([numbers[0] - first, numbers[1] - first, *numbers[2:]])
    return rows


def _points(rows: Any) -> Tensor | None:
    if rows is None or (isinstance(rows, list) and is_nothing(rows)):
        return None
    return torch.tensor([found_point(row) for row in rows], dtype=torch.float32)


def _is_fit(points: Tensor) -> bool:
    return points.dim() == 2 and points.shape[1] in (2, 3) and bool(points.isfinite().all())


def is_nothing(rows: list[Any]) -> bool:
    """Return whether no point of a file has a place, or each has confidence 0."""
    places = [row[:2] if isinstance(row, list) and len(row) >= 2 else row for row in rows]
    if all(place is None or (isinstance(place, list) and _is_lost(place)) for place in places):
        return True
    if len(rows) > 1 and all(isinstance(r, list) and len(r) == 3 and r[2] == 0 for r in rows):
        return True
    return len(places) > 1 and all(place == [0, 0] for place in places)


def _is_lost(place: list[Any]) -> bool:
    return all(n is None or (isinstance(n, float) and math.isnan(n)) for n in place)


def found_point(row: Any) -> Any:
    """Return [x, y] or [x, y, confidence] as it is, but for one that was not found: 0, 0, 0."""
    lost = isinstance(row, list) and len(row) == 3 and not row[2] and _is_lost(row[:2])
    return [0.0, 0.0, 0.0] if lost else row
