"""A decoder with its heads: one branch of a frame generator."""

from __future__ import annotations

from typing import cast

from torch import Tensor, nn

from vidgan.generators.fast_heads import ConvexFlowHead, ConvexOcclusionHead
from vidgan.generators.heads import FlowHead, ImageHead, OcclusionHead


class ImageBranch(nn.Module):
    r"""The hallucination network :math:`H`: a decoder and an image head.

    .. math:: \tilde h_t = \tanh(\operatorname{conv}(\operatorname{trunk}(\text{features})))

    :math:`\tilde h_t` of Wang et al. 2018,
    `arXiv:1808.06601 <https://arxiv.org/abs/1808.06601>`__, Eq. 4.

    Args:
        trunk: from encoded features to full-size features, such as `Decoder`.
        head: from full-size features to the image, such as `ImageHead`.

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
    r"""The networks :math:`W` and :math:`M`: one decoder with a flow and an occlusion head.

    They predict the flow :math:`\tilde w_{t-1}` and the occlusion mask :math:`\tilde m_t` of Wang
    et al. 2018, `arXiv:1808.06601 <https://arxiv.org/abs/1808.06601>`__, Eq. 4.

    Args:
        trunk: from encoded features to full-size features, such as `Decoder`.
        flow_head: such as `FlowHead` or `ConvexFlowHead`; None where the flow is given, as by a
            game engine.
        occlusion_head: such as `OcclusionHead` or `ConvexOcclusionHead`.

    Example:
        >>> import torch
        >>> from vidgan.generators import Decoder
        >>> trunk = Decoder(8, num_upsamplings=2, num_blocks=1)
        >>> branch = FlowBranch(trunk, FlowHead(8), OcclusionHead(8))
        >>> [tuple(out.shape) for out in branch(torch.zeros(1, 32, 8, 12))]
        [(1, 2, 32, 48), (1, 1, 32, 48)]
    """

    def __init__(
        self,
        trunk: nn.Module,
        flow_head: FlowHead | ConvexFlowHead | None,
        occlusion_head: OcclusionHead | ConvexOcclusionHead,
    ) -> None:
        super().__init__()
        self.trunk = trunk
        self.flow_head = flow_head
        self.occlusion_head = occlusion_head

    def forward(self, features: Tensor) -> tuple[Tensor | None, Tensor]:
        """Return flow (B, 2, H, W) in pixels or None, occlusion mask (B, 1, H, W) in [0, 1]."""
        # one decoder for both heads: the mask marks where the flow leads to nothing usable
        full = self.trunk(features)  # (B, g, H, W)
        flow = None if self.flow_head is None else self.flow_head(full)
        return flow, self.occlusion_head(full)

    def start_as_copy(self, mask_logit: float = -2.0) -> None:
        r"""Set the weights so that the generator starts as one that repeats the last frame.

        The flow is 0 everywhere, and the occlusion mask is near
        :math:`\operatorname{sigmoid}(\text{mask\_logit})`. Otherwise the flow is noise at first,
        and remains so where nothing trains it.

        Args:
            mask_logit: bias of the occlusion head; -2 is a mask of 0.12, -4 one of 0.02.
        """
        if self.flow_head is not None:
            nn.init.zeros_(self.flow_head.conv.weight)
        nn.init.constant_(cast("Tensor", self.occlusion_head.conv.bias), mask_logit)
