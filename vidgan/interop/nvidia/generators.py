"""The released frame generators."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from vidgan.generators import CoarseToFineGenerator, CompositeGenerator
from vidgan.interop.nvidia.layouts import generator_layouts
from vidgan.interop.nvidia.sources import Released, Source, build
from vidgan.models import coarse_to_fine_generator, composite_generator

_NAME = "load_generator"


def load_generator(
    state_dicts: Source | Sequence[Source],
) -> CompositeGenerator | CoarseToFineGenerator:
    """Build a released frame generator from its weights.

    Widths, depths, blocks, norm, condition maps, past frames, foreground and flow follow from the
    names and shapes of the weights (Wang et al. 2018, `arXiv:1808.06601
    <https://arxiv.org/abs/1808.06601>`__).

    Args:
        state_dicts: of every scale, coarsest first (``netG0``, ``netG1``, ...), state dicts or
            files; or those of a generator of one scale alone.

    Returns:
        What `vidgan.models.composite_generator` builds from one scale, and
        `vidgan.models.coarse_to_fine_generator` from several: on the CPU, in eval mode.

    Raises:
        FileNotFoundError: there is no such file.
        TypeError: something given is neither a state dict nor a path.
        ValueError: a file is damaged, or the weights are not those of such a generator; the text
            lists what is missing, unexpected or of another shape.

    Example:
        >>> from vidgan.interop.nvidia import to_state_dicts
        >>> from vidgan.models import composite_generator
        >>> generator = composite_generator(4, base_channels=8, num_downsamplings=2, num_blocks=3)
        >>> released = to_state_dicts(generator)
        >>> load_generator(released).condition_channels
        4
    """
    is_single = isinstance(state_dicts, Mapping | str | os.PathLike)
    sources: Sequence[Source] = [state_dicts] if is_single else state_dicts  # type: ignore[list-item,assignment]
    if len(sources) == 0:
        raise ValueError(f"{_NAME}: state_dicts must hold at least one scale, got none")
    scales = [
        Released(source, _NAME, f"scale {i} of a released generator")
        for i, source in enumerate(sources)
    ]
    options = _options(scales[0])
    if len(scales) == 1:
        return build(composite_generator, options, scales, generator_layouts)
    options |= {"num_scales": len(scales), "num_fine_blocks": scales[1].num_blocks("model_up_img")}
    return build(coarse_to_fine_generator, options, scales, generator_layouts)


def _options(coarsest: Released) -> dict[str, Any]:
    """Return the arguments of the builder, from the weights of the coarsest scale."""
    image_channels = coarsest.shape("model_final_img.1.weight", 0)
    stacked_frames = coarsest.shape("model_down_img.1.weight", 1)
    past_frames = coarsest.divided(stacked_frames, image_channels, "the channels of past frames")
    stacked_maps = coarsest.shape("model_down_seg.1.weight", 1)
    return {
        "condition_channels": coarsest.divided(
            stacked_maps, past_frames + 1, "the channels of the condition maps"
        ),
        "image_channels": image_channels,
        "past_frames": past_frames,
        "base_channels": coarsest.shape("model_down_seg.1.weight", 0),
        "num_downsamplings": coarsest.num_convs("model_down_seg") - 1,
        # they are shared out between the encoders and the trunks
        "num_blocks": coarsest.num_blocks("model_down_seg") + coarsest.num_blocks("model_res_img"),
        "norm": coarsest.norm,
        "flow": "model_final_flow" in coarsest.parts,
        "foreground": "indv_final" in coarsest.parts,
    }
