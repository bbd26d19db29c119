"""The norms by name."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from tests.assertions import assert_gradients, rand
from tests.networks import assert_module_compiles
from vidgan.layers import ConvBlock, ResidualBlock, UpBlock, make_norm
from vidgan.models import (
    coarse_to_fine_generator,
    composite_generator,
    global_generator,
    instance_encoder,
    local_enhancer,
    multiscale_discriminator,
    multiscale_discriminator_3d,
)


def normalized(x: Tensor, dims: tuple[int, ...]) -> Tensor:
    mean = x.mean(dims, keepdim=True)
    variance = (x - mean).square().mean(dims, keepdim=True)
    return (x - mean) / (variance + 1e-5).sqrt()


def test_batch() -> None:
    norm, x = make_norm("batch", 3), 3 + rand(2, 3, 4, 6)

    torch.testing.assert_close(norm(x), normalized(x, (0, 2, 3)))
    assert sum(weight.numel() for weight in norm.parameters()) == 6


@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize("name", ["instance", "instance_tracked"])
def test_instance(name: str, batch: int) -> None:
    norm, x = make_norm(name, 3), 3 + rand(batch, 3, 4, 6)

    torch.testing.assert_close(norm(x), normalized(x, (2, 3)))
    assert list(norm.parameters()) == []


def test_instance_is_the_same_in_eval_mode() -> None:
    norm, x = make_norm("instance", 3), 3 + rand(2, 3, 4, 6)

    assert torch.equal(norm.train()(x), norm.eval()(x))
    assert norm.state_dict() == {}


def test_tracked_instance_uses_running_statistics_in_eval_mode() -> None:
    norm, x = make_norm("instance_tracked", 1), torch.zeros(1, 1, 1, 2)
    x[..., 0], x[..., 1] = 4.0, 8.0  # mean 6, variance over n - 1: 8

    norm(x)

    running = norm.state_dict()
    assert float(running["running_mean"]) == pytest.approx(0.1 * 6)
    assert float(running["running_var"]) == pytest.approx(0.9 * 1 + 0.1 * 8)
    expected = (x - 0.6) / (1.7 + 1e-5) ** 0.5
    torch.testing.assert_close(norm.eval()(x), expected)


INSTANCE_NORMS = pytest.mark.parametrize("name", ["instance", "instance_tracked"])


@INSTANCE_NORMS
@pytest.mark.parametrize("batch", [1, 2, 3])
@pytest.mark.parametrize("training", [True, False])
def test_channels_last_is_kept_with_the_same_numbers(name: str, batch: int, training: bool) -> None:
    norms = [make_norm(name, 3).train(training) for _ in range(2)]
    for norm in norms:
        for number, buffer in enumerate(norm.buffers()):
            buffer.add_(number)
    plain = (3 + rand(batch, 3, 4, 6)).requires_grad_()
    last = plain.detach().to(memory_format=torch.channels_last).requires_grad_()
    weights = rand(batch, 3, 4, 6, seed=1)

    # torch's own kernel on one side
    buffers = dict(norms[0].named_buffers())
    want = torch.nn.functional.instance_norm(
        plain,
        buffers.get("running_mean"),
        buffers.get("running_var"),
        use_input_stats=training or not buffers,
    )
    got = norms[1](last)

    assert got.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(got, want, rtol=1e-6, atol=1e-6)
    (got * weights).sum().backward()
    (want * weights).sum().backward()
    torch.testing.assert_close(last.grad, plain.grad, rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(dict(norms[1].named_buffers()), buffers, rtol=1e-6, atol=1e-6)


@INSTANCE_NORMS
def test_gradients_of_channels_last(name: str) -> None:
    norm = make_norm(name, 2).double()

    assert_gradients(
        lambda x: norm(x.to(memory_format=torch.channels_last)),
        rand(2, 2, 3, 4, dtype=torch.float64),
    )


def test_none_changes_nothing() -> None:
    x = rand(2, 3, 4, 6)

    assert make_norm("none", 3)(x) is x


@pytest.mark.parametrize("name", ["batch", "instance", "instance_tracked", "none"])
def test_compiles(name: str) -> None:
    assert_module_compiles(nn.Sequential(make_norm(name, 3)), rand(2, 3, 4, 6))


def test_unknown_norm_raises() -> None:
    with pytest.raises(
        ValueError,
        match="make_norm: norm must be one of 'batch', 'group', 'instance', "
        "'instance_tracked', 'none', got 'layer'",
    ):
        make_norm("layer", 3)


def test_callable_is_called_with_the_width() -> None:
    norm = make_norm(lambda width: nn.GroupNorm(1, width), 6)

    assert (norm.num_groups, norm.num_channels) == (1, 6)


@pytest.mark.parametrize(("width", "groups"), [(64, 32), (48, 24), (7, 7), (37, 1)])
def test_group_norm_has_the_largest_divisor_of_groups(width: int, groups: int) -> None:
    assert make_norm("group", width).num_groups == groups


def test_callable_must_return_a_module() -> None:
    with pytest.raises(TypeError, match=r"make_norm: norm must return a torch.nn.Module, got int"):
        make_norm(lambda width: width, 3)


def group_norm(width: int) -> nn.Module:
    """One group of all channels."""
    return nn.GroupNorm(1, width)


@pytest.mark.parametrize(
    "build",
    [
        lambda: ConvBlock(3, 4, 3, norm=group_norm),
        lambda: ResidualBlock(4, norm=group_norm),
        lambda: UpBlock(4, 2, norm=group_norm),
        lambda: composite_generator(4, base_channels=4, num_blocks=2, norm=group_norm),
        lambda: coarse_to_fine_generator(4, base_channels=4, norm=group_norm),
        lambda: global_generator(4, base_channels=4, norm=group_norm),
        lambda: local_enhancer(4, base_channels=4, norm=group_norm),
        lambda: instance_encoder(base_channels=4, norm=group_norm),
        lambda: multiscale_discriminator(3, base_channels=4, norm=group_norm),
        lambda: multiscale_discriminator_3d(3, base_channels=4, norm=group_norm),
    ],
)
def test_every_network_takes_a_callable(build: Callable[[], nn.Module]) -> None:
    norms = [part for part in build().modules() if "Norm" in type(part).__name__]

    assert norms
    assert all(isinstance(norm, nn.GroupNorm) for norm in norms)
