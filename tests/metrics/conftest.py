"""What the tests of the metrics share."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from tests.assertions import rand

pytest.importorskip("torchmetrics")


class ChannelMeans(nn.Module):
    """Four features: the means of the channels, and a bend of the first."""

    def forward(self, samples: Tensor) -> Tensor:
        means = samples.mean((2, 3)) if samples.dim() == 4 else samples.mean((1, 3, 4))
        return torch.cat((means, means[:, :1].square()), 1)


@pytest.fixture
def network() -> nn.Module:
    return ChannelMeans()


@pytest.fixture
def images() -> tuple[Tensor, Tensor]:
    """Generated and real images, 12 and 10, of different statistics."""
    offsets = rand(22, 3, 1, 1, seed=5) * torch.tensor([0.5, 0.3, 0.6])[:, None, None]
    images = (rand(22, 3, 4, 6) * 0.3 + offsets).clamp(-1, 1)
    return (images[:12] * 0.7 + 0.1), images[12:]
