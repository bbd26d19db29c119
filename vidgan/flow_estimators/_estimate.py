"""What the flow estimators share: gray images and confidence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import torch
from einops import rearrange
from numpy.typing import NDArray
from torch import Tensor

from vidgan._checks import check_shapes
from vidgan.functional import forward_backward_confidence, photometric_confidence
from vidgan.outputs import FlowEstimate

ConfidenceKind = Literal["photometric", "forward_backward"]
"""How the confidence of a flow is computed.

`photometric_confidence` compares the warped frame with the other one,
`forward_backward_confidence` the flow with that of the opposite direction.
"""
GrayImage = NDArray[np.uint8]
LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601


def estimate_flow(
    backward_flow: Callable[[Tensor, Tensor], Tensor],
    current: Tensor,
    previous: Tensor,
    *,
    confidence: ConfidenceKind,
    function: str,
) -> FlowEstimate:
    """Estimate the flow and its confidence.

    Args:
        backward_flow: takes (current, previous) and gives the flow (B, 2, H, W) from the first
            to the second.
        current: (B, 3, H, W), RGB in [-1, 1].
        previous: (B, 3, H, W), RGB in [-1, 1].
        confidence: how the confidence is computed.
        function: name of the estimator, for messages.

    Returns:
        Flow and confidence, on the device and in the dtype of ``current``.
    """
    check_shapes(
        function, current=(current, "B 3 H W"), previous=(previous, "B 3 H W", "as in current")
    )
    with torch.no_grad():
        flow = backward_flow(current, previous).to(current.device, torch.float32)
        if confidence == "photometric":
            trust = photometric_confidence(current.float(), previous.float(), flow)
        else:
            opposite = backward_flow(previous, current).to(current.device, torch.float32)
            trust = forward_backward_confidence(flow, opposite)
    return FlowEstimate(flow.to(current.dtype), trust.to(current.dtype))


def gray_images(images: Tensor) -> GrayImage:
    """Convert RGB in [-1, 1] (B, 3, H, W) to 8-bit luma (B, H, W) in [0, 255]."""
    weights = torch.tensor(LUMA, device=images.device)[:, None, None]
    luma = (images.detach().float() * weights).sum(1)  # (B, H, W)
    gray = ((luma + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)
    return np.asarray(gray.cpu().numpy(), dtype=np.uint8)


def loop_over_pairs(
    pair_flow: Callable[[GrayImage, GrayImage], Any], current: Tensor, previous: Tensor
) -> Tensor:
    """Run an OpenCV-style function on every pair of gray images, and stack its flows.

    Args:
        pair_flow: takes two images (H, W) and gives a flow (H, W, 2).
        current: (B, 3, H, W), RGB in [-1, 1].
        previous: (B, 3, H, W), RGB in [-1, 1].

    Returns:
        (B, 2, H, W), float32 on the CPU.
    """
    batch, _, height, width = current.shape
    flows = torch.zeros(batch, height, width, 2)
    pairs = zip(gray_images(current), gray_images(previous), strict=True)
    for index, (ours, theirs) in enumerate(pairs):
        flows[index] = torch.from_numpy(np.asarray(pair_flow(ours, theirs), dtype=np.float32))
    return rearrange(flows, "b h w xy -> b xy h w")
