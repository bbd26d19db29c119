"""The kernel distance of samples."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from vidgan.functional import polynomial_mmd
from vidgan.metrics import KernelDistance, NamedExtractor


@pytest.fixture
def metric(network: nn.Module) -> KernelDistance:
    return KernelDistance(NamedExtractor(network, name="means", layer="all", num_features=4))


def test_equals_the_function(
    network: nn.Module, metric: KernelDistance, images: tuple[Tensor, Tensor]
) -> None:
    fake, real = images
    for part in fake.split(5):
        metric.update(part, real=False)
    metric.update(real, real=True)

    torch.testing.assert_close(metric.compute(), polynomial_mmd(network(fake), network(real)))


def test_equals_torchmetrics(network: nn.Module, images: tuple[Tensor, Tensor]) -> None:
    kid = pytest.importorskip("torchmetrics.image.kid")
    features = [network(side[:10]).double() for side in images]
    expected = kid.poly_mmd(*features)

    torch.testing.assert_close(polynomial_mmd(*features), expected)


def test_no_samples(metric: KernelDistance, images: tuple[Tensor, Tensor]) -> None:
    metric.update(images[0], real=True)

    with pytest.raises(ValueError, match=r"features must hold 2 samples or more, got 0"):
        metric.compute()
    assert torch.is_tensor(images[1])
