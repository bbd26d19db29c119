"""The outputs of discriminators: one or several scales."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from vidgan._checks import check_same_length
from vidgan.outputs import PatchOutput

Scales = Sequence[PatchOutput | Tensor] | PatchOutput | Tensor
"""The output of a discriminator: one `PatchOutput` or logits tensor per scale, or a single one."""


def list_logits(scales: Scales, function: str, argument: str) -> list[Tensor]:
    """Return the logits of every scale."""
    # A PatchOutput is a sequence itself; what is none is refused as logits, by its dtype.
    is_one = isinstance(scales, (PatchOutput, Tensor)) or not isinstance(scales, Sequence)
    every: Any = [scales] if is_one else scales
    check_same_length(function, "scale", **{argument: every})
    return [scale.logits if isinstance(scale, PatchOutput) else scale for scale in every]
