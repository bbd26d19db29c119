"""VGG16 features with anti-aliased pooling."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from torch import Tensor, nn

from vidgan._weights import load_strictly, read_state, refuse_enum
from vidgan.features._stages import FeatureStages, vgg_block
from vidgan.features.blur_pool import BlurPool
from vidgan.features.stlpips import select_features, stlpips_weights

if TYPE_CHECKING:
    from typing_extensions import Self


class VGG16Features(nn.Module):
    """Last ReLU activation of each of the five blocks of the shift-tolerant VGG16, frozen.

    Configuration D of Simonyan and Zisserman 2015, `arXiv:1409.1556
    <https://arxiv.org/abs/1409.1556>`__, as modified by Ghildyal and Liu 2022, `arXiv:2207.13686
    <https://arxiv.org/abs/2207.13686>`__: every 2x2 max-pooling has stride 1 and is followed by a
    `BlurPool`.

    Args:
        weights: ``"default"`` for the file of the ``stlpips-pytorch`` wheel (offline), the path
            of such a file, or None for random weights.

    Raises:
        ImportError: if ``weights="default"`` and the wheel is not installed.
        FileNotFoundError: if the file does not exist.
        ValueError: if the file does not contain this network's weights.

    Example:
        >>> import torch
        >>> [tuple(f.shape[1:]) for f in VGG16Features(None)(torch.zeros(1, 3, 32, 24))]
        [(64, 32, 24), (128, 17, 13), (256, 9, 7), (512, 5, 4), (512, 3, 3)]
    """

    channels = (64, 128, 256, 512, 512)

    def __init__(self, weights: str | Path | None = "default") -> None:
        super().__init__()
        refuse_enum(weights, "VGG16Features", "use LPIPS('vgg').extractor")
        layers = nn.Sequential(
            *vgg_block(3, 64, 2),
            *(nn.MaxPool2d(2, 1), BlurPool(), *vgg_block(64, 128, 2)),
            *(nn.MaxPool2d(2, 1), BlurPool(), *vgg_block(128, 256, 3)),
            *(nn.MaxPool2d(2, 1), BlurPool(), *vgg_block(256, 512, 3)),
            *(nn.MaxPool2d(2, 1), BlurPool(), *vgg_block(512, 512, 3)),
        )
        parts = (layers[:4], layers[4:10], layers[10:18], layers[18:26], layers[26:])
        self.network = FeatureStages(parts, function="VGG16Features", minimum_size=18)
        if weights is not None:
            path = stlpips_weights("vgg") if weights == "default" else weights
            state = select_features(read_state(path, "VGG16Features"))
            load_strictly(self.network, state, path, "VGG16Features")
        self.eval()

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        """Extract features.

        Args:
            images: (B, 3, H, W) with H, W >= 18, RGB in [-1, 1].

        Returns:
            relu1_2, relu2_2, relu3_3, relu4_3 and relu5_3.

        Raises:
            TypeError: if the images are not floating-point.
            ValueError: if the images have another shape or are too small.
        """
        features: tuple[Tensor, ...] = self.network(images)
        return features

    def train(self, mode: bool = True) -> Self:  # noqa: ARG002 - frozen
        """Stay in eval mode for any ``mode``."""
        return super().train(False)
