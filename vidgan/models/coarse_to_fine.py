"""Builder of coarse-to-fine generators."""

from __future__ import annotations

from vidgan._checks import check_at_least
from vidgan.generators import (
    CoarseToFineGenerator,
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
from vidgan.models.generators import FlowSource, composite_generator

_FLOW_SCALE = 20.0  # pixels per unit at the coarsest scale


@recorded
def coarse_to_fine_generator(
    condition_channels: int,
    *,
    num_scales: int = 2,
    image_channels: int = 3,
    past_frames: int = 2,
    base_channels: int = 128,
    num_downsamplings: int = 3,
    num_blocks: int = 9,
    num_fine_blocks: int = 3,
    norm: Norm = "batch",
    upsampling: Upsampling = "transposed",
    flow: FlowSource = True,
    init_copy: float | None = None,
    foreground: bool = False,
    foreground_form: CompositeForm = "released",
) -> CoarseToFineGenerator:
    """Build the generator of vid2vid at several scales, with weights initialized by `init_weights`.

    The coarsest scale is `composite_generator`; scale s has width ``base_channels / 2**s``, halves
    its input once, has ``num_fine_blocks`` residual blocks in each branch, and flows of
    ``20 * 2**s`` pixels per unit. The published street models (Wang et al. 2018,
    `arXiv:1808.06601 <https://arxiv.org/abs/1808.06601>`__) have 1 scale for 512x256, 2 for
    1024x512 and 3 for 2048x1024.

    Args:
        condition_channels: channels C of one frame's condition maps.
        num_scales: number of scales.
        image_channels: channels of a frame, 3 for RGB.
        past_frames: L, the number of past frames that the generator sees.
        base_channels: width g of the coarsest scale's first layer, a multiple of
            ``2**(num_scales - 1)``.
        num_downsamplings: d of the coarsest scale; height and width must be multiples of
            ``2**(d + num_scales - 1)``.
        num_blocks: residual blocks of the coarsest scale.
        num_fine_blocks: residual blocks in each branch of the finer scales.
        norm: see `vidgan.layers.make_norm`.
        upsampling: ``"transposed"`` as published, or ``"resize"``.
        flow: whether to build flow branches; without them every frame is hallucinated. ``"given"``:
            the flow is an input.
        init_copy: as in `composite_generator`, at every scale.
        foreground: whether to build foreground parts, which need a foreground mask per frame.
        foreground_form: how the foreground is composited: see
            `vidgan.generators.ForegroundComposite`.

    Returns:
        The generator, in train mode.

    Raises:
        ValueError: a count is out of range or a choice is unknown.

    Example:
        >>> generator = coarse_to_fine_generator(35, num_scales=3, base_channels=8, num_blocks=2)
        >>> generator.num_scales, generator.size_multiple
        (3, 32)
    """
    name = "coarse_to_fine_generator"
    check_at_least(name, 1, num_scales=num_scales)
    check_at_least(name, 0, num_fine_blocks=num_fine_blocks)
    coarsest = composite_generator(
        condition_channels,
        image_channels=image_channels,
        past_frames=past_frames,
        base_channels=base_channels,
        num_downsamplings=num_downsamplings,
        num_blocks=num_blocks,
        norm=norm,
        upsampling=upsampling,
        flow=flow,
        foreground=foreground,
        foreground_form=foreground_form,
    )
    finest_factor = 2 ** (num_scales - 1)
    if coarsest.feature_channels % finest_factor or coarsest.foreground_channels % finest_factor:
        raise ValueError(
            f"{name}: base_channels must be a multiple of {finest_factor} for {num_scales} scales "
            f"(twice that with a foreground and over 2 downsamplings), got {base_channels}"
        )

    def fine(scale: int) -> CompositeGenerator:
        width = base_channels // 2**scale

        def encoder(in_channels: int, channels: int = width) -> Encoder:
            return Encoder(in_channels, channels, num_downsamplings=1, num_blocks=0, norm=norm)

        def trunk(channels: int = width) -> Decoder:
            return Decoder(
                channels,
                num_upsamplings=1,
                num_blocks=num_fine_blocks,
                norm=norm,
                upsampling=upsampling,
            )

        flow_branch, foreground_part = None, None
        if flow:
            # the same motion is twice as many pixels at the next finer scale
            pixels = _FLOW_SCALE * 2**scale
            flow_head = None if flow == "given" else FlowHead(width, flow_scale=pixels)
            flow_branch = FlowBranch(trunk(), flow_head, OcclusionHead(width))
        window = (past_frames + 1) * condition_channels
        if foreground:
            narrow = coarsest.foreground_channels // 2**scale
            foreground_part = ForegroundHallucinator(
                encoder(window, narrow),
                ImageBranch(trunk(narrow), ImageHead(narrow, image_channels)),
            )
        return CompositeGenerator(
            encoder(window),
            encoder(past_frames * image_channels),
            ImageBranch(trunk(), ImageHead(width, image_channels)),
            flow_branch,
            foreground=foreground_part,
            foreground_composite=ForegroundComposite(foreground_form),
            past_frames=past_frames,
        )

    generator = CoarseToFineGenerator([coarsest, *(fine(s) for s in range(1, num_scales))])
    init_weights(generator)
    if init_copy is not None:
        for part in generator.modules():
            if isinstance(part, FlowBranch):
                part.start_as_copy(init_copy)
    return generator
