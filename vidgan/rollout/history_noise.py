"""Noise on the past frames in training, so that a generator learns to correct its own errors."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from vidgan._checks import check_at_least, check_shapes
from vidgan.functional import average_pyramid
from vidgan.rollout.state import RolloutState


class HistoryNoise:
    r"""Adds noise of a random level to the past frames that a generator sees in training.

    .. math:: \hat x_{t-L}^{t-1} + \alpha\,\epsilon, \qquad
        \alpha \sim \mathcal U(0, \alpha_{\max}), \quad \epsilon \sim \mathcal N(0, I)

    Valevski et al. 2024 (GameNGen), `arXiv:2408.14837 <https://arxiv.org/abs/2408.14837>`__,
    Sec. 3.2.1, after the conditioning augmentation of Ho et al. 2021, `arXiv:2106.15282
    <https://arxiv.org/abs/2106.15282>`__. The generator may be given the level: then it can be set
    at inference, mostly to 0. Each sample has a level of its own, and both are drawn for every
    frame again. The frames of the state and of the output stay without noise. The coarser scales
    of a `CoarseToFineGenerator` get the same noise, downsampled.

    Pass one to `SequentialRollout`.

    Args:
        max_level: largest standard deviation of the noise, of frames in [-1, 1]. The paper has 0.7
            in latent space.
        level_name: name under which the generator gets the level, (B,); None: it is not given.
        generator: source of the random numbers, on the frames' device; the global one by default.

    Raises:
        ValueError: max_level is negative.

    Example:
        >>> noise = HistoryNoise(0.5, level_name="noise_level")
        >>> past, inputs = noise(torch.zeros(2, 1, 3, 64, 96))
        >>> bool((past.std((1, 2, 3, 4)) - inputs["noise_level"]).abs().max() < 0.05)
        True
    """

    def __init__(
        self,
        max_level: float,
        *,
        level_name: str | None = None,
        generator: torch.Generator | None = None,
    ) -> None:
        check_at_least("HistoryNoise", 0, max_level=max_level)
        self.max_level = max_level
        self.level_name = level_name
        self.generator = generator

    def __call__(self, past: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Return noisy frames, and the level as an input of the generator.

        Args:
            past: the frames before, (B, L, C, H, W).

        Returns:
            The frames with noise, and ``{level_name: (B,)}``, empty without a name.

        Raises:
            ValueError: past is not 5-dimensional.
            TypeError: past is not a floating-point tensor.
        """
        check_shapes("HistoryNoise", past=(past, "B L C H W"))
        rng, device, dtype = self.generator, past.device, past.dtype
        level = self.max_level * torch.rand(len(past), generator=rng, device=device, dtype=dtype)
        noise = torch.randn(past.shape, generator=rng, device=device, dtype=dtype)
        inputs = {} if self.level_name is None else {self.level_name: level}
        return past + level.view(-1, 1, 1, 1, 1) * noise, inputs


def noisy_past(noise: HistoryNoise, state: RolloutState) -> tuple[Tensor, dict[str, Any]]:
    """Return the past frames of a state with noise, and the inputs that go with them."""
    past, level = noise(state.past_frames)
    inputs: dict[str, Any] = {**level}
    if state.coarser_past:
        added = average_pyramid(past - state.past_frames, len(state.coarser_past) + 1)[1:]
        pairs = zip(state.coarser_past, added, strict=True)
        inputs["coarser_past"] = tuple(frames + part for frames, part in pairs)
    return past, inputs
