"""The patch discriminator of clips."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

from tests.assertions import assert_gradients, rand
from vidgan.discriminators import PatchDiscriminator3d


def steps_seen(network: nn.Module, step: int, num_frames: int, size: int) -> list[int]:
    """Frames on which the logits of one step depend."""
    x = rand(1, num_frames, 2, size, size, dtype=torch.float64).requires_grad_()
    network.double()(x).logits[0, step].sum().backward()
    return x.grad[0].abs().sum((1, 2, 3)).nonzero()[:, 0].tolist()


def test_formula() -> None:
    network = PatchDiscriminator3d(2, 3, num_layers=2, num_time_strides=1, norm="none")
    x = rand(2, 5, 2, 9, 14)

    expected, features = x.transpose(1, 2), []
    convs = [*(layer[0] for layer in network.layers), network.logits]
    strides = [(2, 2, 2), (1, 2, 2), (1, 1, 1), (1, 1, 1)]
    for conv, stride in zip(convs, strides, strict=True):
        expected = F.conv3d(expected, conv.weight, conv.bias, stride=stride, padding=1)
        if conv is not network.logits:
            expected = torch.where(expected > 0, expected, 0.2 * expected)
            features.append(expected.transpose(1, 2))
    out = network(x)

    torch.testing.assert_close(out.logits, expected.transpose(1, 2))
    torch.testing.assert_close(out.features, tuple(features))
    assert out.logits.shape == (2, 3, 1, 3, 4)


@pytest.mark.parametrize("base", [4, 64])
def test_widths_double_up_to_eight_times_the_first(base: int) -> None:
    with torch.device("meta"):
        network = PatchDiscriminator3d(7, base, num_layers=5)

    weights = [part.weight for part in network.modules() if isinstance(part, nn.Conv3d)]
    widths = [base, 2 * base, 4 * base, 8 * base, 8 * base, 8 * base]
    assert [tuple(weight.shape) for weight in weights] == [
        (out, into, 3, 3, 3) for into, out in zip([7, *widths], [*widths, 1], strict=True)
    ]


@pytest.mark.parametrize(("strides", "reach"), [(0, 9), (1, 15), (2, 23)])
@pytest.mark.parametrize("causal", [False, True])
def test_reach_in_time(strides: int, reach: int, causal: bool) -> None:
    """One frame, and two more per layer, times the strides before it."""
    options = {"num_layers": 2, "num_time_strides": strides, "causal": causal, "norm": "none"}
    network = PatchDiscriminator3d(2, 2, **options)
    step = 40 // 2**strides
    last = step * 2**strides

    seen = steps_seen(network, step, 81, 6)

    assert network.time_reach == len(seen) == reach
    assert seen[-1] == (last if causal else last + reach // 2)


@pytest.mark.parametrize("norm", ["group", "instance", "none"])
def test_causal_logits_see_no_later_frame(norm: str) -> None:
    network = PatchDiscriminator3d(2, 4, num_layers=2, num_time_strides=1, causal=True, norm=norm)
    x = rand(1, 7, 2, 9, 14)
    later = torch.cat([x[:, :5], rand(1, 2, 2, 9, 14, seed=1)], 1)

    got, want = network(later).logits, network(x).logits

    torch.testing.assert_close(got[:, :3], want[:, :3])  # steps of frames 0, 2 and 4
    torch.testing.assert_close(network(x[:, :5]).logits, want[:, :3])
    assert not torch.allclose(got[:, 3], want[:, 3])


def test_instance_norm_is_that_of_a_clip() -> None:
    torch.manual_seed(0)
    network = PatchDiscriminator3d(2, 4, num_layers=2, norm="instance")
    same = PatchDiscriminator3d(2, 4, num_layers=2, norm=nn.InstanceNorm3d)
    same.load_state_dict(network.state_dict())
    x = rand(2, 5, 2, 9, 14)

    torch.testing.assert_close(network(x).logits, same(x).logits)


def test_a_causal_discriminator_takes_one_frame() -> None:
    network = PatchDiscriminator3d(2, 4, num_layers=2, causal=True)

    assert network(rand(2, 1, 2, 9, 14)).logits.shape == (2, 1, 1, 3, 4)


def test_gradients() -> None:
    network = PatchDiscriminator3d(1, 2, num_layers=1, num_time_strides=1).double()

    assert_gradients(lambda x: network(x).logits, rand(1, 2, 1, 3, 4))


def test_spectral_norm_bounds_every_convolution() -> None:
    torch.manual_seed(0)
    network = PatchDiscriminator3d(3, 4, spectral_norm=True)
    for _ in range(30):
        network(rand(1, 4, 3, 16, 16))

    for layer in [*(layer[0] for layer in network.layers), network.logits]:
        largest = torch.linalg.matrix_norm(layer.weight.detach().flatten(1), 2)
        torch.testing.assert_close(largest, torch.tensor(1.0), rtol=0.05, atol=0)


def test_norms_by_callable() -> None:
    network = PatchDiscriminator3d(3, 4, norm=nn.BatchNorm3d)

    norms = [part.num_features for part in network.modules() if isinstance(part, nn.BatchNorm3d)]

    assert norms == [8, 16, 32]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"in_channels": 0}, "in_channels must be at least 1, got 0"),
        ({"num_layers": 0}, "num_layers must be at least 1, got 0"),
        ({"num_time_strides": -1}, "num_time_strides must be at least 0, got -1"),
        ({"num_time_strides": 4}, "num_time_strides must be at most num_layers = 3, got 4"),
        ({"norm": "batch"}, "norm must be one of 'group', 'instance', 'none', got 'batch'"),
    ],
)
def test_wrong_options_raise(options: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=f"PatchDiscriminator3d: {message}"):
        PatchDiscriminator3d(**({"in_channels": 3} | options))


def test_short_and_small_clips_raise() -> None:
    message = (
        "PatchDiscriminator3d: x must have at least 4 frames and be at least 9 pixels high or "
        r"wide, got {} \(HxW\)"
    )
    network = PatchDiscriminator3d(3, 4)
    with pytest.raises(ValueError, match=message.format("3 frames of 16x24")):
        network(rand(1, 3, 3, 16, 24))
    with pytest.raises(ValueError, match=message.format("4 frames of 8x8")):
        network(rand(1, 4, 3, 8, 8))
    assert network(rand(1, 4, 3, 1, 9)).logits.isfinite().all()
