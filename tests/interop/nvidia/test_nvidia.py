"""Released networks of many widths and depths: built from their weights, and written back."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from pathlib import Path

import pytest
import torch
from einops import rearrange
from torch import Tensor, nn

from tests.assertions import mask, rand
from tests.interop.nvidia.released import (
    Discriminator,
    Global,
    GlobalFeatures,
    Local,
    Scale,
    frame_of,
)
from vidgan.functional import instance_mean
from vidgan.interop.nvidia import (
    load_discriminator,
    load_generator,
    load_image_generator,
    load_instance_encoder,
    to_state_dicts,
)
from vidgan.models import (
    coarse_to_fine_generator,
    composite_generator,
    fast_generator,
    global_generator,
    instance_encoder,
    local_enhancer,
    multiscale_discriminator,
)

KINDS = ["batch", "instance_tracked", "instance"]


def randomized(network: nn.Module, seed: int = 0) -> nn.Module:
    """In eval mode, with weights large enough to matter, and running statistics of its own."""
    draw = torch.Generator().manual_seed(seed)
    for key, value in network.state_dict().items():
        if value.is_floating_point():
            spread = 1.2 / max(1, value[0].numel()) ** 0.5 if value.dim() == 4 else 0.1
            value.copy_(torch.randn(value.shape, generator=draw) * spread)
            if key.endswith(("running_var", "weight")) and value.dim() == 1:
                value.abs_().add_(0.8)
        else:
            value.fill_(seed + 7)
    return network.eval()


def assert_same_state(written: Mapping[str, Tensor], released: Mapping[str, Tensor]) -> None:
    assert written.keys() == released.keys()
    for key, value in released.items():
        assert written[key].dtype == value.dtype
        assert torch.equal(written[key], value), key


def close(got: Tensor, want: Tensor) -> None:
    torch.testing.assert_close(got, want, rtol=1e-4, atol=1e-5)
    assert want.std() > 1e-3


GENERATORS = [
    {"kind": kind, "past": past, "d": d, "n": n, "g": g, "flow": flow, "foreground": foreground}
    for (kind, past, d, n), (g, flow, foreground) in zip(
        itertools.product(KINDS, (1, 2, 3), (1, 3), (0, 1, 4)),
        itertools.cycle([(4, True, True), (6, True, False), (8, False, True), (2, False, False)]),
        strict=False,
    )
]


@pytest.mark.parametrize(
    "options", GENERATORS, ids=lambda options: "-".join(map(str, options.values()))
)
def test_frame_generators(options: dict) -> None:
    maps, past = 3, options["past"]
    released = randomized(Scale(maps, **options))
    size = (16, 24)
    conditions, frames = rand(2, past + 1, maps, *size), rand(2, past, 3, *size, seed=1)
    foreground = mask(2, 1, *size) if options["foreground"] else None

    generator = load_generator([released.state_dict()])

    assert (generator.past_frames, generator.condition_channels) == (past, maps)
    assert (generator.flow_branch is not None, generator.foreground is not None) == (
        options["flow"],
        options["foreground"],
    )
    stacked = conditions.flatten(1, 2), frames.flatten(1, 2)
    frame, raw, _ = released(*stacked, foreground, {})
    out = generator(conditions, frames, foreground_mask=foreground)
    close(out.frame, frame)
    close(out.hallucinated, raw)
    (written,) = to_state_dicts(generator)
    assert_same_state(written, released.state_dict())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("scales", "d", "flow", "foreground"),
    [(2, 1, True, False), (2, 3, True, True), (3, 2, True, True), (2, 2, False, True)],
)
def test_generators_of_several_scales(
    kind: str, scales: int, d: int, flow: bool, foreground: bool
) -> None:
    options = {"g": 8, "d": d, "kind": kind, "flow": flow, "foreground": foreground}
    parts = [
        randomized(Scale(2, scale=i, n=3 if i == 0 else 2, **options), seed=i)
        for i in range(scales)
    ]
    size = 32, 48
    conditions, frames = rand(1, 3, 2, *size), rand(1, 2, 3, *size, seed=1)
    foreground_mask = mask(1, 1, *size) if foreground else None

    generator = load_generator([part.state_dict() for part in parts])

    assert generator.num_scales == scales
    stacked = (rearrange(x, "B T C H W -> B (T C) H W") for x in (conditions, frames))
    want = frame_of(parts, *stacked, foreground_mask)
    close(generator(conditions, frames, foreground_mask=foreground_mask).frame, want)
    for written, part in zip(to_state_dicts(generator), parts, strict=True):
        assert_same_state(written, part.state_dict())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("f", "scales", "n"), [(4, 1, 1), (2, 2, 3), (8, 3, 2), (64, 2, 4), (3, 4, 1)]
)
def test_discriminators(kind: str, f: int, scales: int, n: int) -> None:
    released = randomized(Discriminator(5, f=f, scales=scales, n=n, kind=kind))
    x = rand(1, 5, 40, 56)

    discriminator = load_discriminator(released.state_dict())

    outputs = discriminator(x)
    assert len(outputs) == scales
    for output, want in zip(outputs, released(x), strict=True):
        close(output.logits, want)
    (written,) = to_state_dicts(discriminator)
    assert_same_state(written, released.state_dict())


SIZES = [(4, 1, 0), (2, 2, 3), (6, 3, 1), (300, 2, 0)]  # widths stop at 1024


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("g", "d", "n"), SIZES)
def test_image_generators(kind: str, g: int, d: int, n: int) -> None:
    released = randomized(Global(5, g=g, d=d, n=n, kind=kind))
    x = rand(1, 5, 16, 24)

    generator = load_image_generator(released.state_dict())

    close(generator(x), released(x))
    (written,) = to_state_dicts(generator)
    assert_same_state(written, released.state_dict())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("g", "d", "n"), SIZES[:3])
@pytest.mark.parametrize("z", [1, 3])
def test_image_generators_with_features(kind: str, g: int, d: int, n: int, z: int) -> None:
    released = randomized(GlobalFeatures(5, z=z, g=g, d=d, n=n, kind=kind))
    x, features = rand(1, 5, 16, 24), rand(1, z, 16, 24, seed=1)

    generator = load_image_generator(released.state_dict())

    assert generator.feature_channels == z
    close(generator(x, features), released(x, features))
    (written,) = to_state_dicts(generator)
    assert_same_state(written, released.state_dict())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("local", "number"), [(0, 1), (3, 1), (1, 2)])
@pytest.mark.parametrize(("g", "d", "n"), SIZES[:3])
def test_local_enhancers(kind: str, g: int, d: int, n: int, local: int, number: int) -> None:
    released = randomized(Local(5, g=g, d=d, n=n, kind=kind, local=local, number=number))
    x = rand(1, 5, 64, 96)

    generator = load_image_generator(released.state_dict())

    close(generator(x), released(x))
    (written,) = to_state_dicts(generator)
    assert_same_state(written, released.state_dict())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("g", "d", "out"), [(4, 1, 3), (4, 4, 1), (16, 2, 5)])
def test_instance_encoders(kind: str, g: int, d: int, out: int) -> None:
    released = randomized(Global(3, g=g, d=d, n=0, kind=kind, out=out))
    images = rand(2, 3, 32, 48)
    instances = torch.arange(48).div(20, rounding_mode="floor").expand(2, 1, 32, 48)

    encoder = load_instance_encoder(released.state_dict())

    assert encoder.feature_channels == out
    close(encoder(images, instances), instance_mean(released(images), instances))
    (written,) = to_state_dicts(encoder)
    assert_same_state(written, released.state_dict())


NETWORKS = {
    "local with features": lambda norm: local_enhancer(
        2, feature_channels=3, base_channels=2, num_downsamplings=2, num_blocks=1, norm=norm
    ),
    "two enhancers with features": lambda norm: local_enhancer(
        2,
        feature_channels=1,
        base_channels=2,
        num_downsamplings=1,
        num_blocks=0,
        num_enhancers=2,
        num_enhancer_blocks=2,
        norm=norm,
    ),
    "no downsampling": lambda norm: global_generator(
        2, base_channels=2, num_downsamplings=0, num_blocks=2, norm=norm
    ),
    "gray frames": lambda norm: composite_generator(
        2, image_channels=1, base_channels=2, num_downsamplings=1, num_blocks=1, norm=norm
    ),
}


@pytest.mark.parametrize("norm", KINDS)
@pytest.mark.parametrize("name", NETWORKS)
def test_what_is_written_is_loaded(name: str, norm: str) -> None:
    """Configurations that have no reference here: only their round trip is checked."""
    network = randomized(NETWORKS[name](norm))
    load = load_generator if name == "gray frames" else load_image_generator

    loaded = load(*to_state_dicts(network))

    assert repr(loaded) == repr(network)
    assert_same_state(loaded.state_dict(), network.state_dict())


def encoder_state() -> dict[str, Tensor]:
    (state,) = to_state_dicts(instance_encoder(base_channels=2, num_downsamplings=1, norm="batch"))
    return state


def test_files_of_weights(tmp_path: Path) -> None:
    state = encoder_state()
    torch.save(state, tmp_path / "E.pth")
    torch.save(
        {f"module.{k}": v for k, v in state.items()},
        tmp_path / "older.pth",
        _use_new_zipfile_serialization=False,
    )

    for name in ("E.pth", "older.pth"):
        (written,) = to_state_dicts(load_instance_encoder(str(tmp_path / name)))
        assert_same_state(written, state)
    (tmp_path / "E.pth").write_bytes((tmp_path / "E.pth").read_bytes()[:-1])
    with pytest.raises(ValueError, match=r"load_instance_encoder: .*E.pth cannot be read"):
        load_instance_encoder(tmp_path / "E.pth")
    with pytest.raises(FileNotFoundError, match=r"load_instance_encoder: no such file: .*none"):
        load_instance_encoder(tmp_path / "none.pth")


def test_counters_may_be_missing() -> None:
    """Files before PyTorch 0.4.1 do not have them."""
    state = encoder_state()
    older = {k: v for k, v in state.items() if not k.endswith("num_batches_tracked")}

    (written,) = to_state_dicts(load_instance_encoder(older))

    assert_same_state(written, state)


def test_weights_are_copies() -> None:
    state = encoder_state()
    encoder = load_instance_encoder(state)
    state["model.1.bias"].fill_(3)
    assert not (encoder.network.encoder.stem.conv.bias == 3).any()
    (written,) = to_state_dicts(encoder)
    written["model.1.bias"].fill_(4)
    assert not (encoder.network.encoder.stem.conv.bias == 4).any()


def test_every_difference_is_listed() -> None:
    state = encoder_state()
    del state["model.4.bias"]
    state["model.99.bias"] = torch.zeros(3)
    state["model.4.weight"] = torch.zeros(4, 2, 5, 5)
    rule = (
        r"load_instance_encoder: the weights are not those of a released feature encoder: 1 missing"
        r": model.4.bias \(4,\); 1 unexpected: model.99.bias \(3,\); 1 of another shape: "
        r"model.4.weight \(4, 2, 5, 5\) in place of \(4, 2, 3, 3\)"
    )
    with pytest.raises(ValueError, match=rule):
        load_instance_encoder(state)


@pytest.mark.parametrize(
    "load", [load_generator, load_discriminator, load_image_generator, load_instance_encoder]
)
def test_other_weights_raise(load) -> None:
    name = load.__name__
    for state in ({}, {"": torch.zeros(1)}, {"weight": torch.zeros(3, 4)}):
        with pytest.raises(ValueError, match=rf"{name}: the weights are not those of .* missing"):
            load(state)
    with pytest.raises(TypeError, match=rf"{name}: the weights of .* must be a state dict"):
        load([3] if load is load_generator else 3)
    wrong = {"model.1.weight": torch.zeros(4), "scale0_layer0.0.weight": torch.zeros(4)}
    wrong |= {"model_final_img.1.weight": torch.zeros(4)}
    with pytest.raises(ValueError, match=rf"{name}: .* must have 4 axes, got the shape \(4,\)"):
        load(wrong)


def test_other_networks_of_the_released_ones_raise() -> None:
    """Each loader refuses what another one reads."""
    states = {
        load_generator: Scale(2).state_dict(),
        load_discriminator: Discriminator(5, kind="batch").state_dict(),
        load_image_generator: Global(5, g=2, d=2, n=2, kind="batch").state_dict(),
    }
    for load, state in itertools.product(states, states.values()):
        if states[load] is not state:
            with pytest.raises(ValueError, match=rf"{load.__name__}: the weights are not those of"):
                load(state)


def test_channels_that_do_not_divide_raise() -> None:
    state = Scale(2).state_dict()
    state["model_down_seg.1.weight"] = torch.zeros(4, 7, 7, 7)
    with pytest.raises(
        ValueError, match=r"the channels of the condition maps must be a multiple of 3"
    ):
        load_generator(state)
    with pytest.raises(ValueError, match=r"state_dicts must hold at least one scale, got none"):
        load_generator([])


def test_scales_in_the_wrong_order_raise() -> None:
    parts = [Scale(2, scale=i, g=8).state_dict() for i in (1, 0)]
    with pytest.raises(ValueError, match=r"load_generator: the weights are not those of scale"):
        load_generator(parts)


@pytest.mark.parametrize(
    ("network", "what"),
    [
        (composite_generator(2, base_channels=2, num_blocks=0, norm="group"), "GroupNorm"),
        (composite_generator(2, base_channels=2, num_blocks=0, norm="none"), "Identity"),
        (composite_generator(2, base_channels=2, num_blocks=0, upsampling="resize"), "Upsample"),
        (
            composite_generator(
                2, base_channels=2, num_blocks=0, foreground=True, foreground_form="paper"
            ),
            "foreground_composite",
        ),
        (multiscale_discriminator(3, base_channels=2, norm="none"), "Identity"),
        (multiscale_discriminator(3, base_channels=2, spectral_norm=True), "parametrizations"),
        (
            coarse_to_fine_generator(2, base_channels=4, num_blocks=0, norm=nn.InstanceNorm3d),
            "InstanceNorm3d",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_the_released_networks_lack_is_not_written(network: nn.Module, what: str) -> None:
    with pytest.raises(ValueError, match=rf"to_state_dicts: .*{what}.*is not in the released net"):
        to_state_dicts(network)


def test_other_modules_are_not_written() -> None:
    with pytest.raises(TypeError, match=r"to_state_dicts: model must be .* got a Linear"):
        to_state_dicts(nn.Linear(2, 3))


@pytest.mark.parametrize("norm", ["batch", "group", "none"])
def test_the_fast_generator_has_no_released_layout(norm):
    generator = fast_generator(4, base_channels=8, num_blocks=1, num_branch_blocks=1, norm=norm)
    with pytest.raises(ValueError, match="the UnshuffleEncoder of a fast_generator") as caught:
        to_state_dicts(generator)
    assert str(caught.value).endswith("is not in the released networks; use vidgan.save_model")
    assert "\n" not in str(caught.value)
