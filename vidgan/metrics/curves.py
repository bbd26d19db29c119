"""Metrics as curves over time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor

from vidgan._checks import check_at_least, check_not_empty, check_shapes
from vidgan.functional import color_drift, flicker, identity_drift
from vidgan.metrics._torchmetrics import Metric, add_mean, mean_of, update_curve


class Flicker(Metric):
    r"""Mean difference between successive frames, as a curve over time.

    .. math:: \operatorname{mean} |x_t - x_{t-1}|

    `vidgan.functional.flicker` (as in VBench, Huang et al. 2023, `arXiv:2311.17982
    <https://arxiv.org/abs/2311.17982>`__), averaged over videos at each time.

    Args:
        num_frames: of the longest video, at least 2.
        options: of ``torchmetrics.Metric``.

    Raises:
        ValueError: if ``num_frames`` is below 2.

    Example:
        >>> import torch
        >>> metric = Flicker(num_frames=4)
        >>> metric.update(torch.tensor([0.0, 1.0, 1.0]).view(1, 3, 1, 1, 1).expand(1, 3, 3, 4, 6))
        >>> metric.compute()
        tensor([0.5000, 0.0000,    nan], dtype=torch.float64)
    """

    higher_is_better = False
    full_state_update = False

    def __init__(self, num_frames: int, **options: Any) -> None:
        super().__init__(**options)
        check_at_least("Flicker", 2, num_frames=num_frames)
        add_mean(self, num_frames - 1)

    def update(self, frames: Tensor) -> None:
        """Add videos, (B, T, 3, H, W), RGB in [-1, 1].

        Raises:
            TypeError: if the frames are not floating-point.
            ValueError: if their shape does not fit, or T is 1 or above ``num_frames``.
        """
        check_not_empty("Flicker", frames=frames)
        update_curve(self, flicker(frames), "Flicker")

    def compute(self) -> Tensor:
        """Compute the mean at each time but the first, (num_frames - 1,), NaN without a video."""
        return mean_of(self)


class ColorDrift(Metric):
    r"""Distance of the colors of each frame from those of the first, as a curve over time.

    .. math:: |s(x_t) - s(x_0)|_2

    with the means and standard deviations s of the channels: `vidgan.functional.color_drift`
    (after Reinhard et al. 2001, "Color Transfer between Images"), averaged over videos at each
    time.

    Args:
        num_frames: of the longest video, at least 1.
        options: of ``torchmetrics.Metric``.

    Raises:
        ValueError: if ``num_frames`` is below 1.

    Example:
        >>> import torch
        >>> metric = ColorDrift(num_frames=3)
        >>> metric.update(torch.tensor([0.0, 0.5, 1.0]).view(1, 3, 1, 1, 1).expand(1, 3, 3, 4, 6))
        >>> metric.compute()
        tensor([0.0000, 0.4330, 0.8660], dtype=torch.float64)
    """

    higher_is_better = False
    full_state_update = False

    def __init__(self, num_frames: int, **options: Any) -> None:
        super().__init__(**options)
        check_at_least("ColorDrift", 1, num_frames=num_frames)
        add_mean(self, num_frames)

    def update(self, frames: Tensor, references: Tensor | None = None) -> None:
        """Add videos, (B, T, 3, H, W), RGB in [-1, 1].

        Args:
            frames: the generated videos.
            references: real videos of the same shape to compare with, in place of the first frame.

        Raises:
            TypeError: if an argument is not floating-point.
            ValueError: if the shapes do not fit, or T is above ``num_frames``.
        """
        check_not_empty("ColorDrift", frames=frames)
        update_curve(self, color_drift(frames, references), "ColorDrift")

    def compute(self) -> Tensor:
        """Compute the mean at each time, (num_frames,), NaN where there was no video."""
        return mean_of(self)


class IdentityDrift(Metric):
    r"""Distance of the identity in each frame from that in the first, as a curve over time.

    .. math:: 1 - \cos(e_t, e_0)

    `vidgan.functional.identity_drift` with a recognition network (Deng et al. 2019,
    `arXiv:1801.07698 <https://arxiv.org/abs/1801.07698>`__), averaged over videos at each time.

    Args:
        embed: the network, from frames (N, 3, H, W) to embeddings (N, D).
        num_frames: of the longest video, at least 1.
        options: of ``torchmetrics.Metric``.

    Raises:
        ValueError: if ``num_frames`` is below 1.

    Example:
        >>> import torch
        >>> metric = IdentityDrift(lambda frames: frames.mean((2, 3)), num_frames=2)
        >>> metric.update(torch.tensor([0.5, -1.0]).view(1, 2, 1, 1, 1).expand(1, 2, 3, 4, 6))
        >>> metric.compute()
        tensor([0., 2.], dtype=torch.float64)
    """

    higher_is_better = False
    full_state_update = False

    def __init__(self, embed: Callable[[Tensor], Tensor], num_frames: int, **options: Any) -> None:
        super().__init__(**options)
        check_at_least("IdentityDrift", 1, num_frames=num_frames)
        self.embed: Any = embed
        add_mean(self, num_frames)

    def update(self, frames: Tensor, reference: Tensor | None = None) -> None:
        """Add videos.

        Args:
            frames: (B, T, 3, H, W), RGB in [-1, 1].
            reference: an image of the person in each video, (B, 3, H, W), to compare with in place
                of the first frame.

        Raises:
            TypeError: if an argument is not floating-point.
            ValueError: if the shapes do not fit, or T is above ``num_frames``.
        """
        check_shapes(
            "IdentityDrift",
            frames=(frames, "B T 3 H W"),
            reference=(reference, "B 3 H' W' or None"),
        )
        check_not_empty("IdentityDrift", frames=frames)
        embeddings = self.embed(frames.flatten(0, 1)).unflatten(0, frames.shape[:2])  # (B, T, D)
        first = None if reference is None else self.embed(reference)
        update_curve(self, identity_drift(embeddings, first), "IdentityDrift")

    def compute(self) -> Tensor:
        """Compute the mean at each time, (num_frames,), NaN where there was no video."""
        return mean_of(self)
