"""What a rollout carries from one frame to the next."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class RolloutState(NamedTuple):
    """The window of the Markov model (Wang et al. 2018, Eq. 3), explicit: state in, state out.

    Attributes:
        past_frames: the last L frames, real at the start and generated later, (B, L, 3, H, W),
            oldest first.
        past_conditions: the condition maps of the same frames, (B, L, C, H, W).

    Example:
        >>> frames, maps = torch.zeros(1, 2, 3, 8, 12), torch.zeros(1, 2, 5, 8, 12)
        >>> state = RolloutState(frames, maps)
        >>> state = state.advance(torch.ones(1, 3, 8, 12), torch.ones(1, 5, 8, 12))
        >>> state.past_frames.mean((0, 2, 3, 4))
        tensor([0., 1.])
    """

    past_frames: Tensor
    past_conditions: Tensor

    def advance(self, frame: Tensor, condition: Tensor) -> RolloutState:
        """Return the state after ``frame`` (B, 3, H, W) with its ``condition`` (B, C, H, W)."""
        return RolloutState(
            torch.cat([self.past_frames[:, 1:], frame.unsqueeze(1)], 1),
            torch.cat([self.past_conditions[:, 1:], condition.unsqueeze(1)], 1),
        )

    def detach(self) -> RolloutState:
        """Return the state cut from the graph."""
        return RolloutState(self.past_frames.detach(), self.past_conditions.detach())
