"""VGG19 features of torchvision's ImageNet network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from torch import Tensor, nn

from vidgan._weights import Weights, fetch_state, load_strictly
from vidgan.features._stages import FeatureStages, vgg_block

if TYPE_CHECKING:
    from typing_extensions import Self

DEPTHS = (2, 2, 4, 4, 4)  # convolutions of each block
CHANNELS = (64, 128, 256, 512, 512)
VGG19_LAYERS = tuple(
    f"relu{block}_{index}"
    for block, depth in enumerate(DEPTHS, start=1)
    for index in range(1, depth + 1)
)
"""Names of the 16 layers that `VGG19Features` can return, in network order.

>>> VGG19_LAYERS[:3], len(VGG19_LAYERS)
(('relu1_1', 'relu1_2', 'relu2_1'), 16)
"""
VGG19_LAYER_WEIGHTS = (1 / 32, 1 / 16, 1 / 8, 1 / 4, 1.0)
"""Weights of relu1_1 .. relu5_1 in the perceptual loss of pix2pixHD and vid2vid.

As in the released trainings of Wang et al. 2018,
`arXiv:1711.11585 <https://arxiv.org/abs/1711.11585>`__ and
`arXiv:1808.06601 <https://arxiv.org/abs/1808.06601>`__.

>>> VGG19_LAYER_WEIGHTS
(0.03125, 0.0625, 0.125, 0.25, 1.0)
"""


class VGG19Features(nn.Module):
    """ReLU activations of VGG19, frozen.

    Configuration E of Simonyan and Zisserman 2015, `arXiv:1409.1556
    <https://arxiv.org/abs/1409.1556>`__, with the ImageNet weights and the normalization of
    torchvision: the perceptual network of Wang et al. 2018, `arXiv:1808.06601
    <https://arxiv.org/abs/1808.06601>`__. Layers after the last requested one are not built.

    Args:
        weights: ``"default"`` downloads torchvision's ``IMAGENET1K_V1`` (575 MB, kept in torch's
            cache), a path reads such a file, a member of ``torchvision.models.VGG19_Weights``
            downloads its weights, None leaves the weights random.
        layers: names among ``relu1_1`` .. ``relu5_4``, in network order.

    Raises:
        ValueError: if layers are unknown, repeated or out of order, or the file or the enum is of
            another network.
        FileNotFoundError: if the file does not exist.
        ConnectionError: if the download fails.

    Example:
        >>> import torch
        >>> extractor = VGG19Features(None, layers=("relu1_1", "relu2_2", "relu4_1"))
        >>> [tuple(f.shape[1:]) for f in extractor(torch.zeros(1, 3, 32, 24))]
        [(64, 32, 24), (128, 16, 12), (512, 4, 3)]
    """

    def __init__(
        self,
        weights: Weights = "default",
        layers: Sequence[str] = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"),
    ) -> None:
        super().__init__()
        _check_layers(layers)
        network = _network()
        ends = [_layer_indices()[layer] + 1 for layer in layers]
        parts = [network[start:end] for start, end in zip([0, *ends], ends, strict=False)]
        self.layers = tuple(layers)
        self.network = FeatureStages(
            parts, function="VGG19Features", minimum_size=2 ** (int(layers[-1][4]) - 1)
        )
        if weights is not None:
            # Slow, and needed here alone.
            from torchvision.models import VGG19_Weights  # noqa: PLC0415

            state = fetch_state(weights, VGG19_Weights.IMAGENET1K_V1, "VGG19Features")
            wanted = {f"features.{index}." for index in range(ends[-1])}
            kept = {
                name.removeprefix("features."): value
                for name, value in state.items()
                if name.rpartition(".")[0] + "." in wanted
            }
            load_strictly(network[: ends[-1]], kept, weights, "VGG19Features")
        self.eval()

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        """Extract features.

        Args:
            images: (B, 3, H, W), RGB in [-1, 1]; H, W at least 16 for a layer of block 5.

        Returns:
            The activations of ``layers``, finest first.

        Raises:
            TypeError: if the images are not floating-point.
            ValueError: if the images have another shape or are too small.
        """
        features: tuple[Tensor, ...] = self.network(images)
        return features

    def train(self, mode: bool = True) -> Self:  # noqa: ARG002 - frozen
        """Stay in eval mode for any ``mode``."""
        return super().train(False)


def _network() -> nn.Sequential:
    """Build the layers in torchvision's order, so that indices match its state dict."""
    layers: list[nn.Module] = []
    widths = (3, *CHANNELS)
    for depth, in_channels, channels in zip(DEPTHS, widths, CHANNELS, strict=False):
        layers += [*vgg_block(in_channels, channels, depth), nn.MaxPool2d(2)]
    return nn.Sequential(*layers)


def _layer_indices() -> dict[str, int]:
    """Index every named ReLU: block b follows b - 1 poolings, and each ReLU its convolution."""
    return {name: 2 * position + 1 + int(name[4]) - 1 for position, name in enumerate(VGG19_LAYERS)}


def _check_layers(layers: Sequence[str]) -> None:
    known = [layer for layer in VGG19_LAYERS if layer in layers]
    if not known or list(layers) != known:
        raise ValueError(
            "VGG19Features: layers must be names among relu1_1 .. relu5_4 "
            f"({', '.join(VGG19_LAYERS)}), in this order and each once, got {tuple(layers)}"
        )
