"""The patch discriminator of videos, with convolutions over time."""

from __future__ import annotations

from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812
from torch.nn.utils.parametrizations import spectral_norm as add_spectral_norm

from vidgan._checks import check_at_least, check_choice, check_shapes
from vidgan.layers import Norm, make_norm
from vidgan.outputs import PatchOutput

_NORMS_3D = ("group", "instance", "none")


def check_clip_size(x: Tensor, frames: int, pixels: int, function: str) -> None:
    """Raise ValueError unless x (B, T, C, H, W) has enough frames and pixels."""
    _, length, _, height, width = x.shape
    if length < frames or max(height, width) < pixels or min(height, width) < 1:
        raise ValueError(
            f"{function}: x must have at least {frames} frames and be at least {pixels} pixels "
            f"high or wide, got {length} frames of {height}x{width} (HxW)"
        )


class PatchDiscriminator3d(nn.Module):
    r"""Patch discriminator of clips: a score for each of many overlapping blocks of space and time.

    N strided 3x3x3 convolutions, one more of stride 1, each followed by a norm (but the first) and
    LeakyReLU 0.2, then a 3x3x3 convolution to the logits: the PatchGAN of Isola et al. 2017,
    `arXiv:1611.07004 <https://arxiv.org/abs/1611.07004>`__, over time too, as it is used to train
    video autoencoders (Open-Sora Team 2025, `arXiv:2503.09642
    <https://arxiv.org/abs/2503.09642>`__). Layer n has
    :math:`\mathrm{base} \cdot \min(2^n, 8)` channels. Strided layers halve height and width,
    rounded up; the first ``num_time_strides`` of them halve the number of frames in the same way.
    The number of frames that one logit sees is ``time_reach``; beyond the ends of a clip it sees
    zeros.

    There is no batch norm among the names: clips are large, so batches are small, and a batch norm
    of one or two clips mixes real with generated ones or normalizes a clip by itself.

    Args:
        in_channels: channels of a frame.
        base_channels: channels of the first layer.
        num_layers: N, the number of strided layers.
        num_time_strides: how many of the strided layers, first ones first, are strided in time.
        causal: pad time on the left only, so that a logit of step t sees no later frame than
            :math:`2^{\mathrm{num\_time\_strides}}\, t`. Norms then see each frame by itself,
            as maps (B*T, C, H, W). A clip may have one frame then.
        norm: ``"group"``, ``"instance"``, ``"none"`` or a callable, see `vidgan.layers.make_norm`.
        spectral_norm: normalize every convolution by its largest singular value (Miyato et al.
            2018, `arXiv:1802.05957 <https://arxiv.org/abs/1802.05957>`__).

    Raises:
        ValueError: if a count is too small or ``num_time_strides`` over ``num_layers``, or if
            ``norm`` is unknown.

    Example:
        >>> import torch
        >>> discriminator = PatchDiscriminator3d(3, 8)
        >>> out = discriminator(torch.zeros(2, 9, 3, 32, 48))
        >>> out.logits.shape, len(out.features), discriminator.time_reach
        (torch.Size([2, 3, 1, 4, 6]), 4, 31)
    """

    def __init__(
        self,
        in_channels: int,
        base_channels: int = 64,
        *,
        num_layers: int = 3,
        num_time_strides: int = 2,
        causal: bool = False,
        norm: Norm = "group",
        spectral_norm: bool = False,
    ) -> None:
        super().__init__()
        name = "PatchDiscriminator3d"
        counts = {"base_channels": base_channels, "num_layers": num_layers}
        check_at_least(name, 1, in_channels=in_channels, **counts)
        check_at_least(name, 0, num_time_strides=num_time_strides)
        if num_time_strides > num_layers:
            raise ValueError(
                f"{name}: num_time_strides must be at most num_layers = {num_layers}, "
                f"got {num_time_strides}"
            )
        if not callable(norm):
            check_choice(norm, _NORMS_3D, name, "norm")
        self.in_channels = in_channels
        strides = [(2 if n < num_time_strides else 1, 2, 2) for n in range(num_layers)]
        strides += [(1, 1, 1)]
        widths = [base_channels * min(2**n, 8) for n in range(num_layers + 1)]
        # Number of frames between neighbors of each layer's input.
        steps = [2 ** min(n, num_time_strides) for n in range(num_layers + 2)]
        self.time_reach = 1 + 2 * sum(steps)
        self.min_frames = 1 if causal else 2**num_time_strides
        self.min_pixels = 2**num_layers + 1  # fewer leave a single pixel to the norms

        layers = []
        pairs = zip([in_channels, *widths], widths, strides, strict=False)
        for index, (width_in, width_out, stride) in enumerate(pairs):
            parts = [_conv(width_in, width_out, stride, causal, spectral_norm)]
            if index > 0:
                # that of `make_norm` is one of maps (B, C, H, W)
                clips = norm == "instance" and not causal
                layer = nn.InstanceNorm3d(width_out) if clips else make_norm(norm, width_out)
                parts.append(_FrameNorm(layer) if causal else layer)
            layers.append(nn.Sequential(*parts, nn.LeakyReLU(0.2)))
        self.layers = nn.ModuleList(layers)
        self.logits = _conv(widths[-1], 1, (1, 1, 1), causal, spectral_norm)

    def forward(self, x: Tensor) -> PatchOutput:
        """Compute the logits of x and the features of every layer before them.

        Args:
            x: clips, (B, T, in_channels, H, W), with at least ``min_frames`` frames, and height or
                width at least ``min_pixels``.

        Returns:
            `PatchOutput` with logits (B, t, 1, h, w) and one feature map (B, t', C, h', w') per
            layer.

        Raises:
            TypeError: if x is not a floating-point tensor.
            ValueError: if x has another number of dimensions or channels, or is too small.
        """
        name = "PatchDiscriminator3d"
        check_shapes(name, x=(x, f"B T {self.in_channels} H W"))
        check_clip_size(x, self.min_frames, self.min_pixels, name)
        x = x.transpose(1, 2)  # (B, C, T, H, W)
        features = []
        for layer in self.layers:
            x = layer(x)
            features.append(x.transpose(1, 2))
        return PatchOutput(self.logits(x).transpose(1, 2), tuple(features))


def _conv(
    width_in: int, width_out: int, stride: tuple[int, int, int], causal: bool, spectral: bool
) -> nn.Module:
    padding = (0 if causal else 1, 1, 1)
    layer: nn.Module = nn.Conv3d(width_in, width_out, 3, stride=stride, padding=padding)
    if spectral:
        layer = add_spectral_norm(layer)
    return nn.Sequential(_PastPadding(), layer) if causal else layer


class _PastPadding(nn.Module):
    """Pads two frames of zeros before the first, so that a kernel of three sees no later one."""

    def forward(self, x: Tensor) -> Tensor:
        return F.pad(x, (0, 0, 0, 0, 2, 0))


class _FrameNorm(nn.Module):
    """Applies a norm to each frame: statistics over time would show later frames to earlier."""

    def __init__(self, norm: nn.Module) -> None:
        super().__init__()
        self.norm = norm

    def forward(self, x: Tensor) -> Tensor:
        frames = self.norm(rearrange(x, "B C T H W -> (B T) C H W"))
        clips: Tensor = rearrange(frames, "(B T) C H W -> B C T H W", B=len(x))
        return clips
