"""Losses that compare two tensors: feature matching and masked L1."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from vidgan._checks import check_not_empty, check_same_length, check_shapes
from vidgan.functional._precision import at_least_float32
from vidgan.functional.unknown import is_known


def feature_matching(fake_features: Sequence[Tensor], real_features: Sequence[Tensor]) -> Tensor:
    r"""Compute the mean L1 distance between the features of generated and real samples.

    .. math:: \frac1L \sum_{i=1}^L \operatorname{mean} |\mathrm{fake}_i - \mathrm{real}_i|

    over the L layers of one discriminator (Wang et al. 2018, `arXiv:1711.11585
    <https://arxiv.org/abs/1711.11585>`__, Eq. 4). No gradient flows into the real features.

    Args:
        fake_features: one tensor per layer, any shapes.
        real_features: one tensor per layer, in the shapes of ``fake_features``.

    Returns:
        The loss, a scalar.

    Raises:
        TypeError: if a feature is not a floating-point tensor.
        ValueError: if there are no layers, or if their numbers or shapes differ.

    Example:
        >>> import torch
        >>> feature_matching([torch.zeros(2), torch.zeros(3)], [torch.ones(2), 3 * torch.ones(3)])
        tensor(2.)
    """
    layers = {"fake_features": fake_features, "real_features": real_features}
    check_same_length("feature_matching", "layer", **layers)
    distances = []
    for layer, (fake, real) in enumerate(zip(fake_features, real_features, strict=True)):
        features = {f"fake_features[{layer}]": fake, f"real_features[{layer}]": real}
        check_shapes("feature_matching", **{name: (x, "...") for name, x in features.items()})
        check_not_empty("feature_matching", **features)
        difference = fake - real.detach()
        # Accumulates in float32 without a float32 copy of half-precision features.
        precision = torch.promote_types(difference.dtype, torch.float32)
        distances.append(difference.abs().mean(dtype=precision))
    return torch.stack(distances).mean()


def masked_l1(input: Tensor, target: Tensor, mask: Tensor) -> Tensor:  # noqa: A002
    r"""Compute the L1 distance of two tensors that are both multiplied by a mask.

    .. math:: \operatorname{mean} |m \odot \mathrm{input} - m \odot \mathrm{target}|

    The mean runs over all elements, masked ones included, as in the released training of Wang et
    al. 2018, `arXiv:1808.06601 <https://arxiv.org/abs/1808.06601>`__: a mask with fewer ones gives
    a smaller loss. Pixels that do not count contribute exactly 0, whatever their values are, and
    pass no gradient: those of mask 0, and those where ``target`` is unknown, as a reference flow
    may be (see `known_flow`).

    Args:
        input: (..., C, H, W), such as a frame, a flow, or a video of either.
        target: in the shape of ``input``; unknown where a channel is NaN, infinite, or at least
            1e9 in size.
        mask: m, (..., 1, H, W) in [0, 1].

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
    check_shapes(
        "masked_l1",
        input=(input, "... C H W"),
        target=(target, "... C H W"),
        mask=(mask, "... 1 H W"),
    )
    check_not_empty("masked_l1", input=input)
    weight, reference = at_least_float32(mask), at_least_float32(target)
    counted = (weight != 0) & is_known(reference)
    ours = torch.where(counted, at_least_float32(input), 0)
    theirs = torch.where(counted, reference, 0)
    return (ours * weight - theirs * weight).abs().mean()
