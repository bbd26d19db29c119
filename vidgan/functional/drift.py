"""How far a video moves away from how it began."""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from vidgan._checks import check_shapes
from vidgan.functional._precision import at_least_float32


def color_drift(frames: Tensor, references: Tensor | None = None) -> Tensor:
    r"""Compute how far the colors of each frame are from those of the first, over time.

    .. math:: |s(x_t) - s(x_0)|_2

    with the means and standard deviations s of the three channels, in [0, 1]: the statistics that
    color transfer matches (Reinhard et al. 2001, "Color Transfer between Images"; here in RGB).
    With references, the colors of each frame are compared with those of its reference.

    Args:
        frames: x, (B, T, 3, H, W), RGB in [-1, 1].
        references: in the shape of ``frames``; None compares with the first frame.

    Returns:
        (B, T).

    Raises:
        TypeError: if an argument is not a floating-point tensor.
        ValueError: if the shapes do not fit.

    Example:
        >>> import torch
        >>> color_drift(torch.tensor([0.0, 1.0]).view(1, 2, 1, 1, 1).expand(1, 2, 3, 2, 4))
        tensor([[0.0000, 0.8660]])
    """
    check_shapes(
        "color_drift",
        frames=(frames, "B T 3 H W"),
        references=(references, "B T 3 H W or None", "as in frames"),
    )
    colors = _color_statistics(frames)
    wanted = colors[:, :1] if references is None else _color_statistics(references)
    drift: Tensor = torch.linalg.vector_norm(colors - wanted, dim=2)
    return drift


def identity_drift(embeddings: Tensor, reference: Tensor | None = None) -> Tensor:
    r"""Compute how far the identity in each frame is from that in the first, over time.

    .. math:: 1 - \cos(e_t, e_0)

    with the embeddings e of a recognition network, whose cosine tells identities apart (Deng et al.
    2019, `arXiv:1801.07698 <https://arxiv.org/abs/1801.07698>`__).

    Args:
        embeddings: e, (B, T, D).
        reference: :math:`e_0`, (B, D), such as that of a real frame; None takes the first frame's.

    Returns:
        (B, T), from 0 for the same direction to 2.

    Raises:
        TypeError: if an argument is not a floating-point tensor.
        ValueError: if the shapes do not fit.

    Example:
        >>> import torch
        >>> identity_drift(torch.tensor([[[2.0, 0.0], [0.0, 1.0], [-1.0, 0.0]]]))
        tensor([[0., 1., 2.]])
    """
    check_shapes(
        "identity_drift",
        embeddings=(embeddings, "B T D"),
        reference=(reference, "B D or None"),
    )
    own = at_least_float32(embeddings)
    first = own[:, 0] if reference is None else at_least_float32(reference)
    return 1 - F.cosine_similarity(own, first[:, None], dim=2)


def _color_statistics(frames: Tensor) -> Tensor:
    """Compute means and deviations of the channels, (B, T, 6), RGB in [0, 1]."""
    pixels = at_least_float32(frames).flatten(3) / 2  # (B, T, 3, H*W); the offset cancels
    mean = pixels.mean(3, keepdim=True)
    variance = (pixels - mean).square().mean(3)  # `var` warns of an empty batch
    # Inside the root: a frame of one color has a finite gradient.
    return torch.cat((mean.squeeze(3), (variance + 1e-12).sqrt()), dim=2)
