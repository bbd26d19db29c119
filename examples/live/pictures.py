"""Frames as pictures that a page shows, and the layers that it sends back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from vidgan.video import to_uint8

_SIDE = 512  # pixels, about what the longer side of a small frame is enlarged to

Pixels = NDArray[np.uint8]


def picture(image: Tensor) -> Pixels:
    """Turn uint8 RGB (3, H, W) into an array (H, W, 3)."""
    return image.permute(1, 2, 0).contiguous().numpy()


def frame_picture(frame: Tensor) -> Pixels:
    """Turn a frame (3, H, W) in [-1, 1] into a picture; a small frame is enlarged smoothly."""
    factor = max(1, round(_SIDE / max(frame.shape[-2:])))
    large = F.interpolate(frame[None], scale_factor=factor, mode="bicubic", align_corners=False)
    return picture(to_uint8(large[0].clamp(-1, 1)))


def condition_picture(condition: Tensor) -> Pixels:
    """Turn an image (3, H, W) in [0, 1] into a picture; a small one keeps its pixels visible."""
    factor = max(1, round(_SIDE / max(condition.shape[-2:])))
    large = condition.repeat_interleave(factor, -2).repeat_interleave(factor, -1)
    return picture(to_uint8(large * 2 - 1))


def layers_of(value: dict[str, Any] | None) -> Tensor | None:
    """Return the layers of an image editor's value, uint8 RGBA (N, 4, H, W); None without any."""
    layers: Sequence[Any] = [] if value is None else value.get("layers") or []
    if not layers:
        return None
    return torch.stack([torch.from_numpy(np.array(each)).permute(2, 0, 1) for each in layers])


def picture_tensor(pixels: Any) -> Tensor:
    """Turn a picture of a camera, uint8 (H, W, 3), into (3, H, W)."""
    return torch.from_numpy(np.array(pixels)[..., :3]).permute(2, 0, 1).contiguous()
