"""Builders of frame generators."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from vidgan.models import composite_generator


def conv(kernel: int, width_in: int, width_out: int) -> int:
    """Weights of a convolution with bias."""
    return kernel**2 * width_in * width_out + width_out


def expected_weights(
    *, C: int, g: int, d: int, n: int, L: int = 2, image: int = 3, batch: bool, flow: bool, fg: bool
) -> int:
    """Count the weights of the published layout, layer by layer."""

    def norm(width: int) -> int:
        return 2 * width if batch else 0

    def encoder(channels: int, g: int, blocks: int) -> int:
        downs = sum(conv(3, g << i, g << i + 1) + norm(g << i + 1) for i in range(d))
        return conv(7, channels, g) + norm(g) + downs + residuals(g, blocks)

    def residuals(g: int, blocks: int) -> int:
        return blocks * 2 * (conv(3, g << d, g << d) + norm(g << d))

    def trunk(g: int, blocks: int) -> int:
        ups = sum(conv(3, g << i + 1, g << i) + norm(g << i) for i in range(d))
        return residuals(g, blocks) + ups

    maps, frames = (L + 1) * C, L * image
    total = encoder(maps, g, n - n // 2) + encoder(frames, g, n - n // 2)
    total += trunk(g, n // 2) + conv(7, g, image)
    if flow:
        total += trunk(g, n // 2) + conv(7, g, 2) + conv(7, g, 1)
    if fg:
        g = g // 2 if d > 2 else g
        total += encoder(maps, g, 0) + trunk(g, n) + conv(7, g, image)
    return total


def count(network: nn.Module) -> int:
    return sum(weight.numel() for weight in network.parameters())


# Every term of the count at every depth, then every term alone: the count is their sum.
@pytest.mark.parametrize(
    ("d", "n", "norm", "flow", "fg", "upsampling"),
    [
        (0, 0, "batch", True, True, "transposed"),
        (1, 3, "batch", True, True, "transposed"),
        (2, 2, "batch", True, True, "transposed"),
        (3, 5, "batch", True, True, "transposed"),
        (3, 5, "instance_tracked", True, True, "transposed"),
        (3, 5, "batch", False, True, "transposed"),
        (3, 5, "batch", True, False, "transposed"),
        (3, 5, "batch", True, True, "resize"),
        (3, 5, "instance_tracked", False, False, "resize"),
    ],
)
def test_number_of_weights(d: int, n: int, norm: str, flow: bool, fg: bool, upsampling) -> None:
    with torch.device("meta"):
        network = composite_generator(
            5,
            image_channels=4,
            past_frames=3,
            base_channels=8,
            num_downsamplings=d,
            num_blocks=n,
            norm=norm,
            upsampling=upsampling,
            flow=flow,
            foreground=fg,
        )

    assert count(network) == expected_weights(
        C=5, g=8, d=d, n=n, L=3, image=4, batch=norm == "batch", flow=flow, fg=fg
    )


def test_the_smallest() -> None:
    """The number in the docstring."""
    assert expected_weights(C=15, g=8, d=2, n=2, batch=True, flow=True, fg=False) == 120366


def test_weights_are_drawn_as_published() -> None:
    torch.manual_seed(0)
    network = composite_generator(3, base_channels=8, num_blocks=2)

    trained = dict(network.named_parameters())
    convs = torch.cat([w.detach().flatten() for w in trained.values() if w.dim() == 4])
    norms = torch.cat([w for n, w in trained.items() if w.dim() == 1 and n.endswith("weight")])
    assert float(convs.std()) == pytest.approx(0.02, rel=0.01)
    assert float(norms.detach().mean()) == pytest.approx(1, abs=0.005)
    assert float(norms.detach().std()) == pytest.approx(0.02, rel=0.15)
    assert not any(w.any() for name, w in trained.items() if name.endswith("bias"))
    assert network.training


@pytest.mark.parametrize(
    ("argument", "value", "least"),
    [
        ("condition_channels", 0, 1),
        ("image_channels", 0, 1),
        ("past_frames", 0, 1),
        ("base_channels", 0, 1),
        ("num_downsamplings", -1, 0),
        ("num_blocks", -1, 0),
    ],
)
def test_counts_out_of_range_raise(argument: str, value: int, least: int) -> None:
    with pytest.raises(ValueError, match=f"{argument} must be at least {least}, got {value}"):
        composite_generator(**({"condition_channels": 3} | {argument: value}))


def test_unknown_choices_raise() -> None:
    with pytest.raises(ValueError, match="make_norm: norm must be one of"):
        composite_generator(3, norm="layer", base_channels=2)
    with pytest.raises(ValueError, match="UpBlock: upsampling must be one of"):
        composite_generator(3, upsampling="bilinear", base_channels=2)
