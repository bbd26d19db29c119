"""Conditions of another size than the frames: of any ratio, the same for height and width."""

from __future__ import annotations

import re

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from tests.assertions import rand
from tests.networks import assert_same_bits
from vidgan.outputs import FrameOutput
from vidgan.rollout import (
    GeneratedFirstFrame,
    GivenFrames,
    ImageGeneratorFirstFrames,
    RolloutState,
    SequentialRollout,
    StreamingGenerator,
)


class Upsampling(nn.Module):
    """``frame = last frame / 2 + the current condition, resized``."""

    past_frames = 2
    image_channels = 3

    def __init__(self, frame_scale: float) -> None:
        super().__init__()
        self.frame_scale = frame_scale

    def forward(
        self, conditions: Tensor, past: Tensor, *, hallucinate_only: bool = False
    ) -> FrameOutput:
        large = interpolate(conditions[:, -1], past.shape[-2:])
        return FrameOutput(large if hallucinate_only else past[:, -1] / 2 + large, large)


SCALES = {4: (16, 24), 1.5: (6, 9), 0.5: (2, 3), 1: (4, 6)}


@pytest.mark.parametrize("scale", SCALES)
def test_a_rollout_and_a_stream_of_any_ratio(scale: float) -> None:
    maps, size = rand(2, 6, 3, 4, 6), SCALES[scale]
    frames = rand(2, 2, 3, *size, seed=1)
    state = GivenFrames(frames)(maps).state
    stream = StreamingGenerator(Upsampling(scale))

    output, after = SequentialRollout(stream.generator)(maps[:, 2:], state)
    stream.reset(frames, maps[:, :2])
    streamed = torch.stack([stream.step(maps[:, t]) for t in range(2, 6)], 1)

    last = frames[:, -1]
    for t in range(4):
        last = last / 2 + interpolate(maps[:, 2 + t], size)
        assert torch.equal(output.frames[:, t], last)
    assert torch.equal(streamed, output.frames)
    assert (after.past_frames.shape[-2:], after.past_conditions.shape[-2:]) == (size, (4, 6))


@pytest.mark.parametrize("scale", SCALES)
def test_first_frames_of_any_ratio(scale: float) -> None:
    maps, size = rand(2, 3, 3, 4, 6), SCALES[scale]
    generator = Upsampling(scale)

    first = GeneratedFirstFrame(2, frame_scale=scale)(maps)
    output, _ = SequentialRollout(generator)(
        maps[:, :1], first.state, hallucinate_only=first.hallucinate_only
    )
    images = ImageGeneratorFirstFrames(nn.Upsample(size=size), 2)(maps)

    assert first.frames.shape == (2, 0, 3, *size)
    assert_same_bits(output.frames[:, 0], StreamingGenerator(generator).step(maps[:, 0]))
    assert images.frames.shape == images.state.past_frames.shape == (2, 2, 3, *size)


@pytest.mark.parametrize("size", [(8, 13), (9, 12), (5, 6), (4, 7), (12, 8)])
def test_a_size_that_no_ratio_fits_raises(size: tuple[int, int]) -> None:
    maps, frames = rand(2, 3, 3, 4, 6), torch.zeros(2, 2, 3, *size)
    text = (
        "must have shape (2, 2, C, 4, 6) as in conditions{}, got (2, 2, 3, {}, {}); "
        "a size of its own must be (4, 6) times one ratio of both"
    )
    rule = text.format(" and the generator's past_frames", *size)
    with pytest.raises(ValueError, match=re.escape(f"SequentialRollout: state.past_frames {rule}")):
        SequentialRollout(Upsampling(1))(maps, RolloutState(frames, maps[:, :2]))
    rule = text.format("", *size)
    with pytest.raises(ValueError, match=re.escape(f"GivenFrames: frames {rule}")):
        GivenFrames(frames)(maps)
    stream = StreamingGenerator(Upsampling(1))
    stream.reset(frames)
    with pytest.raises(ValueError, match=re.escape(f"StreamingGenerator.step: past {rule}")):
        stream.step(maps[:, 0])
    rule = "StreamingGenerator.reset: past_conditions must have shape .* times one ratio of both"
    with pytest.raises(ValueError, match=rule):
        stream.reset(frames, maps[:, :2])


def test_a_past_of_the_conditions_of_another_ratio_raises() -> None:
    """The state's conditions have the size of the new ones, whatever the frames have."""
    maps, frames = rand(2, 3, 3, 4, 6), torch.zeros(2, 2, 3, 8, 12)
    rule = "state.past_conditions must have shape (2, 2, 3, 4, 6) as in conditions"
    with pytest.raises(ValueError, match=re.escape(rule)):
        SequentialRollout(Upsampling(2))(maps, RolloutState(frames, rand(2, 2, 3, 8, 12)))


def test_a_scale_that_gives_no_whole_size_raises() -> None:
    rule = (
        r"GeneratedFirstFrame: \(4, 6\) times frame_scale must be whole numbers, got \(5.0, 7.5\)"
    )
    with pytest.raises(ValueError, match=rule):
        GeneratedFirstFrame(2, frame_scale=1.25)(rand(2, 3, 3, 4, 6))
    with pytest.raises(ValueError, match="frame_scale must be above 0, got 0"):
        GeneratedFirstFrame(2, frame_scale=0)
