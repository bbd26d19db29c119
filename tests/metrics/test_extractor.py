"""A named extractor refuses what its name does not promise."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from vidgan.metrics import NamedExtractor


def build(network: nn.Module, **options: Any) -> NamedExtractor:
    defaults = {"name": "means", "layer": "all", "num_features": 4, "size": (4, 6)}
    return NamedExtractor(network, **defaults | options)  # type: ignore[arg-type]


def test_features_and_description(network: nn.Module) -> None:
    extractor = build(network, num_frames=3, value_range=(0, 255))

    assert extractor(torch.zeros(2, 3, 3, 4, 6)).shape == (2, 4)
    assert extractor.description == (
        "means, all, 4 features, values from 0 to 255, 3 frames, 4x6 pixels"
    )
    assert extractor.description in repr(extractor)


def test_stays_in_eval_mode(network: nn.Module) -> None:
    extractor = build(nn.Sequential(nn.Dropout(), network))

    assert not any(module.training for module in extractor.train().modules())


@pytest.mark.parametrize(
    ("value", "text"),
    [(1.1, "got values from 1.1 to 1.1"), (-2.0, "from -2 to -2"), (255.0, "from 255 to 255")],
)
def test_values_out_of_range(network: nn.Module, value: float, text: str) -> None:
    with pytest.raises(
        ValueError, match=rf"the extractor means: samples must be in \[-1, 1\], .*{text}"
    ):
        build(network)(torch.full((1, 3, 4, 6), value))


def test_nan_samples(network: nn.Module) -> None:
    with pytest.raises(ValueError, match=r"samples must be in \[-1, 1\], got values from nan"):
        build(network)(torch.full((1, 3, 4, 6), torch.nan))


@pytest.mark.parametrize("shape", [(1, 3, 5, 6), (1, 3, 4, 7), (1, 4, 4, 6), (3, 4, 6)])
def test_wrong_sizes(network: nn.Module, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"samples must have shape \(B, 3, 4, 6\)"):
        build(network)(torch.zeros(shape))


def test_wrong_number_of_frames(network: nn.Module) -> None:
    with pytest.raises(ValueError, match=r"samples must have shape \(B, 16, 3, 4, 6\)"):
        build(network, num_frames=16)(torch.zeros(1, 15, 3, 4, 6))


def test_wrong_features(network: nn.Module) -> None:
    with pytest.raises(ValueError, match=r"features must have shape \(2, 400\), got \(2, 4\)"):
        build(network, num_features=400)(torch.zeros(2, 3, 4, 6))


def test_integer_samples(network: nn.Module) -> None:
    with pytest.raises(TypeError, match=r"samples must be a floating-point tensor"):
        build(network)(torch.zeros(2, 3, 4, 6, dtype=torch.uint8))


def test_wrong_range(network: nn.Module) -> None:
    with pytest.raises(ValueError, match=r"value_range must be the lowest and the highest value"):
        build(network, value_range=(1, 0))
