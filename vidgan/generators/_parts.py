"""The check that the parts of a generator fit each other."""

from __future__ import annotations


def check_equal(function: str, argument: str, got: object, want: object, why: str) -> None:
    """Raise ValueError unless ``got`` equals ``want``.

    Args:
        function: name of the caller, the first word of the message.
        argument: what must be equal, such as ``"decoder.in_channels"``.
        got: its value.
        want: the value that it must have.
        why: where that value comes from, such as ``"as in generators[0]"``.
    """
    if got != want:
        raise ValueError(f"{function}: {argument} must be {want} {why}, got {got}")
