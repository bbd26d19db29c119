"""The feature networks of LPIPS, in the layers of torchvision."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from torch import nn

from vidgan.features._stages import vgg_block

# After which of torchvision's layers each stage ends, as in the lpips package.
_ENDS = {
    "alex": (2, 5, 8, 10, 12),
    "vgg": (4, 9, 16, 23, 30),
    "squeeze": (2, 5, 8, 10, 11, 12, 13),
}
CHANNELS = {
    "alex": (64, 192, 384, 256, 256),
    "vgg": (64, 128, 256, 512, 512),
    "squeeze": (64, 128, 256, 384, 384, 512, 512),
}
MINIMUM_SIZES = {"alex": 31, "vgg": 16, "squeeze": 17}


def build_stages(network: str) -> list[nn.Sequential]:
    """Build the stages of ``"alex"``, ``"vgg"`` or ``"squeeze"`` with random weights."""
    layers = {"alex": _alexnet, "vgg": _vgg16, "squeeze": _squeezenet}[network]()
    return [layers[start:end] for start, end in pairwise((0, *_ENDS[network]))]


def released_weights(network: str) -> Any:
    """Return the member of torchvision's enum that the heads of the lpips package are made for."""
    from torchvision import models  # noqa: PLC0415 - slow, and needed here alone

    enum = {
        "alex": models.AlexNet_Weights,
        "vgg": models.VGG16_Weights,
        "squeeze": models.SqueezeNet1_1_Weights,
    }[network]
    return enum.IMAGENET1K_V1


def _alexnet() -> nn.Sequential:
    return nn.Sequential(
        *(nn.Conv2d(3, 64, 11, stride=4, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2)),
        *(nn.Conv2d(64, 192, 5, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2)),
        *(nn.Conv2d(192, 384, 3, padding=1), nn.ReLU()),
        *(nn.Conv2d(384, 256, 3, padding=1), nn.ReLU()),
        *(nn.Conv2d(256, 256, 3, padding=1), nn.ReLU()),
    )


def _vgg16() -> nn.Sequential:
    layers = vgg_block(3, 64, 2)
    for before, after, depth in ((64, 128, 2), (128, 256, 3), (256, 512, 3), (512, 512, 3)):
        layers += [nn.MaxPool2d(2), *vgg_block(before, after, depth)]
    return nn.Sequential(*layers)


def _squeezenet() -> nn.Sequential:
    from torchvision.models import squeezenet1_1  # noqa: PLC0415 - slow, and needed here alone

    layers: nn.Sequential = squeezenet1_1().features
    for layer in layers:
        # As the network's own, these would overwrite values that the distance compares.
        for part in layer.modules():
            if isinstance(part, nn.ReLU):
                part.inplace = False
    return layers
