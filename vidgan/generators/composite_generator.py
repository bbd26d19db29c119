"""The frame generator of the paper at one spatial scale, composed of exchangeable parts."""

from __future__ import annotations

from einops import rearrange
from torch import Tensor, nn

from vidgan._checks import check_floating, check_positive, check_shape
from vidgan.functional import foreground_composite
from vidgan.generators._sizes import check_size
from vidgan.generators.branches import FlowBranch, ImageBranch
from vidgan.generators.composite import FlowWarp, ForegroundComposite, OcclusionComposite
from vidgan.generators.encoder import Encoder
from vidgan.generators.foreground import ForegroundHallucinator
from vidgan.outputs import FrameOutput, ScaleFeatures

_NAME = "CompositeGenerator"


class CompositeGenerator(nn.Module):
    """Generates frame t from the conditions of frames t-L..t and the last L frames.

    ``frame = (1 - m) * warp(past[-1], w) + m * h`` (Wang et al. 2018, arXiv:1808.06601, Eq. 4),
    where image branch (h) and flow branch (w, m) read the sum of two encodings: that of the
    condition maps and that of the past frames. With a foreground part, see `ForegroundComposite`.

    Without a flow branch the frame is the hallucinated one. `vidgan.models.composite_generator`
    wires the published parts.

    Args:
        condition_encoder: encodes L+1 condition maps stacked in channels, oldest first.
        frame_encoder: encodes L past frames stacked in channels, to features of the same shape.
        image_branch: from the summed features to the hallucinated frame.
        flow_branch: from the summed features to flow and occlusion mask, or None.
        foreground: from the stacked condition maps to the foreground image, or None.
        foreground_composite: how the foreground enters the frame; the released form by default.
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
        condition_encoder: Encoder,
        frame_encoder: Encoder,
        image_branch: ImageBranch,
        flow_branch: FlowBranch | None = None,
        *,
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
    ) -> FrameOutput:
        """Generate one frame.

        Args:
            conditions: condition maps, (B, L+1, C, H, W), oldest first.
            past: the L frames before, (B, L, 3, H, W), RGB in [-1, 1], oldest first.
            foreground_mask: 1 = foreground, (B, 1, H, W) in [0, 1]; needed exactly when the
                generator has a foreground part.
            hallucinate_only: take the hallucinated frame, no warped pixels mixed in, as for the
                first frame of a video. Flow and mask are computed all the same.

        Returns:
            `FrameOutput`; ``hallucinated`` holds the foreground too, as in the released networks.

        Raises:
            ValueError: a shape does not fit the others, the channels do not fit the encoders, H
                or W cannot be downsampled, or a foreground mask is missing or not wanted.
            TypeError: an input is not a floating-point tensor.
        """
        return self.forward_with_features(
            conditions, past, foreground_mask=foreground_mask, hallucinate_only=hallucinate_only
        )[0]

    def forward_with_features(
        self,
        conditions: Tensor,
        past: Tensor,
        coarser: ScaleFeatures | None = None,
        *,
        foreground_mask: Tensor | None = None,
        hallucinate_only: bool = False,
    ) -> tuple[FrameOutput, ScaleFeatures]:
        """Generate one frame at one of several scales; see `CoarseToFineGenerator`.

        Args:
            conditions: as in ``forward``.
            past: as in ``forward``.
            coarser: features of the next coarser scale, of the size of this generator's encoded
                features, to which they are added; None at the coarsest scale.
            foreground_mask: as in ``forward``.
            hallucinate_only: as in ``forward``.

        Returns:
            The frame, and the features that the next finer scale needs.

        Raises:
            ValueError, TypeError: as in ``forward``.
        """
        self._check(conditions, past, foreground_mask)
        maps = rearrange(conditions, "B T C H W -> B (T C) H W")
        frames = rearrange(past, "B L C H W -> B (L C) H W")
        features = self.condition_encoder(maps) + self.frame_encoder(frames)
        image_features = self.image_branch.trunk(_add(features, coarser and coarser.image))
        background = self.image_branch.head(image_features)

        foreground, foreground_features = None, None
        hallucinated = background
        if self.foreground is not None and foreground_mask is not None:
            encoded = self.foreground.encoder(maps)
            encoded = _add(encoded, coarser and coarser.foreground)
            foreground_features = self.foreground.branch.trunk(encoded)
            foreground = self.foreground.branch.head(foreground_features)
            hallucinated = foreground_composite(foreground, background, foreground_mask)
        if self.flow_branch is None:
            full = ScaleFeatures(image_features, None, foreground_features)
            return FrameOutput(hallucinated, hallucinated), full

        flow_features = self.flow_branch.trunk(_add(features, coarser and coarser.flow))
        flow = self.flow_branch.flow_head(flow_features)
        mask = self.flow_branch.occlusion_head(flow_features)
        full = ScaleFeatures(image_features, flow_features, foreground_features)
        warped = self.flow_warp(past[:, -1], flow)
        if hallucinate_only:
            frame = hallucinated
        elif foreground is not None:
            frame = self.foreground_composite(foreground, background, foreground_mask, warped, mask)
        else:
            frame = self.occlusion_composite(background, warped, mask)
        return FrameOutput(frame, hallucinated, warped, flow, mask), full

    def _check(self, conditions: Tensor, past: Tensor, foreground_mask: Tensor | None) -> None:
        check_floating(conditions, _NAME, "conditions")
        check_floating(past, _NAME, "past")
        check_shape(
            conditions,
            ("B", self.past_frames + 1, self.condition_channels, "H", "W"),
            _NAME,
            "conditions",
            why=f"for past_frames = {self.past_frames}",
        )
        batch, _, _, height, width = conditions.shape
        check_shape(
            past,
            (batch, self.past_frames, self.image_channels, height, width),
            _NAME,
            "past",
            why="as in conditions",
        )
        check_size(height, width, self.condition_encoder.size_multiple, _NAME, network="generator")
        if (self.foreground is None) != (foreground_mask is None):
            raise ValueError(
                f"{_NAME}: foreground_mask must be "
                + (
                    "given, (B, 1, H, W), since this generator has a foreground part"
                    if foreground_mask is None
                    else "None, since this generator has no foreground part"
                )
            )
        if foreground_mask is not None:
            check_floating(foreground_mask, _NAME, "foreground_mask")
            check_shape(
                foreground_mask,
                (batch, 1, height, width),
                _NAME,
                "foreground_mask",
                why="as in conditions",
            )


def _add(features: Tensor, coarser: Tensor | None) -> Tensor:
    return features if coarser is None else features + coarser


def _check_encoders(conditions: Encoder, frames: Encoder, past_frames: int) -> None:
    check_positive(past_frames, _NAME, "past_frames")
    for argument, encoder, rule, window in (
        ("condition_encoder", conditions, "past_frames + 1", past_frames + 1),
        ("frame_encoder", frames, "past_frames", past_frames),
    ):
        if encoder.in_channels % window:
            raise ValueError(
                f"{_NAME}: {argument}.in_channels must be a multiple of {rule} = {window}, "
                f"got {encoder.in_channels}"
            )
    for rule in ("out_channels", "size_multiple"):
        want, got = getattr(conditions, rule), getattr(frames, rule)
        if want != got:
            raise ValueError(
                f"{_NAME}: frame_encoder.{rule} must be {want} as in condition_encoder, got {got}"
            )
