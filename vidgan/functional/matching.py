"""Losses that compare two tensors: feature matching and masked L1."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from vidgan._checks import check_floating, check_like, check_shape
from vidgan.functional._precision import at_least_float32


def feature_matching(fake_features: Sequence[Tensor], real_features: Sequence[Tensor]) -> Tensor:
    """Average the L1 distance between the features of generated and real samples over layers.

    ``mean_i mean |fake_i - real_i|`` (Wang et al., CVPR 2018, arXiv:1711.11585, Eq. 4, for one
    discriminator). No gradient flows into the real features.

    Args:
        fake_features: one tensor a layer, any shapes.
        real_features: as many tensors, each in the shape of its counterpart.

    Returns:
        The loss, a scalar.

    Raises:
        TypeError: if a feature is not a floating-point tensor.
        ValueError: if there are no features, or if numbers or shapes differ.

    Example:
        >>> import torch
        >>> feature_matching([torch.zeros(2), torch.zeros(3)], [torch.ones(2), 3 * torch.ones(3)])
        tensor(2.)
    """
    if len(fake_features) == 0:
        raise ValueError("feature_matching: fake_features must hold at least one layer, got none")
    if len(fake_features) != len(real_features):
        raise ValueError(
            "feature_matching: real_features must hold as many layers as fake_features, "
            f"{len(fake_features)}, got {len(real_features)}"
        )
    distances = []
    for layer, (fake, real) in enumerate(zip(fake_features, real_features, strict=True)):
        check_floating(fake, "feature_matching", f"fake_features[{layer}]")
        check_floating(real, "feature_matching", f"real_features[{layer}]")
        check_shape(
            real,
            tuple(fake.shape),
            "feature_matching",
            f"real_features[{layer}]",
            why=f"as fake_features[{layer}]",
        )
        difference = fake - real.detach()
        # The sum runs in float32 without a float32 copy of half-precision features.
        precision = torch.promote_types(difference.dtype, torch.float32)
        distances.append(difference.abs().mean(dtype=precision))
    return torch.stack(distances).mean()


def masked_l1(input: Tensor, target: Tensor, mask: Tensor) -> Tensor:  # noqa: A002
    """Compute the L1 distance with both sides multiplied by a mask.

    ``mean |input * mask - target * mask|`` over all elements of ``input``, masked ones included,
    as in the published training of Wang et al. 2018: a smaller mask gives a smaller loss.

    Args:
        input: (..., C, H, W), such as a frame, a flow, or a video of either.
        target: in the shape of ``input``.
        mask: (..., 1, H, W) in [0, 1].

    Returns:
        The loss, a scalar.

    Raises:
        TypeError: if an argument is not a floating-point tensor.
        ValueError: if ``input`` has fewer than 3 dimensions or the shapes do not fit.

    Example:
        >>> import torch
        >>> mask = torch.tensor([[[[1.0, 0.0]]]])
        >>> masked_l1(torch.ones(1, 3, 1, 2), torch.zeros(1, 3, 1, 2), mask)
        tensor(0.5000)
    """
    check_floating(input, "masked_l1", "input")
    if input.dim() < 3:
        raise ValueError(
            f"masked_l1: input must have shape (..., C, H, W), got {tuple(input.shape)}"
        )
    check_like(target, input, "masked_l1", "target", "input")
    check_like(mask, input, "masked_l1", "mask", "input", channels=1)
    weight = at_least_float32(mask)
    return (at_least_float32(input) * weight - at_least_float32(target) * weight).abs().mean()
