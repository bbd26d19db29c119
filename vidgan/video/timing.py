"""What the times of frames say: the frame rate, and where a recording paused."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from statistics import median_low

from torch import Tensor

_GAP = 2.5  # median steps
_USUAL = (0.5, 1.75)  # median steps; with one frame lost it is 2, or 1.8 when rounded

_FLOAT_NOISE = 1e-12  # relative


def frame_rate(times: Sequence[float] | Tensor) -> float:
    r"""Compute the rate at which frames follow each other, pauses and lost frames left out.

    .. math:: \text{rate} = 1 \,/\, \operatorname{mean}
        \{ s_i : 0.5 \, \tilde s \le s_i \le 1.75 \, \tilde s \}, \qquad s_i = t_i - t_{i-1},

    where :math:`\tilde s` is the median of the steps. The mean of these usual steps is taken, as
    containers round times, some of them to milliseconds. If fewer than half of the steps are usual,
    the frames have no rate of their own, and the rate is the mean of all steps.

    Args:
        times: (T,) with T at least 2, when each frame is shown, in seconds, increasing.

    Returns:
        Frames per second.

    Raises:
        ValueError: there are fewer than two times, or they do not increase.

    Example:
        >>> frame_rate([0.0, 0.1, 0.2, 3.2, 3.3])
        10.0
    """
    steps = _steps(times, "frame_rate")
    if not steps:
        raise ValueError("frame_rate: times must have at least 2 entries, got 1 or none")
    least, most = (factor * median_low(steps) for factor in _USUAL)
    usual = [step for step in steps if least <= step <= most]
    counted = usual if 2 * len(usual) >= len(steps) else steps
    rate = len(counted) / sum(counted)
    exact = float(Fraction(rate).limit_denominator(1001))  # 30 instead of 29.999999999999996
    return exact if abs(exact / rate - 1) < _FLOAT_NOISE else rate


def find_gaps(times: Sequence[float] | Tensor) -> list[int]:
    r"""Find where a recording paused or lost frames, from the times of its frames.

    .. math:: t_i - t_{i-1} > 2.5 \, \tilde s,

    where :math:`\tilde s` is the median of the steps: two frames or more are missing. The frames on
    both sides are no neighbors: optical flow between them is meaningless, and no clip should
    contain both.

    Args:
        times: (T,), when each frame is shown, in seconds, increasing.

    Returns:
        The index i of each frame that follows a gap, increasing; empty if there is no gap.

    Raises:
        ValueError: the times do not increase.

    Example:
        >>> find_gaps([0.0, 0.1, 0.2, 3.2, 3.3])
        [3]
    """
    steps = _steps(times, "find_gaps")
    if not steps:
        return []
    most = _GAP * median_low(steps)
    return [index for index, step in enumerate(steps, start=1) if step > most]


def _steps(times: Sequence[float] | Tensor, function: str) -> list[float]:
    values = times.tolist() if isinstance(times, Tensor) else times
    steps = [after - before for before, after in pairwise(values)]
    for index, step in enumerate(steps):
        if not step > 0:
            raise ValueError(
                f"{function}: times must increase, got {values[index]} and {values[index + 1]} at "
                f"{index} and {index + 1}"
            )
    return steps
