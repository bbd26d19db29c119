"""The weight of a loss over the steps of a training."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LossSchedule:
    r"""Weight of a loss that starts late, rises linearly, and may be computed every few steps only.

    .. math:: w(s) = \mathrm{weight} \cdot \mathrm{every} \cdot
        \min\left(1, \frac{s - \mathrm{start} + 1}{\mathrm{ramp} + 1}\right)

    at the steps s that are ``start`` or later and ``start`` plus a multiple of ``every``; 0 at all
    others. With ``every`` above 1 this is lazy regularization (Karras et al. 2020,
    `arXiv:1912.04958 <https://arxiv.org/abs/1912.04958>`__, Sec. 3.1): the penalty is computed
    every k-th step, k times as strong.

    Args:
        weight: the weight at the end.
        start: first step with the loss, counted from 0.
        ramp: number of steps over which the weight rises.
        every: number of steps between computations, at least 1.

    Raises:
        ValueError: if ``start`` or ``ramp`` is negative, or ``every`` is below 1.

    Example:
        >>> gan, penalty = LossSchedule(0.5, start=2, ramp=3), LossSchedule(1.0, every=4)
        >>> [gan(step) for step in range(7)]
        [0.0, 0.0, 0.125, 0.25, 0.375, 0.5, 0.5]
        >>> [penalty(step) for step in range(6)]
        [4.0, 0.0, 0.0, 0.0, 4.0, 0.0]
    """

    weight: float = 1.0
    start: int = 0
    ramp: int = 0
    every: int = 1

    def __post_init__(self) -> None:
        for name, minimum in (("start", 0), ("ramp", 0), ("every", 1)):
            if getattr(self, name) < minimum:
                raise ValueError(
                    f"LossSchedule: {name} must be at least {minimum}, got {getattr(self, name)}"
                )

    def __call__(self, step: int) -> float:
        """Return the weight at ``step``; do not compute the loss where it is 0."""
        since = step - self.start
        if since < 0 or since % self.every:
            return 0.0
        return self.weight * self.every * min(1.0, (since + 1) / (self.ramp + 1))
