"""Real and generated frames in the past of a rollout, one after the other."""

from __future__ import annotations

import re

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn.functional import avg_pool2d

from tests.assertions import rand
from tests.networks import LinearGenerator, assert_same_bits
from vidgan.functional import average_pyramid
from vidgan.models import coarse_to_fine_generator
from vidgan.rollout import RolloutState, SequentialRollout
from vidgan.rollout._mixing import mixed_frames

MAPS = rand(2, 6, 3, 4, 6, dtype=torch.float64)
STATE = RolloutState(rand(2, 2, 3, 4, 6, seed=1, dtype=torch.float64), MAPS[:, :2])
REAL = rand(2, 4, 3, 4, 6, seed=2, dtype=torch.float64)


@given(bits=st.lists(st.booleans(), min_size=8, max_size=8), length=st.integers(1, 4))
def test_a_frame_is_generated_from_what_the_mask_says(bits: list[bool], length: int) -> None:
    """x_t = x / 2 + c_t, x the real or the generated frame before; so is the gradient."""
    mask = torch.tensor(bits).view(2, 4)
    generator = LinearGenerator()
    conditions = MAPS[:, 2:].clone().requires_grad_()
    rollout = SequentialRollout(generator, backprop_length=length)

    output, state = rollout(conditions, STATE, real_frames=REAL, real_mask=mask)

    for b in range(2):
        last = STATE.past_frames[b, -1]
        for t in range(4):
            frame = last / 2 + MAPS[b, 2 + t]
            torch.testing.assert_close(output.frames[b, t].detach(), frame)
            last = REAL[b, t] if mask[b, t] else frame
        torch.testing.assert_close(state.past_frames[b, -1], last)
    (gradient,) = torch.autograd.grad(output.frames[:, 3].sum(), conditions)
    for b in range(2):
        cuts = [t for t in range(3) if mask[b, t]] + [3 - 3 % length - 1]
        want = [0.5 ** (3 - s) if s > max(cuts) else 0.0 for s in range(4)]
        assert gradient[b, :, 0, 0, 0].tolist() == pytest.approx(want)


def test_without_a_mask_every_past_frame_is_real() -> None:
    rollout = SequentialRollout(LinearGenerator())
    everywhere = torch.ones(2, 4, dtype=torch.bool)
    nowhere = ~everywhere

    forced = rollout(MAPS[:, 2:], STATE, real_frames=REAL)

    assert_same_bits(
        list(forced[0]),
        list(rollout(MAPS[:, 2:], STATE, real_frames=REAL, real_mask=everywhere)[0]),
    )
    assert torch.equal(forced[1].past_frames, REAL[:, 2:])
    assert_same_bits(
        list(rollout(MAPS[:, 2:], STATE)[0]),
        list(rollout(MAPS[:, 2:], STATE, real_frames=REAL, real_mask=nowhere)[0]),
    )


def test_coarser_scales_get_the_same_frames() -> None:
    frame, real = rand(2, 3, 4, 8), rand(2, 3, 4, 8, seed=1)
    coarser = (rand(2, 3, 2, 4, seed=2),)

    finest, (coarse,) = mixed_frames(frame, coarser, real, torch.tensor([True, False]))

    assert_same_bits([finest[0], finest[1]], [real[0], frame[1]])
    assert_same_bits([coarse[0], coarse[1]], [average_pyramid(real, 2)[1][0], coarser[0][1]])


def test_a_coarse_to_fine_generator_can_be_taught() -> None:
    torch.manual_seed(0)
    generator = coarse_to_fine_generator(2, num_scales=2, base_channels=2, num_blocks=1).eval()
    maps = rand(1, 5, 2, 32, 32)
    real = rand(1, 3, 3, 32, 32)
    state = RolloutState(rand(1, 2, 3, 32, 32), maps[:, :2])

    output, after = SequentialRollout(generator)(maps[:, 2:], state, real_frames=real)

    assert output.frames.shape == (1, 3, 3, 32, 32)
    assert torch.equal(after.past_frames, real[:, 1:])
    inner = avg_pool2d(real[:, 1:].flatten(0, 1), 3, 2, 1)[..., 1:-1, 1:-1]
    torch.testing.assert_close(after.coarser_past[0][0][..., 1:-1, 1:-1], inner)


def test_bad_input_raises() -> None:
    rollout, maps = SequentialRollout(LinearGenerator()), MAPS[:, 2:]
    with pytest.raises(ValueError, match="real_mask needs real_frames beside it, got None"):
        rollout(maps, STATE, real_mask=torch.ones(2, 4).bool())
    rule = (
        "SequentialRollout: real_frames must have shape (2, 4, 3, 4, 6) as in conditions and the "
        "state's past_frames, got (2, 3, 3, 4, 6)"
    )
    with pytest.raises(ValueError, match=re.escape(rule)):
        rollout(maps, STATE, real_frames=REAL[:, 1:])
    with pytest.raises(ValueError, match=r"real_mask must have shape \(2, 4\) to fit conditions"):
        rollout(maps, STATE, real_frames=REAL, real_mask=torch.ones(2, 3).bool())
    with pytest.raises(TypeError, match="real_mask must be a bool tensor, got torch"):
        rollout(maps, STATE, real_frames=REAL, real_mask=torch.ones(2, 4))
