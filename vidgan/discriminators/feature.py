"""A discriminator of heads on a frozen backbone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import torch
from einops import rearrange
from torch import Tensor, nn

from vidgan._checks import check_shapes
from vidgan.protocols import FeatureHead


class FeatureDiscriminator(nn.Module):
    r"""Heads that score the features of a frozen backbone.

    .. math:: D_k(x) = h_k\left(f_{l_k}(x),\, c\right)

    for heads h, the layers l that they see, and a condition c, which may be missing.
    The discriminator of adversarial distillation (Sauer et al. 2024, `arXiv:2403.12015
    <https://arxiv.org/abs/2403.12015>`__; Zhang et al. 2024, `arXiv:2406.04324
    <https://arxiv.org/abs/2406.04324>`__): the backbone is a pretrained network, such as the
    teacher or an image encoder, and only the heads are trained. The backbone stays in eval mode
    and frozen: `train` and `requires_grad_` of this module leave it alone, and `forward` freezes
    it again where a module around this one has not. Gradients pass through it to its input.

    Args:
        backbone: called with the inputs; returns a list or tuple of features, each (B, C, H, W),
            (B, C, T, H, W), or tokens (B, N, C).
        heads: the heads: modules with the interface of `vidgan.protocols.FeatureHead`.
        layers: which of the features each head sees; one head per feature, in order, if None.
        frames_as_batch: the backbone takes images: clips (B, T, C, H, W) are passed as
            (B*T, C, H, W), and the features (B*T, C, H, W) or (B*T, N, C) become those of clips.
        grid: (T, H, W) of tokens, N = T*H*W, where their order matters to a head; (1, 1, N) if
            None. With ``frames_as_batch``, that of a frame: T = 1.

    Raises:
        ValueError: if there are no heads, or ``layers`` has another length.

    Example:
        >>> from vidgan.discriminators import SpatialHead, TemporalHead
        >>> backbone = nn.Sequential(nn.Conv3d(3, 8, 3, padding=1))
        >>> heads = [SpatialHead(8), TemporalHead(8)]
        >>> d = FeatureDiscriminator(lambda x: [backbone(x)], heads, layers=[0, 0])
        >>> [tuple(logits.shape) for logits in d(torch.zeros(2, 3, 5, 8, 12))]
        [(2, 5, 8, 12), (2, 5, 8, 12)]
    """

    def __init__(
        self,
        backbone: Callable[..., Sequence[Tensor]],
        heads: Sequence[nn.Module],
        *,
        layers: Sequence[int] | None = None,
        frames_as_batch: bool = False,
        grid: tuple[int, int, int] | None = None,
    ) -> None:
        super().__init__()
        if not heads:
            raise ValueError("FeatureDiscriminator: heads must not be empty")
        if layers is not None and len(layers) != len(heads):
            raise ValueError(
                f"FeatureDiscriminator: layers must have one index per head ({len(heads)}), "
                f"got {len(layers)}"
            )
        if isinstance(backbone, nn.Module):
            backbone.requires_grad_(False).eval()
        self.backbone = backbone
        self.heads = nn.ModuleList(heads)
        self.layers = None if layers is None else tuple(layers)
        self.frames_as_batch = frames_as_batch
        self.grid = grid

    def train(self, mode: bool = True) -> FeatureDiscriminator:
        """Set the mode of the heads; the backbone stays in eval mode."""
        self.training = mode
        self.heads.train(mode)
        return self

    def requires_grad_(self, requires_grad: bool = True) -> FeatureDiscriminator:
        """Train or freeze the heads; the backbone stays frozen."""
        self.heads.requires_grad_(requires_grad)
        return self

    def forward(self, x: Tensor, *inputs: Any, condition: Tensor | None = None) -> list[Tensor]:
        """Score samples.

        Args:
            x: what the backbone takes first; (B, T, C, H, W) with ``frames_as_batch``.
            inputs: what the backbone takes beside it.
            condition: (B, C), for heads with a condition.

        Returns:
            One logits tensor per head: (B, T, H, W) of a spatial or temporal head, (B,) or (B, T)
            of the others.

        Raises:
            TypeError: if features are not floating-point tensors.
            ValueError: if features are of the wrong number or order, or too few frames for a
                head.
        """
        if isinstance(self.backbone, nn.Module) and any(
            weight.requires_grad for weight in self.backbone.parameters()
        ):
            self.backbone.requires_grad_(False)  # a module around this one has unfrozen it
        if not self.frames_as_batch:
            return self.score(self.backbone(x, *inputs), condition)
        check_shapes("FeatureDiscriminator", x=(x, "B T C H W"))
        features = self.backbone(x.flatten(0, 1), *inputs)  # of (B*T, C, H, W)
        return self.score([self._clips(part, x.shape[1]) for part in features], condition)

    def score(self, features: Sequence[Tensor], condition: Tensor | None = None) -> list[Tensor]:
        """Score features that the backbone has computed before; see `forward`."""
        name, layers = "FeatureDiscriminator", self.layers or range(len(self.heads))
        heads = [cast("FeatureHead", module) for module in self.heads]
        if len(features) <= max(layers) or (self.layers is None and len(features) > len(layers)):
            rule = f"{len(layers)}, one per head" if self.layers is None else f"{max(layers) + 1}"
            raise ValueError(f"{name}: features must be {rule}, got {len(features)}")
        if condition is not None and all(head.condition_channels is None for head in heads):
            raise ValueError(f"{name}: condition must be None for heads without a condition")
        logits = []
        for head, index in zip(heads, layers, strict=True):
            clips, wanted = self._clips(features[index]), head.in_channels
            check_shapes(name, **{f"features[{index}]": (clips, f"B {wanted} T H W", _ORDER)})
            if clips.shape[2] < head.min_frames:
                raise ValueError(
                    f"{name}: features[{index}] must have at least {head.min_frames} frames for "
                    f"{type(head).__name__}, got {clips.shape[2]}"
                )
            if head.condition_channels is not None:
                line = f"{len(clips)} {head.condition_channels}"
                check_shapes(name, condition=(condition, line))
            logits.append(head(clips, condition))
        return logits

    def _clips(self, features: Tensor, num_frames: int | None = None) -> Tensor:
        """Return features as (B, C, T, H, W); ``num_frames`` of them are consecutive samples."""
        if features.dim() == 3:
            time, height, width = self.grid or (1, 1, features.shape[1])
            if time * height * width != features.shape[1]:
                raise ValueError(
                    f"FeatureDiscriminator: grid must have as many positions as there are tokens, "
                    f"{features.shape[1]}, got {self.grid}"
                )
            sizes = {"T": time, "H": height}
            features = rearrange(features, "B (T H W) C -> B C T H W", **sizes)
        elif features.dim() == 4:
            features = features[:, :, None]
        if num_frames is None:
            return features
        return torch.cat([*rearrange(features, "(B T) C U H W -> T B C U H W", T=num_frames)], 2)


_ORDER = "as its head's in_channels asks: are the heads in the order of the features"
