"""The wired networks against inputs, weights and outputs of the released ones."""

from pathlib import Path

import pytest
import torch
from einops import rearrange
from safetensors import safe_open

from vidgan.functional import average_pyramid
from vidgan.interop.nvidia import (
    load_discriminator,
    load_generator,
    load_image_generator,
    load_instance_encoder,
    to_state_dicts,
)


def _load(path: Path):
    with safe_open(path, "pt") as file:
        return {key: file.get_tensor(key) for key in file.keys()}, file.metadata()


def _part(tensors, prefix):
    return {k[len(prefix) :]: v for k, v in tensors.items() if k.startswith(prefix)}


def _close(got, want):
    torch.testing.assert_close(got, want, rtol=1e-4, atol=1e-5)


def _assert_written(network, *released):
    """The network is written back under the very keys, with the very bytes."""
    written = to_state_dicts(network)
    assert len(written) == len(released)
    for got, want in zip(written, released, strict=True):
        assert got.keys() == want.keys()
        for key, value in want.items():
            assert got[key].dtype == value.dtype
            assert torch.equal(got[key], value)


_GENERATORS = ["composite_fg_batch", "composite_plain_instance", "composite_noflow_batch"]


@pytest.fixture(params=_GENERATORS)
def golden_generator(request, shared):
    tensors, facts = _load(shared / "golden" / f"{request.param}.safetensors")
    released = _part(tensors, "state.")
    generator = load_generator(released)
    assert not generator.training
    _assert_written(generator, released)
    inputs = _part(tensors, "in.")
    window = int(facts["n_frames_G"])
    call = {
        "conditions": rearrange(inputs["maps"], "B (T C) H W -> B T C H W", T=window),
        "past": rearrange(inputs["prev"], "B (L C) H W -> B L C H W", L=window - 1),
        "foreground_mask": inputs.get("fg_mask"),
    }
    return generator, call, tensors


def _check_outputs(out, tensors, mode):
    named = {
        "final": out.frame,
        "raw": out.hallucinated,
        "flow": out.flow,
        "weight": out.occlusion_mask,
    }
    golden = _part(tensors, f"{mode}.")
    compared = [name for name in named if name in golden]
    assert {"final", "raw"} <= set(compared)
    assert (out.flow is None) == ("flow" not in golden)
    for name in compared:
        _close(named[name], golden[name])


def _check_features(generator, call, tensors, mode):
    golden = _part(tensors, f"{mode}.")
    seen = {}
    parts = {"img_feat": generator.image_branch.trunk}
    if generator.flow_branch is not None:
        parts["flow_feat"] = generator.flow_branch.trunk
    if generator.foreground is not None:
        parts["fg_feat"] = generator.foreground.branch.trunk
    hooks = [
        module.register_forward_hook(lambda _m, _i, out, name=name: seen.update({name: out}))
        for name, module in parts.items()
    ]
    generator(**call)
    for hook in hooks:
        hook.remove()
    for name, features in seen.items():
        _close(features, golden[name])


def test_generator_eval_mode(golden_generator):
    generator, call, tensors = golden_generator
    generator.eval()
    _check_outputs(generator(**call), tensors, "eval")
    _check_features(generator, call, tensors, "eval")


def test_generator_hallucinated_alone(golden_generator):
    generator, call, tensors = golden_generator
    out = generator.eval()(**call, hallucinate_only=True)
    _close(out.frame, tensors["eval_raw_only.final"])


def test_generator_train_mode_and_gradient(golden_generator):
    generator, call, tensors = golden_generator
    generator.train()
    out = generator(**call)
    _check_outputs(out, tensors, "train")
    loss = out.frame.square().sum()
    if out.flow is not None:
        loss = loss + 0.01 * out.flow.sum()
    loss.backward()
    want = tensors["train.grad_first_conv"]
    got = generator.condition_encoder.stem.conv.weight.grad
    # a sum over all pixels: its rounding grows with the largest entry
    torch.testing.assert_close(got, want, rtol=1e-4, atol=1e-4 * float(want.abs().max()))


@pytest.mark.parametrize("name", ["image_discriminator", "video_discriminator"])
def test_discriminator_train_then_eval(shared, name):
    tensors, facts = _load(shared / "golden" / f"{name}.safetensors")
    num_scales = int(facts["num_D"])
    released = _part(tensors, "state.")
    discriminator = load_discriminator(released)
    _assert_written(discriminator, released)
    outputs = discriminator.train()(tensors["in.x"])
    assert len(outputs) == num_scales
    for scale, out in enumerate(outputs):
        layers = (*out.features, out.logits)
        assert len(layers) == int(facts["n_layers"]) + 2
        for index, layer in enumerate(layers):
            _close(layer, tensors[f"train.scale{scale}.layer{index}"])
    # the golden eval outputs use the running statistics that the train pass left behind
    for scale, out in enumerate(discriminator.eval()(tensors["in.x"])):
        _close(out.logits, tensors[f"eval.scale{scale}.logits"])


@pytest.fixture
def golden_scales(shared):
    tensors, facts = _load(shared / "golden" / "composite_fg_batch_local.safetensors")
    window = int(facts["n_frames_G"])
    released = [_part(tensors, f"state.G{scale}.") for scale in (0, 1)]
    generator = load_generator(released)
    _assert_written(generator, *released)
    call = {
        "conditions": rearrange(tensors["in.maps"], "B (T C) H W -> B T C H W", T=window),
        "past": rearrange(tensors["in.prev"], "B (L C) H W -> B L C H W", L=window - 1),
        "foreground_mask": tensors["in.fg_mask"],
    }
    coarse_past = rearrange(tensors["in.coarse_prev"], "B (L C) H W -> B L C H W", L=window - 1)
    return generator, call, coarse_past, tensors, window


def test_a_finer_scale_on_recorded_coarse_inputs(golden_scales):
    generator, call, coarse_past, tensors, window = golden_scales
    coarse, features = generator.generators[0].forward_with_features(
        rearrange(tensors["in.coarse_maps"], "B (T C) H W -> B T C H W", T=window),
        coarse_past,
        foreground_mask=tensors["in.coarse_fg_mask"],
    )
    _check_outputs(coarse, tensors, "coarse")
    _check_scale_features(features, tensors, "coarse")
    fine, features = generator.generators[1].forward_with_features(
        call["conditions"], call["past"], features, foreground_mask=call["foreground_mask"]
    )
    _check_outputs(fine, tensors, "eval")
    _check_scale_features(features, tensors, "eval")


def test_coarse_to_fine_is_its_scales(golden_scales):
    """The whole generator makes the coarse inputs itself, from the pyramid."""
    generator, call, coarse_past, _, _ = golden_scales
    out = generator(**call, coarser_past=[coarse_past])
    maps = average_pyramid(call["conditions"], 2)[1]
    mask = average_pyramid(call["foreground_mask"], 2)[1]
    coarse, features = generator.generators[0].forward_with_features(
        maps, coarse_past, foreground_mask=mask
    )
    fine, _ = generator.generators[1].forward_with_features(
        call["conditions"], call["past"], features, foreground_mask=call["foreground_mask"]
    )
    _close(out.coarser[0], coarse.frame)
    for got, want in zip(out[:5], fine[:5], strict=True):
        _close(got, want)


def _check_scale_features(features, tensors, mode):
    for name, got in zip(("img_feat", "flow_feat", "fg_feat"), features, strict=True):
        _close(got, tensors[f"{mode}.{name}"])


def _single_image_network(tensors, facts):
    """The network that a file describes, and its arguments."""
    released, inputs = _part(tensors, "state."), _part(tensors, "in.")
    if facts["kind"] == "encoder":
        network = load_instance_encoder(released)
        call = inputs["image"], inputs["instance"].long()
    else:
        network = load_image_generator(released)
        call = inputs["maps"], *([inputs["features"]] if "features" in inputs else [])
    _assert_written(network, released)
    return network, call


@pytest.mark.parametrize(
    "name", ["global_generator", "local_enhancer", "global_with_features", "instance_encoder"]
)
def test_single_image_networks(shared, name):
    tensors, facts = _load(shared / "golden" / f"{name}.safetensors")
    network, call = _single_image_network(tensors, facts)
    for mode in ("train", "eval"):  # in this order, should eval use what the train pass left
        for output in _part(tensors, f"{mode}."):
            assert output in {"image", "features"}
            _close(network.train(mode == "train")(*call), tensors[f"{mode}.{output}"])
    assert set(_part(tensors, "train.")) == {"features" if "encoder" in name else "image"}


def test_networks_of_a_trace(shared):
    """Float64 weights of a whole training, before and after it."""
    tensors, _ = _load(shared / "golden" / "trace_labels_fg.safetensors")
    networks = {"G0": load_generator, "D": load_discriminator, "D_T0": load_discriminator}
    for name, load in (networks | {"D_T1": load_discriminator}).items():
        released = _part(tensors, f"state.{name}.")
        network = load(released)
        _assert_written(network, released)
        assert next(network.parameters()).dtype == torch.float64
