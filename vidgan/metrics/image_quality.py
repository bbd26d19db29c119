"""Distances of generated frames to real ones, frame by frame."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor

from vidgan._checks import check_not_empty, check_shapes, check_signed_range
from vidgan.extras import import_extra
from vidgan.metrics._torchmetrics import Metric, add_mean, mean_of, update_mean

_HALF_WINDOW = 5  # of SSIM, which reflects as many pixels
_LIMIT = 1.001


class PSNR(Metric):
    r"""Mean of the peak signal-to-noise ratios of all frames, in dB.

    .. math:: -10 \log_{10} \operatorname{mean} (x - y)^2

    with frames in [0, 1], by torchmetrics. The mean is over frames, as papers on video report it,
    and infinite if one of them is equal to its reference.

    Args:
        check_range: refuse values outside of [-1, 1] and images that all fill [0, 1], and warn if
            no value is negative.
        options: of ``torchmetrics.Metric``.

    Example:
        >>> import torch
        >>> psnr = PSNR()
        >>> psnr.update(torch.full((1, 2, 3, 16, 12), -0.8), torch.full((1, 2, 3, 16, 12), -1.0))
        >>> psnr.compute()
        tensor(20.0000, dtype=torch.float64)
    """

    higher_is_better = True
    full_state_update = False

    def __init__(self, *, check_range: bool = True, **options: Any) -> None:
        super().__init__(**options)
        self.check_range = check_range
        add_mean(self)

    def update(self, frames: Tensor, references: Tensor) -> None:
        """Add generated frames and their real ones, (B, [T], 3, H, W), RGB in [-1, 1].

        Raises:
            TypeError: if an argument is not floating-point.
            ValueError: if the shapes differ, or values are outside of [-1, 1].
        """
        pairs = _unit_pairs("PSNR", frames, references, self.check_range)
        functions = import_extra("torchmetrics.functional.image", "metrics")
        update_mean(
            self,
            functions.peak_signal_noise_ratio(
                *pairs, data_range=1.0, dim=(1, 2, 3), reduction="none"
            ),
        )

    def compute(self) -> Tensor:
        """Compute the mean over all frames, a scalar in float64."""
        return mean_of(self)


class SSIM(Metric):
    r"""Mean of the structural similarities of all frames.

    .. math:: \operatorname{mean} \frac{(2 \mu_x \mu_y + c_1)(2 \sigma_{xy} + c_2)}
        {(\mu_x^2 + \mu_y^2 + c_1)(\sigma_x^2 + \sigma_y^2 + c_2)}

    with means, variances and covariance in a window around each pixel (Wang et al. 2004, "Image
    Quality Assessment: From Error Visibility to Structural Similarity"), on RGB in [0, 1], by
    torchmetrics with its defaults.

    Args:
        check_range: refuse values outside of [-1, 1] and images that all fill [0, 1], and warn if
            no value is negative.
        options: of ``torchmetrics.Metric``.

    Example:
        >>> import torch
        >>> ssim = SSIM()
        >>> frames = torch.linspace(-1, 1, 24).expand(1, 2, 3, 16, 24)
        >>> ssim.update(frames, frames)
        >>> ssim.compute()
        tensor(1., dtype=torch.float64)
    """

    higher_is_better = True
    full_state_update = False

    def __init__(self, *, check_range: bool = True, **options: Any) -> None:
        super().__init__(**options)
        self.check_range = check_range
        add_mean(self)

    def update(self, frames: Tensor, references: Tensor) -> None:
        """Add generated frames and their real ones, (B, [T], 3, H, W), RGB in [-1, 1].

        Raises:
            TypeError: if an argument is not floating-point.
            ValueError: if the shapes differ, frames are smaller than the window, or values are
                outside of [-1, 1].
        """
        pairs = _unit_pairs("SSIM", frames, references, self.check_range)
        if min(frames.shape[-2:]) <= _HALF_WINDOW:
            rule = "frames must be at least 6x6, more than half the window"
            raise ValueError(f"SSIM: {rule}, got {frames.shape[-2]}x{frames.shape[-1]}")
        functions = import_extra("torchmetrics.functional.image", "metrics")
        similarity = functions.structural_similarity_index_measure
        update_mean(self, similarity(*pairs, data_range=1.0, reduction="none"))

    def compute(self) -> Tensor:
        """Compute the mean over all frames, a scalar in float64."""
        return mean_of(self)


class PerceptualDistance(Metric):
    r"""Mean of a perceptual distance over all frames, such as LPIPS.

    .. math:: \operatorname{mean}_{b, t} d(x_{b t}, y_{b t})

    Args:
        distance: maps frames and references (B, 3, H, W) to (B,): `vidgan.features.LPIPS` for the
            distance of Zhang et al. 2018, `arXiv:1801.03924 <https://arxiv.org/abs/1801.03924>`__,
            or `vidgan.features.ShiftTolerantLPIPS`, which is to be reported as ST-LPIPS.
        options: of ``torchmetrics.Metric``.

    Example:
        >>> import torch
        >>> metric = PerceptualDistance(lambda x, y: (x - y).abs().mean((1, 2, 3)))
        >>> metric.update(torch.ones(1, 2, 3, 4, 6), torch.zeros(1, 2, 3, 4, 6))
        >>> metric.compute()
        tensor(1., dtype=torch.float64)
    """

    higher_is_better = False
    full_state_update = False

    def __init__(self, distance: Callable[[Tensor, Tensor], Tensor], **options: Any) -> None:
        super().__init__(**options)
        self.distance: Any = distance
        add_mean(self)

    def update(self, frames: Tensor, references: Tensor) -> None:
        """Add generated frames and their real ones, (B, [T], 3, H, W), RGB in [-1, 1].

        Raises:
            TypeError: if an argument is not floating-point.
            ValueError: if the shapes differ, or there is no frame.
        """
        check_shapes(
            "PerceptualDistance",
            frames=(frames, "B [T] 3 H W"),
            references=(references, "B [T] 3 H W", "as in frames"),
        )
        check_not_empty("PerceptualDistance", frames=frames)
        update_mean(self, self.distance(frames.flatten(0, -4), references.flatten(0, -4)))

    def compute(self) -> Tensor:
        """Compute the mean over all frames, a scalar in float64."""
        return mean_of(self)


def _unit_pairs(
    function: str, frames: Tensor, references: Tensor, check_range: bool
) -> tuple[Tensor, Tensor]:
    """Check both, and bring them to [0, 1]: (B*T, 3, H, W)."""
    check_shapes(
        function,
        frames=(frames, "B [T] 3 H W"),
        references=(references, "B [T] 3 H W", "as in frames"),
    )
    check_not_empty(function, frames=frames)
    if check_range:
        check_signed_range(function, frames=(frames, _LIMIT), references=(references, _LIMIT))
    ours, theirs = (images.flatten(0, -4) / 2 + 0.5 for images in (frames, references))
    return ours, theirs
