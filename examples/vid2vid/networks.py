"""Builds the generator and the feature encoder from the configuration."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import torch
from einops import rearrange
from torch import Tensor, nn

from examples.vid2vid.clips import Clip
from examples.vid2vid.config import ImageConfig, ModelConfig
from vidgan.data import DataFolder
from vidgan.generators import (
    CoarseToFineGenerator,
    CompositeGenerator,
    InstanceEncoder,
    use_one_hot_stems,
)
from vidgan.models import (
    coarse_to_fine_generator,
    composite_generator,
    fast_generator,
    global_generator,
    instance_encoder,
)
from vidgan.outputs import FrameOutput

VideoGenerator = CompositeGenerator | CoarseToFineGenerator


class FrameByFrame(nn.Module):
    """Hides the past frames from a frame generator: each frame is generated independently.

    Args:
        generator: the frame generator; it receives zeros in place of the past frames.
    """

    def __init__(self, generator: VideoGenerator) -> None:
        super().__init__()
        self.generator = generator
        self.past_frames = generator.past_frames

    def forward(self, conditions: Tensor, past: Tensor, **options: Any) -> FrameOutput:
        """Generate one frame; the arguments are those of the generator."""
        options.pop("coarser_past", None)
        output: FrameOutput = self.generator(conditions, torch.zeros_like(past), **options)
        return output._replace(coarser=())


Generator = VideoGenerator | FrameByFrame
GeneratorBuilder = Callable[[ModelConfig, int, int], Generator]
"""Builds a generator from the configuration, the number of condition maps and that of classes."""


def build_generator(model: ModelConfig, condition_channels: int, num_classes: int = 0) -> Generator:
    """Build the frame generator; instance features are channels of its conditions.

    The first num_classes condition maps are one-hot, which makes the first convolutions cheaper.
    """
    options: dict[str, Any] = {
        "past_frames": model.past_frames,
        "base_channels": model.base_channels,
        "num_downsamplings": model.num_downsamplings,
        "num_blocks": model.num_blocks,
        "norm": model.norm,
        "upsampling": model.upsampling,
        "flow": model.flow,
        "init_copy": model.init_mask_logit if model.init_copy else None,
        "foreground": model.foreground,
        "foreground_form": model.foreground_form,
    }
    channels = condition_channels + model.feature_channels
    generator: VideoGenerator
    if model.generator == "fast":
        generator = _fast_generator(model, channels)
    elif model.num_scales == 1:
        generator = composite_generator(channels, **options)
    else:
        generator = coarse_to_fine_generator(
            channels,
            num_scales=model.num_scales,
            num_fine_blocks=model.num_fine_blocks,
            **options,
        )
    if num_classes:
        use_one_hot_stems(generator, num_classes)
    return generator if model.recurrent else FrameByFrame(generator)


def _fast_generator(model: ModelConfig, channels: int) -> CompositeGenerator:
    if model.num_scales > 1 or model.foreground:
        raise ValueError(
            "the fast generator has one scale and no foreground part, got num_scales = "
            f"{model.num_scales} and foreground = {model.foreground}: add --num-scales 1 "
            "--no-foreground"
        )
    return fast_generator(
        channels,
        past_frames=model.past_frames,
        base_channels=model.fast_channels,
        num_blocks=model.num_blocks,
        norm=model.norm,
        flow=model.flow,
        init_copy=model.init_mask_logit if model.init_copy else None,
    )


def first_scales(generator: Generator, num_scales: int) -> Generator:
    """Return a generator of only the coarsest scales, with shared weights."""
    if isinstance(generator, FrameByFrame):
        return FrameByFrame(cast("VideoGenerator", first_scales(generator.generator, num_scales)))
    if isinstance(generator, CompositeGenerator) or num_scales == generator.num_scales:
        return generator
    parts = [cast("CompositeGenerator", part) for part in generator.generators]
    return CoarseToFineGenerator(parts[:num_scales])


def train_scales(generator: Generator, num_scales: int, *, freeze_coarse: bool) -> None:
    """Enable gradients for the scales in use, or for the finest of them alone."""
    inner = generator.generator if isinstance(generator, FrameByFrame) else generator
    if isinstance(inner, CompositeGenerator):
        return
    for scale, part in enumerate(inner.generators):
        is_newest = scale == num_scales - 1
        part.requires_grad_(is_newest or (scale < num_scales and not freeze_coarse))


def build_encoder(model: ModelConfig) -> InstanceEncoder | None:
    """Build the instance feature encoder; None without instance features."""
    if model.feature_channels == 0:
        return None
    return instance_encoder(
        feature_channels=model.feature_channels,
        num_downsamplings=model.num_downsamplings,
        norm=model.norm,
        upsampling=model.upsampling,
    )


def add_features(encoder: InstanceEncoder | None, clip: Clip) -> Tensor:
    """Return the conditions of a clip, plus the instance features of its real frames if any."""
    if encoder is None:
        return clip.conditions
    if clip.instances is None:
        raise ValueError(
            "feature_channels must be 0: the data have no instances to encode; use "
            "--feature-channels 0, or prepare label maps or poses with their instance ids"
        )
    frames, instances = (
        rearrange(video, "B T C H W -> (B T) C H W") for video in (clip.frames, clip.instances)
    )
    features = encoder(frames, instances)
    batched = rearrange(features, "(B T) C H W -> B T C H W", B=len(clip.frames))
    return torch.cat([clip.conditions, batched.to(clip.conditions)], 2)


def build_image_generator(config: ImageConfig, condition_channels: int) -> nn.Module:
    """Build a single-image generator, from condition maps (B, C, H, W) to a frame (B, 3, H, W)."""
    return global_generator(
        condition_channels,
        base_channels=config.base_channels,
        num_downsamplings=config.num_downsamplings,
        num_blocks=config.num_blocks,
        norm=config.norm,
        upsampling=config.upsampling,
    )


def check_fit(model: ModelConfig, data: DataFolder) -> None:
    """Check that the networks fit the frames of a folder.

    Raises:
        ValueError: the size of the frames is not divisible by the downsamplings of all scales, or
            the model has a foreground and the data name no foreground classes.
    """
    multiple, least = _size_rule(model)
    if any(side % multiple or side < least for side in data.size):
        # Both sides are named: the other one would change with the first.
        sizes = [
            {max(side // multiple * multiple, least), max(-(-side // multiple) * multiple, least)}
            for side in data.size
        ]
        height, width = (" or ".join(map(str, sorted(each))) for each in sizes)
        axes = [
            axis
            for axis, side in zip(("height", "width"), data.size, strict=True)
            if side % multiple or side < least
        ]
        raise ValueError(
            f"the {' and the '.join(axes)} of the frames must be a multiple of {multiple} and at "
            f"least {least} for {_reason(model)}, and those of {data.path} are "
            f"{data.size[0]}x{data.size[1]} (HxW): "
            f"prepare them again with the height {height} and the width {width}"
        )
    if model.foreground and not data.facts.get("foreground"):
        # Only classes of label maps can be named.
        again = ", or prepare it again with --foreground" if data.facts.get("classes") else ""
        raise ValueError(
            f"foreground must be off: {data.path} names no foreground classes; add "
            f"--no-foreground{again}"
        )


def fits(model: ModelConfig, data: DataFolder) -> bool:
    """Return whether `check_fit` finds that the networks fit the frames of a folder."""
    try:
        check_fit(model, data)
    except ValueError:
        return False
    return True


def nearest_size(model: ModelConfig, size: Sequence[float]) -> tuple[int, int]:
    """Return the size (H, W) nearest to the given one that the networks can divide."""
    multiple, least = _size_rule(model)
    height, width = (max(round(side / multiple) * multiple, least) for side in size)
    return height, width


def _reason(model: ModelConfig) -> str:
    if model.generator == "fast":
        return "the fast generator"
    return f"{model.num_scales} scales and {model.num_downsamplings} downsamplings"


def _size_rule(model: ModelConfig) -> tuple[int, int]:
    """Return what both sides must be a multiple of, and at least."""
    if model.generator == "fast":
        return 4, 12 if model.flow else 8
    coarsest = 2 ** (model.num_scales - 1)
    multiple = coarsest * 2**model.num_downsamplings
    return multiple, max(2 * multiple, 4 * coarsest)
