"""The frame generator whose decoder is modulated by labels and by the warped past frame."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from vidgan._checks import check_at_least
from vidgan.generators._parts import check_equal, check_given, check_window
from vidgan.generators._sizes import check_size
from vidgan.generators._windows import join_time
from vidgan.generators.branches import FlowBranch, ImageBranch
from vidgan.generators.composite import FlowWarp, OcclusionComposite
from vidgan.generators.encoder import Encoder
from vidgan.generators.reference_encoder import ReferenceEncoder, ReferenceFeatures
from vidgan.layers import GuidanceMap
from vidgan.outputs import FrameOutput

_NAME = "SpadeGenerator"


class SpadeGenerator(nn.Module):
    r"""Generates a frame with a decoder that the condition and the warped past frame modulate.

    .. math::

        \tilde h_t = H(e_t;\, s_t,\, \tilde w_{t-1}(\tilde x_{t-1}),\, 1 - \tilde m_t), \qquad
        \tilde x_t = (1 - \tilde m_t) \odot \tilde w_{t-1}(\tilde x_{t-1})
            + \tilde m_t \odot \tilde h_t

    :math:`e_t` encodes the window of conditions and the past frames; flow
    :math:`\tilde w_{t-1}` and mask :math:`\tilde m_t` are predicted from it. Every norm of
    :math:`H` is a `MultiSPADE` of two maps, the condition :math:`s_t` and the warped frame, known
    where the mask is 0. Labels as in Park et al. 2019, `arXiv:1903.07291
    <https://arxiv.org/abs/1903.07291>`__, the warped frame as in Mallya et al. 2020,
    `arXiv:2007.08509 <https://arxiv.org/abs/2007.08509>`__, with the composite of Wang et al. 2018,
    `arXiv:1808.06601 <https://arxiv.org/abs/1808.06601>`__, Eq. 4.

    With a reference encoder the weights that read :math:`s_t` are generated from reference frames
    (few-shot, Wang et al. 2019, `arXiv:1910.12713 <https://arxiv.org/abs/1910.12713>`__).

    `vidgan.models.spade_generator` builds one.

    Args:
        encoder: encodes L+1 condition maps, then L past frames, all stacked in channels.
        image_branch: its trunk, such as a `Decoder`, takes ``condition``, a pair of maps.
        flow_branch: from the same features to flow and occlusion mask.
        reference_encoder: from reference frames to a style, or None.
        condition_channels: C, channels of one frame's condition maps.
        past_frames: L, at least 1.
        composite: whether the frame is the composite; otherwise it is :math:`\tilde h_t`, and the
            warped frame enters by modulation alone. The mask then needs a loss of its own.

    Raises:
        ValueError: a count is below 1, or the parts do not fit each other.

    Example:
        >>> import torch
        >>> from vidgan.models import spade_generator
        >>> generator = spade_generator(5, base_channels=4, num_downsamplings=2, num_blocks=1)
        >>> out = generator(torch.rand(1, 2, 5, 32, 48), torch.rand(1, 1, 3, 32, 48))
        >>> out.frame.shape, out.flow.shape
        (torch.Size([1, 3, 32, 48]), torch.Size([1, 2, 32, 48]))
    """

    def __init__(
        self,
        encoder: Encoder,
        image_branch: ImageBranch,
        flow_branch: FlowBranch,
        *,
        reference_encoder: ReferenceEncoder | None = None,
        condition_channels: int,
        past_frames: int = 1,
        composite: bool = True,
    ) -> None:
        super().__init__()
        check_at_least(_NAME, 1, condition_channels=condition_channels, past_frames=past_frames)
        channels = image_branch.head.out_channels
        wanted = (past_frames + 1) * condition_channels + past_frames * channels
        check_equal(_NAME, "encoder.in_channels", encoder.in_channels, wanted, " for this window")
        if reference_encoder is not None:
            got, why = reference_encoder.condition_channels, " as condition_channels"
            name = "reference_encoder.condition_channels"
            check_equal(_NAME, name, got, condition_channels, why)
        self.past_frames = past_frames
        self.condition_channels = condition_channels
        self.image_channels = channels
        self.composite = composite
        self.encoder = encoder
        self.image_branch = image_branch
        self.flow_branch = flow_branch
        self.reference_encoder = reference_encoder
        self.flow_warp = FlowWarp()
        self.occlusion_composite = OcclusionComposite()

    def encode_references(
        self, references: Tensor, reference_conditions: Tensor
    ) -> ReferenceFeatures:
        """Encode reference frames once, for all frames to come.

        Args:
            references: (B, K, 3, H, W), RGB in [-1, 1].
            reference_conditions: their condition maps, (B, K, C, H, W).

        Returns:
            What ``forward`` takes as ``references``.

        Raises:
            ValueError: the generator has no reference encoder, or a shape does not fit.
            TypeError: an input is not a floating-point tensor.
        """
        if self.reference_encoder is None:
            rule = "the generator must have a reference_encoder"
            raise ValueError(f"{_NAME}.encode_references: {rule}, got None")
        encoded: ReferenceFeatures = self.reference_encoder(references, reference_conditions)
        return encoded

    def forward(
        self,
        conditions: Tensor,
        past: Tensor,
        *,
        foreground_mask: Tensor | None = None,
        hallucinate_only: bool = False,
        references: Tensor | ReferenceFeatures | None = None,
        reference_conditions: Tensor | None = None,
    ) -> FrameOutput:
        """Generate one frame.

        Args:
            conditions: condition maps, (B, L+1, C, H, W), oldest first.
            past: the L frames before, (B, L, 3, H, W), RGB in [-1, 1], oldest first.
            foreground_mask: must be None; there is no foreground part.
            hallucinate_only: let no warped pixels in, neither by modulation nor by the composite,
                as for the first frame of a video. Flow and mask are computed all the same.
            references: reference frames, (B, K, 3, H, W), or what ``encode_references`` returned;
                needed exactly when the generator has a reference encoder.
            reference_conditions: (B, K, C, H, W), exactly beside reference frames.

        Returns:
            `FrameOutput`; ``hallucinated`` is modulated by the warped frame, but for
            ``hallucinate_only``.

        Raises:
            ValueError: a shape does not fit the others or the generator, H or W cannot be
                downsampled, or an input is missing or unexpected.
            TypeError: an input is not a floating-point tensor.
        """
        check_window(_NAME, self, conditions, foreground_mask, past=past)
        check_size(conditions, self.encoder.size_multiple, _NAME, network="generator")
        has = "no foreground part"
        check_given(_NAME, "foreground_mask", foreground_mask, "", has, wanted=False)
        current = conditions[:, -1]
        style = self._style(current, references, reference_conditions)
        maps = join_time(conditions)
        frames = join_time(past)
        features = self.encoder(torch.cat([maps, frames], 1))
        flow, mask = self.flow_branch(features)
        warped = self.flow_warp(past[:, -1], flow)
        # detached: a mask learns from the composite. Through the modulation it could only learn to
        # weigh neighbors against each other, with gradients that grow as it nears 1
        guide = None if hallucinate_only else GuidanceMap(warped, 1 - mask.detach())
        trunk = self.image_branch.trunk
        full = trunk(features, condition=(GuidanceMap(current, style=style), guide))
        hallucinated = self.image_branch.head(full)
        frame = hallucinated
        if self.composite and not hallucinate_only:
            frame = self.occlusion_composite(hallucinated, warped, mask)
        return FrameOutput(frame, hallucinated, warped, flow, mask)

    def _style(
        self, current: Tensor, references: Tensor | ReferenceFeatures | None, maps: Tensor | None
    ) -> Tensor | None:
        wanted = self.reference_encoder is not None
        has = "a reference encoder" if wanted else "no reference encoder"
        given = references[0] if isinstance(references, ReferenceFeatures) else references
        check_given(_NAME, "references", given, "(B, K, 3, H, W)", has, wanted=wanted)
        if (maps is not None) != isinstance(references, Tensor):
            rule = "given with reference frames" if maps is None else "None without them"
            raise ValueError(f"{_NAME}: reference_conditions must be {rule}")
        if self.reference_encoder is None or references is None:
            return None
        encoded: ReferenceFeatures = (
            self.reference_encoder(references, maps)
            if isinstance(references, Tensor)
            else references
        )
        return self.reference_encoder.attend(encoded, current)[0]
