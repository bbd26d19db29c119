"""A trunk with its heads: one branch of a frame generator."""

from __future__ import annotations

from torch import Tensor, nn

from vidgan.generators.heads import FlowHead, ImageHead, OcclusionHead


class ImageBranch(nn.Module):
    """The hallucination network H of Wang et al. 2018, Eq. 4: trunk and image head.

    Args:
        trunk: from encoded features to full-size features, such as `Decoder`.
        head: from those to the image, such as `ImageHead`.

    Example:
        >>> import torch
        >>> from vidgan.generators import Decoder
        >>> branch = ImageBranch(Decoder(8, num_upsamplings=2, num_blocks=1), ImageHead(8))
        >>> branch(torch.zeros(1, 32, 8, 12)).shape
        torch.Size([1, 3, 32, 48])
    """

    def __init__(self, trunk: nn.Module, head: ImageHead) -> None:
        super().__init__()
        self.trunk = trunk
        self.head = head

    def forward(self, features: Tensor) -> Tensor:
        """Return the hallucinated frame (B, C, H, W) from encoded features."""
        image: Tensor = self.head(self.trunk(features))
        return image


class FlowBranch(nn.Module):
    """The networks W and M of Wang et al. 2018, Eq. 4: one trunk, a flow and an occlusion head.

    Args:
        trunk: from encoded features to full-size features, such as `Decoder`.
        flow_head: such as `FlowHead`.
        occlusion_head: such as `OcclusionHead`.

    Example:
        >>> import torch
        >>> from vidgan.generators import Decoder
        >>> trunk = Decoder(8, num_upsamplings=2, num_blocks=1)
        >>> branch = FlowBranch(trunk, FlowHead(8), OcclusionHead(8))
        >>> [tuple(out.shape) for out in branch(torch.zeros(1, 32, 8, 12))]
        [(1, 2, 32, 48), (1, 1, 32, 48)]
    """

    def __init__(
        self, trunk: nn.Module, flow_head: FlowHead, occlusion_head: OcclusionHead
    ) -> None:
        super().__init__()
        self.trunk = trunk
        self.flow_head = flow_head
        self.occlusion_head = occlusion_head

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Return flow (B, 2, H, W) in pixels and occlusion mask (B, 1, H, W) in [0, 1]."""
        full = self.trunk(features)
        return self.flow_head(full), self.occlusion_head(full)
