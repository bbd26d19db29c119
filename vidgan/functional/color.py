"""Optical flow as an image."""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from vidgan._checks import check_shapes
from vidgan.functional.unknown import known_flow


def flow_to_color(flow: Tensor, *, max_magnitude: float | None = None) -> Tensor:
    """Visualize a flow with the color wheel: hue is direction, saturation length, white no motion.

    Pixels whose flow is unknown (see `known_flow`) are black.

    The color wheel is that of Baker et al. 2011, "A Database and Evaluation Methodology for
    Optical Flow", as in `torchvision.utils.flow_to_image`.

    Args:
        flow: (B, 2, H, W) in pixels; may be unknown at some pixels.
        max_magnitude: length in pixels that gets full saturation; longer vectors saturate. None
            takes the longest known vector of the batch. Set it to make several images comparable.

    Returns:
        The image, (B, 3, H, W), float32, RGB in [0, 1].

    Raises:
        TypeError: if ``flow`` is not a floating-point tensor.
        ValueError: if ``flow`` has another shape, or if ``max_magnitude`` is not positive.

    Example:
        >>> import torch
        >>> flow_to_color(torch.zeros(1, 2, 4, 6)).unique()  # no motion is white
        tensor([1.])
    """
    from torchvision.utils import flow_to_image  # noqa: PLC0415 - slow, and needed here alone

    check_shapes("flow_to_color", flow=(flow, "B 2 H W"))
    if max_magnitude is not None and not max_magnitude > 0:
        raise ValueError(f"flow_to_color: max_magnitude must be positive, got {max_magnitude}")
    vectors, known = known_flow(flow.detach().float())
    length = torch.linalg.vector_norm(vectors, dim=1, keepdim=True)
    longest = length.amax() if max_magnitude is None else length.new_tensor(max_magnitude)
    longest = longest.clamp_min(torch.finfo(torch.float32).tiny)
    # flow_to_image scales by the longest vector it sees, so an extra column holds that one. It is
    # slightly longer than the others, which rounding could otherwise push out of the wheel.
    padded = F.pad(vectors * (longest / torch.maximum(length, longest)), (0, 1))
    padded[:, 0, :, -1] = longest * (1 + 1e-6)
    image: Tensor = flow_to_image(padded)
    return image[..., :-1].float() / 255 * known
