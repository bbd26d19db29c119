"""The shift-tolerant perceptual distance between images."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from vidgan._checks import check_choice
from vidgan._weights import read_state
from vidgan.features._distance import perceptual_distance, select_heads
from vidgan.features.alexnet import AlexNetFeatures
from vidgan.features.stlpips import StlpipsNetwork, stlpips_weights
from vidgan.features.vgg16 import VGG16Features

if TYPE_CHECKING:
    from typing_extensions import Self


class ShiftTolerantLPIPS(nn.Module):
    r"""ST-LPIPS: the LPIPS distance of the anti-aliased networks of the ``stlpips-pytorch`` wheel.

    .. math:: d(x, y) = \sum_l \frac{1}{H_l W_l} \sum_{hw} w_l^T (\hat f_l(x) - \hat f_l(y))^2

    `vidgan.functional.lpips_distance` with the networks and linear heads of Ghildyal and Liu 2022,
    `arXiv:2207.13686 <https://arxiv.org/abs/2207.13686>`__. Its values are not those of `LPIPS`,
    and no paper means it by "LPIPS"; it needs no download. The distance is computed in float32 (or
    float64), also under autocast, and is differentiable in both arguments.

    Args:
        network: ``"vgg"`` (VGG16, the usual one for reports) or ``"alex"``.
        weights: ``"default"`` for the wheel's file, the path of such a file, or None for random
            features and heads of weight one.
        check_range: refuse images that cannot be in [-1, 1]; see `LPIPS`.

    Raises:
        ValueError: if the network is unknown, or the file contains other weights.
        ImportError: if ``weights="default"`` and the wheel is not installed.
        FileNotFoundError: if the file does not exist.

    Example:
        >>> images = torch.zeros(2, 3, 32, 24)
        >>> ShiftTolerantLPIPS("alex", weights=None)(images, images)
        tensor([0., 0.])
    """

    def __init__(
        self,
        network: StlpipsNetwork = "vgg",
        weights: str | Path | None = "default",
        *,
        check_range: bool = True,
    ) -> None:
        super().__init__()
        self.check_range = check_range
        check_choice(network, ("vgg", "alex"), "ShiftTolerantLPIPS", "network")
        path = stlpips_weights(network) if weights == "default" else weights
        extractor = VGG16Features(path) if network == "vgg" else AlexNetFeatures(path)
        self.extractor = extractor
        heads = [torch.ones(channels) for channels in extractor.channels]
        if path is not None:
            heads = _read_heads(path, extractor.channels)
        self.heads = nn.ParameterList(nn.Parameter(head, requires_grad=False) for head in heads)
        self.eval()

    def forward(self, images: Tensor, references: Tensor) -> Tensor:
        """Compute the distance of every image to its reference.

        Args:
            images: (B, 3, H, W) or (B, T, 3, H, W), RGB in [-1, 1].
            references: in the shape of ``images``, RGB in [-1, 1].

        Returns:
            (B,) or (B, T), 0 for equal images.

        Raises:
            TypeError: if the images are not floating-point.
            ValueError: if the shapes differ, if the images are too small for the network, or if
                they cannot be in [-1, 1].
        """
        return perceptual_distance(
            self.extractor, self.heads, images, references, self.check_range, "ShiftTolerantLPIPS"
        )

    def train(self, mode: bool = True) -> Self:  # noqa: ARG002 - frozen
        """Stay in eval mode for any ``mode``."""
        return super().train(False)


def _read_heads(path: str | Path, channels: tuple[int, ...]) -> list[Tensor]:
    return select_heads(
        read_state(path, "ShiftTolerantLPIPS"), channels, path, "ShiftTolerantLPIPS"
    )
