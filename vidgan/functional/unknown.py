"""Flow that is not known at some pixels."""

from __future__ import annotations

import torch
from torch import Tensor

from vidgan._checks import check_shapes

# Middlebury marks unknown flow by 1e9 and more. In bfloat16, 1e9 is 998,244,352.
_SMALLEST_MARK = 9.9e8


def known_flow(flow: Tensor) -> tuple[Tensor, Tensor]:
    """Split a flow into its known vectors and the mask of the pixels where it is known.

    A vector is unknown if its x or y is NaN or infinite, or at least 1e9 in size, the mark of
    Middlebury (Baker et al. 2011, "A Database and Evaluation Methodology for Optical Flow").
    `vidgan.video.read_flow` returns NaN for the unknown pixels of every file format.

    Args:
        flow: (..., 2, H, W) in pixels.

    Returns:
        The flow with (0, 0) where it is unknown, and the mask (..., 1, H, W), 1 where it is known
        and 0 elsewhere, both in the dtype of ``flow``. No gradient flows into unknown vectors.

    Raises:
        TypeError: if ``flow`` is not a floating-point tensor.
        ValueError: if ``flow`` has another shape.

    Example:
        >>> import torch
        >>> flow = torch.tensor([[2.0, 1e9, float("nan")], [1.0, 1e9, 3.0]]).view(1, 2, 1, 3)
        >>> vectors, known = known_flow(flow)
        >>> vectors[0, :, 0]
        tensor([[2., 0., 0.],
                [1., 0., 0.]])
        >>> known
        tensor([[[[1., 0., 0.]]]])
    """
    check_shapes("known_flow", flow=(flow, "... 2 H W"))
    known = is_known(flow)
    return torch.where(known, flow, 0), known.to(flow.dtype)


def is_known(values: Tensor) -> Tensor:
    """Compute where all channels of (..., C, H, W) are known: bool (..., 1, H, W)."""
    # A comparison with NaN is false.
    return (values.abs() < _SMALLEST_MARK).all(dim=-3, keepdim=True)


def mark_unknown(flow: Tensor) -> Tensor:
    """Return the flow (..., 2, H, W) with NaN, NaN at every unknown pixel."""
    return torch.where(is_known(flow), flow, torch.nan)
