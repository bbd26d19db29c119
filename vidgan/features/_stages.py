"""A frozen network that returns the activations of its stages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, nn

from vidgan._checks import check_shapes

# ImageNet's mean and deviation for RGB in [-1, 1]: 2 m - 1 and 2 s of m, s for RGB in [0, 1].
IMAGENET_MEAN = (2 * 0.485 - 1, 2 * 0.456 - 1, 2 * 0.406 - 1)
IMAGENET_STD = (2 * 0.229, 2 * 0.224, 2 * 0.225)


class FeatureStages(nn.Module):
    """Normalize images, run the stages in sequence and return the output of each.

    Weights are frozen; gradients flow to the images. Activations are channels-last in memory,
    which makes pooling on a CPU about ten times faster.

    Args:
        stages: the parts of the network, finest first.
        function: name of the owner, for messages.
        minimum_size: smallest height and width that every stage can process.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, stages: Iterable[nn.Module], *, function: str, minimum_size: int) -> None:
        super().__init__()
        self.stages = nn.ModuleList(stages)
        self.function = function
        self.minimum_size = minimum_size
        self.register_buffer("mean", _per_channel(IMAGENET_MEAN), persistent=False)
        self.register_buffer("std", _per_channel(IMAGENET_STD), persistent=False)
        self.requires_grad_(False)
        self.to(memory_format=torch.channels_last)
        self.eval()

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        """Extract features of images (B, 3, H, W), RGB in [-1, 1], finest first."""
        check_shapes(self.function, images=(images, "B 3 H W"))
        height, width = images.shape[2:]
        if min(height, width) < self.minimum_size:
            raise ValueError(
                f"{self.function}: images must be at least {self.minimum_size} pixels high and "
                f"wide, got {height}x{width}"
            )
        features = (images.to(memory_format=torch.channels_last) - self.mean) / self.std
        outputs = []
        for stage in self.stages:
            features = stage(features)
            outputs.append(features)
        return tuple(outputs)


def _per_channel(values: Sequence[float]) -> Tensor:
    return torch.tensor(values)[:, None, None]  # (3, 1, 1)


def vgg_block(in_channels: int, channels: int, depth: int) -> list[nn.Module]:
    """Stack ``depth`` 3x3 convolutions, each with a ReLU (Simonyan and Zisserman 2015)."""
    layers: list[nn.Module] = []
    for index in range(depth):
        width = in_channels if index == 0 else channels
        layers += [nn.Conv2d(width, channels, 3, padding=1), nn.ReLU()]
    return layers
