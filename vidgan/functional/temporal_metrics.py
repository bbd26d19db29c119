"""How well generated frames fit their neighbors in time."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from vidgan._checks import check_choice, check_shapes
from vidgan.functional._precision import at_least_float32
from vidgan.functional.unknown import known_flow
from vidgan.functional.warp import flow_warp

WarpingNormalization = Literal["all", "valid"]
"""What `warping_error` divides by, the number of all pixels or that of the valid ones."""


def warping_error(
    frames: Tensor,
    flow: Tensor,
    confidence: Tensor | None = None,
    *,
    normalization: WarpingNormalization = "valid",
) -> Tensor:
    r"""Compute how much pixels change along a flow, for each pair of successive frames.

    .. math:: \frac{1}{C N} \sum_{c, p} m(p) \left(x_t - \mathrm{warp}(x_{t-1}, w_t)\right)_c^2(p)

    with frames in [0, 1], the backward flow w and the confidence m, 0 where the flow is unknown.
    Two definitions are published:

    - ``"valid"``: :math:`N = \sum_p m(p)` (Lai et al. 2018, `arXiv:1808.00449
      <https://arxiv.org/abs/1808.00449>`__; their evaluation warps :math:`x_{t+1}` by the
      forward flow, and averages over channels, as here). 0 where no pixel is valid.
    - ``"all"``: N is the number of pixels (Ruder et al. 2016, `arXiv:1604.08610
      <https://arxiv.org/abs/1604.08610>`__, their temporal loss). It gets smaller with the share
      of valid pixels.

    Args:
        frames: x, (B, T, C, H, W), RGB in [-1, 1], T at least 2.
        flow: w, from every frame but the first to the one before, (B, T - 1, 2, H, W) in pixels;
            may be unknown at some pixels (see `known_flow`).
        confidence: m, (B, T - 1, 1, H, W) in [0, 1]; None trusts the whole flow.
        normalization: ``"valid"`` or ``"all"``.

    Returns:
        The error of every frame but the first, (B, T - 1).

    Raises:
        TypeError: if an argument is not a floating-point tensor.
        ValueError: if there are fewer than 2 frames, the shapes do not fit, or ``normalization`` is
            unknown.

    Example:
        >>> import torch
        >>> frames = torch.tensor([-1.0, 1.0]).view(1, 2, 1, 1, 1).expand(1, 2, 3, 2, 4)
        >>> warping_error(frames, torch.zeros(1, 1, 2, 2, 4))
        tensor([[1.]])
    """
    check_choice(normalization, ("all", "valid"), "warping_error", "normalization")
    pairs = _count_pairs("warping_error", frames)
    check_shapes(
        "warping_error",
        frames=(frames, "B T C H W"),
        flow=(flow, f"B {pairs} 2 H W"),
        confidence=(confidence, f"B {pairs} 1 H W or None"),
    )
    frames = at_least_float32(frames)
    current, previous = frames[:, 1:].flatten(0, 1), frames[:, :-1].flatten(0, 1)  # (B*(T-1), ...)
    vectors, known = known_flow(flow.flatten(0, 1))
    trusted = known if confidence is None else confidence.flatten(0, 1) * known
    difference = (current - flow_warp(previous, vectors)) / 2
    squared = trusted * difference.square()
    if normalization == "all":
        errors = squared.mean((1, 2, 3))
    else:
        valid = trusted.to(squared.dtype).sum((1, 2, 3)) * squared.shape[1]
        errors = squared.sum((1, 2, 3)) / valid.clamp_min(torch.finfo(squared.dtype).tiny)
    return errors.view(-1, pairs)


def tof(flow: Tensor, reference_flow: Tensor) -> Tensor:
    r"""Compute tOF, the difference between the motion of generated and of real frames.

    .. math:: \mathrm{tOF} = \operatorname{mean}_p |w(p) - w_\mathrm{ref}(p)|

    with the flow w between successive generated frames, and the same flow of the real ones (Chu et
    al. 2020, `arXiv:1811.09393 <https://arxiv.org/abs/1811.09393>`__). The paper writes an
    L1 norm; its evaluation, followed here, takes the length of each vector. Theirs is Farneback's
    flow, and leaves out the border. Pixels whose reference flow is unknown do not count.

    Args:
        flow: w, (..., 2, H, W) in pixels.
        reference_flow: :math:`w_\mathrm{ref}`, in the shape of ``flow``.

    Returns:
        (...), in pixels.

    Raises:
        TypeError: if an argument is not a floating-point tensor.
        ValueError: if the shapes differ.

    Example:
        >>> import torch
        >>> flow = torch.tensor([3.0, 4.0]).view(1, 2, 1, 1).expand(1, 2, 4, 6)
        >>> tof(flow, torch.zeros(1, 2, 4, 6))
        tensor([5.])
    """
    check_shapes("tof", flow=(flow, "... 2 H W"), reference_flow=(reference_flow, "... 2 H W"))
    vectors, known = known_flow(at_least_float32(reference_flow))
    difference = torch.where(known != 0, at_least_float32(flow) - vectors, 0)
    lengths: Tensor = torch.linalg.vector_norm(difference, dim=-3, keepdim=True)
    return lengths.sum((-3, -2, -1)) / known.sum((-3, -2, -1)).clamp_min(1)


def tlp(distances: Tensor, reference_distances: Tensor) -> Tensor:
    r"""Compute tLP, the difference between the changes of generated and of real frames.

    .. math:: \mathrm{tLP} = \left|d(x_{t-1}, x_t) - d(y_{t-1}, y_t)\right|

    with a perceptual distance d, LPIPS, between successive generated frames x and successive real
    frames y (Chu et al. 2020, `arXiv:1811.09393 <https://arxiv.org/abs/1811.09393>`__, whose
    tables list 100 times this value).

    Args:
        distances: :math:`d(x_{t-1}, x_t)`, any shape.
        reference_distances: :math:`d(y_{t-1}, y_t)`, in the same shape.

    Returns:
        In the shape of ``distances``.

    Raises:
        TypeError: if an argument is not a floating-point tensor.
        ValueError: if the shapes differ.

    Example:
        >>> import torch
        >>> tlp(torch.tensor([0.5, 0.25]), torch.tensor([0.25, 0.5]))
        tensor([0.2500, 0.2500])
    """
    check_shapes(
        "tlp", distances=(distances, "..."), reference_distances=(reference_distances, "...")
    )
    return (at_least_float32(distances) - at_least_float32(reference_distances)).abs()


def flicker(frames: Tensor) -> Tensor:
    r"""Compute how much each frame differs from the one before.

    .. math:: \operatorname{mean} |x_t - x_{t-1}|

    with frames in [0, 1]: 1 minus its mean over time is the "temporal flickering" of VBench (Huang
    et al. 2023, `arXiv:2311.17982 <https://arxiv.org/abs/2311.17982>`__), meant for scenes without
    motion. Motion counts as flicker, and a frozen video has none: compare with real frames.

    Args:
        frames: x, (B, T, C, H, W), RGB in [-1, 1], T at least 2.

    Returns:
        The difference of every frame but the first to the one before, (B, T - 1).

    Raises:
        TypeError: if ``frames`` is not a floating-point tensor.
        ValueError: if ``frames`` has another shape, or fewer than 2 frames.

    Example:
        >>> import torch
        >>> flicker(torch.tensor([0.0, 1.0, 1.0]).view(1, 3, 1, 1, 1))
        tensor([[0.5000, 0.0000]])
    """
    _count_pairs("flicker", frames)
    frames = at_least_float32(frames)
    return (frames[:, 1:] - frames[:, :-1]).abs().mean((2, 3, 4)) / 2


def _count_pairs(function: str, frames: Tensor) -> int:
    check_shapes(function, frames=(frames, "B T C H W"))
    if frames.shape[1] < 2:
        raise ValueError(f"{function}: frames must hold 2 frames or more, got {frames.shape[1]}")
    return frames.shape[1] - 1
