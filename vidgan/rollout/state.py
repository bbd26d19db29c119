"""What a rollout carries from one frame to the next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from vidgan.functional import average_pyramid


class RolloutState(NamedTuple):
    """The window of the Markov model (Wang et al. 2018, Eq. 3), explicit: state in, state out.

    Attributes:
        past_frames: the last L frames, real at the start and generated later, (B, L, 3, H, W),
            oldest first.
        past_conditions: the condition maps of the same frames, (B, L, C, H, W).
        coarser_past: the same frames as the coarser scales of a `CoarseToFineGenerator` drew
            them, next coarser first; empty at the start of a video, and for a single scale.

    Example:
        >>> frames, maps = torch.zeros(1, 2, 3, 8, 12), torch.zeros(1, 2, 5, 8, 12)
        >>> state = RolloutState(frames, maps)
        >>> state = state.advance(torch.ones(1, 3, 8, 12), torch.ones(1, 5, 8, 12))
        >>> state.past_frames.mean((0, 2, 3, 4))
        tensor([0., 1.])
    """

    past_frames: Tensor
    past_conditions: Tensor
    coarser_past: tuple[Tensor, ...] = ()

    def advance(
        self, frame: Tensor, condition: Tensor, coarser: Sequence[Tensor] = ()
    ) -> RolloutState:
        """Return the state after a frame.

        Args:
            frame: (B, 3, H, W).
            condition: its condition maps, (B, C, H, W).
            coarser: the frame as the coarser scales drew it, ``FrameOutput.coarser``.
        """
        before = self.coarser_past
        if coarser and not before:  # the first frames were given at the finest scale alone
            before = tuple(average_pyramid(self.past_frames, len(coarser) + 1)[1:])
        return RolloutState(
            _shift(self.past_frames, frame),
            _shift(self.past_conditions, condition),
            tuple(_shift(*pair) for pair in zip(before, coarser, strict=True)),
        )

    def detach(self) -> RolloutState:
        """Return the state cut from the graph."""
        state = self.detach_frames()
        return state._replace(past_conditions=state.past_conditions.detach())

    def detach_frames(self) -> RolloutState:
        """Return the state with the frames, but not the conditions, cut from the graph."""
        return self._replace(
            past_frames=self.past_frames.detach(),
            coarser_past=tuple(frames.detach() for frames in self.coarser_past),
        )


def _shift(past: Tensor, newest: Tensor) -> Tensor:
    return torch.cat([past[:, 1:], newest.unsqueeze(1)], 1)
