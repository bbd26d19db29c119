"""Norms that take maps, against a slow reading of their equations and against hand numbers."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from tests.assertions import assert_compiles, assert_gradients, mask, rand
from tests.networks import assert_module_compiles
from vidgan.generators import Decoder, Encoder
from vidgan.layers import (
    SPADE,
    ConvBlock,
    GuidanceMap,
    MultiSPADE,
    PartialConv2d,
    ResidualBlock,
    UpBlock,
)

PLAIN = {
    "instance": F.instance_norm,
    "batch": lambda x: F.batch_norm(x, None, None, training=True),
    "group": lambda x: F.group_norm(x, 32),  # the largest number up to 32 that divides 64
}


def convolved(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """A 3x3 convolution, pixel by pixel."""
    height, width = x.shape[-2:]
    padded = torch.zeros(*x.shape[:2], height + 2, width + 2, dtype=x.dtype)
    padded[:, :, 1:-1, 1:-1] = x
    out = torch.empty(len(x), len(weight), height, width, dtype=x.dtype)
    for i in range(height):
        for j in range(width):
            window = padded[:, None, :, i : i + 3, j : j + 3]
            out[:, :, i, j] = (window * weight).sum((2, 3, 4)) + bias
    return out


def slow_spade(norm: SPADE, x: Tensor, maps: Tensor) -> Tensor:
    """Park et al., Eq. 1, with statistics per sample and channel and nearest resizing by hand."""
    rows = torch.arange(x.shape[2]) * maps.shape[2] // x.shape[2]
    columns = torch.arange(x.shape[3]) * maps.shape[3] // x.shape[3]
    maps = maps[:, :, rows][:, :, :, columns]
    first, last = norm.modulation.hidden, norm.modulation.out
    hidden = convolved(maps, first.weight, first.bias).clamp(min=0)
    gamma, beta = convolved(hidden, last.weight, last.bias).tensor_split(2, 1)
    mean = x.mean((2, 3), keepdim=True)
    variance = (x - mean).square().mean((2, 3), keepdim=True)
    return (1 + gamma) * (x - mean) / (variance + 1e-5).sqrt() + beta


@pytest.mark.parametrize("size", [(4, 6), (8, 12), (2, 3), (7, 9)])
def test_spade_is_its_equation(size: tuple[int, int]) -> None:
    norm, x = SPADE(4, 3, hidden_channels=5).double(), rand(2, 4, 4, 6, dtype=torch.float64)
    maps = rand(2, 3, *size, seed=1, dtype=torch.float64)

    torch.testing.assert_close(norm(x, maps), slow_spade(norm, x, maps))


def test_two_by_two_by_hand() -> None:
    """Features 0, 0, 2, 2 become -1, -1, 1, 1; then times 1 + 3 m and plus 5 m, m as the map."""
    norm = SPADE(1, 1, hidden_channels=1)
    for part, center in ((norm.modulation.hidden, [1.0]), (norm.modulation.out, [3.0, 5.0])):
        nn.init.zeros_(part.weight)
        nn.init.zeros_(part.bias)
        part.weight.data[:, 0, 1, 1] = torch.tensor(center)
    x = torch.tensor([[[[0.0, 0.0], [2.0, 2.0]]]])
    maps = torch.tensor([[[[0.0, 1.0], [0.0, 1.0]]]])

    expected = torch.tensor([[[[-1.0, 1.0], [1.0, 9.0]]]])
    torch.testing.assert_close(norm(x, maps), expected, atol=1e-4, rtol=0)


def silence(norm: nn.Module) -> None:
    """Make gamma and beta 0."""
    modulations = norm.modulations if isinstance(norm, MultiSPADE) else [norm.modulation]
    for modulation in modulations:
        nn.init.zeros_(modulation.out.weight)
        nn.init.zeros_(modulation.out.bias)


@pytest.mark.parametrize("name", PLAIN)
def test_without_modulation_it_is_the_plain_norm(name: str) -> None:
    x, maps = rand(2, 64, 4, 6), rand(2, 3, 8, 12)
    one, several = SPADE(64, 3, norm=name), MultiSPADE(64, (3, 3), norm=name)
    silence(one)
    silence(several)

    torch.testing.assert_close(one(x, maps), PLAIN[name](x))
    torch.testing.assert_close(several(x, (maps, maps)), PLAIN[name](x))
    assert all(part.weight is None for part in one.modules() if isinstance(part, nn.GroupNorm))


def test_several_maps_modulate_in_sequence() -> None:
    norm, x = MultiSPADE(4, (3, 2, 1), hidden_channels=5), rand(2, 4, 4, 6)
    maps = [rand(2, channels, 4, 6, seed=channels) for channels in (3, 2, 1)]

    expected = F.instance_norm(x)
    for modulation, each in zip(norm.modulations, maps, strict=True):
        hidden = F.conv2d(each, modulation.hidden.weight, modulation.hidden.bias, padding=1).relu()
        both = F.conv2d(hidden, modulation.out.weight, modulation.out.bias, padding=1)
        gamma, beta = both.chunk(2, 1)
        expected = expected * (1 + gamma) + beta
    torch.testing.assert_close(norm(x, maps), expected)

    one = SPADE(4, 3, hidden_channels=5)
    one.modulation.load_state_dict(norm.modulations[0].state_dict())
    torch.testing.assert_close(norm(x, (maps[0], None, None)), one(x, maps[0]))


def test_a_mask_of_ones_changes_nothing_and_a_hole_hides_the_map() -> None:
    norm, x = MultiSPADE(4, (3, 2), hidden_channels=5), rand(2, 4, 12, 12)
    labels, guide, other = (
        rand(2, 3, 12, 12, seed=1),
        rand(2, 2, 12, 12),
        rand(2, 2, 12, 12, seed=2),
    )
    ones, half = torch.ones(2, 1, 12, 12), torch.ones(2, 1, 12, 12)
    half[..., 6:] = 0

    plain = norm(x, (labels, guide))
    torch.testing.assert_close(norm(x, (labels, GuidanceMap(guide, ones))), plain)
    mixed = torch.where(half.bool(), guide, other)
    got, again = (norm(x, (labels, GuidanceMap(each, half))) for each in (guide, mixed))
    torch.testing.assert_close(got, again)
    without = norm(x, (labels, None))
    torch.testing.assert_close(got[..., 8:], without[..., 8:])  # two convolutions reach two pixels
    torch.testing.assert_close(got[..., :4], plain[..., :4])
    assert not torch.allclose(got[..., :8], without[..., :8])


def test_partial_convolution_by_hand() -> None:
    """A kernel of ones over 1, 2, 3 with the middle unknown: known pixels count for all."""
    conv = PartialConv2d(1, 1, 3)
    nn.init.ones_(conv.weight)
    nn.init.constant_(conv.bias, 10.0)
    x, known = torch.tensor([[[[1.0, 2, 3]]]]), torch.tensor([[[[1.0, 0, 1]]]])

    out, after = conv(x, known)

    torch.testing.assert_close(out.flatten(), torch.tensor([12.0, 16.0, 16.0]))
    assert after.flatten().tolist() == [1, 1, 1]


def test_a_style_makes_weights_per_sample() -> None:
    norm, x = MultiSPADE(4, (3,), hidden_channels=5, style_channels=2), rand(2, 4, 4, 6)
    maps, style = rand(2, 3, 4, 6, seed=1), rand(2, 2, seed=2)
    nn.init.normal_(norm.modulations[0].out.weight)
    got = norm(x, (GuidanceMap(maps, None, style),))

    part = norm.modulations[0]
    for i in range(2):
        weights = (part.out.weight @ style[i] + part.out.bias).reshape(8, 6)
        hidden = F.conv2d(maps[i : i + 1], part.hidden.weight, part.hidden.bias, padding=1).relu()
        both = F.conv2d(hidden, weights[:, :5, None, None], weights[:, 5])
        expected = F.instance_norm(x[i : i + 1]) * (1 + both[:, :4]) + both[:, 4:]
        torch.testing.assert_close(got[i : i + 1], expected)


def test_gradients() -> None:
    norm = MultiSPADE(2, (2, 1), hidden_channels=3, style_channels=2).double()

    def call(x: Tensor, labels: Tensor, guide: Tensor, validity: Tensor, style: Tensor) -> Tensor:
        return norm(x, (GuidanceMap(labels, None, style), GuidanceMap(guide, validity)))

    shapes = (1, 2, 3, 4), (1, 2, 3, 4), (1, 1, 3, 4)
    inputs = [rand(*shape, seed=i) for i, shape in enumerate(shapes)]
    assert_gradients(call, *inputs, 0.1 + mask(1, 1, 3, 4, seed=5), rand(1, 2, seed=6))


def test_compiles() -> None:
    norm = MultiSPADE(4, (3, 2), hidden_channels=5)
    x, labels, guide = rand(2, 4, 4, 6), rand(2, 3, 8, 12), rand(2, 2, 8, 12)
    assert_module_compiles(SPADE(4, 3), x, labels)
    assert_compiles(
        lambda x, labels, guide, known: norm(x, (labels, GuidanceMap(guide, known))),
        x,
        labels,
        guide,
        mask(2, 1, 8, 12),
    )


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float64])
def test_dtypes(dtype: torch.dtype) -> None:
    norm, x = MultiSPADE(4, (3, 2), hidden_channels=5, style_channels=2).to(dtype), rand(1, 4, 4, 6)
    labels, guide, known, style = (
        rand(1, 3, 8, 12),
        rand(1, 2, 8, 12),
        mask(1, 1, 8, 12),
        rand(1, 2),
    )
    parts = [part.to(dtype) for part in (x, labels, guide, known, style)]

    out = norm(parts[0], (GuidanceMap(parts[1], None, parts[4]), GuidanceMap(parts[2], parts[3])))

    assert out.dtype == dtype
    full = norm.double()(
        x.double(),
        (
            GuidanceMap(labels.double(), None, style.double()),
            GuidanceMap(guide.double(), known.double()),
        ),
    )
    torch.testing.assert_close(out.double(), full, atol=0.1, rtol=0.1)


@pytest.mark.parametrize(
    ("module", "x", "shape"),
    [
        (ConvBlock(3, 4, 3, stride=2, norm=lambda c: SPADE(c, 2)), (1, 3, 8, 12), (1, 4, 4, 6)),
        (UpBlock(4, 2, norm=lambda c: SPADE(c, 2)), (1, 4, 8, 12), (1, 2, 16, 24)),
        (ResidualBlock(4, norm=lambda c: SPADE(c, 2)), (1, 4, 8, 12), (1, 4, 8, 12)),
        (
            Encoder(3, 4, num_downsamplings=2, num_blocks=1, norm=lambda c: SPADE(c, 2)),
            (1, 3, 16, 16),
            (1, 16, 4, 4),
        ),
        (
            Decoder(4, num_upsamplings=2, num_blocks=1, norm=lambda c: SPADE(c, 2)),
            (1, 16, 4, 4),
            (1, 4, 16, 16),
        ),
    ],
)
def test_blocks_pass_the_condition_on(module: nn.Module, x: tuple, shape: tuple) -> None:
    first, second = rand(1, 2, 16, 16), rand(1, 2, 16, 16, seed=1)
    out = module(rand(*x), condition=first)

    assert out.shape == shape
    assert not torch.allclose(out, module(rand(*x), condition=second))
    with pytest.raises(ValueError, match="SPADE: condition must be given to a block with this"):
        module(rand(*x))


def test_bad_input() -> None:
    x, maps = rand(2, 4, 4, 6), rand(2, 3, 4, 6)
    with pytest.raises(ValueError, match=r"SPADE: condition must have shape \(2, 3, h, w\)"):
        SPADE(4, 3)(x, maps[:, :2])
    with pytest.raises(ValueError, match="SPADE: norm must be one of 'batch', 'group', 'instance'"):
        SPADE(4, 3, norm="layer")
    with pytest.raises(ValueError, match="a sequence of 2 maps, each of which may be None, got 1"):
        MultiSPADE(4, (3, 2))(x, (maps,))
    with pytest.raises(ValueError, match=r"a sequence of 2 maps, .* got Tensor"):
        MultiSPADE(4, (3, 2))(x, maps)
    with pytest.raises(ValueError, match=r"condition\[0\] must have a style \(B, 2\)"):
        MultiSPADE(4, (3,), style_channels=2)(x, (maps,))
    with pytest.raises(ValueError, match="must have no style, since style_channels = 0"):
        SPADE(4, 3)(x, GuidanceMap(maps, None, rand(2, 2)))
    with pytest.raises(ValueError, match="PartialConv2d: kernel_size must be odd, got 2"):
        PartialConv2d(1, 1, 2)
    with pytest.raises(ValueError, match="MultiSPADE: the number of maps must be at least 1"):
        MultiSPADE(4, ())
