"""The widths of a network that doubles them at every downsampling."""

from __future__ import annotations


def doubled_widths(
    base_channels: int, num_doublings: int, max_channels: int | None, function: str
) -> list[int]:
    """Return the widths at full size and after each downsampling, ``num_doublings + 1`` of them.

    Args:
        base_channels: the first width.
        num_doublings: how often it is doubled.
        max_channels: the largest width, or None.
        function: name of the caller, the first word of the message.

    Raises:
        ValueError: base_channels is over max_channels.
    """
    widths = [base_channels * 2**i for i in range(num_doublings + 1)]
    if max_channels is None:
        return widths
    if base_channels > max_channels:
        rule = f"at most max_channels = {max_channels}"
        raise ValueError(f"{function}: base_channels must be {rule}, got {base_channels}")
    return [min(width, max_channels) for width in widths]
