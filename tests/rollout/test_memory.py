"""The memory estimate: what autograd saves on real tensors, and numbers worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks

from tests.networks import assert_same_bits, tiny_generator
from vidgan.models import (
    coarse_to_fine_generator,
    composite_generator,
    fast_generator,
    spade_generator,
)
from vidgan.outputs import FrameOutput
from vidgan.rollout import MemoryEstimate, RolloutState, SequentialRollout, estimate_memory

SIZE = (16, 24)


class ConvRelu(nn.Module):
    """A frame from one convolution of the newest condition, and a ReLU."""

    past_frames, condition_channels = 2, 5

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(5, 3, 3, padding=1)

    def forward(self, conditions: Tensor, past: Tensor) -> FrameOutput:  # noqa: ARG002
        frame = self.conv(conditions[:, -1]).relu()
        return FrameOutput(frame, hallucinated=frame)


def measure(generator: Any, num_frames: int, *, checkpointing: bool = False) -> int:
    """Bytes that a rollout on the CPU saves for its backward pass, each storage once."""
    own = {t.untyped_storage().data_ptr() for t in (*generator.parameters(), *generator.buffers())}
    kept: dict[int, int] = {}
    alive = []  # so that no address is used again

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        alive.append(storage)
        if storage.data_ptr() not in own:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    length, channels = generator.past_frames, generator.condition_channels
    state = RolloutState(torch.rand(2, length, 3, *SIZE), torch.rand(2, length, channels, *SIZE))
    rollout = SequentialRollout(generator, activation_checkpointing=checkpointing)
    with saved_tensors_hooks(keep, lambda tensor: tensor):
        rollout(torch.rand(2, num_frames, channels, *SIZE), state)
    return sum(kept.values())


@pytest.mark.parametrize(
    "build",
    [
        tiny_generator,
        lambda: fast_generator(4, base_channels=8, num_blocks=1, num_branch_blocks=1),
        lambda: spade_generator(
            4, base_channels=2, num_downsamplings=1, num_blocks=1, hidden_channels=4
        ),
    ],
    ids=["composite", "fast", "spade"],
)
def test_activations_are_those_of_real_tensors(build: Callable[[], nn.Module]) -> None:
    generator = build()

    estimate = estimate_memory(generator, SIZE, batch=2, num_frames=3)

    assert estimate.num_frames * estimate.activations == measure(generator, 3)
    assert estimate.num_frames * estimate.checkpointed == measure(generator, 3, checkpointing=True)


def test_conv_and_relu_by_hand() -> None:
    estimate = estimate_memory(ConvRelu(), (4, 6), batch=2, num_frames=7)

    pixels, weights = 2 * 4 * 6, 5 * 3 * 9 + 3
    # the convolution saves its input, with the window of three conditions that it is a part of, and
    # the ReLU its output; checkpointing keeps the window and two past frames
    activations, checkpointed = 4 * pixels * (3 * 5 + 3), 4 * pixels * (3 * 5 + 2 * 3)
    assert estimate == MemoryEstimate(
        4 * weights, 4 * weights, 8 * weights, activations, checkpointed, 7
    )
    assert estimate.fixed == 16 * weights
    assert estimate.total == 16 * weights + 7 * activations
    assert estimate.checkpointed_total == 16 * weights + 7 * checkpointed + activations


def test_linear_in_frames_batch_and_pixels() -> None:
    generator = ConvRelu()
    one = estimate_memory(generator, (8, 12))

    for changed, factor in (
        (estimate_memory(generator, (8, 12), num_frames=4), 4),
        (estimate_memory(generator, (8, 12), batch=4), 4),
        (estimate_memory(generator, (16, 24)), 4),
        (estimate_memory(generator, (8, 36)), 3),
    ):
        assert changed.total - changed.fixed == factor * (one.total - one.fixed)
        assert changed.fixed == one.fixed


def test_half_precision_halves_all_but_the_moments() -> None:
    whole = estimate_memory(ConvRelu(), SIZE)
    half = estimate_memory(ConvRelu(), SIZE, dtype=torch.bfloat16)

    assert half.optimizer_state == whole.optimizer_state
    assert all(2 * half[i] == whole[i] for i in (0, 1, 3, 4))


def test_frozen_weights_have_no_gradients() -> None:
    generator = ConvRelu()
    generator.conv.weight.requires_grad_(False)

    estimate = estimate_memory(generator, SIZE)

    assert estimate.parameters == 4 * (5 * 3 * 9 + 3)
    assert (estimate.gradients, estimate.optimizer_state) == (4 * 3, 8 * 3)


def test_the_generator_stays_as_it_is() -> None:
    generator = tiny_generator(norm="batch").eval()
    before = {name: value.clone() for name, value in generator.state_dict().items()}

    with torch.no_grad():
        estimate = estimate_memory(generator, SIZE)

    assert estimate == estimate_memory(generator.train(), SIZE)
    assert_same_bits(dict(generator.state_dict()), before)


def test_coarser_scales_and_foreground() -> None:
    small = {"base_channels": 4, "num_downsamplings": 1, "num_blocks": 2, "foreground": True}
    with torch.device("meta"):
        generator = coarse_to_fine_generator(4, num_scales=2, **small)

    estimate = estimate_memory(generator, (32, 48))

    # window, past frames, foreground mask; past frames at half the size
    assert estimate.checkpointed == 4 * 32 * 48 * (3 * 4 + 2 * 3 + 1) + 4 * 16 * 24 * 2 * 3
    assert estimate.activations > estimate.checkpointed


def test_kept_results_count() -> None:
    """256 channels: 2,304 multiplications per value, as many results as twice the inputs hold."""
    with torch.device("meta"):
        generator = composite_generator(12, base_channels=64, num_downsamplings=2, num_blocks=9)

    estimate = estimate_memory(generator, (32, 48))

    inputs, result = 4 * 32 * 48 * (3 * 12 + 2 * 3), 4 * 256 * 8 * 12
    assert inputs + 5 * result <= estimate.checkpointed <= 3 * inputs


def test_table() -> None:
    text = MemoryEstimate(2**20, 2**20, 2**21, 2**30, 2**19, 2).to_text()

    assert text.splitlines()[-2:] == [
        "all, chunk of 2 frames      2,052.0 MiB",
        "all, checkpointed           1,029.0 MiB",
    ]


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ({"size": (0, 8)}, ValueError, "height must be at least 1, got 0"),
        ({"size": (8, 8.0)}, TypeError, "width must be an integer, got 8.0"),
        ({"size": 8}, TypeError, "size must be .height, width., got 8"),
        ({"size": (8, 8), "batch": 0}, ValueError, "batch must be at least 1, got 0"),
        ({"size": (8, 8), "num_frames": -1}, ValueError, "num_frames must be at least 1, got -1"),
        ({"size": (8, 8), "num_frames": True}, TypeError, "num_frames must be an integer"),
        ({"size": (8, 8), "dtype": torch.int8}, TypeError, "dtype must be a floating-point"),
        ({"size": (8, 8), "dtype": "half"}, TypeError, "dtype must be a floating-point"),
        ({"size": (15, 24)}, ValueError, "height must be a multiple of 2"),
    ],
)
def test_wrong_arguments(arguments: dict[str, Any], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        estimate_memory(tiny_generator(), **arguments)


def test_a_network_that_is_no_frame_generator() -> None:
    with pytest.raises(TypeError, match=r"must be a frame generator .* got Conv2d"):
        estimate_memory(nn.Conv2d(3, 3, 1), SIZE)
