"""Reconstruction losses used beside adversarial ones."""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from vidgan._checks import check_not_empty, check_shapes
from vidgan.functional._precision import at_least_float32


def charbonnier(input: Tensor, target: Tensor, *, eps: float = 1e-3) -> Tensor:  # noqa: A002
    r"""Compute the Charbonnier loss, a smooth L1.

    .. math:: \operatorname{mean} \sqrt{(\mathrm{input} - \mathrm{target})^2 + \epsilon^2}

    (Lai et al. 2017, `arXiv:1704.03915 <https://arxiv.org/abs/1704.03915>`__). The
    pseudo-Huber loss is this minus :math:`\epsilon`.

    Args:
        input: any shape.
        target: in the shape of ``input``.
        eps: :math:`\epsilon`, the width of the rounded tip.

    Returns:
        The loss, a scalar.

    Raises:
        TypeError: if an argument is not a floating-point tensor.
        ValueError: if the shapes differ.

    Example:
        >>> charbonnier(torch.tensor([3.0]), torch.zeros(1), eps=4.0)
        tensor(5.)
    """
    check_shapes("charbonnier", input=(input, "..."), target=(target, "..."))
    check_not_empty("charbonnier", input=input)
    difference = at_least_float32(input) - at_least_float32(target)
    return (difference.square() + eps**2).sqrt().mean()


def haar_wavelet_3d(video: Tensor) -> Tensor:
    r"""Split a video into the 8 bands of one level of the 3-D Haar wavelet transform.

    Along each of time, height and width, neighbors a and b become :math:`(a + b) / \sqrt2`, the low
    band, and :math:`(a - b) / \sqrt2`, the high band (Haar 1910, "Zur Theorie der orthogonalen
    Funktionensysteme"). The transform is orthonormal: the sum of squares stays. An odd number of
    frames, rows or columns is padded by repeating the first one, as causal video autoencoders do
    with the first frame.

    Args:
        video: (B, T, C, H, W).

    Returns:
        (B, 8, T / 2, C, H / 2, W / 2), sizes rounded up; bands in the order LLL, LLH, LHL, LHH,
        HLL, HLH, HHL, HHH of time, height and width.

    Raises:
        TypeError: if ``video`` is not a floating-point tensor.
        ValueError: if it has another number of dimensions.

    Example:
        >>> haar_wavelet_3d(torch.ones(1, 2, 1, 2, 2)).flatten()
        tensor([2.8284, 0.0000, 0.0000, 0.0000, 0.0000, 0.0000, 0.0000, 0.0000])
    """
    check_shapes("haar_wavelet_3d", video=(video, "B T C H W"))
    bands = video[:, None]  # (B, bands, T, C, H, W)
    for axis in (2, 4, 5):
        if bands.shape[axis] % 2:
            bands = torch.cat([bands.narrow(axis, 0, 1), bands], axis)
        even, odd = bands.unfold(axis, 2, 2).unbind(-1)
        bands = torch.stack([even + odd, even - odd], 2).flatten(1, 2) / 2**0.5
    return bands


def wavelet_l1(fake: Tensor, real: Tensor, *, levels: int = 1) -> Tensor:
    r"""Compute the L1 distance of two videos in the bands of the 3-D Haar wavelet transform.

    .. math:: \sum_{l=1}^{L} \operatorname{mean}
        |\mathcal W_l(\mathrm{fake}) - \mathcal W_l(\mathrm{real})|

    where level l transforms the lowest band of the level before it with `haar_wavelet_3d` (as in
    the training of LTX-Video, HaCohen et al. 2025, `arXiv:2501.00103
    <https://arxiv.org/abs/2501.00103>`__).

    Args:
        fake: generated video, (B, T, C, H, W).
        real: real video, in the same shape.
        levels: L, at least 1.

    Returns:
        The loss, a scalar.

    Raises:
        TypeError: if an argument is not a floating-point tensor.
        ValueError: if the shapes differ.

    Example:
        >>> wavelet_l1(torch.ones(1, 2, 1, 2, 2), torch.zeros(1, 2, 1, 2, 2))
        tensor(0.3536)
    """
    check_shapes("wavelet_l1", fake=(fake, "B T C H W"), real=(real, "B T C H W"))
    check_not_empty("wavelet_l1", fake=fake)
    # The transform is linear.
    rest, losses = at_least_float32(fake) - at_least_float32(real), []
    for _ in range(levels):
        bands = haar_wavelet_3d(rest)
        losses.append(bands.abs().mean())
        rest = bands[:, 0]
    return torch.stack(losses).sum()


def ping_pong(frames: Tensor) -> Tensor:
    r"""Compute the ping-pong loss of a rollout that goes to the last frame and back.

    .. math:: \frac{1}{T - 1} \sum_{t=1}^{T-1} \operatorname{mean} |g_t - g'_t|

    where :math:`g_1, \dots, g_T, g'_{T-1}, \dots, g'_1` were generated from the conditions of the
    frames 1 to T and back to 1: what drifts on the way shows as a difference (Chu et al. 2020,
    `arXiv:1811.09393 <https://arxiv.org/abs/1811.09393>`__, with the mean absolute difference
    as the distance).

    Args:
        frames: the whole rollout, (B, 2T - 1, C, H, W), T at least 2.

    Returns:
        The loss, a scalar.

    Raises:
        TypeError: if ``frames`` is not a floating-point tensor.
        ValueError: if its shape does not fit, or if the number of frames is even or below 3.

    Example:
        >>> ping_pong(torch.tensor([0.0, 1.0, 3.0, 2.0, 0.5]).view(1, 5, 1, 1, 1))
        tensor(0.7500)
    """
    check_shapes("ping_pong", frames=(frames, "B T C H W"))
    length = frames.shape[1]
    if length < 3 or length % 2 == 0:
        raise ValueError(f"ping_pong: frames must be 2T - 1 frames with T at least 2, got {length}")
    check_not_empty("ping_pong", frames=frames)
    half = length // 2
    return F.l1_loss(at_least_float32(frames[:, :half]), at_least_float32(frames.flip(1)[:, :half]))
