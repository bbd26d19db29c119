"""The convolution of one-hot maps."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from tests.assertions import mask, rand
from tests.networks import assert_module_compiles
from vidgan.functional import one_hot_labels
from vidgan.layers import OneHotConv2d, ReflectConv2d


def one_hot_maps(groups: int = 2, classes: int = 4, others: int = 1) -> Tensor:
    """Maps (2, groups * (classes + others), 8, 12): one-hot, then others."""
    shape = (2, groups, 1, 8, 12)
    labels = torch.randint(-1, classes, shape, generator=torch.Generator().manual_seed(0))
    maps = one_hot_labels(labels, classes, ignore_id=-1)
    return torch.cat([maps, mask(2, groups, others, 8, 12)], 2).flatten(1, 2)


def pair(others: int = 1, classes: int = 4) -> tuple[OneHotConv2d, ReflectConv2d]:
    torch.manual_seed(0)
    channels = 2 * (classes + others)
    conv = OneHotConv2d(channels, 6, 7, num_groups=2, num_classes=classes)
    plain = ReflectConv2d(channels, 6, 7)
    plain.load_state_dict(conv.state_dict())
    return conv, plain


@pytest.fixture
def look_ups(monkeypatch: pytest.MonkeyPatch) -> list[Tensor]:
    """The labels that are looked up."""
    from vidgan.functional import label_conv2d

    calls: list[Tensor] = []

    def spy(labels: Tensor, *rest: Tensor) -> Tensor:
        calls.append(labels)
        return label_conv2d(labels, *rest)

    monkeypatch.setattr("vidgan.layers.one_hot_conv.label_conv2d", spy)
    return calls


@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("others", [0, 1, 2])
def test_is_the_plain_convolution(
    others: int, memory_format: torch.memory_format, look_ups: list[Tensor]
) -> None:
    (conv, plain), x = pair(others), one_hot_maps(others=others).to(memory_format=memory_format)

    got, want = conv(x), plain(x)

    assert len(look_ups) == 1
    torch.testing.assert_close(got, want, rtol=1e-6, atol=1e-6)
    outer = rand(*got.shape, seed=2)
    for ours, theirs in zip(
        torch.autograd.grad(got, [*conv.parameters()], outer),
        torch.autograd.grad(want, [*plain.parameters()], outer),
        strict=True,
    ):
        torch.testing.assert_close(ours, theirs, rtol=1e-6, atol=2e-6 * float(theirs.abs().max()))


def test_other_maps_pass_through_the_plain_convolution(look_ups: list[Tensor]) -> None:
    conv, plain = pair()
    hot = one_hot_maps()
    two = hot.clone()
    two[0, :2, 5, 7] = 1  # two classes in one pixel
    half = hot.clone()
    half[1, 3, 6, 11] = 0.5
    negative = hot.clone()
    negative[1, 0, 0, 0] = -1

    for x in (two, half, negative, rand(2, 10, 8, 12)):
        assert torch.equal(conv(x), plain(x))
    assert not look_ups


def test_maps_get_their_gradient(look_ups: list[Tensor]) -> None:
    (conv, plain), x = pair(), one_hot_maps().requires_grad_()

    got, want = (torch.autograd.grad(layer(x).square().sum(), x)[0] for layer in (conv, plain))

    assert torch.equal(got, want)
    assert not look_ups


@pytest.mark.parametrize(("classes", "calls"), [(4, 0), (30, 1)])
def test_autocast(classes: int, calls: int, look_ups: list[Tensor]) -> None:
    (conv, plain), x = pair(classes=classes), one_hot_maps(classes=classes)

    with torch.autocast("cpu", torch.bfloat16):
        got, want = conv(x), plain(x)
        got.sum().backward()

    assert len(look_ups) == calls  # with few classes a look-up does not pay
    assert got.dtype == want.dtype == torch.bfloat16
    torch.testing.assert_close(got, want, rtol=0.02, atol=0.02)


def test_compiles() -> None:
    assert_module_compiles(pair()[0], one_hot_maps())


@pytest.mark.filterwarnings("ignore")  # torch.jit is to go away
def test_exported_and_traced_for_any_maps() -> None:
    conv, x = pair()[0].eval(), one_hot_maps()
    sizes = {"x": {0: torch.export.Dim("B"), 3: torch.export.Dim("W", min=8)}}

    program = torch.export.export(conv, (x,), dynamic_shapes=sizes).module()
    traced = torch.jit.trace(conv, x)

    others = rand(3, 10, 8, 20)
    torch.testing.assert_close(program(others), conv(others))
    torch.testing.assert_close(traced(others[:2]), conv(others[:2]))


@pytest.mark.parametrize("channels", [9, 6])
def test_channels_that_do_not_fit_raise(channels: int) -> None:
    with pytest.raises(
        ValueError,
        match=r"OneHotConv2d: in_channels must be num_groups = 2 times at least num_classes = 4, "
        f"got {channels}",
    ):
        OneHotConv2d(channels, 2, 3, num_groups=2, num_classes=4)
