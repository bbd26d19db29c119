"""Blur pooling: downsampling without aliasing."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, pad

from vidgan._checks import check_maps

BINOMIAL = (0.25, 0.5, 0.25)
# Reflected at the end of an even axis, the binomial's outer two taps fall on one pixel.
FOLDED = (0.5, 0.5)


class BlurPool(nn.Module):
    r"""Blur with the binomial kernel [1, 2, 1] / 4 along both axes and keep every second pixel.

    .. math:: y_{ij} = \sum_{kl} b_k b_l \, x_{2i + k - 2,\, 2j + l - 2}, \quad b = [1, 2, 1] / 4

    Zhang 2019, "Making Convolutional Networks Shift-Invariant Again", `arXiv:1904.11486
    <https://arxiv.org/abs/1904.11486>`__, with the wider reflection padding (2 pixels) of Ghildyal
    and Liu 2022, `arXiv:2207.13686 <https://arxiv.org/abs/2207.13686>`__. A size n becomes ``(n +
    1) // 2 + 1``. It runs in float32 also under autocast, which is faster on CPUs as well, where
    bfloat16 depthwise convolutions are slow.

    Example:
        >>> BlurPool()(torch.ones(1, 3, 6, 9)).shape
        torch.Size([1, 3, 4, 6])
    """

    kernel: Tensor

    def __init__(self) -> None:
        super().__init__()
        binomial = torch.tensor(BINOMIAL)
        # A constant that moves with the module but is not saved in checkpoints.
        self.register_buffer("kernel", torch.outer(binomial, binomial)[None, None], False)

    def forward(self, images: Tensor) -> Tensor:
        """Blur and halve.

        Args:
            images: (B, C, H, W) with H, W >= 3.

        Returns:
            (B, C, (H + 1) // 2 + 1, (W + 1) // 2 + 1), in the dtype of ``images``.
        """
        check_maps("BlurPool", images, least=3, argument="images")
        channels, height, width = images.shape[1:]
        dtype = torch.promote_types(images.dtype, torch.float32)
        with torch.autocast(images.device.type, enabled=False):
            # Only an even axis needs a reflected pixel at its end. The outputs whose window lies
            # in the padding equal their neighbors, and are repeated below.
            padded = pad(images.to(dtype), (0, 1 - width % 2, 0, 1 - height % 2), "reflect")
            kernel = self.kernel.to(dtype).expand(channels, 1, 3, 3)
            inner = conv2d(padded, kernel, stride=2, groups=channels).to(images.dtype)
        return _repeat_ends(inner, height, width)


class ConvBlurPool(nn.Module):
    """A convolution of stride 1 followed by `BlurPool`, as one convolution of stride 2.

    Both are linear, so blurring the convolution's kernel gives the same values for about a third
    of the multiplications, without the large intermediate map.

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output.
        kernel_size: height and width of the convolution's kernel.
        padding: zeros around the input.

    Example:
        >>> ConvBlurPool(3, 8, 5, padding=2)(torch.ones(1, 3, 16, 11)).shape
        torch.Size([1, 8, 9, 7])
    """

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: int, *, padding: int
    ) -> None:
        super().__init__()
        convolution = nn.Conv2d(in_channels, out_channels, kernel_size)  # for its initialization
        self.weight, self.bias = convolution.weight, convolution.bias
        self.kernel_size = kernel_size
        self.padding = padding

    def forward(self, images: Tensor) -> Tensor:
        """Convolve, blur and halve.

        Args:
            images: (B, C, H, W).

        Returns:
            (B, out_channels, (h + 1) // 2 + 1, (w + 1) // 2 + 1), where the convolution alone
            gives (h, w), both at least 3.
        """
        least = self.kernel_size + 2 - 2 * self.padding
        check_maps("ConvBlurPool", images, self.weight.shape[1], least=least, argument="images")
        images = pad(images, (self.padding,) * 4)
        height, width = (size - self.kernel_size + 1 for size in images.shape[2:])
        inner = self._rows(images, BINOMIAL, width)
        if height % 2 == 0:  # the last row, blurred over the reflected end
            last = self._rows(images[..., -self.kernel_size - 1 :, :], FOLDED, width)
            inner = torch.cat((inner, last), dim=2)
        return _repeat_ends(inner, height, width)

    def _rows(self, images: Tensor, vertical: Sequence[float], width: int) -> Tensor:
        kernel = _blur_kernel(self.weight, vertical, 2)
        inner = conv2d(images, _blur_kernel(kernel, BINOMIAL, 3), self.bias, stride=2)
        if width % 2 == 0:  # the last column
            end = images[..., -self.kernel_size - 1 :]
            last = conv2d(end, _blur_kernel(kernel, FOLDED, 3), self.bias, stride=2)
            inner = torch.cat((inner, last), dim=3)
        return inner


def _repeat_ends(inner: Tensor, height: int, width: int) -> Tensor:
    """Add the outputs whose windows mirror those of their neighbors.

    With two reflected pixels, x[-2], x[-1], x[0] = x[2], x[1], x[0]: the first output equals the
    second, and where the size is odd the last equals the one before.
    """
    with torch.autocast(inner.device.type, enabled=False):  # which would pad in float32
        return pad(inner, (1, width % 2, 1, height % 2), "replicate")


def _blur_kernel(kernel: Tensor, taps: Sequence[float], dim: int) -> Tensor:
    """Convolve a kernel (O, I, h, w) with ``taps`` along dim 2 or 3, which grows by their span."""
    span = len(taps) - 1
    blurred = torch.zeros((), dtype=kernel.dtype, device=kernel.device)
    for offset, tap in enumerate(taps):
        ends = (offset, span - offset)
        blurred = blurred + tap * pad(kernel, ends if dim == 3 else (0, 0, *ends))
    return blurred
