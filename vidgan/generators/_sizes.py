"""The check of image sizes against a network's downsamplings."""

from __future__ import annotations


def check_size(
    height: int, width: int, multiple: int, function: str, *, network: str, least: int = 4
) -> None:
    """Raise ValueError unless both sizes can be downsampled and padded, and name sizes that can.

    Args:
        height: H of the input.
        width: W of the input.
        multiple: what H and W must be multiples of.
        function: name of the caller, the first word of the message.
        network: what the caller is, such as ``"generator"``.
        least: smallest size that the 7x7 convolutions can pad, 4 unless they see a pooled input.
    """
    least = max(2 * multiple, least)  # reflection pads 3 pixels at full size, 1 at the smallest
    for axis, size in (("height", height), ("width", width)):
        if size % multiple or size < least:
            below = max(size // multiple * multiple, least)
            above = max(-(-size // multiple) * multiple, least)
            works = f"{below}" if below == above else f"{below} or {above}"
            raise ValueError(
                f"{function}: {axis} must be a multiple of {multiple} and at least {least} "
                f"for this {network}'s downsamplings, got {height}x{width} (HxW); "
                f"{axis} {works} would work"
            )
