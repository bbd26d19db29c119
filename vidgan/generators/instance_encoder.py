"""The encoder E of images to features of their instances."""

from __future__ import annotations

from torch import Tensor, nn

from vidgan._checks import check_shapes
from vidgan.functional import instance_mean
from vidgan.generators._sizes import check_size
from vidgan.generators.encoder_decoder import EncoderDecoder
from vidgan.generators.heads import ImageHead

_NAME = "InstanceEncoder"


class InstanceEncoder(nn.Module):
    r"""Encodes the style of every instance of an image as a few numbers.

    .. math:: z = \operatorname{instance\_mean}(\tanh(\operatorname{conv}(\text{network}(x))))

    The feature encoder :math:`E` of Wang et al., CVPR 2018,
    `arXiv:1711.11585 <https://arxiv.org/abs/1711.11585>`__, Sec. 3.4, with
    `vidgan.functional.instance_mean`. `vidgan.models.instance_encoder` builds the published one.

    Args:
        network: from the image to full-size features.
        head: from full-size features to the feature map.

    Raises:
        ValueError: the network needs a feature map itself.

    Example:
        >>> import torch
        >>> from vidgan.models import instance_encoder
        >>> encoder = instance_encoder(base_channels=4, num_downsamplings=2)
        >>> instances = torch.arange(2).view(1, 1, 2, 1).expand(1, 1, 2, 48).repeat(1, 1, 16, 1)
        >>> features = encoder(torch.rand(1, 3, 32, 48), instances)
        >>> features.shape, len(features.flatten(2).unique(dim=2)[0, 0])
        (torch.Size([1, 3, 32, 48]), 2)
    """

    def __init__(self, network: EncoderDecoder, head: ImageHead) -> None:
        super().__init__()
        if network.feature_channels:
            raise ValueError(
                f"{_NAME}: network.feature_channels must be 0, got {network.feature_channels}"
            )
        self.image_channels = network.in_channels
        self.feature_channels = head.out_channels
        self.size_multiple = network.size_multiple
        self.network = network
        self.head = head

    def forward(self, images: Tensor, instances: Tensor) -> Tensor:
        """Encode images.

        Args:
            images: (B, 3, H, W), RGB in [-1, 1].
            instances: integer instance ids, (B, 1, H, W).

        Returns:
            The feature map z, (B, F, H, W) in [-1, 1], the same at all pixels of an instance.

        Raises:
            ValueError: a shape does not fit, or H or W cannot be downsampled.
            TypeError: images are not floating-point, or instances are not an integer tensor.
        """
        # averaged here and not by the caller: a network that could see the feature of each pixel
        # would learn to copy the image
        return instance_mean(self.pixel_features(images), instances)

    def pixel_features(self, images: Tensor) -> Tensor:
        """Return the features (B, F, H, W) of images before they are averaged over instances.

        Raises:
            ValueError, TypeError: as in ``forward``.
        """
        check_shapes(_NAME, images=(images, f"B {self.image_channels} H W"))
        _, _, height, width = images.shape
        check_size(height, width, self.size_multiple, _NAME, network="encoder")
        features: Tensor = self.head(self.network(images))
        return features
