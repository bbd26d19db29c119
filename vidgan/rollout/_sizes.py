"""Frames of the size of their conditions, or of another size by one ratio (super-resolution)."""

from __future__ import annotations

from typing import Any

from torch import Tensor


def scaled_size(value: Any, like: Any, line: str, why: str) -> tuple[Any, ...]:
    """Return the line of `check_shapes` for a tensor whose H W are those of ``like`` by one ratio.

    Args:
        value: the tensor, (..., H, W).
        like: the tensor that the line's H W are the size of, (..., H, W).
        line: its shape, with ``H W``.
        why: what to say of the shape in a message.
    """
    if not (isinstance(value, Tensor) and isinstance(like, Tensor)):
        return value, line, why
    if value.dim() != like.dim() or value.shape[-2:] == like.shape[-2:]:
        return value, line, why
    (height, width), (h, w) = like.shape[-2:], value.shape[-2:]
    # the same ratio of both, without rounding: h / height == w / width
    if h * width == w * height and h > 0:
        return value, line.replace("H W", "h w"), why
    advice = f"a size of its own must be ({height}, {width}) times one ratio of both"
    return value, line, why, advice
