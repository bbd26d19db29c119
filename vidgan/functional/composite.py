"""Composing a frame from hallucinated, warped, foreground and background layers."""

from __future__ import annotations

from torch import Tensor

from vidgan._checks import check_frames, check_like


def occlusion_composite(hallucinated: Tensor, warped: Tensor, mask: Tensor) -> Tensor:
    """Mix the hallucinated and the warped frame by the occlusion mask.

    ``mask * hallucinated + (1 - mask) * warped`` (Wang et al. 2018, arXiv:1808.06601, Eq. 4).

    Args:
        hallucinated: (B, C, H, W), RGB in [-1, 1].
        warped: (B, C, H, W), RGB in [-1, 1].
        mask: (B, 1, H, W) in [0, 1], 1 = hallucinate, 0 = warp.

    Returns:
        The composed frame, (B, C, H, W).

    Raises:
        TypeError: if an argument is not a floating-point tensor.
        ValueError: if the shapes do not fit.

    Example:
        >>> import torch
        >>> drawn, warped = torch.ones(1, 3, 1, 2), torch.zeros(1, 3, 1, 2)
        >>> mask = torch.tensor([[[[1.0, 0.25]]]])
        >>> occlusion_composite(drawn, warped, mask)[0, 0]
        tensor([[1.0000, 0.2500]])
    """
    name = "occlusion_composite"
    check_frames(hallucinated, name, "hallucinated")
    check_like(warped, hallucinated, name, "warped", "hallucinated")
    check_like(mask, hallucinated, name, "mask", "hallucinated", channels=1)
    return mask * hallucinated + (1 - mask) * warped


def foreground_composite(foreground: Tensor, background: Tensor, foreground_mask: Tensor) -> Tensor:
    """Paste a hallucinated foreground over a finished frame, as the released networks do.

    ``foreground_mask * foreground + (1 - foreground_mask) * background``, where the background is
    the frame after the occlusion composite: the foreground is never warped. The paper's own form
    is `layered_composite`.

    Args:
        foreground: (B, C, H, W), RGB in [-1, 1].
        background: (B, C, H, W), RGB in [-1, 1].
        foreground_mask: (B, 1, H, W) in [0, 1], 1 = foreground.

    Returns:
        The composed frame, (B, C, H, W).

    Raises:
        TypeError: if an argument is not a floating-point tensor.
        ValueError: if the shapes do not fit.

    Example:
        >>> import torch
        >>> front, back = torch.ones(1, 3, 1, 2), torch.zeros(1, 3, 1, 2)
        >>> foreground_composite(front, back, torch.tensor([[[[0.0, 1.0]]]]))[0, 0]
        tensor([[0., 1.]])
    """
    name = "foreground_composite"
    check_frames(foreground, name, "foreground")
    check_like(background, foreground, name, "background", "foreground")
    check_like(foreground_mask, foreground, name, "foreground_mask", "foreground", channels=1)
    return foreground_mask * foreground + (1 - foreground_mask) * background


def layered_composite(
    foreground: Tensor,
    background: Tensor,
    warped: Tensor,
    foreground_mask: Tensor,
    occlusion_mask: Tensor,
) -> Tensor:
    """Mix hallucinated foreground and background with the warped frame, as the paper writes it.

    ``(1 - m) * warped + m * ((1 - m_B) * h_F + m_B * h_B)`` with the background mask
    ``m_B = 1 - foreground_mask`` (Wang et al. 2018, arXiv:1808.06601, Eq. 9). The released
    networks paste the foreground after the occlusion composite instead: `foreground_composite`.

    Args:
        foreground: h_F, (B, C, H, W), RGB in [-1, 1].
        background: h_B, (B, C, H, W), RGB in [-1, 1].
        warped: (B, C, H, W), RGB in [-1, 1].
        foreground_mask: (B, 1, H, W) in [0, 1], 1 = foreground.
        occlusion_mask: m, (B, 1, H, W) in [0, 1], 1 = hallucinate, 0 = warp.

    Returns:
        The composed frame, (B, C, H, W).

    Raises:
        TypeError: if an argument is not a floating-point tensor.
        ValueError: if the shapes do not fit.

    Example:
        >>> import torch
        >>> front, back, warped = (torch.full((1, 3, 1, 3), value) for value in (1.0, 2.0, 3.0))
        >>> foreground_mask = torch.tensor([[[[1.0, 0.0, 1.0]]]])
        >>> occlusion_mask = torch.tensor([[[[1.0, 1.0, 0.0]]]])
        >>> layered_composite(front, back, warped, foreground_mask, occlusion_mask)[0, 0]
        tensor([[1., 2., 3.]])
    """
    name = "layered_composite"
    check_frames(foreground, name, "foreground")
    check_like(background, foreground, name, "background", "foreground")
    check_like(warped, foreground, name, "warped", "foreground")
    check_like(foreground_mask, foreground, name, "foreground_mask", "foreground", channels=1)
    check_like(occlusion_mask, foreground, name, "occlusion_mask", "foreground", channels=1)
    hallucinated = foreground_mask * foreground + (1 - foreground_mask) * background
    return occlusion_mask * hallucinated + (1 - occlusion_mask) * warped
