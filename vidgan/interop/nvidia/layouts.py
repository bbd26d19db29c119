"""Where the layers of vidgan's networks stand in the released ones.

A layout maps the name of a layer here to its name there. The released networks are sequences, so a
layer's name there is its place: after a padding a convolution stands at index 1, its norm at 2, the
next convolution at 4, and so on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias, cast

from torch import Tensor

from vidgan.discriminators import MultiscaleDiscriminator
from vidgan.generators import (
    CoarseToFineGenerator,
    CompositeGenerator,
    Decoder,
    Encoder,
    EncoderDecoder,
    InstanceEncoder,
    SingleImageGenerator,
)

Layout: TypeAlias = dict[str, str]
_IN_BLOCK = {"conv1": 1, "norm1": 2, "conv2": 5, "norm2": 6}


def rename(state: Mapping[str, Tensor], layout: Layout) -> dict[str, Tensor]:
    """Return the weights that ``layout`` places, under their released names."""
    places = ((*key.rpartition(".")[::2], value) for key, value in state.items())
    return {f"{layout[module]}.{name}": v for module, name, v in places if module in layout}


def generator_layouts(generator: CompositeGenerator | CoarseToFineGenerator) -> list[Layout]:
    """Return the layout of every scale of a frame generator, coarsest first."""
    if isinstance(generator, CompositeGenerator):
        return [_scale(generator, "", is_coarsest=True)]
    scales = [cast("CompositeGenerator", scale) for scale in generator.generators]
    return [_scale(s, f"generators.{i}.", is_coarsest=i == 0) for i, s in enumerate(scales)]


def discriminator_layouts(discriminator: MultiscaleDiscriminator) -> list[Layout]:
    """Return the layout of a multi-scale discriminator; the last scale there is the first here."""
    layout: Layout = {}
    finest = len(discriminator.discriminators) - 1
    for scale, patch in enumerate(discriminator.discriminators):
        ours, theirs = f"discriminators.{scale}", f"scale{finest - scale}_layer"
        depth = cast("int", patch.num_layers)
        for layer in range(depth + 1):
            for index in (0, 1):
                layout[f"{ours}.layers.{layer}.{index}"] = f"{theirs}{layer}.{index}"
        layout[f"{ours}.logits"] = f"{theirs}{depth + 1}.0"
    return [layout]


def image_generator_layouts(generator: SingleImageGenerator) -> list[Layout]:
    """Return the layout of a single-image generator, with or without a feature map."""
    scales = [cast("EncoderDecoder", scale) for scale in generator.scales]
    last, has_features = len(scales) - 1, generator.feature_channels > 0
    whole = scales[last]
    if has_features:
        # a feature map enters between these parts, so none is one sequence with the next
        ours = f"scales.{last}."
        layout = _encoder(whole.encoder, f"{ours}encoder", "model_downsample")
        layout |= _blocks(whole.decoder, f"{ours}decoder", "model_resnet", 0)
        layout |= _ups(whole.decoder, f"{ours}decoder", "model_upsample", 0)
        layout["head.conv"] = "model_final.1" if last else "model_upsample_conv.1"
    else:
        layout, end = _whole(whole, f"scales.{last}", "model")
        if not last:
            layout["head.conv"] = f"model.{end + 1}"
    for i in range(1, last + 1):  # the enhancers, the coarsest first
        scale, ours = scales[last - i], f"scales.{last - i}."
        layout |= _encoder(scale.encoder, f"{ours}encoder", f"model{i}_1")
        blocks, end = len(scale.decoder.blocks), len(scale.decoder.blocks) + 3
        layout |= _blocks(scale.decoder, f"{ours}decoder", f"model{i}_2", 0)
        layout |= _ups(scale.decoder, f"{ours}decoder", f"model{i}_2", blocks)
        if i == last and not has_features:
            layout["head.conv"] = f"model{i}_2.{end + 1}"
    return [layout]


def encoder_layouts(encoder: InstanceEncoder) -> list[Layout]:
    """Return the layout of a feature encoder."""
    layout, end = _whole(encoder.network, "network", "model")
    return [layout | {"head.conv": f"model.{end + 1}"}]


def _scale(generator: CompositeGenerator, ours: str, *, is_coarsest: bool) -> Layout:
    """One scale of a frame generator; finer ones have their blocks before the upsampling."""
    layout = _encoder(
        cast("Encoder", generator.condition_encoder), f"{ours}condition_encoder", "model_down_seg"
    )
    layout |= _encoder(
        cast("Encoder", generator.frame_encoder), f"{ours}frame_encoder", "model_down_img"
    )

    def branch(decoder: Decoder, name: str, blocks: str, ups: str) -> Layout:
        trunk = f"{ours}{name}.trunk"
        start = 0 if is_coarsest else len(decoder.blocks)
        placed = _blocks(decoder, trunk, blocks if is_coarsest else ups, 0)
        return placed | _ups(decoder, trunk, ups, start)

    image = cast("Decoder", generator.image_branch.trunk)
    layout |= branch(image, "image_branch", "model_res_img", "model_up_img")
    layout[f"{ours}image_branch.head.conv"] = "model_final_img.1"
    if generator.flow_branch is not None:
        flow = cast("Decoder", generator.flow_branch.trunk)
        layout |= branch(flow, "flow_branch", "model_res_flow", "model_up_flow")
        layout[f"{ours}flow_branch.flow_head.conv"] = "model_final_flow.1"
        layout[f"{ours}flow_branch.occlusion_head.conv"] = "model_final_w.1"
    if generator.foreground is not None:
        encoder = cast("Encoder", generator.foreground.encoder)
        decoder = cast("Decoder", generator.foreground.branch.trunk)
        layout |= _encoder(encoder, f"{ours}foreground.encoder", "indv_down")
        layout |= branch(decoder, "foreground.branch", "indv_res", "indv_up")
        layout[f"{ours}foreground.branch.head.conv"] = "indv_final.1"
    return layout


def _whole(network: EncoderDecoder, ours: str, theirs: str) -> tuple[Layout, int]:
    """One scale as a single sequence, and the index behind its end."""
    encoder, decoder = network.encoder, network.decoder
    start = 4 + 3 * len(encoder.downs)
    blocks, ups = len(decoder.blocks), len(decoder.ups)
    layout = _encoder(encoder, f"{ours}.encoder", theirs)
    layout |= _blocks(decoder, f"{ours}.decoder", theirs, start)
    layout |= _ups(decoder, f"{ours}.decoder", theirs, start + blocks)
    return layout, start + blocks + 3 * ups


def _encoder(encoder: Encoder, ours: str, theirs: str) -> Layout:
    """A padding, then triples of convolution, norm and ReLU, then the blocks."""
    layout = _triple(f"{ours}.stem", theirs, 1)
    for i in range(len(encoder.downs)):
        layout |= _triple(f"{ours}.downs.{i}", theirs, 4 + 3 * i)
    return layout | _blocks(encoder, ours, theirs, 4 + 3 * len(encoder.downs))


def _blocks(owner: Encoder | Decoder, ours: str, theirs: str, start: int) -> Layout:
    return {
        f"{ours}.blocks.{i}.{name}": f"{theirs}.{start + i}.conv_block.{index}"
        for i in range(len(owner.blocks))
        for name, index in _IN_BLOCK.items()
    }


def _ups(decoder: Decoder, ours: str, theirs: str, start: int) -> Layout:
    layout: Layout = {}
    for i in range(len(decoder.ups)):
        layout |= _triple(f"{ours}.ups.{i}", theirs, start + 3 * i)
    return layout


def _triple(ours: str, theirs: str, start: int) -> Layout:
    return {f"{ours}.conv": f"{theirs}.{start}", f"{ours}.norm": f"{theirs}.{start + 1}"}
