"""The patch discriminator."""

from __future__ import annotations

import copy
import re

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

from tests.assertions import assert_gradients, rand
from tests.networks import assert_module_compiles, assert_same_bits
from vidgan.discriminators import PatchDiscriminator


def weights_of(network: nn.Module) -> list[torch.Tensor]:
    """The weights of its convolutions, first layer first."""
    return [layer.weight for layer in network.modules() if isinstance(layer, nn.Conv2d)]


def test_formula() -> None:
    network, x = PatchDiscriminator(2, 3, num_layers=2, norm="none"), rand(2, 2, 9, 14)

    expected, features = x, []
    convs = [*(layer[0] for layer in network.layers), network.logits]
    for conv, stride in zip(convs, [2, 2, 1, 1], strict=True):
        expected = F.conv2d(expected, conv.weight, conv.bias, stride=stride, padding=2)
        if conv is not network.logits:
            expected = torch.where(expected > 0, expected, 0.2 * expected)
            features.append(expected)
    out = network(x)

    torch.testing.assert_close(out.logits, expected)
    torch.testing.assert_close(out.features, tuple(features))


def test_first_layer_and_logits_have_no_norm() -> None:
    network = PatchDiscriminator(2, 3, num_layers=3, norm="batch")

    kinds = [[type(part) for part in layer] for layer in network.layers]

    assert kinds == [
        [nn.Conv2d, nn.LeakyReLU],
        *[[nn.Conv2d, nn.BatchNorm2d, nn.LeakyReLU]] * 3,
    ]
    assert isinstance(network.logits, nn.Conv2d)


@pytest.mark.parametrize("num_layers", [1, 2, 3, 5])
@pytest.mark.parametrize("size", [(1, 2), (16, 24), (17, 30)])
def test_features_of_every_layer(num_layers: int, size: tuple[int, int]) -> None:
    """A stride of 2 takes n to n // 2 + 1, a stride of 1 to n + 1."""
    out = PatchDiscriminator(2, 3, num_layers=num_layers)(rand(2, 2, *size))

    sizes = [size]
    for _ in range(num_layers):
        sizes.append(tuple(n // 2 + 1 for n in sizes[-1]))
    sizes += [tuple(n + i for n in sizes[-1]) for i in (1, 2)]
    assert [tuple(feature.shape[2:]) for feature in out.features] == sizes[1:-1]
    assert len(out.features) == num_layers + 1
    assert out.logits.shape == (2, 1, *sizes[-1])


@pytest.mark.parametrize("base", [4, 64, 128])
def test_width_doubles_up_to_512(base: int) -> None:
    with torch.device("meta"):
        network = PatchDiscriminator(7, base, num_layers=5)

    widths = [min(base * 2**i, 512) for i in range(6)]
    pairs = zip([7, *widths], [*widths, 1], strict=True)
    assert [tuple(weight.shape) for weight in weights_of(network)] == [
        (width_out, width_in, 4, 4) for width_in, width_out in pairs
    ]


def test_inputs_and_features_are_left_alone() -> None:
    """Neither the activation nor a later layer writes into what was returned."""
    network, x = PatchDiscriminator(2, 3, norm="none"), rand(2, 2, 9, 14)
    before = x.clone()

    features = network(x).features

    assert torch.equal(x, before)
    for layer, fed, got in zip(network.layers[1:], features[:-1], features[1:], strict=True):
        assert torch.equal(layer(fed), got)


@pytest.mark.parametrize("in_channels", [1, 3, 24])
def test_spectral_norm_bounds_every_convolution(in_channels: int) -> None:
    torch.manual_seed(0)
    network = PatchDiscriminator(in_channels, 4, norm="none", spectral_norm=True)
    for _ in range(50):
        network(rand(1, in_channels, 8, 12))

    weights = [weight.detach().flatten(1) for weight in weights_of(network.eval())]

    assert len(weights) == 5
    for weight in weights:
        assert float(torch.linalg.matrix_norm(weight, 2)) == pytest.approx(1, abs=0.02)


def test_no_spectral_norm_unless_asked() -> None:
    keys = PatchDiscriminator(2, 3).state_dict()

    assert not [key for key in keys if "parametrizations" in key]


@pytest.mark.parametrize("norm", ["batch", "instance", "instance_tracked", "none"])
def test_eval_mode_is_deterministic_and_changes_nothing(norm: str) -> None:
    network, x = PatchDiscriminator(2, 3, norm=norm, spectral_norm=True), rand(2, 2, 9, 14)
    network(x)
    before = copy.deepcopy(network.eval().state_dict())

    assert_same_bits(network(x), network(x))
    assert_same_bits(network.state_dict(), before)


@pytest.mark.parametrize("norm", ["batch", "instance", "none"])
@pytest.mark.parametrize("spectral_norm", [True, False])
def test_gradients(norm: str, spectral_norm: bool) -> None:
    network = PatchDiscriminator(2, 2, num_layers=1, norm=norm, spectral_norm=spectral_norm)
    network.double()
    if spectral_norm:  # in train mode no two calls are the same
        network.eval()

    def everything(x: torch.Tensor) -> torch.Tensor:
        out = network(x)
        return torch.cat([part.flatten() for part in (out.logits, *out.features)])

    assert_gradients(everything, rand(1, 2, 3, 4))


@pytest.mark.parametrize(("norm", "spectral_norm"), [("batch", False), ("instance_tracked", True)])
def test_compiles(norm: str, spectral_norm: bool) -> None:
    network = PatchDiscriminator(2, 3, num_layers=1, norm=norm, spectral_norm=spectral_norm)

    assert_module_compiles(network, rand(2, 2, 9, 14))


def test_frozen_in_compiled_steps() -> None:
    """G step with the weights frozen, D step with them trained, again and again: no difference."""
    torch.compiler.reset()
    eager = PatchDiscriminator(2, 2, num_layers=1, norm="none")
    network = copy.deepcopy(eager)
    compiled = torch.compile(network, fullgraph=True, backend="aot_eager")
    image = rand(1, 2, 6, 8)

    for step in range(3):
        results = []
        for forward, module in ((compiled, network), (eager, eager)):
            module.zero_grad()
            module.requires_grad_(False)
            drawn = (image + step).requires_grad_()
            forward(drawn).logits.mean().backward()
            assert all(weight.grad is None for weight in module.parameters())
            module.requires_grad_(True)
            forward(drawn.detach()).logits.square().mean().backward()
            results.append([drawn.grad, *(weight.grad for weight in module.parameters())])
        torch.testing.assert_close(*results)


@pytest.mark.parametrize(
    ("norm", "batch", "training"),
    [
        ("batch", 1, True),
        ("instance", 3, True),
        ("instance", 3, False),
        ("instance_tracked", 3, True),
    ],
)
def test_one_pixel_under_a_norm_raises(norm: str, batch: int, training: bool) -> None:
    network = PatchDiscriminator(2, 3, norm=norm).train(training)
    rule = (
        "PatchDiscriminator: x must be at least 2 pixels high or wide, got 1x1 (HxW): "
        "on smaller maps a norm sees a single value"
    )

    with pytest.raises(ValueError, match=re.escape(rule)):
        network(rand(batch, 2, 1, 1))
    assert network(rand(batch, 2, 1, 2)).logits.isfinite().all()
    assert network(rand(batch, 2, 2, 1)).logits.isfinite().all()


@pytest.mark.parametrize(
    ("norm", "batch", "training"),
    [("batch", 2, True), ("batch", 1, False), ("instance_tracked", 1, False), ("none", 1, True)],
)
def test_one_pixel_where_no_norm_minds(norm: str, batch: int, training: bool) -> None:
    network = PatchDiscriminator(2, 3, norm=norm).train(training)

    assert network(rand(batch, 2, 1, 1)).logits.isfinite().all()


@pytest.mark.parametrize("size", [(0, 4), (4, 0)])
def test_no_pixel_raises(size: tuple[int, int]) -> None:
    height, width = size
    with pytest.raises(ValueError, match=f"x must have at least one pixel, got {height}x{width}"):
        PatchDiscriminator(2, 3)(torch.zeros(1, 2, *size))


@pytest.mark.parametrize("shape", [(2, 3, 8, 12), (2, 8, 12), (1, 2, 2, 8, 12)])
def test_wrong_shapes_raise(shape: tuple[int, ...]) -> None:
    rule = r"PatchDiscriminator: x must have shape \(B, 2, H, W\), got " + re.escape(str(shape))
    with pytest.raises(ValueError, match=rule):
        PatchDiscriminator(2, 3)(torch.zeros(shape))


def test_whole_numbers_raise() -> None:
    with pytest.raises(TypeError, match=r"x must be a floating-point tensor, got torch.uint8"):
        PatchDiscriminator(2, 3)(torch.zeros(1, 2, 8, 12, dtype=torch.uint8))


@pytest.mark.parametrize("argument", ["in_channels", "base_channels", "num_layers"])
def test_counts_out_of_range_raise(argument: str) -> None:
    with pytest.raises(
        ValueError, match=f"PatchDiscriminator: {argument} must be at least 1, got 0"
    ):
        PatchDiscriminator(**({"in_channels": 2} | {argument: 0}))


def test_unknown_norm_raises() -> None:
    with pytest.raises(ValueError, match="make_norm: norm must be one of"):
        PatchDiscriminator(2, norm="layer")
