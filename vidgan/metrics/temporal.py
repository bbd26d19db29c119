"""Differences between the motion of generated and of real videos."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor

from vidgan._checks import check_choice, check_not_empty, check_shapes
from vidgan.functional import WarpingNormalization, tlp, tof, warping_error
from vidgan.metrics._torchmetrics import Metric, add_mean, mean_of, update_mean
from vidgan.outputs import FlowEstimate
from vidgan.protocols import FlowEstimator


class WarpingError(Metric):
    r"""Mean of the warping error of generated frames along the motion of the real ones.

    .. math:: \operatorname{mean}_t \frac{1}{C N} \sum_{c, p} m(p)
        \left(x_t - \mathrm{warp}(x_{t-1}, w_t)\right)_c^2(p)

    `vidgan.functional.warping_error` with the flow w between the real frames (Lai et al. 2018,
    `arXiv:1808.00449 <https://arxiv.org/abs/1808.00449>`__). A frozen video has a small error where
    little moves; the error of the real frames is the scale to compare with.

    Args:
        estimate: the flow estimator, such as one of ``vidgan.flow_estimators``.
        normalization: ``"valid"`` or ``"all"``, the two published definitions.
        options: of ``torchmetrics.Metric``.

    Raises:
        ValueError: if ``normalization`` is unknown.

    Example:
        >>> import torch
        >>> def still(current, previous):
        ...     zeros = torch.zeros_like(current)
        ...     return FlowEstimate(zeros[:, :2], zeros[:, :1] + 1)
        >>> error = WarpingError(still)
        >>> frames = torch.tensor([-1.0, 1.0, 1.0]).view(1, 3, 1, 1, 1).expand(1, 3, 3, 4, 6)
        >>> error.update(frames, frames)
        >>> error.compute()
        tensor(0.5000, dtype=torch.float64)
    """

    higher_is_better = False
    full_state_update = False

    def __init__(
        self,
        estimate: FlowEstimator,
        *,
        normalization: WarpingNormalization = "valid",
        **options: Any,
    ) -> None:
        super().__init__(**options)
        check_choice(normalization, ("all", "valid"), "WarpingError", "normalization")
        self.estimate: Any = estimate
        self.normalization = normalization
        add_mean(self)

    def update(self, frames: Tensor, references: Tensor) -> None:
        """Add generated videos and their real ones, (B, T, 3, H, W), RGB in [-1, 1].

        Raises:
            TypeError: if an argument is not floating-point.
            ValueError: if the shapes differ, or there are fewer than 2 frames.
        """
        _check_videos("WarpingError", frames, references)
        flow, confidence = _flow_in_time(self.estimate, references)
        errors = warping_error(frames, flow, confidence, normalization=self.normalization)
        update_mean(self, errors)

    def compute(self) -> Tensor:
        """Compute the mean over all pairs of successive frames, a scalar in float64."""
        return mean_of(self)


class TOF(Metric):
    r"""Mean of tOF, the difference between the flow of generated and of real frames.

    .. math:: \operatorname{mean}_{t, p} |w_t(p) - w_{\mathrm{ref}, t}(p)|

    `vidgan.functional.tof` (Chu et al. 2020, `arXiv:1811.09393
    <https://arxiv.org/abs/1811.09393>`__, with Farneback's flow).

    Args:
        estimate: the flow estimator; ``vidgan.flow_estimators.FarnebackFlow`` as in the paper.
        options: of ``torchmetrics.Metric``.

    Example:
        >>> import torch
        >>> def brightness(current, previous):
        ...     change = current - previous
        ...     return FlowEstimate(change[:, :2], torch.ones_like(change[:, :1]))
        >>> metric = TOF(brightness)
        >>> frames = torch.tensor([0.0, 1.0]).view(1, 2, 1, 1, 1).expand(1, 2, 3, 4, 6)
        >>> metric.update(frames, 0 * frames)
        >>> metric.compute()  # |(1, 1)|
        tensor(1.4142, dtype=torch.float64)
    """

    higher_is_better = False
    full_state_update = False

    def __init__(self, estimate: FlowEstimator, **options: Any) -> None:
        super().__init__(**options)
        self.estimate: Any = estimate
        add_mean(self)

    def update(self, frames: Tensor, references: Tensor) -> None:
        """Add generated videos and their real ones, (B, T, 3, H, W), RGB in [-1, 1].

        Raises:
            TypeError: if an argument is not floating-point.
            ValueError: if the shapes differ, or there are fewer than 2 frames.
        """
        _check_videos("TOF", frames, references)
        flows = [_flow_in_time(self.estimate, video).flow for video in (frames, references)]
        update_mean(self, tof(*flows))

    def compute(self) -> Tensor:
        """Compute the mean over all pairs of successive frames in pixels, a scalar in float64."""
        return mean_of(self)


class TLP(Metric):
    r"""Mean of tLP, the difference between the changes of generated and of real frames.

    .. math:: \operatorname{mean}_t \left|d(x_{t-1}, x_t) - d(y_{t-1}, y_t)\right|

    `vidgan.functional.tlp` (Chu et al. 2020, `arXiv:1811.09393
    <https://arxiv.org/abs/1811.09393>`__, whose tables list 100 times this value).

    Args:
        distance: maps two batches of frames (B, 3, H, W) to (B,), such as `vidgan.features.LPIPS`.
        options: of ``torchmetrics.Metric``.

    Example:
        >>> import torch
        >>> metric = TLP(lambda x, y: (x - y).abs().mean((1, 2, 3)))
        >>> frames = torch.tensor([0.0, 1.0]).view(1, 2, 1, 1, 1).expand(1, 2, 3, 4, 6)
        >>> metric.update(frames, 0.25 * frames)
        >>> metric.compute()
        tensor(0.7500, dtype=torch.float64)
    """

    higher_is_better = False
    full_state_update = False

    def __init__(self, distance: Callable[[Tensor, Tensor], Tensor], **options: Any) -> None:
        super().__init__(**options)
        self.distance: Any = distance
        add_mean(self)

    def update(self, frames: Tensor, references: Tensor) -> None:
        """Add generated videos and their real ones, (B, T, 3, H, W), RGB in [-1, 1].

        Raises:
            TypeError: if an argument is not floating-point.
            ValueError: if the shapes differ, or there are fewer than 2 frames.
        """
        _check_videos("TLP", frames, references)
        changes = [
            self.distance(video[:, :-1].flatten(0, 1), video[:, 1:].flatten(0, 1))
            for video in (frames, references)
        ]
        update_mean(self, tlp(*changes))

    def compute(self) -> Tensor:
        """Compute the mean over all pairs of successive frames, a scalar in float64."""
        return mean_of(self)


def _check_videos(function: str, frames: Tensor, references: Tensor) -> None:
    check_shapes(
        function,
        frames=(frames, "B T 3 H W"),
        references=(references, "B T 3 H W", "as in frames"),
    )
    check_not_empty(function, frames=frames)
    if frames.shape[1] < 2:
        raise ValueError(f"{function}: frames must hold 2 frames or more, got {frames.shape[1]}")


def _flow_in_time(estimate: FlowEstimator, video: Tensor) -> FlowEstimate:
    """Estimate the flow of every frame but the first to the one before, (B, T - 1, ...)."""
    flow, confidence = estimate(video[:, 1:].flatten(0, 1), video[:, :-1].flatten(0, 1))
    times = (len(video), -1)
    return FlowEstimate(
        flow.view(*times, *flow.shape[1:]), confidence.view(*times, *confidence.shape[1:])
    )
