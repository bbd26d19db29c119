"""The encoder of reference frames to the style of which few-shot weights are generated."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from vidgan._checks import check_shapes
from vidgan.generators._parts import check_same
from vidgan.generators._sizes import check_size
from vidgan.generators.encoder import Encoder

_NAME = "ReferenceEncoder"


class ReferenceFeatures(NamedTuple):
    """Encoded reference frames: all that later frames need of them.

    Attributes:
        features: what the frames look like, (B, K, S, h, w).
        keys: what their conditions show, (B, K, A, h, w).

    Example:
        >>> encoded = ReferenceFeatures(torch.zeros(1, 2, 8, 4, 6), torch.zeros(1, 2, 4, 4, 6))
        >>> encoded.features.shape[1]
        2
    """

    features: Tensor
    keys: Tensor


class ReferenceEncoder(nn.Module):
    r"""Encodes K reference frames, and attends to them with the condition of a new frame.

    .. math::

        \alpha_{kpq} = \operatorname{softmax}_{kp} \frac{a_{kp}^\top a_q}{\sqrt A}, \qquad
        z = \operatorname*{mean}_q \sum_{k, p} \alpha_{kpq} \, f_{kp}

    with features :math:`f` of frame k at place p, keys :math:`a_{kp}` of its condition, and
    :math:`a_q` of the new condition. Wang et al. 2019, `arXiv:1910.12713
    <https://arxiv.org/abs/1910.12713>`__. The softmax runs over the places of all
    references, so that their weights sum to 1; a single reference has weight 1.

    Args:
        feature_encoder: encodes frames.
        key_encoder: encodes condition maps, to the same size.

    Raises:
        ValueError: the encoders do not fit each other.

    Example:
        >>> options = {"num_downsamplings": 2, "num_blocks": 0, "norm": "instance"}
        >>> encoder = ReferenceEncoder(Encoder(3, 4, **options), Encoder(5, 2, **options))
        >>> encoded = encoder(torch.rand(1, 2, 3, 32, 48), torch.rand(1, 2, 5, 32, 48))
        >>> style, weights = encoder.attend(encoded, torch.rand(1, 5, 32, 48))
        >>> style.shape, weights.shape
        (torch.Size([1, 16]), torch.Size([1, 2]))
    """

    def __init__(self, feature_encoder: Encoder, key_encoder: Encoder) -> None:
        super().__init__()
        encoders = {"feature_encoder": feature_encoder, "key_encoder": key_encoder}
        check_same(_NAME, ("size_multiple",), **encoders)
        self.feature_encoder = feature_encoder
        self.key_encoder = key_encoder
        self.style_channels = feature_encoder.out_channels
        self.image_channels = feature_encoder.in_channels
        self.condition_channels = key_encoder.in_channels

    def forward(self, references: Tensor, conditions: Tensor) -> ReferenceFeatures:
        """Encode reference frames.

        Args:
            references: (B, K, 3, H, W), RGB in [-1, 1], in any order; K at least 1.
            conditions: their condition maps, (B, K, C, H, W).

        Raises:
            ValueError: a shape does not fit, K is 0, or H or W cannot be downsampled.
            TypeError: an input is not a floating-point tensor.
        """
        check_shapes(
            _NAME,
            references=(references, f"B K {self.image_channels} H W"),
            conditions=(conditions, f"B K {self.condition_channels} H W", "to fit references"),
        )
        if references.shape[1] == 0:
            raise ValueError(f"{_NAME}: references must hold at least one frame, got none")
        check_size(references, self.feature_encoder.size_multiple, _NAME, network="encoder")
        batch = references.shape[:2]
        features = self.feature_encoder(references.flatten(0, 1)).unflatten(0, batch)
        keys = self.key_encoder(conditions.flatten(0, 1)).unflatten(0, batch)
        return ReferenceFeatures(features, keys)

    def attend(self, encoded: ReferenceFeatures, conditions: Tensor) -> tuple[Tensor, Tensor]:
        """Return the style for a new frame, and how much each reference adds to it.

        Args:
            encoded: what ``forward`` returned.
            conditions: condition maps of the new frame, (B, C, H', W').

        Returns:
            The style (B, S), and the weights of the references, (B, K), which sum to 1.

        Raises:
            ValueError: a shape does not fit, or H' or W' cannot be downsampled.
            TypeError: an input is not a floating-point tensor.
        """
        width, keys = self.style_channels, self.key_encoder.out_channels
        check_shapes(
            f"{_NAME}.attend",
            conditions=(conditions, f"B {self.condition_channels} H' W'"),
            **{
                "encoded.features": (encoded.features, f"B K {width} h w"),
                "encoded.keys": (encoded.keys, f"B K {keys} h w"),
            },
        )
        check_size(conditions, self.key_encoder.size_multiple, _NAME, network="encoder")
        query = self.key_encoder(conditions).flatten(2)  # (B, A, q)
        scores = torch.einsum("bkap,baq->bkpq", encoded.keys.flatten(3), query) / keys**0.5
        attention = scores.flatten(1, 2).softmax(1).mean(2)  # (B, k * p)
        attention = attention.unflatten(1, scores.shape[1:3])
        style = torch.einsum("bkp,bksp->bs", attention, encoded.features.flatten(3))
        return style, attention.sum(2)
