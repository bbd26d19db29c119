"""Flows chained over several frames, and features moved by a flow."""

from __future__ import annotations

import torch
from torch import Tensor

from vidgan._checks import check_shapes
from vidgan.functional._precision import at_least_float32
from vidgan.functional.flow import WARPED_UNKNOWN, lands_inside, resize_flow
from vidgan.functional.unknown import known_flow
from vidgan.functional.warp import PaddingMode, flow_warp


def warp_features(
    features: Tensor, flow: Tensor, *, padding_mode: PaddingMode = "border"
) -> Tensor:
    r"""Warp feature maps by a flow of another size, usually that of the frames.

    .. math:: \hat f(p) = f(p + w'(p))

    with the flow :math:`w'` resized to the size of the features f, its vectors scaled along. This
    is how reenactment moves the features of a source image: Siarohin et al. 2019,
    `arXiv:2003.00196 <https://arxiv.org/abs/2003.00196>`__, Sec. 3.2.

    Args:
        features: (B, C, h, w), or (B, T, C, h, w), any number of channels.
        flow: (B, 2, H, W), or (B, T, 2, H, W), in pixels of its own size; may be unknown at some
            pixels.
        padding_mode: as in `flow_warp`.

    Returns:
        The warped features, in the shape and the dtype of ``features``.

    Raises:
        TypeError: if an argument is not a floating-point tensor.
        ValueError: if the shapes do not fit, or if ``padding_mode`` is unknown.

    Example:
        >>> import torch
        >>> features = torch.tensor([[[[0.0, 1.0, 2.0]]]])  # a third of the frame's width
        >>> flow = torch.zeros(1, 2, 1, 7)
        >>> flow[:, 0] = 3  # pixels of the frame, 1 of the features
        >>> warp_features(features, flow)
        tensor([[[[1., 2., 2.]]]])
    """
    check_shapes("warp_features", features=(features, "B [T] C h w"), flow=(flow, "B [T] 2 H W"))
    size = features.shape[-2:]
    if flow.shape[-2:] != size:
        resized = resize_flow(flow.flatten(0, -4) if flow.dim() == 5 else flow, size)
        flow = resized.reshape(*flow.shape[:-2], *size)
    return flow_warp(features, flow, padding_mode=padding_mode)


def compose_flows(flow: Tensor, earlier: Tensor) -> Tensor:
    r"""Chain two backward flows into one that skips the frame between.

    .. math:: w_{t \to t-2}(p) = w_{t \to t-1}(p) + w_{t-1 \to t-2}(p + w_{t \to t-1}(p))

    It follows from the definition of a backward flow. Warping by the result is warping by
    ``earlier`` first and by ``flow`` then, with one interpolation in place of two. A vector is
    unknown, NaN, where ``flow`` is unknown, leads out of the frame, or leads to a pixel where
    ``earlier`` is unknown: `known_flow` gives the mask.

    Args:
        flow: from frame t to t-1, (B, 2, H, W), or (B, T, 2, H, W), in pixels.
        earlier: from frame t-1 to t-2, in the same shape.

    Returns:
        The flow from frame t to t-2, in the same shape and in the dtype of ``flow``.

    Raises:
        TypeError: if a flow is not a floating-point tensor.
        ValueError: if the shapes do not fit.

    Example:
        >>> import torch
        >>> flow = torch.zeros(1, 2, 1, 4)
        >>> flow[:, 0] = 1
        >>> compose_flows(flow, 2 * flow)[0, 0, 0]  # the last pixel has left the frame
        tensor([3., 3., 3., nan])
    """
    check_shapes("compose_flows", flow=(flow, "B [T] 2 H W"), earlier=(earlier, "B [T] 2 H W"))
    if flow.dim() == 5:
        composed = compose_flows(flow.flatten(0, 1), earlier.flatten(0, 1))
        return composed.reshape(flow.shape)
    vectors, known = known_flow(at_least_float32(flow))
    onward, onward_known = known_flow(at_least_float32(earlier))
    unknown = flow_warp(1 - onward_known, vectors) > WARPED_UNKNOWN
    usable = (known != 0) & lands_inside(vectors) & ~unknown
    composed = vectors + flow_warp(onward, vectors)
    return torch.where(usable, composed, torch.nan).to(flow.dtype)
