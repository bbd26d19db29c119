"""The Frechet distance against torchmetrics' FID on the same features."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from tests.assertions import rand
from vidgan.functional import frechet_distance
from vidgan.metrics import FrechetDistance, NamedExtractor


@pytest.fixture
def extractor(network: nn.Module) -> NamedExtractor:
    return NamedExtractor(network, name="means", layer="all", num_features=4)


class WideNetwork(nn.Module):
    """Sixteen smooth features of an image (B, 3, H, W)."""

    num_features = 16

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.layers = nn.Sequential(nn.Conv2d(3, 16, 3), nn.Tanh(), nn.AdaptiveAvgPool2d(1))

    def forward(self, images: Tensor) -> Tensor:
        features: Tensor = self.layers(images.to(self.layers[0].weight.dtype)).flatten(1)
        return features


def test_equals_torchmetrics() -> None:
    fid = pytest.importorskip("torchmetrics.image.fid")
    network = WideNetwork()
    reference = fid.FrechetInceptionDistance(feature=network, input_img_size=(3, 8, 8))
    reference.set_dtype(torch.float64)  # its result, else rounded to float32
    ours = FrechetDistance(
        NamedExtractor(network, name="wide", layer="pool", num_features=16, value_range=(0, 255))
    )
    images = (rand(200, 3, 9, 10).abs() * 255).byte()
    images[100:] = (images[100:] * 0.7).byte()
    for start, real in ((0, True), (50, True), (100, False), (150, False)):
        part = images[start : start + 50]
        reference.update(part, real=real)
        ours.update(part.float(), real=real)

    expected = float(reference.compute())
    assert expected > 1e-3
    assert float(ours.compute()) == pytest.approx(expected, abs=1e-6, rel=1e-6)


def test_equals_the_function(
    network: nn.Module, extractor: NamedExtractor, images: tuple[Tensor, Tensor]
) -> None:
    fake, real = images
    metric = FrechetDistance(extractor)
    for part in fake.split(5):
        metric.update(part, real=False)
    metric.update(real, real=True)

    torch.testing.assert_close(metric.compute(), frechet_distance(network(fake), network(real)))


def test_equal_sets_give_zero(extractor: NamedExtractor, images: tuple[Tensor, Tensor]) -> None:
    metric = FrechetDistance(extractor)
    metric.update(images[0], real=True)
    metric.update(images[0].flip(0), real=False)

    assert 0 <= float(metric.compute()) < 1e-9


def test_few_samples_warn(extractor: NamedExtractor, images: tuple[Tensor, Tensor]) -> None:
    metric = FrechetDistance(extractor)
    metric.update(images[0], real=True)
    metric.update(images[1][:3], real=False)

    with pytest.warns(UserWarning, match=r"FrechetDistance: 3 samples are fewer than the 4 dim"):
        metric.compute()


def test_one_sample_is_refused(extractor: NamedExtractor, images: tuple[Tensor, Tensor]) -> None:
    metric = FrechetDistance(extractor)
    metric.update(images[0][:1], real=False)
    metric.update(images[0], real=True)

    with pytest.raises(ValueError, match=r"2 generated and 2 real samples or more, got 1 and 12"):
        metric.compute()


def test_nan_features_are_refused(images: tuple[Tensor, Tensor]) -> None:
    metric = FrechetDistance(
        NamedExtractor(lambda x: x.mean((2, 3)) / 0 * 0, name="broken", layer="all", num_features=3)
    )
    with pytest.raises(
        ValueError, match=r"the extractor broken: features has 36 values that are NaN or infinite"
    ):
        metric.update(images[0], real=True)
    assert metric.real_count == 0
