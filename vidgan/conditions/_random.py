"""Parts left out at random while training."""

from __future__ import annotations

import torch


def draw_kept(
    count: int, probability: float, generator: torch.Generator | None, function: str
) -> list[bool]:
    """Sample which of ``count`` parts stay, each being dropped with ``probability``."""
    if not 0 <= probability <= 1:
        raise ValueError(f"{function}: drop_probability must lie in [0, 1], got {probability}")
    if probability == 0:
        return [True] * count
    if generator is None:
        raise ValueError(
            f"{function}: generator must be given where drop_probability is above 0, got None; "
            "pass a torch.Generator"
        )
    drawn = torch.rand(count, generator=generator, device=generator.device)
    kept: list[bool] = (drawn >= probability).tolist()
    return kept
