"""The convolution over reflected borders."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from tests.assertions import assert_gradients, rand
from tests.networks import assert_module_compiles
from vidgan.layers import ReflectConv2d
from vidgan.layers._winograd import winograd_conv2d

LARGE = (64, 128)  # where narrow results are computed by rows


def pair(outputs: int, kernel_size: int, stride: int = 1) -> tuple[ReflectConv2d, nn.Conv2d]:
    """Our layer and torch's, with the same weights."""
    torch.manual_seed(0)
    plain = nn.Conv2d(
        *(5, outputs, kernel_size), stride, padding=kernel_size // 2, padding_mode="reflect"
    )
    conv = ReflectConv2d(5, outputs, kernel_size, stride=stride)
    conv.load_state_dict(plain.state_dict())
    return conv, plain


def gradients(layer: nn.Module, x: Tensor) -> tuple[Tensor, ...]:
    x = x.requires_grad_()
    return torch.autograd.grad(layer(x).square().sum(), (x, *layer.parameters()))


@pytest.mark.parametrize("size", [(8, 12), LARGE])
@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("outputs", [1, 2, 3, 4, 5, 16])
@pytest.mark.parametrize(
    ("kernel_size", "stride"), [(1, 1), (3, 1), (3, 2), (5, 1), (7, 1), (7, 2)]
)
def test_is_the_plain_layer(
    size: tuple[int, int],
    memory_format: torch.memory_format,
    outputs: int,
    kernel_size: int,
    stride: int,
) -> None:
    conv, plain = (layer.double() for layer in pair(outputs, kernel_size, stride))
    x = rand(2, 5, *size, dtype=torch.float64).to(memory_format=memory_format)

    torch.testing.assert_close(conv(x), plain(x), rtol=1e-12, atol=1e-12)
    for got, want in zip(gradients(conv, x), gradients(plain, x), strict=True):
        torch.testing.assert_close(got, want, rtol=1e-12, atol=1e-12 * float(want.abs().max()))


def test_float32_is_as_exact_as_the_plain_layer() -> None:
    """Both against double precision: float32 results depend on the processor's kernels."""
    conv, plain = pair(3, 7)
    x = rand(2, 5, *LARGE)
    exact = pair(3, 7)[1].double()(x.double())

    error, plain_error = ((y - exact).abs().max() for y in (conv(x), plain(x)))
    assert error < 2 * plain_error + 1e-6


@pytest.mark.parametrize("outputs", [3, 16])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_half_precision_is_the_plain_layer(outputs: int, dtype: torch.dtype) -> None:
    """By rows, every row would be rounded before the sum."""
    conv, plain = pair(outputs, 7)
    x = rand(1, 5, *LARGE, dtype=dtype)

    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(conv(x), plain(x))
    assert torch.equal(conv.bfloat16()(x.bfloat16()), plain.bfloat16()(x.bfloat16()))


def test_is_exported_as_one_convolution() -> None:
    program = torch.export.export(pair(3, 7)[0], (rand(1, 5, *LARGE),))

    convolutions = [node for node in program.graph.nodes if "conv2d" in str(node.target)]
    assert len(convolutions) == 1


def test_gradients_by_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vidgan.layers.reflect_conv._LARGE", 0)

    assert_gradients(pair(2, 5)[0].double(), rand(1, 5, 4, 5))


@pytest.mark.parametrize("outputs", [2, 5])
def test_compiles(outputs: int) -> None:
    assert_module_compiles(pair(outputs, 7)[0], rand(2, 5, *LARGE))


@pytest.fixture
def any_winograd(monkeypatch: pytest.MonkeyPatch) -> list[Tensor]:
    """The results of Winograd's algorithm, which is used whatever the number of channels."""
    results: list[Tensor] = []

    def observed(*args: Tensor) -> Tensor:
        results.append(winograd_conv2d(*args))
        return results[-1]

    monkeypatch.setattr("vidgan.layers.reflect_conv._WIDE", 0)
    monkeypatch.setattr("vidgan.layers.reflect_conv._MANY", 0)
    monkeypatch.setattr("vidgan.layers.reflect_conv.winograd_conv2d", observed)
    return results


@pytest.mark.parametrize("outputs", [1, 2, 7])
@pytest.mark.parametrize("size", [(2, 2), (4, 10), (8, 6)])
def test_winograd_is_the_plain_layer(
    any_winograd: list[Tensor], outputs: int, size: tuple[int, int]
) -> None:
    conv, plain = (layer.double() for layer in pair(outputs, 3))
    x = rand(3, 5, *size, dtype=torch.float64).to(memory_format=torch.channels_last)

    got, want = conv(x), plain(x)

    assert len(any_winograd) == 1
    torch.testing.assert_close(got, want, rtol=1e-12, atol=1e-12)
    assert got.is_contiguous(memory_format=torch.channels_last)
    for ours, theirs in zip(gradients(conv, x), gradients(plain, x), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("differentiated", [["weight"], ["x"]])
def test_winograd_gradient_of_one_input(
    any_winograd: list[Tensor], differentiated: list[str]
) -> None:
    conv, plain = (layer.double() for layer in pair(4, 3))
    x = rand(1, 5, 4, 6, dtype=torch.float64).to(memory_format=torch.channels_last)
    x.requires_grad_("x" in differentiated)
    for layer in (conv, plain):
        layer.requires_grad_("weight" in differentiated)

    ours, theirs = (
        torch.autograd.grad(layer(x).square().sum(), x if x.requires_grad else layer.weight)[0]
        for layer in (conv, plain)
    )

    assert any_winograd
    torch.testing.assert_close(ours, theirs, rtol=1e-12, atol=1e-12)


def test_winograd_gradients(any_winograd: list[Tensor]) -> None:
    conv = pair(2, 3)[0].double()
    x = rand(2, 5, 4, 6, dtype=torch.float64).to(memory_format=torch.channels_last).requires_grad_()

    assert torch.autograd.gradcheck(conv, (x,))
    assert torch.autograd.gradgradcheck(conv, (x,))
    assert any_winograd


def test_wide_float32_by_winograd_is_as_exact_as_the_plain_layer() -> None:
    torch.manual_seed(0)
    conv = ReflectConv2d(256, 256, 3).to(memory_format=torch.channels_last)
    plain = nn.Conv2d(256, 256, 3, padding=1, padding_mode="reflect")
    plain.load_state_dict(conv.state_dict())
    x = rand(1, 256, 16, 32).to(memory_format=torch.channels_last)
    got, want = conv(x), plain(x)
    assert got.grad_fn is not None
    assert not torch.equal(got, want)  # it is another algorithm
    exact = plain.double()(x.double())

    error, plain_error = ((y - exact).abs().max() for y in (got, want))
    assert error < 2 * plain_error + 1e-6


@pytest.mark.parametrize("case", ["odd", "contiguous", "half"])
def test_winograd_is_left_out(any_winograd: list[Tensor], case: str) -> None:
    conv = pair(4, 3)[0]
    x = rand(1, 5, 5 if case == "odd" else 4, 6).to(memory_format=torch.channels_last)
    if case == "half":
        conv, x = conv.bfloat16(), x.bfloat16()

    conv(x.contiguous() if case == "contiguous" else x)

    assert not any_winograd


def test_even_kernel_raises() -> None:
    with pytest.raises(ValueError, match="ReflectConv2d: kernel_size must be odd, got 4"):
        ReflectConv2d(1, 1, 4)
