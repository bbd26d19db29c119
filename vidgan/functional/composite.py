"""Composing a frame from hallucinated, warped, foreground and background layers."""

from __future__ import annotations

from torch import Tensor

from vidgan._checks import check_shapes


def occlusion_composite(hallucinated: Tensor, warped: Tensor, mask: Tensor) -> Tensor:
    r"""Blend the hallucinated frame and the warped one by the occlusion mask.

    .. math:: \tilde x = m \odot h + (1 - m) \odot \hat w

    with the occlusion mask m, the hallucinated frame h and the warped frame :math:`\hat w` (Wang et
    al. 2018, `arXiv:1808.06601 <https://arxiv.org/abs/1808.06601>`__, Eq. 4).

    Args:
        hallucinated: h, (B, [T,] C, H, W), RGB in [-1, 1].
        warped: the previous frame warped by the flow, (B, [T,] C, H, W), RGB in [-1, 1].
        mask: m, (B, [T,] 1, H, W) in [0, 1]; 1 takes the hallucinated frame, 0 the warped one.

    Returns:
        The composed frame, (B, [T,] C, H, W).

    Raises:
        TypeError: if an argument is not a floating-point tensor.
        ValueError: if the shapes do not fit.

    Example:
        >>> import torch
        >>> hallucinated, warped = torch.ones(1, 3, 1, 2), torch.zeros(1, 3, 1, 2)
        >>> mask = torch.tensor([[[[1.0, 0.25]]]])
        >>> occlusion_composite(hallucinated, warped, mask)[0, 0]
        tensor([[1.0000, 0.2500]])
    """
    check_shapes(
        "occlusion_composite",
        hallucinated=(hallucinated, "B [T] C H W"),
        warped=(warped, "B [T] C H W"),
        mask=(mask, "B [T] 1 H W"),
    )
    return mask * hallucinated + (1 - mask) * warped


def foreground_composite(foreground: Tensor, background: Tensor, foreground_mask: Tensor) -> Tensor:
    r"""Paste a hallucinated foreground over a composed frame, as the released networks do.

    .. math:: \tilde x = m_F \odot h_F + (1 - m_F) \odot b

    where the background b is the output of `occlusion_composite`, so that the foreground is never
    warped. See `layered_composite` for the form in the paper.

    Args:
        foreground: :math:`h_F`, (B, [T,] C, H, W), RGB in [-1, 1].
        background: b, (B, [T,] C, H, W), RGB in [-1, 1].
        foreground_mask: :math:`m_F`, (B, [T,] 1, H, W) in [0, 1]; 1 takes the foreground.

    Returns:
        The composed frame, (B, [T,] C, H, W).

    Raises:
        TypeError: if an argument is not a floating-point tensor.
        ValueError: if the shapes do not fit.

    Example:
        >>> import torch
        >>> front, back = torch.ones(1, 3, 1, 2), torch.zeros(1, 3, 1, 2)
        >>> foreground_composite(front, back, torch.tensor([[[[0.0, 1.0]]]]))[0, 0]
        tensor([[0., 1.]])
    """
    check_shapes(
        "foreground_composite",
        foreground=(foreground, "B [T] C H W"),
        background=(background, "B [T] C H W"),
        foreground_mask=(foreground_mask, "B [T] 1 H W"),
    )
    return foreground_mask * foreground + (1 - foreground_mask) * background


def layered_composite(
    foreground: Tensor,
    background: Tensor,
    warped: Tensor,
    foreground_mask: Tensor,
    occlusion_mask: Tensor,
) -> Tensor:
    r"""Blend hallucinated foreground and background with the warped frame, as in the paper.

    .. math:: \tilde x = (1 - m) \odot \hat w + m \odot ((1 - m_B) \odot h_F + m_B \odot h_B)

    with the occlusion mask m, the warped frame :math:`\hat w` and the background mask :math:`m_B =
    1 - m_F` (Wang et al. 2018, `arXiv:1808.06601 <https://arxiv.org/abs/1808.06601>`__, Eq. 9). The
    released networks paste the foreground after the occlusion composite instead:
    `foreground_composite`.

    Args:
        foreground: :math:`h_F`, (B, [T,] C, H, W), RGB in [-1, 1].
        background: :math:`h_B`, (B, [T,] C, H, W), RGB in [-1, 1].
        warped: the previous frame warped by the flow, (B, [T,] C, H, W), RGB in [-1, 1].
        foreground_mask: :math:`m_F`, (B, [T,] 1, H, W) in [0, 1]; 1 takes the foreground.
        occlusion_mask: m, (B, [T,] 1, H, W) in [0, 1]; 1 takes the hallucinated layers, 0 the
            warped frame.

    Returns:
        The composed frame, (B, [T,] C, H, W).

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
    check_shapes(
        "layered_composite",
        foreground=(foreground, "B [T] C H W"),
        background=(background, "B [T] C H W"),
        warped=(warped, "B [T] C H W"),
        foreground_mask=(foreground_mask, "B [T] 1 H W"),
        occlusion_mask=(occlusion_mask, "B [T] 1 H W"),
    )
    hallucinated = foreground_mask * foreground + (1 - foreground_mask) * background
    return occlusion_mask * hallucinated + (1 - occlusion_mask) * warped
