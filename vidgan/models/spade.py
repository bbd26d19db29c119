"""Builder of the frame generator with spatially adaptive norms."""

from __future__ import annotations

from functools import partial

from torch import nn

from vidgan._checks import check_at_least
from vidgan.generators import (
    Decoder,
    Encoder,
    FlowBranch,
    FlowHead,
    ImageBranch,
    ImageHead,
    OcclusionHead,
    ReferenceEncoder,
    SpadeGenerator,
)
from vidgan.layers import MultiSPADE, PlainNorm, Upsampling, init_weights
from vidgan.models._record import recorded


@recorded
def spade_generator(
    condition_channels: int,
    *,
    image_channels: int = 3,
    past_frames: int = 1,
    base_channels: int = 32,
    num_downsamplings: int = 4,
    num_blocks: int = 6,
    hidden_channels: int = 128,
    max_channels: int | None = 1024,
    norm: PlainNorm = "instance",
    upsampling: Upsampling = "resize",
    composite: bool = True,
    few_shot: bool = False,
    init_copy: float | None = None,
) -> SpadeGenerator:
    """Build a frame generator whose decoder is modulated by `MultiSPADE` norms.

    Args:
        condition_channels: channels C of one frame's condition maps.
        image_channels: channels of a frame, 3 for RGB.
        past_frames: L, the number of past frames that the generator sees.
        base_channels: width g of the first and of the last layer.
        num_downsamplings: d; height and width must be multiples of 2**d.
        num_blocks: residual blocks n, ceil(n/2) in the encoder and floor(n/2) in each branch.
        hidden_channels: width between the two convolutions of a modulation; 128 in the paper
            (Park et al. 2019, `arXiv:1903.07291 <https://arxiv.org/abs/1903.07291>`__).
        max_channels: where the width stops doubling, or None.
        norm: the norm without weights that is modulated, and the norm of the encoder and the flow
            branch, there with weights if it has any. The reference encoder has none: norms would
            take away the colors that references are there to tell.
        upsampling: ``"resize"`` or ``"transposed"``.
        composite: whether the frame is the composite with the warped frame; see `SpadeGenerator`.
        few_shot: whether weights are generated from reference frames; see `ReferenceEncoder`.
        init_copy: start with flow 0 and this logit of the occlusion mask, such as -2, and so, with
            ``composite``, as a generator that repeats the last frame; see
            `FlowBranch.start_as_copy`. None: random.

    Returns:
        The generator, in train mode, initialized by `init_weights`.

    Raises:
        ValueError: a count is out of range or a choice is unknown.

    Example:
        >>> import torch
        >>> sizes = {"base_channels": 4, "num_downsamplings": 2, "num_blocks": 1}
        >>> generator = spade_generator(5, **sizes, few_shot=True)
        >>> references = torch.rand(1, 4, 3, 32, 48), torch.rand(1, 4, 5, 32, 48)
        >>> encoded = generator.encode_references(*references)
        >>> maps, past = torch.rand(1, 2, 5, 32, 48), torch.rand(1, 1, 3, 32, 48)
        >>> generator(maps, past, references=encoded).frame.shape
        torch.Size([1, 3, 32, 48])
    """
    name = "spade_generator"
    check_at_least(name, 1, condition_channels=condition_channels, image_channels=image_channels)
    check_at_least(name, 1, past_frames=past_frames)
    check_at_least(name, 0, num_blocks=num_blocks)
    encoder = partial(
        Encoder,
        base_channels=base_channels,
        num_downsamplings=num_downsamplings,
        norm=norm,
        max_channels=max_channels,
    )
    trunk = partial(
        Decoder,
        base_channels,
        num_upsamplings=num_downsamplings,
        num_blocks=num_blocks // 2,
        upsampling=upsampling,
        max_channels=max_channels,
    )
    references = None
    if few_shot:
        references = ReferenceEncoder(
            encoder(in_channels=image_channels, num_blocks=0, norm="none"),
            encoder(in_channels=condition_channels, num_blocks=0, norm="none"),
        )

    def modulated(width: int) -> nn.Module:
        return MultiSPADE(
            width,
            (condition_channels, image_channels),
            hidden_channels=hidden_channels,
            norm=norm,
            style_channels=references.style_channels if references else 0,
        )

    window = (past_frames + 1) * condition_channels + past_frames * image_channels
    heads = FlowHead(base_channels), OcclusionHead(base_channels)
    flow_branch = FlowBranch(trunk(norm=norm), *heads)
    generator = SpadeGenerator(
        encoder(in_channels=window, num_blocks=num_blocks - num_blocks // 2),
        ImageBranch(trunk(norm=modulated), ImageHead(base_channels, image_channels)),
        flow_branch,
        reference_encoder=references,
        condition_channels=condition_channels,
        past_frames=past_frames,
        composite=composite,
    )
    init_weights(generator)
    if references is not None:
        _enlarge_weights(generator)
    if init_copy is not None:
        flow_branch.start_as_copy(init_copy)
    return generator


def _enlarge_weights(generator: SpadeGenerator) -> None:
    """Draw the weights around the generated ones so that what references tell is learned soon."""
    for part in generator.modules():
        if isinstance(part, ReferenceEncoder | MultiSPADE):
            # no norm makes up for small weights here
            layers = part if isinstance(part, ReferenceEncoder) else part.modulations[0]
            for layer in layers.modules():
                if isinstance(layer, nn.Conv2d):
                    nn.init.kaiming_normal_(layer.weight)
