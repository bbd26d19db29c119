"""Optical flow as a picture."""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor
from torchvision.utils import flow_to_image

from vidgan._checks import check_finite, check_frames


def flow_to_color(flow: Tensor, *, max_magnitude: float | None = None) -> Tensor:
    """Paint a flow by the color wheel: hue is direction, saturation is length, white is no motion.

    The color wheel is that of Baker et al. 2011, "A Database and Evaluation Methodology for
    Optical Flow", as in `torchvision.utils.flow_to_image`.

    Args:
        flow: (B, 2, H, W) in pixels.
        max_magnitude: length in pixels that is painted in full color; longer vectors are painted
            alike. None: the longest vector of the batch. Fix it to compare pictures.

    Returns:
        The picture, (B, 3, H, W), float32, RGB in [0, 1].

    Raises:
        TypeError: if ``flow`` is not a floating-point tensor.
        ValueError: if ``flow`` has another shape or is not finite (which is not looked at when
            compiled), or if ``max_magnitude`` is not positive.

    Example:
        >>> import torch
        >>> flow_to_color(torch.zeros(1, 2, 4, 6)).unique()  # no motion is white
        tensor([1.])
    """
    check_frames(flow, "flow_to_color", "flow", channels=2)
    if max_magnitude is not None and not max_magnitude > 0:
        raise ValueError(f"flow_to_color: max_magnitude must be positive, got {max_magnitude}")
    vectors = flow.detach().float()
    if not torch.compiler.is_compiling():
        check_finite(vectors, "flow_to_color", "flow")
    length = torch.linalg.vector_norm(vectors, dim=1, keepdim=True)
    longest = length.amax() if max_magnitude is None else length.new_tensor(max_magnitude)
    longest = longest.clamp_min(torch.finfo(torch.float32).tiny)
    # flow_to_image scales by the longest vector it sees: one more column holds it. It is a little
    # longer than the others, which rounding would otherwise carry out of the wheel.
    padded = F.pad(vectors * (longest / torch.maximum(length, longest)), (0, 1))
    padded[:, 0, :, -1] = longest * (1 + 1e-6)
    picture: Tensor = flow_to_image(padded)
    return picture[..., :-1].float() / 255
