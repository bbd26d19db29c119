"""Builders of discriminators."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from tests.assertions import rand
from vidgan.layers import InstanceNorm, TrackedInstanceNorm
from vidgan.models import multiscale_discriminator, multiscale_discriminator_3d


@pytest.mark.parametrize(
    ("base", "num_scales", "widths"),
    [
        (8, 1, [8]),
        (8, 3, [8, 16, 32]),
        (32, 3, [32, 64, 64]),
        (64, 2, [64, 64]),
        (96, 2, [96, 96]),
    ],
)
def test_width_of_each_scale(base: int, num_scales: int, widths: list[int]) -> None:
    with torch.device("meta"):
        network = multiscale_discriminator(5, base_channels=base, num_scales=num_scales)

    assert [d.layers[0][0].out_channels for d in network.discriminators] == widths


@pytest.mark.parametrize("norm", ["batch", "instance", "instance_tracked", "none"])
@pytest.mark.parametrize("num_layers", [1, 4])
def test_options_reach_every_scale(norm: str, num_layers: int) -> None:
    kinds = {
        "batch": nn.BatchNorm2d,
        "instance": InstanceNorm,
        "instance_tracked": TrackedInstanceNorm,
        "none": nn.Identity,
    }
    network = multiscale_discriminator(
        5, base_channels=2, num_scales=2, num_layers=num_layers, norm=norm, spectral_norm=True
    )

    for discriminator in network.discriminators:
        norms = [layer[1] for layer in discriminator.layers[1:]]
        assert [type(norm) for norm in norms] == [kinds[norm]] * num_layers
        normalized = [key for key in discriminator.state_dict() if key.endswith("weight.original")]
        assert len(normalized) == num_layers + 2
    assert network.training
    assert [len(out.features) for out in network(rand(2, 5, 17, 30))] == [num_layers + 1] * 2


@pytest.mark.parametrize("spectral_norm", [True, False])
def test_weights_are_drawn_as_published(spectral_norm: bool) -> None:
    torch.manual_seed(0)
    network = multiscale_discriminator(5, base_channels=16, spectral_norm=spectral_norm)

    trained = dict(network.named_parameters())
    convs = torch.cat([w.detach().flatten() for w in trained.values() if w.dim() == 4])
    norms = [w for name, w in trained.items() if w.dim() == 1 and name.endswith(".1.weight")]
    assert float(convs.std()) == pytest.approx(0.02, rel=0.01)
    assert float(torch.cat(norms).detach().mean()) == pytest.approx(1, abs=0.005)
    assert not any(w.any() for name, w in trained.items() if name.endswith("bias"))


def test_counts_out_of_range_raise() -> None:
    with pytest.raises(
        ValueError, match="multiscale_discriminator: num_scales must be at least 1, got 0"
    ):
        multiscale_discriminator(5, num_scales=0)
    with pytest.raises(ValueError, match="num_layers must be at least 1, got 0"):
        multiscale_discriminator(5, num_layers=0)


def test_multiscale_discriminator_of_clips() -> None:
    torch.manual_seed(0)
    options = {"num_layers": 2, "num_time_strides": 1, "causal": True, "norm": "none"}
    network = multiscale_discriminator_3d(
        3, base_channels=16, num_scales=3, pool_time=True, spectral_norm=True, **options
    )

    outputs = network(torch.zeros(1, 9, 3, 40, 60))

    assert [tuple(out.logits.shape) for out in outputs] == [
        (1, 5, 1, 10, 15),
        (1, 3, 1, 5, 8),
        (1, 2, 1, 3, 4),
    ]
    convs = [part for part in network.modules() if isinstance(part, nn.Conv3d)]
    assert len(convs) == 3 * 4
    drawn = [conv.parametrizations.weight.original.std() for conv in convs if conv.in_channels > 3]
    torch.testing.assert_close(torch.stack(drawn), torch.full((9,), 0.02), rtol=0.2, atol=0)
    with pytest.raises(ValueError, match="_3d: num_scales must be at least 1, got 0"):
        multiscale_discriminator_3d(3, num_scales=0)
