"""Scheduled sampling: real past frames at the start of a training, generated ones at its end."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Tensor

from vidgan._checks import check_at_least, check_choice

Decay = Literal["linear", "exponential", "inverse_sigmoid"]


@dataclass(frozen=True)
class ScheduledSampling:
    r"""Probability that a past frame is a real one, which falls over the steps of a training.

    .. math:: \epsilon_i = \max(\epsilon, 1 - i / k), \qquad
        \epsilon_i = \max(\epsilon, k^i), \qquad
        \epsilon_i = \max\left(\epsilon, \frac{k}{k + e^{i / k}}\right)

    at step i: linear, exponential and inverse sigmoid decay of Bengio et al. 2015,
    `arXiv:1506.03099 <https://arxiv.org/abs/1506.03099>`__, Sec. 2.4, where the floor is that of
    the linear form alone. ``mask`` draws for which frames the next one sees the real frame;
    `SequentialRollout` takes it as ``real_mask``.

    Args:
        decay: form of the decay.
        k: steps to the end of a linear decay; base of an exponential one, below 1; width of an
            inverse sigmoid, at least 1.
        floor: smallest probability.

    Raises:
        ValueError: if the form is unknown, k does not suit it, or floor is not in [0, 1].

    Example:
        >>> sampling = ScheduledSampling("linear", k=1000)
        >>> [sampling(step) for step in (0, 250, 1000, 2000)]
        [1.0, 0.75, 0.0, 0.0]
        >>> sampling.mask(0, (1, 4))
        tensor([[True, True, True, True]])
    """

    decay: Decay = "inverse_sigmoid"
    k: float = 1000.0
    floor: float = 0.0

    def __post_init__(self) -> None:
        name = "ScheduledSampling"
        check_choice(self.decay, get_args(Decay), name, "decay")
        suits, rule = {
            "linear": (self.k > 0, "above 0"),
            "exponential": (0 < self.k < 1, "between 0 and 1"),
            "inverse_sigmoid": (self.k >= 1, "at least 1"),
        }[self.decay]
        if not suits:
            raise ValueError(f"{name}: k of a decay {self.decay!r} must be {rule}, got {self.k}")
        if not 0 <= self.floor <= 1:
            raise ValueError(f"{name}: floor must lie in [0, 1], got {self.floor}")

    def __call__(self, step: int) -> float:
        """Return the probability of a real frame at ``step``, counted from 0."""
        check_at_least("ScheduledSampling", 0, step=step)
        if self.decay == "linear":
            value = 1 - step / self.k
        elif self.decay == "exponential":
            value = self.k**step
        else:  # k / (k + exp(i / k)), of which a large exponent would overflow
            value = self.k / (self.k + math.exp(min(step / self.k, 500)))
        return max(self.floor, value)

    def mask(
        self,
        step: int,
        shape: Sequence[int],
        *,
        generator: torch.Generator | None = None,
        device: torch.device | str | None = None,
    ) -> Tensor:
        """Draw which frames are passed on as real ones.

        Args:
            step: step of the training.
            shape: B and T.
            generator: source of the random numbers, on ``device``; the global one by default.
            device: where the mask is made.

        Returns:
            (B, T), bool, each True with the probability of this step.
        """
        return torch.rand(tuple(shape), generator=generator, device=device) < self(step)
