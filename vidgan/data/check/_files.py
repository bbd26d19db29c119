"""Checks one file: can it be read, and is what is in it possible."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import torch
from PIL import UnidentifiedImageError
from torch import Tensor

from vidgan.data.check._findings import Fault
from vidgan.data.check._layout import Kind
from vidgan.data.check._points import check_keypoints, check_landmarks, check_other_landmarks
from vidgan.functional import known_flow
from vidgan.video import read_frame, read_labels, read_mask
from vidgan.video._pictures import bit_depth, open_picture, orientation
from vidgan.video.flow_files import read_flow, read_flow_size

_ONE_CHANNEL = ("1", "L", "I;16", "I")


class FileFacts(NamedTuple):
    """The contents of one file.

    Attributes:
        size: (H, W), or None.
        counts: number of pixels of each id, int64 (number of ids,), or None.
        faults: what is wrong with it.
    """

    size: tuple[int, int] | None = None
    counts: Tensor | None = None
    faults: tuple[Fault, ...] = ()


def check_file(
    file: Path, kind: Kind, image_size: tuple[int, int] | None, *, quick: bool
) -> FileFacts:
    """Check one file of a kind, headers only where ``quick``.

    Args:
        file: the file.
        kind: what it should be.
        image_size: (H, W) of the frame that it belongs to, where known.
        quick: do not read pixels and flows.
    """
    try:
        if kind.type == "landmarks" and _is_no_json(file, kind):
            return FileFacts(faults=tuple(check_other_landmarks(file, kind, image_size)))
        if kind.type == "landmarks":
            return FileFacts(faults=tuple(check_landmarks(file, kind, image_size)))
        if kind.type == "keypoints":
            return FileFacts(faults=tuple(check_keypoints(file, kind, image_size)))
        if kind.type == "flow":
            return _check_flow(file, kind, quick=quick)
        return _check_picture(file, kind, quick=quick)
    except (OSError, ValueError) as error:
        # The readers' messages name the file, which stands before this text in the report.
        got = getattr(error, "strerror", None) or str(error).rpartition(str(file))[2].strip(" :")
        fault = Fault("unreadable", f"{kind.name}: a file must be whole and readable", got)
        return FileFacts(faults=(fault,))


def _is_no_json(file: Path, kind: Kind) -> bool:
    return file.suffix.lower() != ".json" or (kind.is_raw and file.stat().st_size == 0)


def _check_flow(file: Path, kind: Kind, *, quick: bool) -> FileFacts:
    if quick:
        return FileFacts(read_flow_size(file))
    flow = read_flow(file)
    bad = int((known_flow(flow)[1] == 0).sum())
    got = f"{bad} of {flow[0].numel()} pixels"
    if bad == flow[0].numel():
        rule = f"{kind.name}: flow must be finite (and below 1e9, the mark of unknown flow)"
        fault = Fault("not_finite", rule, got)
    else:
        rule = f"{kind.name}: flow is unknown at pixels, which do not count"
        fault = Fault("unknown_flow", rule, got, "warning")
    return FileFacts((flow.shape[1], flow.shape[2]), None, (fault,) if bad else ())


def _check_picture(file: Path, kind: Kind, *, quick: bool) -> FileFacts:
    size, file_format, mode = _read_header(file)
    depth = bit_depth(file)
    rule, fits = _pixel_rule(kind, file_format, mode, depth)
    if not fits:
        bits = f" of {depth} bits" if depth > 8 else ""
        fault = Fault("wrong_pixels", rule, f"got a {file_format} of mode {mode}{bits}")
        return FileFacts(size, None, (fault,))
    if quick:
        return FileFacts(size)
    if kind.type == "ids":
        return FileFacts(size, torch.bincount(read_labels(file).flatten()))
    (read_mask if kind.type == "mask" else read_frame)(file)
    return FileFacts(size)


def _read_header(file: Path) -> tuple[tuple[int, int], str, str]:
    """Read size (H, W), format and mode of an image without decoding it."""
    if file.stat().st_size == 0:
        raise ValueError("the file is empty")
    try:
        picture = open_picture(file, "check_data")
    except ValueError as error:
        if not isinstance(error.__cause__, UnidentifiedImageError):
            raise
        raise ValueError("not a PNG or JPEG file, or cut short") from error
    with picture as image:
        # For a PNG without EXIF data, Pillow would decode all of the file to look for some.
        has_exif = image.format == "JPEG" or "exif" in image.info
        turned = has_exif and orientation(image) >= 5
        size = (image.width, image.height) if turned else (image.height, image.width)
        return size, str(image.format), image.mode


def _pixel_rule(kind: Kind, file_format: str, mode: str, depth: int) -> tuple[str, bool]:
    if kind.type == "ids":
        rule = f"{kind.name}: a file must be a PNG with one channel of ids (8 or 16 bit, palette)"
        return rule, file_format == "PNG" and mode in (*_ONE_CHANNEL, "P")
    if kind.type == "mask":
        return f"{kind.name}: a file must be gray", mode in _ONE_CHANNEL
    if kind.type == "rgb":
        fits = file_format == "PNG" and mode == "RGB" and depth == 8
        return f"{kind.name}: a file must be an RGB PNG", fits
    return f"{kind.name}: a file must have 8 bits per channel", depth <= 8
