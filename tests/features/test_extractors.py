"""What holds for every feature network: frozen, always in eval mode, differentiable in images."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

from tests.assertions import assert_compiles, assert_gradients, rand
from vidgan.features import AlexNetFeatures, VGG16Features, VGG19Features
from vidgan.protocols import FeatureExtractor

MINIMUM = {AlexNetFeatures: 21, VGG16Features: 18, VGG19Features: 16}


@pytest.fixture(params=MINIMUM, ids=lambda build: build.__name__)
def build(request: pytest.FixtureRequest) -> Callable[..., nn.Module]:
    torch.manual_seed(0)
    return request.param


def test_is_a_feature_extractor(build: Callable[..., nn.Module]) -> None:
    extractor = build(None)

    features = extractor(rand(2, 3, 40, 27))

    assert isinstance(extractor, FeatureExtractor)
    assert isinstance(features, tuple)
    assert len(features) == 5
    assert all(feature.shape[0] == 2 and feature.min() >= 0 for feature in features)
    sizes = [feature.shape[2:] for feature in features]
    assert sizes == sorted(sizes, reverse=True)


def test_is_frozen_and_stays_in_eval_mode(build: Callable[..., nn.Module]) -> None:
    extractor = build(None)
    parent = nn.Sequential(extractor)

    parent.train()

    assert not any(parameter.requires_grad for parameter in extractor.parameters())
    assert not any(module.training for module in extractor.modules())
    assert parent.training


def test_gradients_reach_the_images(build: Callable[..., nn.Module]) -> None:
    extractor = build(None).double()
    images = rand(1, 3, 23, 32, dtype=torch.float64).requires_grad_()

    extractor(images)[-1].sum().backward()

    assert images.grad is not None
    assert images.grad.abs().max() > 0


def test_gradients_are_right(build: Callable[..., nn.Module]) -> None:
    extractor = build(None).double()
    images = rand(1, 3, 23, 24, dtype=torch.float64)

    def contrast(scale: torch.Tensor) -> torch.Tensor:
        features = extractor(images * scale)
        return torch.stack([feature.square().mean() for feature in features])

    assert_gradients(contrast, torch.tensor([0.7], dtype=torch.float64))


def test_each_image_is_on_its_own(build: Callable[..., nn.Module]) -> None:
    extractor = build(None).double()
    images = rand(2, 3, 24, 29, dtype=torch.float64)

    both, first = extractor(images), extractor(images[:1])

    for ours, theirs in zip(both, first, strict=True):
        torch.testing.assert_close(ours[:1], theirs)


def test_bfloat16_is_close(build: Callable[..., nn.Module]) -> None:
    extractor = build(None)
    images = rand(1, 3, 32, 40)

    with torch.autocast("cpu", torch.bfloat16):
        under_autocast = extractor(images)
    exact = extractor(images)
    cast = build(None).bfloat16()
    cast.load_state_dict(extractor.state_dict())

    for features in (under_autocast, cast(images.bfloat16())):
        for ours, theirs in zip(features, exact, strict=True):
            assert ours.dtype == torch.bfloat16
            assert (ours.float() - theirs).norm() < 0.02 * theirs.norm()


def test_compiles(build: Callable[..., nn.Module]) -> None:
    assert_compiles(build(None), rand(1, 3, 22, 27))


@pytest.mark.parametrize("axis", [2, 3])
def test_smallest_images(build: Callable[..., nn.Module], axis: int) -> None:
    extractor = build(None)
    size = [1, 3, 30, 30]
    size[axis] = MINIMUM[build]

    assert extractor(torch.zeros(size))[-1].numel() > 0
    size[axis] -= 1
    with pytest.raises(
        ValueError, match=rf"{build.__name__}: images must be at least {MINIMUM[build]} pixels"
    ):
        extractor(torch.zeros(size))


@pytest.mark.parametrize("shape", [(3, 32, 40), (1, 1, 32, 40), (1, 2, 3, 32, 40)])
def test_wrong_shapes(build: Callable[..., nn.Module], shape: tuple[int, ...]) -> None:
    with pytest.raises(
        ValueError, match=rf"{build.__name__}: images must have shape \(B, 3, H, W\)"
    ):
        build(None)(torch.zeros(shape))


def test_integer_images(build: Callable[..., nn.Module]) -> None:
    with pytest.raises(TypeError, match=rf"{build.__name__}: images must be a floating-point"):
        build(None)(torch.zeros(1, 3, 32, 40, dtype=torch.uint8))


def test_missing_file(build: Callable[..., nn.Module], tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=rf"{build.__name__}: no such file: .*a.pth"):
        build(tmp_path / "a.pth")


def test_file_of_another_network(build: Callable[..., nn.Module], tmp_path: Path) -> None:
    torch.save({"net.slice1.0.weight": torch.zeros(64, 3, 5, 5)}, tmp_path / "a.pth")

    with pytest.raises(ValueError, match=rf"{build.__name__}: .*a.pth holds another network's"):
        build(tmp_path / "a.pth")
