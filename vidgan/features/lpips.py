"""The learned perceptual distance between images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from torch import Tensor, nn

from vidgan._checks import check_choice
from vidgan._weights import Weights, fetch_state, load_strictly, read_state
from vidgan.extras import find_extra_file
from vidgan.features._distance import perceptual_distance, select_heads
from vidgan.features._lpips_backbones import CHANNELS, MINIMUM_SIZES, build_stages, released_weights
from vidgan.features._stages import FeatureStages

if TYPE_CHECKING:
    from typing_extensions import Self

LPIPSNetwork = Literal["alex", "vgg", "squeeze"]
"""A network of `LPIPS`: AlexNet, VGG16 or SqueezeNet 1.1."""


class LPIPS(nn.Module):
    r"""The LPIPS distance of the ``lpips`` package, version 0.1, frozen.

    .. math:: d(x, y) = \sum_l \frac{1}{H_l W_l} \sum_{hw} w_l^T (\hat f_l(x) - \hat f_l(y))^2

    `vidgan.functional.lpips_distance` with the package's linear heads on the ImageNet networks of
    torchvision (Zhang et al. 2018, `arXiv:1801.03924 <https://arxiv.org/abs/1801.03924>`__). Values
    agree with ``lpips.LPIPS``; the gradient is also finite where all features of a pixel are zero,
    so that it can be a loss: ``LPIPS("vgg")(fake, real).mean()``. The distance is computed in
    float32 (or float64), also under autocast. The package is not imported.

    Papers report ``"alex"`` or ``"vgg"``, and the values of the two cannot be compared.

    Args:
        network: ``"alex"``, as in the package by default, ``"vgg"`` (VGG16) or ``"squeeze"``.
        weights: of the network: ``"default"`` downloads torchvision's ``IMAGENET1K_V1`` (244, 553
            or 5 MB, kept in torch's cache), a path reads such a file, a member of torchvision's
            enum, such as ``AlexNet_Weights.DEFAULT``, downloads its weights, None leaves the
            weights random.
        check_range: refuse values far outside of [-1, 1] and images that all fill [0, 1], and warn
            if no value is negative. This synchronizes with the device. Generated images may exceed
            the range, as without a final tanh.

    Raises:
        ValueError: if the network is unknown, or the file or the enum is of another network.
        FileNotFoundError: if the file does not exist.
        ConnectionError: if the download fails.
        ImportError: if the ``lpips`` package is not installed.

    Example:
        >>> import torch
        >>> images = torch.zeros(2, 3, 64, 48)
        >>> LPIPS(weights=None)(images, images)
        tensor([0., 0.])
    """

    def __init__(
        self,
        network: LPIPSNetwork = "alex",
        weights: Weights = "default",
        *,
        check_range: bool = True,
    ) -> None:
        super().__init__()
        check_choice(network, tuple(CHANNELS), "LPIPS", "network")
        self.check_range = check_range
        self.extractor = FeatureStages(
            build_stages(network), function="LPIPS", minimum_size=MINIMUM_SIZES[network]
        )
        if weights is not None:
            state = fetch_state(weights, released_weights(network), "LPIPS")
            _load_backbone(self.extractor.stages, state, weights)
        path = find_extra_file("lpips", f"weights/v0.1/{network}.pth", None)
        heads = select_heads(read_state(path, "LPIPS"), CHANNELS[network], path, "LPIPS")
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
            self.extractor, self.heads, images, references, self.check_range, "LPIPS"
        )

    def train(self, mode: bool = True) -> Self:  # noqa: ARG002 - frozen
        """Stay in eval mode for any ``mode``."""
        return super().train(False)


def _load_backbone(stages: nn.ModuleList, state: dict[str, Tensor], source: object) -> None:
    """Load torchvision's weights, whose layers are numbered across the stages."""
    numbered: list[nn.Module] = []
    for stage in stages:
        numbered += list(stage.children())
    network = nn.Sequential(*numbered)
    wanted = network.state_dict()
    # The classifier and layers after the last stage are left out.
    kept = {
        name.removeprefix("features."): value
        for name, value in state.items()
        if name.removeprefix("features.") in wanted
    }
    load_strictly(network, kept, source, "LPIPS")
