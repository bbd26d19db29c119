"""Optical flow: resizing, confidence and error."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from vidgan._checks import check_at_least, check_shapes
from vidgan.functional._precision import at_least_float32
from vidgan.functional.unknown import is_known, known_flow
from vidgan.functional.warp import flow_warp, pixel_grid

# Of the weight of a resampled pixel, the part that may come from unknown ones.
_RESIZED_UNKNOWN, WARPED_UNKNOWN = 0.501, 1e-3


def resize_flow(flow: Tensor, size: Sequence[int]) -> Tensor:
    r"""Resize a flow bilinearly and scale its vectors to pixels of the new size.

    With pixel centers at the corners (``align_corners=True``), x is multiplied by
    :math:`\frac{W_2 - 1}{W_1 - 1}` and y by :math:`\frac{H_2 - 1}{H_1 - 1}`.

    Unknown vectors (see `known_flow`) do not count: a new vector is the weighted mean of the known
    ones around it, and NaN where these have less than half of the weight.

    Args:
        flow: (B, 2, H1, W1) in pixels; may be unknown at some pixels.
        size: the new (H2, W2).

    Returns:
        The resized flow, (B, 2, H2, W2), in pixels of the new size and the dtype of ``flow``.

    Raises:
        TypeError: if ``flow`` is not a floating-point tensor.
        ValueError: if ``flow`` has another shape, if ``size`` is not two sizes of at least 1, or
            if an axis of one pixel would have to grow (one pixel has no scale).

    Example:
        >>> import torch
        >>> resize_flow(torch.ones(1, 2, 3, 5), size=(3, 9))[0, :, 0, 0]
        tensor([2., 1.])
    """
    check_shapes("resize_flow", flow=(flow, "B 2 H W"))
    if len(size) != 2 or min(size) < 1:
        raise ValueError(f"resize_flow: size must be (H, W), each at least 1, got {size!r}")
    height, width = flow.shape[-2:]
    scale_x = _axis_scale(width, size[1], "width")
    scale_y = _axis_scale(height, size[0], "height")
    vectors, known = known_flow(at_least_float32(flow))
    resized = _resize(vectors, size)
    unknown = _resize(1 - known, size)  # exactly 0 where all vectors around are known
    resized = resized / (1 - unknown).clamp_min(1 - _RESIZED_UNKNOWN)
    scaled = torch.stack((resized[:, 0] * scale_x, resized[:, 1] * scale_y), dim=1)
    return torch.where(unknown > _RESIZED_UNKNOWN, torch.nan, scaled).to(flow.dtype)


def forward_backward_confidence(
    forward: Tensor, backward: Tensor, *, alpha: float = 0.01, beta: float = 0.5
) -> Tensor:
    r"""Compute where a flow is consistent with the flow in the opposite direction.

    With the forward flow f and :math:`b(p) = \mathrm{backward}[p + f(p)]`, the confidence is 1
    where

    .. math:: |f(p) + b(p)|^2 < \alpha \left(|f(p)|^2 + |b(p)|^2\right) + \beta

    and :math:`p + f(p)` lies in the frame, else 0 (Sundaram, Brox and Keutzer 2010, "Dense Point
    Trajectories by GPU-Accelerated Large Displacement Optical Flow"). It is 0 where either flow is
    unknown (see `known_flow`).

    Args:
        forward: f, the flow to check, (B, 2, H, W) in pixels, from one frame to another. To check
            a backward flow, which leads from the current frame to the previous one, pass it here.
        backward: the flow between the same frames in the opposite direction, (B, 2, H, W) in
            pixels.
        alpha: tolerance relative to the squared lengths, at least 0.
        beta: absolute tolerance in squared pixels, at least 0.

    Returns:
        The confidence in ``forward`` at each of its pixels, (B, 1, H, W), 0 or 1.

    Raises:
        TypeError: if a flow is not a floating-point tensor.
        ValueError: if the flows do not have the same shape (B, 2, H, W), or if ``alpha`` or
            ``beta`` is negative.

    Example:
        >>> import torch
        >>> forward = torch.zeros(1, 2, 1, 4)
        >>> forward[:, 0] = 1
        >>> forward_backward_confidence(forward, -forward)  # the last pixel leaves the frame
        tensor([[[[1., 1., 1., 0.]]]])
    """
    name = "forward_backward_confidence"
    check_shapes(name, forward=(forward, "B 2 H W"), backward=(backward, "B 2 H W"))
    check_at_least(name, 0, alpha=alpha, beta=beta)
    forward_flow, known = known_flow(at_least_float32(forward))
    opposite, opposite_known = known_flow(at_least_float32(backward))
    # b(p): the backward flow at the point where the forward flow ends.
    backward_flow = flow_warp(opposite, forward_flow)
    unknown = (1 - known) + flow_warp(1 - opposite_known, forward_flow)
    gap = _squared_length(forward_flow + backward_flow)
    tolerance = alpha * (_squared_length(forward_flow) + _squared_length(backward_flow)) + beta
    # The warp repeats border pixels, which say nothing of points outside the frame.
    trusted = (gap < tolerance) & lands_inside(forward_flow) & (unknown < WARPED_UNKNOWN)
    return trusted.to(forward.dtype)


def photometric_confidence(
    current: Tensor, previous: Tensor, flow: Tensor, *, threshold: float = 0.02
) -> Tensor:
    r"""Compute where the previous frame, warped by a flow, matches the current one.

    The confidence is 1 where

    .. math:: \sum_c \left(x_t - \mathrm{warp}(x_{t-1}, w)\right)_c^2 < \mathrm{threshold}

    with the current frame :math:`x_t`, the previous frame :math:`x_{t-1}` and the flow w, else 0.
    It masks the flow losses in the released training of Wang et al. 2018, `arXiv:1808.06601
    <https://arxiv.org/abs/1808.06601>`__. It is also 0 where there is nothing to compare with: if
    the flow is unknown (see `known_flow`), or ends outside the previous frame, more than half a
    pixel beyond the centers of its border pixels. The released training trusts the latter where
    the repeated border has the right color.

    Args:
        current: (B, C, H, W), RGB in [-1, 1].
        previous: (B, C, H, W), RGB in [-1, 1].
        flow: backward flow from ``current`` to ``previous``, (B, 2, H, W) in pixels; may be unknown
            at some pixels.
        threshold: squared distance in the unit of the frames, at least 0.

    Returns:
        The confidence, (B, 1, H, W), 0 or 1, in the dtype of ``current``.

    Raises:
        TypeError: if an argument is not a floating-point tensor.
        ValueError: if the shapes do not fit, or if ``threshold`` is negative.

    Example:
        >>> import torch
        >>> current = torch.tensor([[[[0.0, 0.1, 0.2]]]])
        >>> photometric_confidence(current, torch.zeros(1, 1, 1, 3), torch.zeros(1, 2, 1, 3))
        tensor([[[[1., 1., 0.]]]])
    """
    check_shapes(
        "photometric_confidence",
        current=(current, "B C H W"),
        previous=(previous, "B C H W"),
        flow=(flow, "B 2 H W"),
    )
    check_at_least("photometric_confidence", 0, threshold=threshold)
    vectors, known = known_flow(at_least_float32(flow))
    warped = flow_warp(at_least_float32(previous), vectors)
    distance = _squared_length(at_least_float32(current) - warped)
    trusted = (distance < threshold) & (known != 0) & lands_inside(vectors, margin=0.5)
    return trusted.to(current.dtype)


def end_point_error(flow: Tensor, reference: Tensor, mask: Tensor | None = None) -> Tensor:
    r"""Compute the average end-point error between two flows.

    .. math:: \frac{\sum_p m(p) \, |w(p) - w_\mathrm{ref}(p)|}{\sum_p m(p)}

    over all pixels p of the batch whose reference flow is known (see `known_flow`), and 0 where the
    mask m is zero at all of them (Baker et al. 2011, "A Database and Evaluation Methodology for
    Optical Flow"). An unknown vector of ``flow`` itself is an error, and counts, unless masked.

    Args:
        flow: w, (B, 2, H, W) in pixels.
        reference: :math:`w_\mathrm{ref}`, (B, 2, H, W) in pixels; may be unknown at some pixels.
        mask: m, the weight of each pixel, (B, 1, H, W) in [0, 1]; None weights all pixels equally.

    Returns:
        The error in pixels, a scalar.

    Raises:
        TypeError: if an argument is not a floating-point tensor.
        ValueError: if the shapes do not fit.

    Example:
        >>> import torch
        >>> flow = torch.tensor([3.0, 4.0]).view(1, 2, 1, 1).expand(1, 2, 2, 3)
        >>> end_point_error(flow, torch.zeros(1, 2, 2, 3))
        tensor(5.)
    """
    check_shapes(
        "end_point_error",
        flow=(flow, "B 2 H W"),
        reference=(reference, "B 2 H W"),
        mask=(mask, "B 1 H W or None"),
    )
    counted = is_known(reference)
    if mask is not None:
        counted = counted & (mask != 0)
    difference = at_least_float32(flow) - torch.where(counted, at_least_float32(reference), 0)
    # Zero before the norm, whose gradient would be NaN where a vector is.
    difference = torch.where(counted, difference, 0)
    error: Tensor = torch.linalg.vector_norm(difference, dim=1, keepdim=True)  # (B, 1, H, W)
    if mask is None:  # the mean over the counted ones; the factor is exactly 1 if these are all
        count = counted.sum().clamp_min(1).to(error.dtype)
        return error.mean() * (torch.full_like(count, error.numel()) / count)
    weight = torch.where(counted, mask, 0).to(error.dtype)
    return (error * weight).sum() / weight.sum().clamp_min(torch.finfo(error.dtype).tiny)


def _resize(values: Tensor, size: Sequence[int]) -> Tensor:
    return F.interpolate(values, size=list(size), mode="bilinear", align_corners=True)


def _axis_scale(old: int, new: int, axis: str) -> float:
    if old == new:
        return 1.0
    if old == 1:
        raise ValueError(
            f"resize_flow: flow of {axis} 1 cannot grow to {axis} {new}, as one pixel has no "
            f"scale; give a flow of {axis} 2 or more"
        )
    return (new - 1) / (old - 1)


def _squared_length(vectors: Tensor) -> Tensor:
    squared: Tensor = vectors.square().sum(dim=1, keepdim=True)
    return squared


def lands_inside(flow: Tensor, *, margin: float = 0.0) -> Tensor:
    """Compute which pixels' vectors end within the frame, or this close to it, (B, 1, H, W)."""
    height, width = flow.shape[-2:]
    ends = flow + pixel_grid(height, width, dtype=flow.dtype, device=flow.device)
    x, y = ends[:, :1], ends[:, 1:]
    inside_x = (x >= -margin) & (x <= width - 1 + margin)
    return inside_x & (y >= -margin) & (y <= height - 1 + margin)
