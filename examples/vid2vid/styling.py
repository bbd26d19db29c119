"""Which look the instances of a generated video have."""

from __future__ import annotations

from functools import partial

from examples.vid2vid.fit_styles import STYLES, encode_frame, encoder_of
from examples.vid2vid.runs import Run
from examples.vid2vid.sequences import DrivingSequence, Styler
from examples.vid2vid.styles import StyleBank


def build_styler(
    run: Run, style: str | None, looks: DrivingSequence, last_given: int
) -> Styler | None:
    """Build what gives instances their look.

    Args:
        run: the trained run.
        style: ``sample:SEED``, ``mean``, ``from:FRAME``, or None: from the last given frame where
            it is known, else the mean.
        looks: the sequence with the real frames that ``from`` takes looks of.
        last_given: index of the last given frame in it.

    Returns:
        The styler; None for a run without instance features.

    Raises:
        ValueError: the style cannot be read, is asked of a run without features, or the run's
            styles are not fitted yet.
    """
    if run.encoder is None:
        if style is not None:
            encoder_of(run)  # says how to train one
        return None
    path = run.checkpoint.parent / STYLES
    if not path.is_file():
        raise ValueError(
            f"{run.checkpoint.parent} has no {STYLES}; make it with: "
            f"python -m examples.vid2vid.fit_styles {run.checkpoint.parent} DATA "
            "(the folder that it was trained on)"
        )
    bank = StyleBank.load(path)
    if style is None:
        known = last_given >= 0 and looks.has_real(range(last_given, last_given + 1))
        style = f"from:{last_given}" if known else "mean"
    kind, _, number = style.partition(":")
    if style == "mean":
        return bank.average
    if kind not in {"sample", "from"} or not number.isdecimal():
        raise ValueError(
            f"style must be sample:SEED, mean or from:FRAME, such as sample:3, got {style!r}"
        )
    if kind == "sample":
        return partial(bank.draw, seed=int(number))
    if int(number) >= looks.length:
        raise ValueError(
            f"style from:{number}: sequence {looks.name!r} has the frames 0 to {looks.length - 1}"
        )
    frame = encode_frame(run.encoder, looks, int(number))
    return partial(bank.copy, frame=frame)
