"""AlexNet features with anti-aliased pooling."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from torch import Tensor, nn

from vidgan._weights import load_strictly, read_state, refuse_enum
from vidgan.features._stages import FeatureStages
from vidgan.features.blur_pool import BlurPool, ConvBlurPool
from vidgan.features.stlpips import select_features, stlpips_weights

if TYPE_CHECKING:
    from typing_extensions import Self


class AlexNetFeatures(nn.Module):
    """Five ReLU activations of the shift-tolerant AlexNet, frozen.

    AlexNet of Krizhevsky 2014, `arXiv:1404.5997 <https://arxiv.org/abs/1404.5997>`__, as modified
    by Ghildyal and Liu 2022, `arXiv:2207.13686 <https://arxiv.org/abs/2207.13686>`__: the first
    convolution has stride 1 and is followed by a `BlurPool`, and every max-pooling of stride 2
    becomes one of stride 1 followed by a `BlurPool`. It is the cheapest perceptual network of this
    package.

    Args:
        weights: ``"default"`` for the file of the ``stlpips-pytorch`` wheel (offline), the path
            of such a file, or None for random weights.

    Raises:
        ImportError: if ``weights="default"`` and the wheel is not installed.
        FileNotFoundError: if the file does not exist.
        ValueError: if the file does not contain this network's weights.

    Example:
        >>> import torch
        >>> [tuple(f.shape[1:]) for f in AlexNetFeatures(None)(torch.zeros(1, 3, 64, 48))]
        [(64, 30, 22), (192, 15, 11), (384, 8, 6), (256, 8, 6), (256, 8, 6)]
    """

    channels = (64, 192, 384, 256, 256)

    def __init__(self, weights: str | Path | None = "default") -> None:
        super().__init__()
        refuse_enum(weights, "AlexNetFeatures", "use LPIPS('alex').extractor")
        layers = nn.Sequential(
            # Identity: the wheel's file counts the blur as a separate layer.
            *(ConvBlurPool(3, 64, 11, padding=2), nn.Identity(), nn.ReLU()),
            *(nn.MaxPool2d(3, 1), BlurPool(), nn.Conv2d(64, 192, 5, padding=2), nn.ReLU()),
            *(nn.MaxPool2d(3, 1), BlurPool(), nn.Conv2d(192, 384, 3, padding=1), nn.ReLU()),
            *(nn.Conv2d(384, 256, 3, padding=1), nn.ReLU()),
            *(nn.Conv2d(256, 256, 3, padding=1), nn.ReLU()),
        )
        parts = (layers[:3], layers[3:7], layers[7:11], layers[11:13], layers[13:])
        self.network = FeatureStages(parts, function="AlexNetFeatures", minimum_size=21)
        if weights is not None:
            path = stlpips_weights("alex") if weights == "default" else weights
            state = select_features(read_state(path, "AlexNetFeatures"))
            load_strictly(self.network, state, path, "AlexNetFeatures")
        self.eval()

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        """Extract features.

        Args:
            images: (B, 3, H, W) with H, W >= 21, RGB in [-1, 1].

        Returns:
            The activations after the five ReLUs, finest first.

        Raises:
            TypeError: if the images are not floating-point.
            ValueError: if the images have another shape or are too small.
        """
        features: tuple[Tensor, ...] = self.network(images)
        return features

    def train(self, mode: bool = True) -> Self:  # noqa: ARG002 - frozen
        """Stay in eval mode for any ``mode``."""
        return super().train(False)
