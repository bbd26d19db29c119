"""Generators that are given their flow, and generators that start as a copy of the last frame."""

from __future__ import annotations

from functools import partial

import pytest
import torch
from torch import Tensor

from tests.assertions import mask, rand
from vidgan.functional import flow_warp, resize_flow
from vidgan.generators import CompositeGenerator
from vidgan.models import coarse_to_fine_generator, composite_generator
from vidgan.rollout import RolloutState, SequentialRollout, StreamingGenerator

SMALL = {"base_channels": 4, "num_downsamplings": 1, "num_blocks": 2, "norm": "instance"}
MAPS, PAST = rand(1, 3, 2, 16, 24), rand(1, 2, 3, 16, 24)


def build(**options) -> CompositeGenerator:
    torch.manual_seed(0)
    return composite_generator(2, **SMALL, **options).eval()


def head_flow(generator: CompositeGenerator) -> Tensor:
    return generator(MAPS, PAST).flow


def test_the_flow_of_its_own_head_changes_nothing() -> None:
    generator = build()
    own = generator(MAPS, PAST)
    given = generator(MAPS, PAST, flow=own.flow, flow_confidence=torch.ones(1, 1, 16, 24))
    for got, want in zip(given[:5], own[:5], strict=True):
        torch.testing.assert_close(got, want, rtol=0, atol=1e-6)


def test_eq_4_with_given_flow_and_confidence() -> None:
    generator = build(flow="given")
    assert generator.flow_branch.flow_head is None
    flow, confidence = 3 * rand(1, 2, 16, 24, seed=1), mask(1, 1, 16, 24, seed=2)
    flow[..., 4, 5] = torch.nan
    plain = generator(MAPS, PAST, flow=flow.nan_to_num(0.0))
    out = generator(MAPS, PAST, flow=flow, flow_confidence=confidence)

    trusted = confidence.clone()
    trusted[..., 4, 5] = 0
    occlusion = 1 - trusted * (1 - plain.occlusion_mask)
    want = occlusion * out.hallucinated + (1 - occlusion) * flow_warp(PAST[:, -1], flow)
    torch.testing.assert_close(out.frame, want, rtol=0, atol=1e-6)
    torch.testing.assert_close(out.occlusion_mask, occlusion, rtol=0, atol=1e-6)
    assert torch.equal(out.frame[..., 4, 5], out.hallucinated[..., 4, 5])
    assert out.flow is flow


def test_no_gradient_is_lost_at_unknown_pixels() -> None:
    generator = build(flow="given").train()
    flow = rand(1, 2, 16, 24)
    flow[..., :8, :] = 1e10
    generator(MAPS, PAST, flow=flow).frame.square().mean().backward()
    grads = [weight.grad for weight in generator.parameters()]
    assert all(grad is not None and bool(grad.isfinite().all()) for grad in grads)


def test_the_scales_get_the_flow_resized() -> None:
    torch.manual_seed(0)
    generator = coarse_to_fine_generator(2, num_scales=2, flow="given", **SMALL).eval()
    flow, confidence = 4 * rand(1, 2, 16, 24, seed=1), mask(1, 1, 16, 24, seed=2)
    seen = []
    for part in generator.generators:
        part.flow_warp.register_forward_pre_hook(lambda _, args: seen.append(args[1]))
    generator(MAPS, PAST, flow=flow, flow_confidence=confidence)
    assert torch.equal(seen[0], resize_flow(flow, (8, 12)))
    assert torch.equal(seen[1], flow)


def test_a_rollout_and_a_stream_pass_it_on() -> None:
    generator = build(flow="given")
    maps, flows = rand(1, 5, 2, 16, 24), 2 * rand(1, 3, 2, 16, 24, seed=1)
    trust = mask(1, 3, 1, 16, 24, seed=2)
    state = RolloutState(PAST, maps[:, :2])
    with torch.no_grad():
        chunk, _ = SequentialRollout(generator)(
            maps[:, 2:], state, per_frame={"flow": flows, "flow_confidence": trust}
        )
        stream = StreamingGenerator(generator)
        stream.reset(PAST, maps[:, :2])
        for t in range(3):
            frame = stream.step(maps[:, 2 + t], flow=flows[:, t], flow_confidence=trust[:, t])
            torch.testing.assert_close(frame, chunk.frames[:, t], rtol=0, atol=1e-6)
    assert torch.equal(chunk.flows, flows)


@pytest.mark.parametrize(
    ("options", "inputs", "message"),
    [
        ({"flow": "given"}, {}, "flow must be given, .* has no flow head"),
        ({"flow": False}, {"flow": rand(1, 2, 16, 24)}, "flow must be None, .* no flow branch"),
        ({}, {"flow": rand(1, 2, 8, 12)}, r"flow must have shape \(1, 2, 16, 24\) as in cond"),
        ({}, {"flow_confidence": mask(1, 1, 16, 24)}, "flow_confidence is that of a given flow"),
        (
            {"flow": "given"},
            {"flow": rand(1, 2, 16, 24), "flow_confidence": mask(1, 2, 16, 24)},
            "flow_confidence must have shape",
        ),
    ],
)
def test_bad_input(options, inputs, message: str) -> None:
    for make in (composite_generator, partial(coarse_to_fine_generator, num_scales=2)):
        with pytest.raises(ValueError, match=message):
            make(2, **SMALL, **options)(MAPS, PAST, **inputs)


def test_another_choice_is_refused() -> None:
    with pytest.raises(ValueError, match="flow must be one of True, False, 'given', got 'engine'"):
        build(flow="engine")


def test_a_start_as_a_copy() -> None:
    for generator in (
        build(init_copy=-4.0),
        coarse_to_fine_generator(2, num_scales=2, init_copy=-4.0, **SMALL).eval(),
    ):
        with torch.no_grad():
            out = generator(MAPS, PAST)
        assert float(out.flow.abs().max()) == 0
        assert float((out.frame - PAST[:, -1]).abs().mean()) < 0.05
        assert 0.005 < float(out.occlusion_mask.mean()) < 0.06  # sigmoid(-4) = 0.018
    # all other weights are those without it
    plain, copy = build().state_dict(), build(init_copy=-2.0).state_dict()
    differ = {name for name in plain if not torch.equal(plain[name], copy[name])}
    assert differ == {"flow_branch.flow_head.conv.weight", "flow_branch.occlusion_head.conv.bias"}


@pytest.mark.slow
def test_a_copy_learns_faster() -> None:
    """Frames that differ little: after 24 steps the error is smaller."""
    errors = {}
    y, x = torch.meshgrid(torch.arange(16.0), torch.arange(24.0), indexing="ij")
    waves = [torch.sin((x - t) / 3) * torch.cos(y / 4) * 0.8 for t in range(8)]
    video = torch.stack(waves)[None, :, None].expand(1, 8, 3, 16, 24)
    maps = (video[:, :, :2] > 0).float()
    for init_copy in (None, -2.0):
        torch.manual_seed(0)
        generator = composite_generator(2, init_copy=init_copy, **SMALL)
        optimizer = torch.optim.Adam(generator.parameters(), 1e-3)
        for step in range(24):
            t = 2 + step % 6
            out = generator(maps[:, t - 2 : t + 1], video[:, t - 2 : t])
            loss = (out.frame - video[:, t]).abs().mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        errors[init_copy] = float(loss.detach())
    assert errors[-2.0] < 0.8 * errors[None], errors


@pytest.mark.slow
@pytest.mark.parametrize("norm", ["instance", "batch"])
def test_an_exported_generator_takes_other_sizes(norm: str) -> None:
    """Also with a given flow, as the step of a stream."""
    generator = composite_generator(2, **{**SMALL, "norm": norm}).eval()
    height, width = (torch.export.Dim(name, min=4, max=64) for name in ("h", "w"))
    shapes = {
        name: {dim: 2 * size for dim, size in ((3, height), (4, width))}
        for name in ("conditions", "past")
    }
    program = torch.export.export(generator, (MAPS, PAST), dynamic_shapes=shapes).module()
    for size in ((16, 24), (40, 72)):
        maps, past = rand(1, 3, 2, *size, seed=3), rand(1, 2, 3, *size, seed=4)
        got, want = program(maps, past), generator(maps, past)
        torch.testing.assert_close(got[:5], want[:5], rtol=0, atol=1e-4)
