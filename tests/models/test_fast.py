"""Builder of the frame generator for real time."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from tests.assertions import rand
from tests.networks import assert_module_compiles
from vidgan.generators import CompositeGenerator, use_one_hot_stems
from vidgan.models import composite_generator, fast_generator
from vidgan.rollout import RolloutState, SequentialRollout, StreamingGenerator


def small(**options: Any) -> CompositeGenerator:
    torch.manual_seed(0)
    widths = {"base_channels": 8, "num_blocks": 1, "num_branch_blocks": 1, "norm": "instance"}
    return fast_generator(2, **widths | options)


def inputs(height: int = 16, width: int = 24) -> tuple[Tensor, Tensor]:
    return rand(1, 3, 2, height, width), rand(1, 2, 3, height, width)


def test_starts_with_no_flow_and_half_a_mask() -> None:
    out = small()(*inputs())

    assert torch.equal(out.flow, torch.zeros_like(out.flow))
    assert 0.4 < out.occlusion_mask.mean() < 0.6
    torch.testing.assert_close(out.warped, inputs()[1][:, -1], rtol=0, atol=1e-4)


def test_without_flow_every_frame_is_hallucinated() -> None:
    out = small(flow=False)(*inputs())

    assert out.flow is None
    assert torch.equal(out.frame, out.hallucinated)


def test_every_weight_is_trained() -> None:
    generator = small(init_copy=None)
    out = generator(*inputs())

    (out.frame.square().sum() + out.flow.square().sum()).backward()

    assert all(weight.grad is not None for weight in generator.parameters())


def test_the_flow_heads_see_normalized_features() -> None:
    """Residual blocks add up, and Adam moves the flow by as much as the features are large."""
    generator = small(base_channels=64, num_blocks=6)
    seen: dict[str, Tensor] = {}
    generator.flow_branch.trunk.register_forward_hook(lambda *call: seen.update(trunk=call[-1]))
    generator.shared_trunk.register_forward_hook(lambda *call: seen.update(shared=call[-1]))

    generator(*inputs(64, 64))

    assert seen["shared"].abs().mean() > 1
    assert seen["trunk"].abs().mean() < 0.5


def test_hallucinated_pixels_do_not_alternate() -> None:
    """What the pixel-shuffles make of weights of their own is blurred before the last layer."""
    generator = small()
    seen: list[Tensor] = []
    generator.image_branch.trunk.register_forward_hook(lambda *call: seen.append(call[-1]))

    generator(*inputs(32, 32))

    signs = 1 - 2 * (torch.arange(32)[:, None] + torch.arange(32)).remainder(2)
    alternating = (signs * seen[0]).mean((2, 3)).abs()
    assert (alternating < 0.01 * seen[0].mean((2, 3))).all()


def count(generator: torch.nn.Module, *args: Tensor) -> int:
    with FlopCounterMode(display=False) as counter:
        generator(*args)
    return counter.get_total_flops()


@pytest.mark.parametrize("channels", [15, 36])
def test_takes_an_eighth_of_the_operations(channels: int) -> None:
    with torch.device("meta"):
        args = torch.zeros(1, 3, channels, 128, 256), torch.zeros(1, 2, 3, 128, 256)
        fast = count(fast_generator(channels, init_copy=None), *args)
        full = count(composite_generator(channels, base_channels=64), *args)

    assert 8 * fast <= full


def test_streams_as_it_rolls_out() -> None:
    generator = small().eval()
    conditions = rand(1, 6, 2, 16, 24)
    past = rand(1, 2, 3, 16, 24)
    state = RolloutState(past, conditions[:, :2])

    with torch.no_grad():
        video, _ = SequentialRollout(generator)(conditions[:, 2:], state)
        streaming = StreamingGenerator(generator)
        streaming.reset(past, conditions[:, :2])
        frames = [streaming.step(conditions[:, t]) for t in range(2, 6)]

    torch.testing.assert_close(torch.stack(frames, 1), video.frames)


def test_one_hot_stems_leave_it_alone() -> None:
    generator = small()
    before = repr(generator)

    assert repr(use_one_hot_stems(generator, 2)) == before


def test_compiles() -> None:
    assert_module_compiles(small().double().eval(), *(part.double() for part in inputs()))


def test_exports_at_untraced_sizes() -> None:
    generator = small().eval()
    height, width = (torch.export.Dim(name, min=3, max=64) for name in "hw")
    sizes = {3: 4 * height, 4: 4 * width}
    program = torch.export.export(
        generator, inputs(), dynamic_shapes={"conditions": sizes, "past": sizes}
    )

    other = inputs(32, 20)

    torch.testing.assert_close(
        program.module()(*other).frame, generator(*other).frame, rtol=0, atol=1e-4
    )


@pytest.mark.parametrize(("height", "width"), [(18, 24), (16, 26)])
def test_size_must_divide(height: int, width: int) -> None:
    with pytest.raises(ValueError, match="must be a multiple of 4 and at least 8"):
        small()(*inputs(height, width))


@pytest.mark.parametrize(
    "name", ["condition_channels", "image_channels", "past_frames", "base_channels"]
)
def test_counts_must_be_positive(name: str) -> None:
    options = {"condition_channels": 2, name: 0}

    with pytest.raises(ValueError, match=f"fast_generator: {name} must be at least 1, got 0"):
        fast_generator(**options)


@pytest.mark.parametrize("name", ["num_blocks", "num_branch_blocks"])
def test_blocks_must_not_be_negative(name: str) -> None:
    with pytest.raises(ValueError, match=f"fast_generator: {name} must be at least 0, got -1"):
        fast_generator(2, **{name: -1})
