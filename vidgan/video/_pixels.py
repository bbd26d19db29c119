"""Between PyAV's frames and RGB tensors."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import pad

# SWS_BILINEAR | SWS_FULL_CHR_H_INT | SWS_ACCURATE_RND: without the last two, FFmpeg converts
# yuv420p to RGB 1 to 1.5 gray levels too dark on average.
_ACCURATE = 0x2 | 0x2000 | 0x40000

# ITU-R BT.601, limited range: Y from 16 to 235, U and V from 16 to 240
_BT601 = (
    (65.481, 128.553, 24.966),
    (-37.797, -74.203, 112.0),
    (112.0, -93.786, -18.214),
)
_BT601_TAG, _LIMITED_RANGE_TAG = 6, 1


def rgb_from_frame(frame: Any) -> Tensor:
    """Convert a decoded frame to uint8 (3, H, W), RGB, not yet turned upright."""
    pixels = frame.to_ndarray(format="rgb24", interpolation=_ACCURATE)
    return torch.from_numpy(pixels).permute(2, 0, 1)


def frame_from_rgb(rgb: Tensor, av: Any) -> Any:
    """Convert uint8 (3, H, W) to a yuv420p frame (BT.601, limited range) of even size.

    An odd height or width gets its last row or column repeated once. Chroma is sampled at the left
    of each two pixels, where decoders expect it (FFmpeg's own conversion puts it between them,
    half a pixel off).
    """
    height, width = rgb.shape[-2:]
    padding = (0, width % 2, 0, height % 2)
    rgb = pad(rgb[None].float(), padding, mode="replicate")[0]
    yuv = torch.einsum("cd,dhw->chw", torch.tensor(_BT601) / 255, rgb)
    chroma = 128 + _halve(yuv[1:])
    planes = torch.cat((16 + yuv[0].flatten(), chroma.flatten())).round().byte()
    frame = av.VideoFrame.from_ndarray(planes.view(-1, rgb.shape[2]).numpy(), format="yuv420p")
    frame.colorspace, frame.color_range = _BT601_TAG, _LIMITED_RANGE_TAG
    return frame


def _halve(chroma: Tensor) -> Tensor:
    """Halve (2, H, W): centered between two rows, on the left of two columns."""
    rows = (chroma[:, 0::2] + chroma[:, 1::2]) / 2
    left, right = rows[..., 0::2], rows[..., 1::2]
    before = torch.cat((left[..., :1], right[..., :-1]), dim=-1)
    return (before + 2 * left + right) / 4
