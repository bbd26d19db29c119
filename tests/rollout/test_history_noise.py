"""Noise on the past frames that a generator sees: its level, its seed, and where it does not go."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from tests.assertions import rand
from tests.networks import LinearGenerator, assert_same_bits, tiny_generator
from vidgan.functional import average_pyramid
from vidgan.models import coarse_to_fine_generator
from vidgan.rollout import HistoryNoise, RolloutState, SequentialRollout
from vidgan.rollout.history_noise import noisy_past


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_the_noise_has_the_level_that_is_told() -> None:
    noise = HistoryNoise(0.7, level_name="noise_level", generator=seeded())
    past = rand(400, 2, 3, 16, 24)

    noisy, inputs = noise(past)

    level = inputs["noise_level"]
    added = noisy - past
    torch.testing.assert_close(added.std((1, 2, 3, 4)), level, rtol=0.1, atol=1e-6)
    assert float(added.mean().abs()) < 0.005
    assert 0 <= float(level.min()) < 0.03
    assert 0.67 < float(level.max()) <= 0.7
    assert float(level.mean()) == pytest.approx(0.35, abs=0.03)  # uniform: std 0.2 / sqrt(400)
    assert float(level.std()) == pytest.approx(0.7 / 12**0.5, abs=0.02)


def test_the_seed_decides_and_the_global_generator_is_left_alone() -> None:
    past = rand(2, 2, 3, 4, 6)
    before = torch.get_rng_state()
    one, other, third = (
        HistoryNoise(0.5, level_name="a", generator=seeded(seed))(past) for seed in (0, 0, 1)
    )
    assert torch.equal(torch.get_rng_state(), before)
    assert_same_bits(one, other)
    assert not torch.equal(one[0], third[0])
    torch.manual_seed(3)
    first = HistoryNoise(0.5)(past)
    torch.manual_seed(3)
    assert_same_bits(HistoryNoise(0.5)(past), first)
    assert first[1] == {}


def test_a_rollout_with_noise_is_its_steps() -> None:
    """The generator sees noisy frames; the state and the frames of the output have no noise."""

    class Listening(LinearGenerator):
        def forward(self, conditions: Tensor, past: Tensor, *, noise_level: Tensor):
            levels.append(noise_level)
            return super().forward(conditions, past)

    levels: list[Tensor] = []
    generator = Listening(decay=0.5, gain=1.0)
    maps, frames = rand(2, 5, 3, 4, 6), rand(2, 2, 3, 4, 6)
    noise = HistoryNoise(0.7, level_name="noise_level", generator=seeded())
    output, state = SequentialRollout(generator, history_noise=noise)(
        maps[:, 2:], RolloutState(frames, maps[:, :2])
    )

    again = HistoryNoise(0.7, level_name="noise_level", generator=seeded())
    past = frames
    for t in range(3):
        noisy, inputs = again(past)
        assert torch.equal(levels[t], inputs["noise_level"])
        frame = 0.5 * noisy[:, -1] + maps[:, 2 + t]
        torch.testing.assert_close(output.frames[:, t], frame, check_dtype=False)
        past = torch.cat([past[:, 1:], output.frames[:, t : t + 1].detach()], 1)
    assert_same_bits(state.past_frames, past)


def test_activation_checkpointing_sees_the_same_noise() -> None:
    maps, frames = rand(2, 5, 2, 4, 6), rand(2, 2, 3, 4, 6)
    results = []
    for activation_checkpointing in (True, False):
        generator = tiny_generator(norm="batch")
        rollout = SequentialRollout(
            generator,
            backprop_length=3,
            history_noise=HistoryNoise(0.5, generator=seeded()),
            activation_checkpointing=activation_checkpointing,
        )
        output, _ = rollout(maps[:, 2:], RolloutState(frames, maps[:, :2]))
        output.frames.square().mean().backward()
        gradients = [weight.grad for weight in generator.parameters()]
        results.append((output.frames.detach(), gradients))

    assert_same_bits(*results)


def test_coarser_scales_get_the_same_noise_downsampled() -> None:
    past, coarser = rand(2, 2, 3, 8, 12), (rand(2, 2, 3, 4, 6, seed=1), rand(2, 2, 3, 2, 3, seed=2))
    state = RolloutState(past, rand(2, 2, 5, 8, 12), coarser)

    noisy, inputs = noisy_past(HistoryNoise(0.5, generator=seeded()), state)

    added = noisy - past
    for level, frames in enumerate(coarser, 1):
        added = average_pyramid(added, 2)[1]
        torch.testing.assert_close(inputs["coarser_past"][level - 1] - frames, added)
    assert sorted(inputs) == ["coarser_past"]


def test_a_coarse_to_fine_generator_sees_noise_at_every_scale() -> None:
    torch.manual_seed(0)
    generator = coarse_to_fine_generator(2, num_scales=2, base_channels=2, num_blocks=1).eval()
    maps = rand(1, 4, 2, 32, 32)
    state = RolloutState(rand(1, 2, 3, 32, 32), maps[:, :2], (rand(1, 2, 3, 16, 16),))
    noise, again = (HistoryNoise(0.5, generator=seeded()) for _ in range(2))

    output, _ = SequentialRollout(generator, history_noise=noise)(maps[:, 2:3], state)

    past, inputs = noisy_past(again, state)
    assert torch.equal(output.frames[:, 0], generator(maps[:, :3], past, **inputs).frame)


def test_a_level_under_a_name_in_use_raises() -> None:
    maps, frames = rand(2, 5, 3, 4, 6), rand(2, 2, 3, 4, 6)
    rollout = SequentialRollout(
        LinearGenerator(), history_noise=HistoryNoise(0.5, level_name="style")
    )
    rule = "history_noise must not hold 'style', which is in constant too"
    with pytest.raises(ValueError, match=rule):
        rollout(maps[:, 2:], RolloutState(frames, maps[:, :2]), constant={"style": maps})


def test_bad_input_raises() -> None:
    with pytest.raises(ValueError, match="HistoryNoise: max_level must be at least 0, got -1"):
        HistoryNoise(-1)
    with pytest.raises(ValueError, match=r"HistoryNoise: past must have shape \(B, L, C, H, W\)"):
        HistoryNoise(1)(rand(2, 3, 4, 6))
    with pytest.raises(TypeError, match="HistoryNoise: past must be a floating-point tensor"):
        HistoryNoise(1)(rand(2, 1, 3, 4, 6).long())
