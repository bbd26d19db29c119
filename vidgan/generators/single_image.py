"""The generator of single images: of a first frame, or of frames without temporal context."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from vidgan._checks import check_shapes
from vidgan.functional import average_pyramid
from vidgan.generators._parts import check_equal, check_given, check_same
from vidgan.generators._sizes import check_size
from vidgan.generators.encoder_decoder import EncoderDecoder
from vidgan.generators.heads import ImageHead

_NAME = "SingleImageGenerator"


class SingleImageGenerator(nn.Module):
    """Generates an image from its condition maps and, if built with one, a feature map.

    The generators of pix2pixHD (Wang et al., CVPR 2018,
    `arXiv:1711.11585 <https://arxiv.org/abs/1711.11585>`__, Sec. 3.2 and 3.4), which Wang et al.
    2018, `arXiv:1808.06601 <https://arxiv.org/abs/1808.06601>`__, use for first frames and for
    multimodal synthesis. Each scale sees one level of the `average_pyramid` of the inputs. From the
    coarsest on, every scale passes its features to the next finer one; the features of the finest
    scale, with the feature map stacked behind them, become the image.
    `vidgan.models.global_generator` and `local_enhancer` build the published ones.

    Args:
        scales: finest first. One for the global generator; with enhancers, the global network
            comes last. All but the last halve the size once.
        head: from the finest scale's features and the feature map to the image.

    Raises:
        ValueError: scales is empty, or they do not fit each other.

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
                feature map is missing or unexpected.
            TypeError: an input is not a floating-point tensor.
        """
        self._check(conditions, features)
        num_scales = len(self.scales)
        # each scale sees the whole input at its own size, finest first
        maps = average_pyramid(conditions, num_scales)
        styles: list[Tensor | None] = [None] * num_scales
        if features is not None:
            styles = [*average_pyramid(features, num_scales)]
        # the global network first; its full-size features are half the size of the next scale
        out: Tensor = self.scales[-1](maps[-1], styles[-1])
        for i in reversed(range(num_scales - 1)):
            out = self.scales[i](maps[i], styles[i], coarser=out)  # (B, g, H / 2**i, W / 2**i)
        # z once more at full size, as in the released networks
        image: Tensor = self.head(out if features is None else torch.cat([out, features], 1))
        return image

    def _check(self, conditions: Tensor, features: Tensor | None) -> None:
        channels, num_features = self.condition_channels, self.feature_channels
        advice = "" if num_features else "; build it with feature_channels to use them"
        has = f"feature_channels = {num_features}{advice}"
        shape = f"(B, {num_features}, H, W)"
        check_given(_NAME, "features", features, shape, has, wanted=num_features > 0)
        why = f"for feature_channels = {num_features}, else as in conditions"
        check_shapes(
            _NAME,
            conditions=(conditions, f"B {channels} H W", f"for condition_channels = {channels}"),
            features=(features, f"B {num_features} H W or None", why),
        )
        least = 4 << len(self.scales) - 1  # reflection pads 3 pixels at every scale
        check_size(conditions, self.size_multiple, _NAME, network="generator", least=least)


def _check_scales(scales: Sequence[EncoderDecoder]) -> None:
    if len(scales) == 0:
        raise ValueError(f"{_NAME}: scales must hold at least one, got none")
    names = {f"scales[{i}]": scale for i, scale in enumerate(scales)}
    check_same(_NAME, ("in_channels", "feature_channels"), **names)
    for i, scale in enumerate(scales[1:], start=1):
        finer = scales[i - 1]
        name, factor, width = f"scales[{i - 1}]", finer.size_multiple, finer.encoder.out_channels
        why = f", so that its encoder returns the size of scales[{i}]"
        check_equal(_NAME, f"{name}.size_multiple", factor, 2, why)
        why = f" as {name}.encoder.out_channels"
        check_equal(_NAME, f"scales[{i}].out_channels", scale.out_channels, width, why)
