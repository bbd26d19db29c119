"""The generator with SPADE norms, its references, and both in a rollout."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from tests.assertions import rand
from tests.networks import assert_module_compiles
from vidgan.functional import flow_warp, occlusion_composite
from vidgan.generators import Encoder, ReferenceEncoder, ReferenceFeatures, SpadeGenerator
from vidgan.layers import MultiSPADE, init_weights
from vidgan.models import spade_generator
from vidgan.outputs import FrameOutput
from vidgan.protocols import FrameGenerator
from vidgan.rollout import RolloutState, SequentialRollout, StreamingGenerator


def tiny(**options) -> SpadeGenerator:
    torch.manual_seed(0)
    small = {"base_channels": 2, "num_downsamplings": 1, "num_blocks": 2, "hidden_channels": 4}
    generator = spade_generator(2, **(small | options))
    init_weights(generator, std=0.3)
    generator.flow_branch.flow_head.conv.weight.data *= 0.05
    return generator


def inputs(past_frames: int = 1, *, dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor]:
    shapes = (2, past_frames + 1, 2, 8, 12), (2, past_frames, 3, 8, 12)
    return rand(*shapes[0], dtype=dtype), rand(*shapes[1], seed=1, dtype=dtype)


def references(number: int, *, seed: int = 3) -> tuple[Tensor, Tensor]:
    return rand(2, number, 3, 8, 12, seed=seed), rand(2, number, 2, 8, 12, seed=seed + 1)


@pytest.mark.parametrize("past_frames", [1, 2])
def test_the_frame_is_the_composite(past_frames: int) -> None:
    conditions, past = inputs(past_frames)
    out = tiny(past_frames=past_frames)(conditions, past)

    warped = flow_warp(past[:, -1], out.flow)
    torch.testing.assert_close(out.warped, warped)
    expected = occlusion_composite(out.hallucinated, warped, out.occlusion_mask)
    torch.testing.assert_close(out.frame, expected)
    assert isinstance(tiny(), FrameGenerator)


def test_without_composite_the_warped_frame_enters_by_modulation() -> None:
    generator, call = tiny(composite=False), inputs()
    out, alone = generator(*call), generator(*call, hallucinate_only=True)

    assert torch.equal(out.frame, out.hallucinated)
    assert torch.equal(alone.frame, alone.hallucinated)
    assert not torch.allclose(out.frame, alone.frame)
    torch.testing.assert_close(out.flow, alone.flow)


def test_a_start_as_a_copy() -> None:
    """Flow 0 and mask sigmoid(-4) = 0.018: the frame is the last one, but for what leaks in."""
    small = {"base_channels": 2, "num_downsamplings": 1, "num_blocks": 2, "hidden_channels": 4}
    states = []
    for init_copy in (None, -4.0):
        torch.manual_seed(0)
        generator = spade_generator(2, init_copy=init_copy, **small)
        states.append(generator.state_dict())
    conditions, past = inputs()
    with torch.no_grad():
        out = generator(conditions, past)
    assert float(out.flow.abs().max()) == 0
    assert 0.005 < float(out.occlusion_mask.mean()) < 0.06
    assert float((out.frame - past[:, -1]).abs().mean()) < 0.05
    differ = {name for name in states[0] if not torch.equal(states[0][name], states[1][name])}
    assert differ == {"flow_branch.flow_head.conv.weight", "flow_branch.occlusion_head.conv.bias"}


def test_hallucinate_only_lets_no_warped_pixel_in() -> None:
    """Where everything is occluded, the composite is the frame hallucinated alone."""
    generator, call = tiny(), inputs()
    nn.init.zeros_(generator.flow_branch.occlusion_head.conv.weight)
    nn.init.constant_(generator.flow_branch.occlusion_head.conv.bias, 100.0)

    torch.testing.assert_close(
        generator(*call).frame, generator(*call, hallucinate_only=True).frame
    )


def test_every_norm_of_the_image_branch_sees_the_current_condition() -> None:
    generator, (conditions, past) = tiny(), inputs()
    norms = [part for part in generator.modules() if isinstance(part, MultiSPADE)]
    seen: list[Tensor] = []
    for norm in norms:
        norm.register_forward_hook(lambda _, args, __: seen.append(args[1][0].maps))
    generator(conditions, past)

    assert len(norms) == 3  # two of a block, one of an upsampling
    assert all(torch.equal(maps, conditions[:, -1]) for maps in seen)


def test_every_weight_gets_a_gradient() -> None:
    generator = tiny(few_shot=True)
    frames, maps = references(2)
    out = generator(*inputs(), references=frames, reference_conditions=maps)
    out.frame.square().sum().backward()

    missing = [name for name, weight in generator.named_parameters() if weight.grad is None]
    assert missing == []


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float64])
def test_dtypes(dtype: torch.dtype) -> None:
    out = tiny().to(dtype)(*inputs(dtype=dtype))

    assert out.frame.dtype == out.flow.dtype == dtype


def test_compiles() -> None:
    frames, maps = references(2)
    assert_module_compiles(tiny(), *inputs())
    options = {"references": frames, "reference_conditions": maps}
    assert_module_compiles(tiny(few_shot=True), *inputs(), **options)


def test_rollout_equals_streaming() -> None:
    generator = tiny().eval()
    conditions, frames = rand(1, 4, 2, 8, 12), rand(1, 1, 3, 8, 12)
    state = RolloutState(frames, conditions[:, :1])
    with torch.no_grad():
        output, _ = SequentialRollout(generator)(conditions[:, 1:], state)
    stream = StreamingGenerator(generator)
    stream.reset(frames, conditions[:, :1])

    steps = [stream.step(conditions[:, t]) for t in range(1, 4)]
    torch.testing.assert_close(torch.stack(steps, 1), output.frames)
    stream = StreamingGenerator(generator)
    assert stream.step(conditions[:, 0]).shape == (1, 3, 8, 12)  # hallucinates its first frame


class Bound(nn.Module):
    """A few-shot generator whose references stay the same."""

    def __init__(self, generator: SpadeGenerator, encoded: ReferenceFeatures) -> None:
        super().__init__()
        self.generator, self.encoded = generator, encoded
        self.past_frames = generator.past_frames

    def forward(self, conditions: Tensor, past: Tensor, **options) -> FrameOutput:
        return self.generator(conditions, past, references=self.encoded, **options)


def test_references_are_encoded_once_for_a_rollout() -> None:
    generator = tiny(few_shot=True).eval()
    frames, maps = references(3)
    conditions, first = rand(2, 3, 2, 8, 12), rand(2, 1, 3, 8, 12)
    with torch.no_grad():
        bound = Bound(generator, generator.encode_references(frames, maps))
        state = RolloutState(first, conditions[:, :1])
        output, _ = SequentialRollout(bound)(conditions[:, 1:], state)
        past = first
        for t in range(1, 3):
            window = conditions[:, t - 1 : t + 1]
            step = generator(window, past, references=frames, reference_conditions=maps)
            torch.testing.assert_close(output.frames[:, t - 1], step.frame)
            past = step.frame[:, None]


def test_one_reference_has_weight_one() -> None:
    encoder = tiny(few_shot=True).reference_encoder
    style, weights = encoder.attend(encoder(*references(1)), rand(2, 2, 8, 12))

    torch.testing.assert_close(weights, torch.ones(2, 1))
    assert style.shape == (2, encoder.style_channels)


def test_the_order_of_references_does_not_matter_and_copies_change_nothing() -> None:
    generator, (frames, maps), call = tiny(few_shot=True), references(3), inputs()
    order = torch.tensor([2, 0, 1])

    def frame(index: Tensor) -> Tensor:
        given = {"references": frames[:, index], "reference_conditions": maps[:, index]}
        return generator(*call, **given).frame

    torch.testing.assert_close(frame(order), frame(torch.arange(3)))
    torch.testing.assert_close(frame(torch.tensor([1, 1])), frame(torch.tensor([1])))
    assert not torch.allclose(frame(torch.tensor([0])), frame(torch.tensor([1])))


def test_attention_is_its_equation() -> None:
    options = {"num_downsamplings": 1, "num_blocks": 0, "norm": "none"}
    encoder = ReferenceEncoder(Encoder(3, 2, **options), Encoder(2, 3, **options)).double()
    encoder.requires_grad_(False)
    frames, maps = (part.double() for part in references(2))
    new = rand(2, 2, 8, 12, seed=9, dtype=torch.float64)
    encoded = encoder(frames, maps)
    style, weights = encoder.attend(encoded, new)

    query, places = encoder.key_encoder(new), [(i, j) for i in range(4) for j in range(6)]
    for b in range(2):
        total, shares = torch.zeros(4, dtype=torch.float64), torch.zeros(2, dtype=torch.float64)
        old = encoded.keys[b]
        for place in places:
            a = query[b, :, place[0], place[1]]
            keys = torch.stack([old[k, :, i, j] @ a for k in range(2) for i, j in places])
            alpha = (keys / 6**0.5).exp()
            alpha = (alpha / alpha.sum()).reshape(2, -1)
            for k in range(2):
                shares[k] += alpha[k].sum() / len(places)
                for weight, (i, j) in zip(alpha[k], places, strict=True):
                    total += weight * encoded.features[b, k, :, i, j] / len(places)
        torch.testing.assert_close(style[b], total)
        torch.testing.assert_close(weights[b], shares)


def test_a_reference_whose_condition_resembles_the_new_one_weighs_more() -> None:
    encoder = tiny(few_shot=True).reference_encoder
    keys = torch.zeros(1, 2, encoder.key_encoder.out_channels, 4, 6)
    new = rand(1, 2, 8, 12)
    keys[:, 0] = encoder.key_encoder(new).mean((2, 3), keepdim=True)
    features = rand(1, 2, encoder.style_channels, 4, 6)
    _, weights = encoder.attend(ReferenceFeatures(features, 5 * keys), new)

    assert weights[0, 0] > weights[0, 1]


def test_bad_input() -> None:
    generator, few, call, (frames, maps) = tiny(), tiny(few_shot=True), inputs(), references(2)
    encoded = few.encode_references(frames, maps)
    with pytest.raises(ValueError, match=r"references must be given, .* has a reference encoder"):
        few(*call)
    with pytest.raises(ValueError, match="reference_conditions must be given with reference fra"):
        few(*call, references=frames)
    with pytest.raises(ValueError, match="reference_conditions must be None without them"):
        few(*call, references=encoded, reference_conditions=maps)
    with pytest.raises(ValueError, match=r"references must be None, .* has no reference encoder"):
        generator(*call, references=frames, reference_conditions=maps)
    with pytest.raises(ValueError, match="encode_references: the generator must have a reference"):
        generator.encode_references(frames, maps)
    with pytest.raises(ValueError, match="references must hold at least one frame, got none"):
        few.encode_references(frames[:, :0], maps[:, :0])
    with pytest.raises(ValueError, match=r"conditions must have shape \(2, 2, 2, 8, 12\)"):
        few.encode_references(frames, maps[:, :1])
    with pytest.raises(ValueError, match="SpadeGenerator: height must be a multiple of 2"):
        generator(call[0][..., :7, :], call[1][..., :7, :])
    with pytest.raises(ValueError, match="foreground_mask must be None, since this generator has"):
        generator(*call, foreground_mask=torch.ones(2, 1, 8, 12))
    with pytest.raises(ValueError, match=r"encoder.in_channels must be 9 for this window, got 7"):
        SpadeGenerator(
            generator.encoder,
            generator.image_branch,
            generator.flow_branch,
            condition_channels=3,
        )
