"""Builder of the frame generator at one scale."""

from __future__ import annotations

from typing import Literal, TypeAlias

from vidgan._checks import check_at_least, check_choice
from vidgan.generators import (
    CompositeForm,
    CompositeGenerator,
    Decoder,
    Encoder,
    FlowBranch,
    FlowHead,
    ForegroundComposite,
    ForegroundHallucinator,
    ImageBranch,
    ImageHead,
    OcclusionHead,
)
from vidgan.layers import Norm, Upsampling, init_weights
from vidgan.models._record import recorded

FlowSource: TypeAlias = bool | Literal["given"]
"""Whether a generator predicts a flow, has none, or is given one."""


@recorded
def composite_generator(
    condition_channels: int,
    *,
    image_channels: int = 3,
    past_frames: int = 2,
    base_channels: int = 128,
    num_downsamplings: int = 3,
    num_blocks: int = 9,
    norm: Norm = "batch",
    upsampling: Upsampling = "transposed",
    flow: FlowSource = True,
    init_copy: float | None = None,
    foreground: bool = False,
    foreground_form: CompositeForm = "released",
) -> CompositeGenerator:
    """Build the coarsest-scale generator of vid2vid, with weights initialized by `init_weights`.

    The defaults are the widths of the released street model (Wang et al. 2018,
    `arXiv:1808.06601 <https://arxiv.org/abs/1808.06601>`__).

    Args:
        condition_channels: channels C of one frame's condition maps.
        image_channels: channels of a frame, 3 for RGB.
        past_frames: L, the number of past frames that the generator sees.
        base_channels: width g of the first layer.
        num_downsamplings: d; height and width must be multiples of 2**d.
        num_blocks: residual blocks n, ceil(n/2) in each encoder and floor(n/2) in each branch.
        norm: see `vidgan.layers.make_norm`; the released models use ``"batch"`` or
            ``"instance_tracked"``.
        upsampling: ``"transposed"`` as published, or ``"resize"``.
        flow: whether to build a flow branch; without one every frame is hallucinated. ``"given"``
            builds one without a flow head: the flow is an input, as from a game engine.
        init_copy: start as a generator that repeats the last frame, with flow 0 and this logit of
            the occlusion mask, such as -2; see `FlowBranch.start_as_copy`. None: random, as
            published.
        foreground: whether to build a foreground part, which needs a foreground mask per frame.
        foreground_form: how the foreground is composited: see
            `vidgan.generators.ForegroundComposite`.

    Returns:
        The generator, in train mode.

    Raises:
        ValueError: a count is out of range or a choice is unknown.

    Example:
        >>> generator = composite_generator(15, base_channels=8, num_downsamplings=2, num_blocks=2)
        >>> sum(weight.numel() for weight in generator.parameters())
        120366
    """
    name = "composite_generator"
    check_at_least(name, 1, condition_channels=condition_channels, image_channels=image_channels)
    check_at_least(name, 1, past_frames=past_frames)
    check_at_least(name, 0, num_blocks=num_blocks)
    check_choice(flow, (True, False, "given"), name, "flow")
    # the blocks of the network are shared out between an encoder and a decoder
    encoder_blocks = num_blocks - num_blocks // 2
    condition_encoder, frame_encoder = (
        Encoder(
            channels,
            base_channels,
            num_downsamplings=num_downsamplings,
            num_blocks=encoder_blocks,
            norm=norm,
        )
        for channels in ((past_frames + 1) * condition_channels, past_frames * image_channels)
    )

    def trunk(width: int, blocks: int) -> Decoder:
        return Decoder(
            width,
            num_upsamplings=num_downsamplings,
            num_blocks=blocks,
            norm=norm,
            upsampling=upsampling,
        )

    image_branch = ImageBranch(
        trunk(base_channels, num_blocks // 2), ImageHead(base_channels, image_channels)
    )
    flow_branch = None
    if flow:
        flow_branch = FlowBranch(
            trunk(base_channels, num_blocks // 2),
            None if flow == "given" else FlowHead(base_channels),
            OcclusionHead(base_channels),
        )
    foreground_part = None
    if foreground:
        # half the width in deep networks, as in the released ones
        width = base_channels // 2 if num_downsamplings > 2 else base_channels
        foreground_part = ForegroundHallucinator(
            Encoder(
                (past_frames + 1) * condition_channels,
                width,
                num_downsamplings=num_downsamplings,
                num_blocks=0,
                norm=norm,
            ),
            ImageBranch(trunk(width, num_blocks), ImageHead(width, image_channels)),
        )
    generator = CompositeGenerator(
        condition_encoder,
        frame_encoder,
        image_branch,
        flow_branch,
        foreground=foreground_part,
        foreground_composite=ForegroundComposite(foreground_form),
        past_frames=past_frames,
    )
    init_weights(generator)
    if init_copy is not None and flow_branch is not None:
        flow_branch.start_as_copy(init_copy)
    return generator
