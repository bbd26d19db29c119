"""The perceptual loss."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from vidgan._checks import check_shapes
from vidgan.functional import feature_matching
from vidgan.protocols import FeatureExtractor


class PerceptualLoss(nn.Module):
    r"""L1 distance between generated and real frames in the features of a frozen network.

    .. math:: \mathrm{weight} \sum_i \lambda_i \operatorname{mean}
        |\phi_i(\mathrm{fake}) - \phi_i(\mathrm{real})|

    over the feature layers :math:`\phi_i` with weights :math:`\lambda_i` (Johnson et al. 2016,
    `arXiv:1603.08155 <https://arxiv.org/abs/1603.08155>`__, with L1 as in Wang et al. 2018,
    `arXiv:1711.11585 <https://arxiv.org/abs/1711.11585>`__). No gradient flows into the real
    frames.

    Args:
        extractor: the network, such as one of ``vidgan.features``; a module becomes a submodule.
        layer_weights: one weight per layer that ``extractor`` returns; None weights all by 1.
        weight: factor of the loss; 10 in the paper.

    Example:
        >>> import torch
        >>> loss = PerceptualLoss(lambda images: (images, 2 * images), layer_weights=(1, 0.5))
        >>> loss(torch.ones(1, 3, 4, 6), torch.zeros(1, 3, 4, 6))
        tensor(20.)
    """

    def __init__(
        self,
        extractor: FeatureExtractor,
        *,
        layer_weights: Sequence[float] | None = None,
        weight: float = 10.0,
    ) -> None:
        super().__init__()
        self.extractor = extractor
        self.layer_weights = None if layer_weights is None else tuple(layer_weights)
        self.weight = weight

    def extract(self, frames: Tensor) -> list[Tensor]:
        """Compute the features of real frames, without gradient, for several calls of `forward`.

        Args:
            frames: real frames, (B, 3, H, W) or (B, T, 3, H, W), RGB in [-1, 1].

        Returns:
            One tensor per layer of ``extractor``.

        Raises:
            TypeError: if ``frames`` is not a floating-point tensor.
            ValueError: if its shape does not fit.
        """
        check_shapes("PerceptualLoss", frames=(frames, "B [T] 3 H W"))
        with torch.no_grad():
            return list(self.extractor(frames.flatten(0, -4)))  # (B*T, 3, H, W)

    def forward(self, fake: Tensor, real: Tensor | Sequence[Tensor]) -> Tensor:
        """Compute the loss.

        Args:
            fake: generated frames, (B, 3, H, W) or (B, T, 3, H, W), RGB in [-1, 1].
            real: real frames in the shape of ``fake``, or their features from `extract`.

        Returns:
            The loss, a scalar.

        Raises:
            TypeError: if an argument is not a floating-point tensor.
            ValueError: if the shapes do not fit, or if ``extractor`` returns another number of
                layers than there are weights.
        """
        shapes = {"fake": (fake, "B [T] 3 H W")}
        if isinstance(real, Tensor):
            shapes["real"] = (real, "B [T] 3 H W")
        check_shapes("PerceptualLoss", **shapes)
        fake_features = self.extractor(fake.flatten(0, -4))  # (B*T, 3, H, W)
        real_features = self.extract(real) if isinstance(real, Tensor) else real
        weights = self.layer_weights
        if weights is None:
            weights = (1.0,) * len(fake_features)
        if len(weights) != len(fake_features):
            rule = f"one weight for each of the extractor's {len(fake_features)} layers"
            raise ValueError(f"PerceptualLoss: layer_weights must hold {rule}, got {len(weights)}")
        layers = [
            layer_weight * feature_matching([fake_layer], [real_layer])
            for layer_weight, fake_layer, real_layer in zip(
                weights, fake_features, real_features, strict=True
            )
        ]
        return self.weight * torch.stack(layers).sum()

    def extra_repr(self) -> str:
        """Return the options for the module's repr."""
        return f"layer_weights={self.layer_weights}, weight={self.weight}"
