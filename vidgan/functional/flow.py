"""Optical flow: resizing, how far to trust it, and how far off it is."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from vidgan._checks import check_frames, check_like, check_positive
from vidgan.functional._precision import at_least_float32
from vidgan.functional.warp import flow_warp


def resize_flow(flow: Tensor, size: Sequence[int]) -> Tensor:
    """Resize a flow bilinearly and scale its vectors to pixels of the new size.

    With pixel centers at the corners, x is multiplied by ``(W2 - 1) / (W1 - 1)`` and y by
    ``(H2 - 1) / (H1 - 1)``, each axis by its own factor.

    Args:
        flow: (B, 2, H1, W1) in pixels.
        size: the new (H2, W2).

    Returns:
        The resized flow, (B, 2, H2, W2), in pixels of the new size and the dtype of ``flow``.

    Raises:
        TypeError: if ``flow`` is not a floating-point tensor.
        ValueError: if ``flow`` has another shape, if ``size`` is not two sizes of at least 1, or
            if an axis of one pixel is to grow (one pixel has no scale).

    Example:
        >>> import torch
        >>> resize_flow(torch.ones(1, 2, 3, 5), size=(3, 9))[0, :, 0, 0]
        tensor([2., 1.])
    """
    check_frames(flow, "resize_flow", "flow", channels=2)
    if len(size) != 2 or min(size) < 1:
        raise ValueError(f"resize_flow: size must be (H, W), each at least 1, got {size!r}")
    height, width = flow.shape[-2:]
    scale_x = _axis_scale(width, size[1], "width")
    scale_y = _axis_scale(height, size[0], "height")
    resized = F.interpolate(
        at_least_float32(flow), size=list(size), mode="bilinear", align_corners=True
    )
    scaled = torch.stack((resized[:, 0] * scale_x, resized[:, 1] * scale_y), dim=1)
    return scaled.to(flow.dtype)


def forward_backward_confidence(
    forward: Tensor, backward: Tensor, *, alpha: float = 0.01, beta: float = 0.5
) -> Tensor:
    """Trust a flow where the flow of the way back returns to the same pixel.

    With ``b(p) = backward[p + forward[p]]``, the confidence is 1 where
    ``|forward + b|^2 < alpha * (|forward|^2 + |b|^2) + beta`` and where ``p + forward[p]`` lies in
    the frame, else 0 (Sundaram, Brox and Keutzer 2010, "Dense Point Trajectories by
    GPU-Accelerated Large Displacement Optical Flow", Sec. 3).

    Args:
        forward: the flow to judge, (B, 2, H, W) in pixels: from a frame to another one. For
            vidgan's backward flow, which leads from the current frame to the previous one, pass
            that one here.
        backward: the flow from that other frame back to the first, (B, 2, H, W) in pixels.
        alpha: share of the squared lengths that is tolerated, at least 0.
        beta: squared distance in pixels that is tolerated anyway, at least 0.

    Returns:
        The confidence in ``forward`` at its own pixels, (B, 1, H, W), 0 or 1.

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
    check_frames(forward, name, "forward", channels=2)
    check_like(backward, forward, name, "backward", "forward")
    check_positive(alpha, name, "alpha", minimum=0)
    check_positive(beta, name, "beta", minimum=0)
    there = at_least_float32(forward)
    back = flow_warp(at_least_float32(backward), there)
    gap = _squared_length(there + back)
    tolerance = alpha * (_squared_length(there) + _squared_length(back)) + beta
    return ((gap < tolerance) & _lands_inside(there)).to(forward.dtype)


def photometric_confidence(
    current: Tensor, previous: Tensor, flow: Tensor, *, threshold: float = 0.02
) -> Tensor:
    """Trust a flow where the previous frame, warped by it, looks like the current one.

    The confidence is 1 where the squared RGB distance between ``current`` and
    ``flow_warp(previous, flow)``, summed over channels, is below ``threshold``, else 0. This is
    the mask of the flow losses in the published training of Wang et al. 2018.

    Args:
        current: (B, C, H, W), RGB in [-1, 1].
        previous: (B, C, H, W), RGB in [-1, 1].
        flow: backward flow from ``current`` to ``previous``, (B, 2, H, W) in pixels.
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
    name = "photometric_confidence"
    check_frames(current, name, "current")
    check_like(previous, current, name, "previous", "current")
    check_like(flow, current, name, "flow", "current", channels=2)
    check_positive(threshold, name, "threshold", minimum=0)
    warped = flow_warp(at_least_float32(previous), flow)
    distance = _squared_length(at_least_float32(current) - warped)
    return (distance < threshold).to(current.dtype)


def end_point_error(flow: Tensor, reference: Tensor, mask: Tensor | None = None) -> Tensor:
    """Average the distance between the ends of two flows' vectors.

    ``sum(mask * |flow - reference|) / sum(mask)``, with a mask of ones where none is given, and 0
    where the mask is empty: the end-point error of Baker et al. 2011, "A Database and Evaluation
    Methodology for Optical Flow".

    Args:
        flow: (B, 2, H, W) in pixels.
        reference: (B, 2, H, W) in pixels.
        mask: weight of each pixel, (B, 1, H, W) in [0, 1].

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
    name = "end_point_error"
    check_frames(flow, name, "flow", channels=2)
    check_like(reference, flow, name, "reference", "flow")
    difference = at_least_float32(flow) - at_least_float32(reference)
    error: Tensor = torch.linalg.vector_norm(difference, dim=1, keepdim=True)
    if mask is None:
        return error.mean()
    check_like(mask, flow, name, "mask", "flow", channels=1)
    weight = mask.to(error.dtype)
    return (error * weight).sum() / weight.sum().clamp_min(torch.finfo(error.dtype).tiny)


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


def _lands_inside(flow: Tensor) -> Tensor:
    """Say which pixels' vectors end within the frame, (B, 1, H, W)."""
    height, width = flow.shape[-2:]
    x = torch.arange(width, dtype=flow.dtype, device=flow.device) + flow[:, :1]
    y = torch.arange(height, dtype=flow.dtype, device=flow.device)[:, None] + flow[:, 1:]
    return (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
