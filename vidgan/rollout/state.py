"""The state that a rollout carries from one frame to the next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from torch import Tensor

from vidgan.functional import average_pyramid
from vidgan.rollout._window import append


class RolloutState(NamedTuple):
    r"""The window of the Markov model, past frames and past conditions, and a generator's memory.

    What :math:`p(\tilde x_t \mid \tilde x_{t-L}^{t-1},\, s_{t-L}^{t})` of Wang et al. 2018,
    `arXiv:1808.06601 <https://arxiv.org/abs/1808.06601>`__, Eq. 3, is conditioned on, but for the
    new condition :math:`s_t`. The state is passed in and returned explicitly; nothing else is
    remembered.

    A state is saved with ``save_checkpoint(path, {"state": state._asdict()})`` and made again with
    ``RolloutState(**load_checkpoint(path)["state"])``.

    Attributes:
        past_frames: the last L frames, real at the start and generated later, (B, L, 3, H, W),
            oldest first.
        past_conditions: the condition maps of the same frames, (B, L, C, H, W).
        coarser_past: the same frames as generated at the coarser scales of a
            `CoarseToFineGenerator`, next coarser first; empty at the start of a video, and for a
            single scale.
        memory: what a generator with a state of its own returned last, ``FrameOutput.memory``;
            empty at the start of a video, and for a generator without one.

    Example:
        >>> import torch
        >>> frames, maps = torch.zeros(1, 2, 3, 8, 12), torch.zeros(1, 2, 5, 8, 12)
        >>> state = RolloutState(frames, maps)
        >>> state = state.advance(torch.ones(1, 3, 8, 12), torch.ones(1, 5, 8, 12))
        >>> state.past_frames.mean((0, 2, 3, 4))
        tensor([0., 1.])
    """

    past_frames: Tensor
    past_conditions: Tensor
    coarser_past: tuple[Tensor, ...] = ()
    memory: tuple[Tensor, ...] = ()

    def advance(
        self,
        frame: Tensor,
        condition: Tensor,
        coarser: Sequence[Tensor] = (),
        memory: tuple[Tensor, ...] = (),
    ) -> RolloutState:
        """Return the state after a frame.

        Args:
            frame: (B, 3, H, W).
            condition: its condition maps, (B, C, H, W).
            coarser: the frame as generated at the coarser scales, ``FrameOutput.coarser``.
            memory: what the generator returned beside it, ``FrameOutput.memory``.
        """
        past_conditions = append(self.past_conditions[:, 1:], condition)
        return advanced(self, past_conditions, frame, coarser, memory)

    def detach(self) -> RolloutState:
        """Return the state detached from the graph."""
        state = self.detach_frames().detach_memory()
        return state._replace(past_conditions=state.past_conditions.detach())

    def detach_frames(self) -> RolloutState:
        """Return the state with the frames, not conditions and memory, detached from the graph."""
        return self._replace(
            past_frames=self.past_frames.detach(),
            coarser_past=tuple(frames.detach() for frames in self.coarser_past),
        )

    def detach_memory(self) -> RolloutState:
        """Return the state with the generator's memory alone detached from the graph."""
        return self._replace(memory=tuple(part.detach() for part in self.memory))


def advanced(
    state: RolloutState,
    past_conditions: Tensor,
    frame: Tensor,
    coarser: Sequence[Tensor],
    memory: tuple[Tensor, ...],
) -> RolloutState:
    """`RolloutState.advance`, given the condition maps of the past frames of the new state."""
    before = state.coarser_past
    # first frames are given at the finest scale only: the coarser windows start downsampled
    if coarser and not before:
        before = tuple(average_pyramid(state.past_frames, len(coarser) + 1)[1:])
    past_frames, *coarser_past = (
        append(past[:, 1:], newest)
        for past, newest in zip((state.past_frames, *before), (frame, *coarser), strict=True)
    )
    return RolloutState(past_frames, past_conditions, tuple(coarser_past), memory)
