"""Whether a data folder fits a configuration, found out before anything is built."""

from __future__ import annotations

from examples.vid2vid.config import ModelConfig
from examples.vid2vid.presets import PRESETS
from vidgan.data import DataFolder


def check_setting(name: str, data: DataFolder) -> None:
    """Check that a named setting is for the task and the size of a folder.

    Raises:
        ValueError: it is not; the text says which settings are.
    """
    preset = PRESETS.get(name)
    if preset is None:
        return
    here = {other: made for other, made in PRESETS.items() if made.task == data.task}
    if data.task != preset.task:
        raise ValueError(
            f"setting {name} is for the task {preset.task!r}, and {data.path} is prepared for "
            f"{data.task!r}: take {_or([*here, 'recommended'])}"
        )
    if preset.side == "any":
        return
    axis = 1 if preset.side == "width" else 0
    if data.size[axis] != preset.size[axis]:
        fitting = [
            other
            for other, made in here.items()
            if made.side == "any" or made.size[axis] == data.size[axis]
        ]
        raise ValueError(
            f"setting {name} is for frames of {preset.side} {preset.size[axis]}, and those of "
            f"{data.path} are {_size(data)} (HxW): prepare them anew at that {preset.side}, or "
            f"take {_or(fitting)}"
        )


def check_fit(model: ModelConfig, data: DataFolder) -> None:
    """Check that networks can work on the frames of a folder.

    Raises:
        ValueError: the scales and downsamplings cannot divide the frames, or a foreground is
            asked for that the data do not tell apart.
    """
    coarsest = 2 ** (model.num_scales - 1)
    multiple = coarsest * 2**model.num_downsamplings
    least = max(2 * multiple, 4 * coarsest)
    for axis, side in zip(("height", "width"), data.size, strict=True):
        if side % multiple or side < least:
            below = max(side // multiple * multiple, least)
            above = max(-(-side // multiple) * multiple, least)
            raise ValueError(
                f"the {axis} of the frames must be a multiple of {multiple} and at least {least} "
                f"for {model.num_scales} scales and {model.num_downsamplings} downsamplings, and "
                f"those of {data.path} are {_size(data)} (HxW): prepare them anew with the {axis} "
                f"{_or(sorted({below, above}))}"
            )
    if model.foreground and not data.facts.get("foreground"):
        raise ValueError(
            f"foreground must be off: {data.path} names no foreground classes; add "
            "--no-foreground, or prepare it anew with --foreground"
        )


def _size(data: DataFolder) -> str:
    return f"{data.size[0]}x{data.size[1]}"


def _or(choices: list[str] | list[int]) -> str:
    return " or ".join(map(str, choices))
