"""What a rollout carries from one frame to the next."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.utils._pytree import tree_leaves

from tests.assertions import rand
from vidgan.rollout import RolloutState


@given(length=st.integers(1, 4), steps=st.integers(0, 6))
def test_holds_the_last_frames(length: int, steps: int) -> None:
    frames, maps = rand(2, length + steps, 3, 2, 3), rand(2, length + steps, 5, 2, 3, seed=1)
    state = RolloutState(frames[:, :length], maps[:, :length])

    for t in range(length, length + steps):
        state = state.advance(frames[:, t], maps[:, t])

    assert torch.equal(state.past_frames, frames[:, steps:])
    assert torch.equal(state.past_conditions, maps[:, steps:])


def test_is_not_changed_by_a_step() -> None:
    frames, maps = rand(1, 2, 3, 2, 3), rand(1, 2, 5, 2, 3, seed=1)
    state = RolloutState(frames, maps)
    before = frames.clone()

    state.advance(torch.ones(1, 3, 2, 3), torch.ones(1, 5, 2, 3))

    assert state.past_frames is frames
    assert torch.equal(frames, before)


def test_detach() -> None:
    frames, maps = rand(1, 2, 3, 2, 3).requires_grad_(), rand(1, 2, 5, 2, 3).requires_grad_()

    state = RolloutState(2 * frames, 2 * maps).detach()

    assert not any(part.requires_grad for part in tree_leaves(state))
    torch.testing.assert_close(state.past_frames, 2 * frames.detach())


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float64])
def test_keeps_the_wider_type(dtype: torch.dtype) -> None:
    """A frame in bfloat16 does not round the float32 frames beside it."""
    state = RolloutState(rand(1, 2, 3, 2, 3), rand(1, 2, 5, 2, 3))

    state = state.advance(rand(1, 3, 2, 3).to(dtype), rand(1, 5, 2, 3))

    assert state.past_frames.dtype == torch.promote_types(torch.float32, dtype)
