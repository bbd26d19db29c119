"""Warping an image by a backward flow."""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from vidgan._checks import check_at_least, check_choice, check_shapes
from vidgan._checks import check_finite as require_finite
from vidgan.functional.unknown import is_known

PaddingMode = Literal["border", "zeros"]
"""What a warp samples outside the image, the nearest border pixel or zero."""


def flow_warp(
    image: Tensor,
    flow: Tensor,
    *,
    padding_mode: PaddingMode = "border",
    check_finite: bool = False,
) -> Tensor:
    r"""Warp an image by a backward flow with bilinear sampling.

    .. math:: \mathrm{warped}(p) = \mathrm{image}(p + \mathrm{flow}(p))

    the warp of Wang et al. 2018, `arXiv:1808.06601 <https://arxiv.org/abs/1808.06601>`__, Eq. 4.
    Pixel centers lie at the corners (``align_corners=True``), so that zero flow is the identity.
    The sampling grid is float32 also under autocast, as a bfloat16 grid is off by up to 2 pixels at
    width 2048; it is float64 for float64 arguments.

    A pixel whose flow is unknown (see `known_flow`) has no source: it takes the pixel at its own
    place with border padding, and zero with ``"zeros"``. Mask it in whatever compares the result.

    Args:
        image: (B, C, H, W), or frames of a video (B, T, C, H, W); any floating-point dtype and
            any range.
        flow: (B, 2, H, W), or (B, T, 2, H, W), in pixels, channel 0 = x (right), 1 = y (down); may
            be unknown at some pixels.
        padding_mode: value outside the image: its nearest ``"border"`` pixel or ``"zeros"``.
        check_finite: raise an error if the flow contains NaN or infinity, whose pixels could
            otherwise pass for real ones. It synchronizes with the device and cannot be compiled.

    Returns:
        The warped image, in the shape and the dtype of ``image``.

    Raises:
        TypeError: if ``image`` or ``flow`` is not a floating-point tensor.
        ValueError: if ``image`` has another shape or is empty, if ``flow`` does not fit it, if
            ``padding_mode`` is unknown, or if ``check_finite`` found a flow that is not finite.

    Example:
        >>> import torch
        >>> image = torch.tensor([[[[0.0, 1.0, 2.0]]]])
        >>> flow = torch.zeros(1, 2, 1, 3)
        >>> flow[:, 0] = 1  # each pixel takes its right neighbor
        >>> flow_warp(image, flow)
        tensor([[[[1., 2., 2.]]]])
    """
    check_shapes("flow_warp", image=(image, "B [T] C H W"), flow=(flow, "B [T] 2 H W"))
    height, width = image.shape[-2:]
    if 0 in (height, width):
        raise ValueError(
            f"flow_warp: image must have at least one pixel, got shape {tuple(image.shape)}"
        )
    check_choice(padding_mode, ("border", "zeros"), "flow_warp", "padding_mode")
    if check_finite:
        require_finite(flow, "flow_warp", "flow")
    if image.dim() == 5:
        frames = flow_warp(image.flatten(0, 1), flow.flatten(0, 1), padding_mode=padding_mode)
        return frames.reshape(image.shape)

    dtype = torch.promote_types(torch.promote_types(image.dtype, flow.dtype), torch.float32)
    source = image.to(dtype)
    if padding_mode == "zeros" and 1 in (height, width):
        # An axis of one pixel has no extent to normalize by. A second row or column of zeros,
        # the value outside anyway, gives it one.
        source = F.pad(source, (0, int(width == 1), 0, int(height == 1)))
    vectors = flow.to(dtype)
    known = is_known(vectors)
    # On the CPU, the backward pass of grid_sample reads out of bounds at NaN and crashes
    # (torch 2.14), so the grid must be finite.
    grid = _sampling_grid(torch.where(known, vectors, 0), source.shape[-2], source.shape[-1])
    warped = F.grid_sample(
        source, grid, mode="bilinear", padding_mode=padding_mode, align_corners=True
    )
    if padding_mode == "zeros":
        warped = torch.where(known, warped, 0)
    return warped.to(image.dtype)


def pixel_grid(
    height: int,
    width: int,
    *,
    dtype: torch.dtype = torch.float32,
    device: torch.device | str | None = None,
) -> Tensor:
    r"""Compute the coordinates of every pixel, in the convention of the flows.

    .. math:: g_x(p) = p_x, \qquad g_y(p) = p_y

    ``pixel_grid(H, W) + flow`` is where the pixels of a flow come from.

    Args:
        height: H, at least 1.
        width: W, at least 1.
        dtype: of the grid; float16 and bfloat16 cannot represent all integers above 2048 and 256.
        device: of the grid.

    Returns:
        The grid, (2, H, W): channel 0 = x, from 0 at the left to W-1, channel 1 = y, from 0 at the
        top to H-1.

    Raises:
        ValueError: if ``height`` or ``width`` is below 1.

    Example:
        >>> pixel_grid(2, 3)[0]
        tensor([[0., 1., 2.],
                [0., 1., 2.]])
        >>> pixel_grid(2, 3)[1]
        tensor([[0., 0., 0.],
                [1., 1., 1.]])
    """
    check_at_least("pixel_grid", 1, height=height, width=width)
    x = torch.arange(width, dtype=dtype, device=device)
    y = torch.arange(height, dtype=dtype, device=device)
    return torch.stack((x.expand(height, width), y[:, None].expand(height, width)))


def _sampling_grid(flow: Tensor, height: int, width: int) -> Tensor:
    """Turn a flow in pixels into the grid (B, H, W, 2) of an image of ``height`` x ``width``."""
    steps = max(width - 1, 1) / 2, max(height - 1, 1) / 2
    if torch.compiler.is_exporting():
        # linspace would write the traced size into the program
        grid = pixel_grid(flow.shape[2], flow.shape[3], dtype=flow.dtype, device=flow.device)
        x, y = (
            grid[0] / (max(flow.shape[3] - 1, 1) / 2) - 1,
            grid[1] / (max(flow.shape[2] - 1, 1) / 2) - 1,
        )
    else:
        # Bit for bit the arithmetic of the released networks: their flows reach hundreds of pixels
        # early in training, where another order of rounding shows. Zero flow stays within 4e-5 of
        # the identity at width 512 in float32.
        x = torch.linspace(-1, 1, flow.shape[3], dtype=flow.dtype, device=flow.device)
        y = torch.linspace(-1, 1, flow.shape[2], dtype=flow.dtype, device=flow.device)[:, None]
    return torch.stack((x + flow[:, 0] / steps[0], y + flow[:, 1] / steps[1]), dim=-1)
