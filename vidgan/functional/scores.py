"""The score that a discriminator gives each sample."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from vidgan._checks import check_choice, check_shapes
from vidgan._scales import Scales, list_logits
from vidgan.functional._precision import at_least_float32

PatchReduction = Literal["sum", "mean"]
"""How the logits of a sample's patches become one score; see `sample_scores`."""


def sample_scores(scales: Scales, *, reduction: PatchReduction = "sum") -> Tensor:
    r"""Compute one score per sample from the logits of all patches and scales.

    .. math:: D(x) = \sum_k \sum_p D_k(x)_p \qquad \text{or} \qquad
        D(x) = \sum_k \operatorname{mean}_p D_k(x)_p

    over the scales k and their patches p; see `gradient_penalty_r1`, which needs one score.
    The mean does not grow with the size of the frames.

    Args:
        scales: output of a discriminator, logits of shape (B, ...) per scale.
        reduction: ``"sum"`` or ``"mean"``, over the patches of one scale.

    Returns:
        (B,), in float32 or float64.

    Raises:
        TypeError: if logits are not floating-point.
        ValueError: if there are no scales, or if ``reduction`` is unknown.

    Example:
        >>> import torch
        >>> scales = [torch.ones(2, 1, 4, 6), torch.ones(2, 1, 2, 3)]
        >>> sample_scores(scales), sample_scores(scales, reduction="mean")
        (tensor([30., 30.]), tensor([2., 2.]))
    """
    check_choice(reduction, ("sum", "mean"), "sample_scores", "reduction")
    scores = []
    for logits in list_logits(scales, "sample_scores", "scales"):
        check_shapes("sample_scores", logits=(logits, "B ..."))
        patches = at_least_float32(logits).flatten(1) if logits.dim() > 1 else logits[:, None]
        scores.append(patches.sum(1) if reduction == "sum" else patches.mean(1))
    return torch.stack(scores).sum(0)
