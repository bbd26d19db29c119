"""Cutting boxes out of images."""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from vidgan._checks import check_shapes


def crop_regions(images: Tensor, boxes: Tensor, size: tuple[int, int]) -> Tensor:
    """Crop one box out of every image and resize it bilinearly; differentiable.

    A box's corner pixels become the corner pixels of the crop (``align_corners=True``), and pixels
    outside the image repeat its border. Sampling runs in float32, or float64 for float64 images.

    Args:
        images: (B, C, H, W), any range.
        boxes: (B, 4), x0, y0, x1, y1 in pixels, both ends included. An image whose box contains NaN
            or infinity is skipped.
        size: (h, w) of the crops.

    Returns:
        The crops, (N, C, h, w) with N <= B, in the order of the images and in their dtype.

    Raises:
        TypeError: if ``images`` or ``boxes`` is not a floating-point tensor.
        ValueError: if the shapes do not fit, or if ``size`` is below 1.

    Example:
        >>> import torch
        >>> image = torch.arange(12.0).view(1, 1, 3, 4)
        >>> crop_regions(image, torch.tensor([[1.0, 0.0, 3.0, 2.0]]), (2, 2))
        tensor([[[[ 1.,  3.],
                  [ 9., 11.]]]])
    """
    check_shapes("crop_regions", images=(images, "B C H W"), boxes=(boxes, "B 4", "as in images"))
    if min(size) < 1:
        raise ValueError(f"crop_regions: size must be (h, w), each at least 1, got {size!r}")
    valid = boxes.isfinite().all(1)
    dtype = torch.promote_types(images.dtype, torch.float32)
    kept, corners = images[valid].to(dtype), boxes[valid].to(dtype)
    height, width = images.shape[-2:]
    steps = [torch.linspace(0, 1, n, dtype=dtype, device=images.device) for n in size]
    # Pixel positions of the crop's rows and columns in the image.
    y = torch.lerp(corners[:, 1, None], corners[:, 3, None], steps[0])  # (N, h)
    x = torch.lerp(corners[:, 0, None], corners[:, 2, None], steps[1])  # (N, w)
    # grid_sample wants (x, y) in [-1, 1] from the first pixel to the last: (N, h, w, 2).
    grid = torch.stack(
        [
            (2 * x / max(width - 1, 1) - 1)[:, None].expand(-1, size[0], -1),
            (2 * y / max(height - 1, 1) - 1)[:, :, None].expand(-1, -1, size[1]),
        ],
        -1,
    )
    crops = F.grid_sample(kept, grid, padding_mode="border", align_corners=True)
    return crops.to(images.dtype)
