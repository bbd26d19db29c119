"""The generator of single images: of the first frame, or of frames without their past."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from vidgan._checks import check_floating, check_shape
from vidgan.functional import average_pyramid
from vidgan.generators._sizes import check_size
from vidgan.generators.encoder_decoder import EncoderDecoder
from vidgan.generators.heads import ImageHead

_NAME = "SingleImageGenerator"


class SingleImageGenerator(nn.Module):
    """Draws an image from its condition maps, and from a feature map where it is built with one.

    The generators of pix2pixHD (Wang et al., CVPR 2018, arXiv:1711.11585, Sec. 3.2 and 3.4), which
    Wang et al. 2018 use for a first frame and for multimodal synthesis. Each scale sees a level
    of the `average_pyramid` of the inputs. From the coarsest on, every scale hands its features to
    the next finer one, and the finest scale's, with the feature map stacked behind, become the
    image. `vidgan.models.global_generator` and `local_enhancer` wire the published parts.

    Args:
        scales: finest first. One for the global generator; with enhancers, the global network
            comes last. All but the last halve the size once.
        head: from the finest scale's features and the feature map to the image.

    Raises:
        ValueError: there are no scales, or they do not fit each other.

    Example:
        >>> from vidgan.models import global_generator
        >>> generator = global_generator(5, base_channels=8, num_downsamplings=2, num_blocks=2)
        >>> generator(torch.rand(1, 5, 32, 48)).shape
        torch.Size([1, 3, 32, 48])
    """

    def __init__(self, scales: Sequence[EncoderDecoder], head: ImageHead) -> None:
        super().__init__()
        _check_scales(scales)
        finest = scales[0]
        self.condition_channels = finest.in_channels
        self.feature_channels = finest.feature_channels
        self.image_channels = head.out_channels
        self.size_multiple = max(scale.size_multiple << i for i, scale in enumerate(scales))
        self.scales = nn.ModuleList(scales)
        self.head = head

    def forward(self, conditions: Tensor, features: Tensor | None = None) -> Tensor:
        """Generate images.

        Args:
            conditions: condition maps, (B, C, H, W).
            features: the feature map z, (B, F, H, W), such as an `InstanceEncoder` returns; needed
                exactly when the generator has feature channels.

        Returns:
            The images, (B, 3, H, W), RGB in [-1, 1].

        Raises:
            ValueError: a shape does not fit the generator, H or W cannot be downsampled, or a
                feature map is missing or not wanted.
            TypeError: an input is not a floating-point tensor.
        """
        self._check(conditions, features)
        num_scales = len(self.scales)
        maps = average_pyramid(conditions, num_scales)
        styles: list[Tensor | None] = [None] * num_scales
        if features is not None:
            styles = [*average_pyramid(features, num_scales)]
        out: Tensor = self.scales[-1](maps[-1], styles[-1])
        for i in reversed(range(num_scales - 1)):
            out = self.scales[i](maps[i], styles[i], coarser=out)
        image: Tensor = self.head(out if features is None else torch.cat([out, features], 1))
        return image

    def _check(self, conditions: Tensor, features: Tensor | None) -> None:
        check_floating(conditions, _NAME, "conditions")
        check_shape(
            conditions,
            ("B", self.condition_channels, "H", "W"),
            _NAME,
            "conditions",
            why=f"for condition_channels = {self.condition_channels}",
        )
        batch, _, height, width = conditions.shape
        least = 4 << len(self.scales) - 1  # reflection pads 3 pixels at every scale
        check_size(height, width, self.size_multiple, _NAME, network="generator", least=least)
        if (self.feature_channels == 0) != (features is None):
            raise ValueError(
                f"{_NAME}: features must be "
                + (
                    f"given, (B, {self.feature_channels}, H, W), since this generator has "
                    f"feature_channels = {self.feature_channels}"
                    if features is None
                    else "None, since this generator has feature_channels = 0; build it with "
                    "feature_channels to use them"
                )
            )
        if features is not None:
            check_floating(features, _NAME, "features")
            check_shape(
                features,
                (batch, self.feature_channels, height, width),
                _NAME,
                "features",
                why=f"for feature_channels = {self.feature_channels}, else as in conditions",
            )


def _check_scales(scales: Sequence[EncoderDecoder]) -> None:
    if len(scales) == 0:
        raise ValueError(f"{_NAME}: scales must hold at least one, got none")
    for i, scale in enumerate(scales[1:], start=1):
        finer = scales[i - 1]
        for rule in ("in_channels", "feature_channels"):
            want, got = getattr(scales[0], rule), getattr(scale, rule)
            if want != got:
                raise ValueError(
                    f"{_NAME}: scales[{i}].{rule} must be {want} as in scales[0], got {got}"
                )
        if finer.size_multiple != 2:
            raise ValueError(
                f"{_NAME}: scales[{i - 1}].size_multiple must be 2, so that its encoder returns "
                f"the size of scales[{i}], got {finer.size_multiple}"
            )
        if finer.encoder.out_channels != scale.out_channels:
            raise ValueError(
                f"{_NAME}: scales[{i}].out_channels must be {finer.encoder.out_channels} as "
                f"scales[{i - 1}].encoder.out_channels, got {scale.out_channels}"
            )
