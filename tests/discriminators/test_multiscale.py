"""Patch discriminators on a pyramid."""

from __future__ import annotations

import re

import pytest
import torch

from tests.assertions import assert_gradients, rand
from tests.networks import assert_module_compiles
from tests.references import pyramid_level_loop
from vidgan.discriminators import MultiscaleDiscriminator, PatchDiscriminator


def tiny_scales(num_scales: int = 2, *, norm: str = "batch") -> MultiscaleDiscriminator:
    return MultiscaleDiscriminator(
        [PatchDiscriminator(2, 2 + i, num_layers=1, norm=norm) for i in range(num_scales)]
    )


@pytest.mark.parametrize("num_scales", [1, 2, 3])
def test_finest_scale_comes_first(num_scales: int) -> None:
    network, level = tiny_scales(num_scales), rand(2, 2, 9, 14)

    outputs = network(level)

    assert len(outputs) == num_scales
    for out, discriminator in zip(outputs, network.discriminators, strict=True):
        torch.testing.assert_close(out, discriminator(level))
        level = pyramid_level_loop(level)


def test_gradients() -> None:
    network = tiny_scales(norm="instance").double()

    def everything(x: torch.Tensor) -> torch.Tensor:
        parts = [part for out in network(x) for part in (out.logits, *out.features)]
        return torch.cat([part.flatten() for part in parts])

    assert_gradients(everything, rand(1, 2, 3, 4))


def test_compiles() -> None:
    assert_module_compiles(tiny_scales(), rand(2, 2, 9, 14))


@pytest.mark.parametrize(("num_scales", "least"), [(1, 2), (2, 3), (3, 5)])
@pytest.mark.parametrize("norm", ["batch", "instance"])
def test_smallest_size(num_scales: int, least: int, norm: str) -> None:
    network = tiny_scales(num_scales, norm=norm)
    rule = (
        f"MultiscaleDiscriminator: x must be at least {least} pixels high or wide, "
        f"got 1x{least - 1} (HxW)"
    )

    with pytest.raises(ValueError, match=re.escape(rule)):
        network(rand(1, 2, 1, least - 1))
    for size in ((1, least), (least, 1)):
        assert all(out.logits.isfinite().all() for out in network(rand(1, 2, *size)))


def test_one_pixel_without_norms() -> None:
    assert len(tiny_scales(3, norm="none")(rand(1, 2, 1, 1))) == 3


def test_wrong_shape_raises() -> None:
    rule = r"MultiscaleDiscriminator: x must have shape \(B, 2, H, W\), got \(1, 3, 8, 12\)"
    with pytest.raises(ValueError, match=rule):
        tiny_scales()(rand(1, 3, 8, 12))


def test_whole_numbers_raise() -> None:
    with pytest.raises(
        TypeError, match="MultiscaleDiscriminator: x must be a floating-point tensor"
    ):
        tiny_scales()(rand(1, 2, 8, 12).long())


def test_no_scale_raises() -> None:
    with pytest.raises(
        ValueError, match="MultiscaleDiscriminator: discriminators must not be empty"
    ):
        MultiscaleDiscriminator([])


def test_scales_of_other_channels_raise() -> None:
    rule = r"discriminators must have the same in_channels, got \[2, 3\]"
    with pytest.raises(ValueError, match=rule):
        MultiscaleDiscriminator([PatchDiscriminator(2, 3), PatchDiscriminator(3, 3)])


@pytest.mark.gpu
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_same_gradient_on_cuda(layout: torch.memory_format) -> None:
    network, x = tiny_scales(3).double(), rand(2, 2, 33, 50, dtype=torch.float64)

    def gradient(device: str) -> torch.Tensor:
        moved = x.to(device).contiguous(memory_format=layout).requires_grad_()
        outputs = network.to(device)(moved)
        sum(out.logits.square().mean() for out in outputs).backward()
        return moved.grad.cpu()

    torch.testing.assert_close(gradient("cuda"), gradient("cpu"), rtol=1e-7, atol=1e-10)
