"""The frame generator of vid2vid at one spatial scale, composed of exchangeable parts."""

from __future__ import annotations

from typing import cast

from torch import Tensor, nn

from vidgan._checks import check_at_least
from vidgan.functional import foreground_composite, known_flow
from vidgan.generators._parts import check_flow, check_given, check_same, check_window
from vidgan.generators._sizes import check_size
from vidgan.generators._windows import join_time
from vidgan.generators.branches import FlowBranch, ImageBranch
from vidgan.generators.composite import FlowWarp, ForegroundComposite, OcclusionComposite
from vidgan.generators.foreground import ForegroundHallucinator
from vidgan.generators.heads import FlowHead
from vidgan.generators.unshuffle_encoder import FrameEncoder
from vidgan.outputs import FrameOutput, ScaleFeatures

_NAME = "CompositeGenerator"


class CompositeGenerator(nn.Module):
    r"""Generates a frame from a window of conditions and the past frames.

    .. math::

        \tilde x_t = (1 - \tilde m_t) \odot \tilde w_{t-1}(\tilde x_{t-1})
            + \tilde m_t \odot \tilde h_t

    Wang et al. 2018, `arXiv:1808.06601 <https://arxiv.org/abs/1808.06601>`__, Eq. 4. The image
    branch (:math:`\tilde h_t`) and the flow branch (:math:`\tilde w_{t-1}`, :math:`\tilde m_t`)
    read the sum of two encodings: that of the conditions :math:`s_{t-L}^{t}` and that of the past
    frames :math:`\tilde x_{t-L}^{t-1}`. Without a flow branch the frame is the hallucinated one;
    with a foreground part, see `ForegroundComposite`.

    `vidgan.models.composite_generator` builds one from the published parts.

    Args:
        condition_encoder: encodes L+1 condition maps stacked in channels, oldest first.
        frame_encoder: encodes L past frames stacked in channels, to features of the same shape.
        image_branch: from the summed features to the hallucinated frame.
        flow_branch: from the summed features to flow and occlusion mask, or None.
        shared_trunk: works on the summed features before both branches, or None.
        foreground: from the stacked condition maps to the foreground image, or None.
        foreground_composite: combines the foreground with the frame; the released form by default.
        past_frames: L, at least 1; 2 in the paper.

    Raises:
        ValueError: past_frames is below 1, or the encoders do not fit it or each other.

    Example:
        >>> import torch
        >>> from vidgan.models import composite_generator
        >>> generator = composite_generator(4, base_channels=8, num_downsamplings=2, num_blocks=2)
        >>> out = generator(torch.rand(1, 3, 4, 32, 48), torch.rand(1, 2, 3, 32, 48))
        >>> out.frame.shape, out.flow.shape, out.occlusion_mask.shape
        (torch.Size([1, 3, 32, 48]), torch.Size([1, 2, 32, 48]), torch.Size([1, 1, 32, 48]))
    """

    def __init__(
        self,
        condition_encoder: FrameEncoder,
        frame_encoder: FrameEncoder,
        image_branch: ImageBranch,
        flow_branch: FlowBranch | None = None,
        *,
        shared_trunk: nn.Module | None = None,
        foreground: ForegroundHallucinator | None = None,
        foreground_composite: ForegroundComposite | None = None,
        past_frames: int = 2,
    ) -> None:
        super().__init__()
        _check_encoders(condition_encoder, frame_encoder, past_frames)
        self.past_frames = past_frames
        self.condition_channels = condition_encoder.in_channels // (past_frames + 1)
        self.image_channels = frame_encoder.in_channels // past_frames
        self.condition_encoder = condition_encoder
        self.frame_encoder = frame_encoder
        self.shared_trunk = shared_trunk
        self.image_branch = image_branch
        self.flow_branch = flow_branch
        self.foreground = foreground
        self.flow_warp = FlowWarp()
        self.occlusion_composite = OcclusionComposite()
        self.foreground_composite = foreground_composite or ForegroundComposite()

    @property
    def feature_channels(self) -> int:
        """Channels of the image branch's full-size features, which a finer scale builds on."""
        return self.image_branch.head.in_channels

    @property
    def foreground_channels(self) -> int:
        """Channels of the foreground part's full-size features; 0 without a foreground part."""
        return 0 if self.foreground is None else self.foreground.branch.head.in_channels

    def forward(
        self,
        conditions: Tensor,
        past: Tensor,
        *,
        foreground_mask: Tensor | None = None,
        hallucinate_only: bool = False,
        flow: Tensor | None = None,
        flow_confidence: Tensor | None = None,
    ) -> FrameOutput:
        """Generate one frame.

        Args:
            conditions: condition maps, (B, L+1, C, H, W), oldest first.
            past: the L frames before, (B, L, 3, H, W), RGB in [-1, 1], oldest first.
            foreground_mask: 1 = foreground, (B, 1, H, W) in [0, 1]; needed exactly when the
                generator has a foreground part.
            hallucinate_only: return the hallucinated frame, with no warped pixels, as for the first
                frame of a video. Flow and mask are computed all the same.
            flow: a given flow in place of the predicted one, such as motion vectors of a game
                engine, (B, 2, H, W) in pixels, from this frame to the one before. Where it is
                unknown (see `vidgan.functional.known_flow`) the frame is hallucinated.
            flow_confidence: c of a given flow, (B, 1, H, W) in [0, 1]: the occlusion mask m becomes
                :math:`1 - c (1 - m)`, so that pixels without confidence are hallucinated.

        Returns:
            `FrameOutput`; ``hallucinated`` includes the foreground, as in the released networks.

        Raises:
            ValueError: a shape does not fit the others, the channels do not fit the encoders, H
                or W cannot be downsampled, a foreground mask or a flow is missing or unexpected.
            TypeError: an input is not a floating-point tensor.
        """
        return self.forward_with_features(
            conditions,
            past,
            foreground_mask=foreground_mask,
            hallucinate_only=hallucinate_only,
            flow=flow,
            flow_confidence=flow_confidence,
        )[0]

    def forward_with_features(
        self,
        conditions: Tensor,
        past: Tensor,
        coarser: ScaleFeatures | None = None,
        *,
        foreground_mask: Tensor | None = None,
        hallucinate_only: bool = False,
        flow: Tensor | None = None,
        flow_confidence: Tensor | None = None,
    ) -> tuple[FrameOutput, ScaleFeatures]:
        """Generate one frame at one of several scales; see `CoarseToFineGenerator`.

        Args:
            conditions: as in ``forward``.
            past: as in ``forward``.
            coarser: features of the next coarser scale, of the size of this generator's encoded
                features, to which they are added; None at the coarsest scale.
            foreground_mask: as in ``forward``.
            hallucinate_only: as in ``forward``.
            flow: as in ``forward``.
            flow_confidence: as in ``forward``.

        Returns:
            The frame, and the features that the next finer scale needs.

        Raises:
            ValueError, TypeError: as in ``forward``.
        """
        check_window(_NAME, self, conditions, foreground_mask, past=past)
        check_size(conditions, self.condition_encoder.size_multiple, _NAME, network="generator")
        wanted = self.foreground is not None
        has = "a foreground part" if wanted else "no foreground part"
        check_given(_NAME, "foreground_mask", foreground_mask, "(B, 1, H, W)", has, wanted=wanted)
        check_flow(_NAME, self.flow_branch, conditions, flow, flow_confidence)
        maps = join_time(conditions)  # T = L + 1, oldest frame first
        frames = join_time(past)
        # both branches read the sum, (B, 2**d * g, H/2**d, W/2**d), as in the released networks
        features = self.condition_encoder(maps) + self.frame_encoder(frames)
        if self.shared_trunk is not None:
            features = self.shared_trunk(features)
        # a coarser scale's features enter each branch before its trunk: they have half the size
        # of this scale's output, which is the size of its encoding
        image_features = self.image_branch.trunk(_add(features, coarser and coarser.image))
        background = self.image_branch.head(image_features)

        foreground, foreground_features = None, None
        hallucinated = background
        if self.foreground is not None and foreground_mask is not None:
            # H_F sees the conditions alone (Eq. 9), so errors of past frames do not reach it
            encoded = self.foreground.encoder(maps)
            encoded = _add(encoded, coarser and coarser.foreground)
            foreground_features = self.foreground.branch.trunk(encoded)
            foreground = self.foreground.branch.head(foreground_features)
            hallucinated = foreground_composite(foreground, background, foreground_mask)
        if self.flow_branch is None:
            full = ScaleFeatures(image_features, None, foreground_features)
            return FrameOutput(hallucinated, hallucinated), full

        flow_features = self.flow_branch.trunk(_add(features, coarser and coarser.flow))
        flow, mask = _flow_and_mask(self.flow_branch, flow_features, flow, flow_confidence)
        full = ScaleFeatures(image_features, flow_features, foreground_features)
        warped = self.flow_warp(past[:, -1], flow)  # only the newest past frame is warped
        if hallucinate_only:
            # flow and mask are returned all the same: the losses train them on such frames too
            frame = hallucinated
        elif foreground is not None:
            # the background, not `hallucinated`: the composite puts the foreground in itself, at
            # the place that its form asks for
            frame = self.foreground_composite(foreground, background, foreground_mask, warped, mask)
        else:
            frame = self.occlusion_composite(background, warped, mask)
        return FrameOutput(frame, hallucinated, warped, flow, mask), full


def _flow_and_mask(
    branch: FlowBranch, features: Tensor, flow: Tensor | None, confidence: Tensor | None
) -> tuple[Tensor, Tensor]:
    """Return the predicted flow, or the given one, and the occlusion mask that belongs to it."""
    mask = branch.occlusion_head(features)
    if flow is None:
        return cast("FlowHead", branch.flow_head)(features), mask
    trusted = known_flow(flow)[1].to(mask.dtype)
    if confidence is not None:
        trusted = trusted * confidence
    return flow, 1 - trusted * (1 - mask)


def _add(features: Tensor, coarser: Tensor | None) -> Tensor:
    return features if coarser is None else features + coarser


def _check_encoders(conditions: FrameEncoder, frames: FrameEncoder, past_frames: int) -> None:
    check_at_least(_NAME, 1, past_frames=past_frames)
    for argument, encoder, rule, window in (
        ("condition_encoder", conditions, "past_frames + 1", past_frames + 1),
        ("frame_encoder", frames, "past_frames", past_frames),
    ):
        if encoder.in_channels % window:
            raise ValueError(
                f"{_NAME}: {argument}.in_channels must be a multiple of {rule} = {window}, "
                f"got {encoder.in_channels}"
            )
    encoders = {"condition_encoder": conditions, "frame_encoder": frames}
    check_same(_NAME, ("out_channels", "size_multiple"), **encoders)
