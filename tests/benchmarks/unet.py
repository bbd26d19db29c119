"""A small U-Net that translates every frame by itself, built from the library's layers.

Of the kind of HyPER-GAN (2026, arXiv:2603.10604), which makes rendered frames look real at a low
latency: convolutions, few residual blocks at a quarter of the size, skip connections. Here it reads
condition maps, and is trained by vid2vid's recipe like the generators that it is compared with.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from vidgan.generators import CompositeGenerator, ImageBranch, ImageHead
from vidgan.layers import ConvBlock, Norm, ResidualBlock, UpBlock, init_weights


class LastFrame(nn.Module):
    """Takes the place of an encoder: returns what belongs to the frame that is generated.

    Args:
        channels: of one frame's condition maps.
        window: number of frames that are stacked in channels.
    """

    def __init__(self, channels: int, window: int) -> None:
        super().__init__()
        self.in_channels, self.out_channels, self.size_multiple = channels * window, channels, 4

    def forward(self, maps: Tensor) -> Tensor:
        """Return the last C channels of maps (B, window * C, H, W)."""
        return maps[:, -self.out_channels :]


class Nothing(nn.Module):
    """Takes the place of an encoder of past frames: they do not matter.

    Args:
        in_channels: of the stacked past frames.
        out_channels: of the condition maps.
    """

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.in_channels, self.out_channels, self.size_multiple = in_channels, out_channels, 4

    def forward(self, frames: Tensor) -> Tensor:
        """Return zero, which is added to the maps."""
        return frames.new_zeros(())


class UNet(nn.Module):
    """Two downsamplings, residual blocks, two upsamplings with skip connections.

    Args:
        in_channels: of the condition maps.
        width: of the layers at full size, doubled by every downsampling.
        num_blocks: residual blocks at a quarter of the size.
        norm: see `vidgan.layers.make_norm`.
    """

    def __init__(self, in_channels: int, width: int, num_blocks: int, norm: Norm) -> None:
        super().__init__()
        self.stem = ConvBlock(in_channels, width, 3, norm=norm)
        self.down1 = ConvBlock(width, 2 * width, 3, stride=2, norm=norm)
        self.down2 = ConvBlock(2 * width, 4 * width, 3, stride=2, norm=norm)
        blocks = (ResidualBlock(4 * width, norm=norm) for _ in range(num_blocks))
        self.blocks = nn.Sequential(*blocks)
        self.up1 = UpBlock(4 * width, 2 * width, upsampling="resize", norm=norm)
        self.merge1 = ConvBlock(4 * width, 2 * width, 3, norm=norm)
        self.up2 = UpBlock(2 * width, width, upsampling="resize", norm=norm)
        self.merge2 = ConvBlock(2 * width, width, 3, norm=norm)

    def forward(self, maps: Tensor) -> Tensor:
        """Return features (B, width, H, W) of maps (B, in_channels, H, W)."""
        full = self.stem(maps)
        half = self.down1(full)
        quarter = self.blocks(self.down2(half))
        half = self.merge1(torch.cat([self.up1(quarter), half], 1))
        features: Tensor = self.merge2(torch.cat([self.up2(half), full], 1))
        return features


def frame_by_frame(
    condition_channels: int,
    *,
    width: int = 32,
    num_blocks: int = 4,
    norm: Norm = "batch",
    past_frames: int = 2,
) -> CompositeGenerator:
    """Build a U-Net as a generator of video that reads the current condition maps only."""
    generator = CompositeGenerator(
        LastFrame(condition_channels, past_frames + 1),  # type: ignore[arg-type]
        Nothing(3 * past_frames, condition_channels),  # type: ignore[arg-type]
        ImageBranch(UNet(condition_channels, width, num_blocks, norm), ImageHead(width)),
        past_frames=past_frames,
    )
    init_weights(generator)
    return generator
