"""Where the first frames of a video come from."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from tests.assertions import rand
from tests.networks import assert_same_bits, tiny_generator
from vidgan.rollout import (
    GeneratedFirstFrame,
    GivenFrames,
    ImageGeneratorFirstFrames,
    SequentialRollout,
    StreamingGenerator,
)

MAPS = rand(2, 5, 2, 4, 6)


def test_given_frames_come_with_their_conditions() -> None:
    frames = rand(2, 3, 3, 4, 6, seed=1)

    first = GivenFrames(frames)(MAPS)

    assert first.frames is frames
    assert torch.equal(first.state.past_frames, frames)
    assert torch.equal(first.state.past_conditions, MAPS[:, :3])
    assert not first.hallucinate_only


@pytest.mark.parametrize("past_frames", [1, 2, 3])
def test_an_own_first_frame_is_what_a_stream_makes(past_frames: int) -> None:
    generator = tiny_generator(past_frames=past_frames).eval()

    first = GeneratedFirstFrame(past_frames)(MAPS)
    output, _ = SequentialRollout(generator)(
        MAPS[:, :1], first.state, hallucinate_only=first.hallucinate_only
    )

    assert first.frames.shape == (2, 0, 3, 4, 6)
    assert torch.equal(output.frames[:, 0], StreamingGenerator(generator).step(MAPS[:, 0]))


def test_a_single_image_generator_draws_each_frame_alone() -> None:
    network = nn.Conv2d(2, 3, 1)

    first = ImageGeneratorFirstFrames(network, 3)(MAPS)

    generated = [network(MAPS[:, t]).detach() for t in range(3)]
    assert_same_bits(list(first.frames.unbind(1)), generated)
    assert_same_bits(first.state, GivenFrames(first.frames)(MAPS).state)
    assert not first.frames.requires_grad


@pytest.mark.parametrize(
    ("policy", "least"),
    [
        (GivenFrames(torch.zeros(2, 2, 3, 4, 6)), 2),
        (GeneratedFirstFrame(2), 1),
        (ImageGeneratorFirstFrames(nn.Conv2d(2, 3, 1), 2), 2),
    ],
)
def test_too_few_conditions_raise(policy, least: int) -> None:
    rule = f"{type(policy).__name__}: the number of frames T .* at least {least}, got {least - 1}"
    with pytest.raises(ValueError, match=rule):
        policy(MAPS[:, : least - 1])
    with pytest.raises(TypeError, match="conditions must be a floating-point tensor"):
        policy(MAPS.long())


def test_sizes_that_differ_raise() -> None:
    rule = r"GivenFrames: frames must have shape \(2, 2, C, 4, 6\) as in conditions"
    for shape in ((2, 2, 3, 4, 5), (2, 2, 3, 5, 6), (1, 2, 3, 4, 6)):
        with pytest.raises(ValueError, match=rule):
            GivenFrames(torch.zeros(shape))(MAPS)


def test_a_generator_of_other_channels_raises() -> None:
    with pytest.raises(RuntimeError):
        ImageGeneratorFirstFrames(nn.Conv2d(3, 3, 1))(MAPS)


def test_lengths_out_of_range_raise() -> None:
    for policy in (
        GeneratedFirstFrame,
        lambda length: ImageGeneratorFirstFrames(nn.Identity(), length),
    ):
        with pytest.raises(ValueError, match="past_frames must be at least 1, got 0"):
            policy(0)
