"""Points of folders in pixels: units recognized and converted before a crop is taken."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from torch import Tensor

from vidgan.data import frame_name, pairs_by_order, point_units, points_to_pixels


def pixel_converter(
    points: Tensor, size: Sequence[int], file: Path, name: str, notes: list[str]
) -> Callable[[Tensor], Tensor]:
    """Return the function that converts points of a sequence to pixels, and note it.

    Args:
        points: those of all frames, as in `point_units`.
        size: (H, W) of the frames.
        file: the first file, for messages.
        name: name of the sequence, for messages.
        notes: what the user should know is added to these.

    Raises:
        ValueError: the points are in no unit that is known for certain, y stands before x, or most
            of them lie outside the frames.
    """
    units = point_units(points, size)
    height, width = size
    frame = f"frames of {width} x {height} (W x H)"
    if units.unit in ("unit", "signed"):
        shares = "[0, 1]" if units.unit == "unit" else "[-1, 1]"
        notes.append(f"{name}: the points are shares of the frame in {shares}; converted to pixels")
    elif units.unit == "swapped":
        raise ValueError(
            f"{file}: points must be [x, y], and the heads in this sequence are mirrored and lie "
            f"on their side ({units.found}), as if y came first; {units.repair}"
        )
    elif units.unit == "unclear":
        raise ValueError(
            f"{file}: points must be in pixels of {frame}, or all in [0, 1] or [-1, 1], got "
            f"{units.found} in this sequence; {units.repair}"
        )
    elif units.unit == "outside":
        raise ValueError(
            f"{file}: points must lie in {frame}, got {units.found} in this sequence, most of them "
            f"outside; {units.repair}"
        )
    return lambda values: points_to_pixels(values, size, units.unit)


def find_unpaired(
    name: str, files: Mapping[str, Sequence[Path]], notes: list[str]
) -> tuple[str, str, str] | None:
    """Find a file that has no counterpart among the frames in ``images``, or the reverse.

    Names are compared without what tools add to them. If they differ, but both kinds are numbered
    without a gap and are equally many, they are paired by their order, which is noted.

    Args:
        name: name of the sequence.
        files: kind -> its files; one kind is ``images``.
        notes: what the user should know is added to these.

    Returns:
        The kind that does not fit, the name of a frame, and which of the two kinds has it.
    """
    frames = {kind: [frame_name(file) for file in group] for kind, group in files.items()}
    for kind, names in frames.items():
        alone = sorted({*names} ^ {*frames["images"]})
        if alone and pairs_by_order(files["images"], files[kind]):
            notes.append(
                f"{name}: {kind} and images are paired by their order, "
                f"{files[kind][0].name} with {files['images'][0].name} and so on"
            )
        elif alone:
            return kind, alone[0], "images" if alone[0] in frames["images"] else kind
    return None
