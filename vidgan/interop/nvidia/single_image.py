"""The released networks of single images: generators of first frames, and the feature encoder."""

from __future__ import annotations

from typing import Any

from vidgan.generators import InstanceEncoder, SingleImageGenerator
from vidgan.interop.nvidia.layouts import encoder_layouts, image_generator_layouts
from vidgan.interop.nvidia.sources import Released, Source, build
from vidgan.models import global_generator, instance_encoder, local_enhancer


def load_image_generator(state_dict: Source) -> SingleImageGenerator:
    """Build a released single-image generator from its weights.

    Widths, depths, blocks, enhancers, norm, condition maps and feature map follow from the names
    and shapes of the weights (Wang et al., CVPR 2018, `arXiv:1711.11585
    <https://arxiv.org/abs/1711.11585>`__).

    Args:
        state_dict: a state dict, or a file, of a global or local generator, with or without a
            feature map.

    Returns:
        What `vidgan.models.global_generator` or `vidgan.models.local_enhancer` builds: on the CPU,
        in eval mode.

    Raises:
        FileNotFoundError: there is no such file.
        TypeError: it is neither a state dict nor a path.
        ValueError: the file is damaged, or the weights are not those of such a generator.

    Example:
        >>> from vidgan.interop.nvidia import to_state_dicts
        >>> from vidgan.models import global_generator
        >>> generator = global_generator(5, base_channels=8, num_downsamplings=2, num_blocks=2)
        >>> load_image_generator(*to_state_dicts(generator)).condition_channels
        5
    """
    weights = Released(state_dict, "load_image_generator", "a released single-image generator")
    num_enhancers = weights.count(r"model(\d+)_1\.")
    has_features = "model_downsample" in weights.parts
    finest = f"model{num_enhancers}_1" if num_enhancers else "model"
    if has_features and not num_enhancers:
        finest = "model_downsample"
    options: dict[str, Any] = {"norm": weights.norm}
    options["base_channels"] = base = weights.shape(f"{finest}.1.weight", 0)
    options["feature_channels"] = features = 0
    if has_features:
        head = "model_final" if num_enhancers else "model_upsample_conv"
        features = weights.shape(f"{head}.1.weight", 1) - base
        options["feature_channels"] = features
        depth = weights.num_convs("model_downsample") - 1
        options["num_blocks"] = weights.num_blocks("model_resnet")
    else:
        depth = (weights.num_convs("model") - 1) // 2  # down and up again, in one sequence
        options["num_blocks"] = weights.num_blocks("model")
        head = f"model{num_enhancers}_2" if num_enhancers else "model"
    options["num_downsamplings"] = depth
    options["condition_channels"] = weights.shape(f"{finest}.1.weight", 1) - features
    options["image_channels"] = weights.shape(_last(weights, head), 0)
    if not num_enhancers:
        return build(global_generator, options, [weights], image_generator_layouts)
    options["num_enhancers"] = num_enhancers
    options["num_enhancer_blocks"] = weights.num_blocks("model1_2")
    return build(local_enhancer, options, [weights], image_generator_layouts)


def load_instance_encoder(state_dict: Source) -> InstanceEncoder:
    """Build the released feature encoder E from its weights.

    Args:
        state_dict: a state dict, or a file (``netE``).

    Returns:
        What `vidgan.models.instance_encoder` builds: on the CPU, in eval mode.

    Raises:
        FileNotFoundError: there is no such file.
        TypeError: it is neither a state dict nor a path.
        ValueError: the file is damaged, or the weights are not those of such an encoder.

    Example:
        >>> from vidgan.interop.nvidia import to_state_dicts
        >>> from vidgan.models import instance_encoder
        >>> encoder = instance_encoder(base_channels=8, num_downsamplings=2)
        >>> load_instance_encoder(*to_state_dicts(encoder)).feature_channels
        3
    """
    weights = Released(state_dict, "load_instance_encoder", "a released feature encoder")
    options = {
        "image_channels": weights.shape("model.1.weight", 1),
        "feature_channels": weights.shape(_last(weights, "model"), 0),
        "base_channels": weights.shape("model.1.weight", 0),
        "num_downsamplings": (weights.num_convs("model") - 1) // 2,
        "norm": weights.norm,
    }
    return build(instance_encoder, options, [weights], encoder_layouts)


def _last(weights: Released, part: str) -> str:
    """Return the name of the last convolution of a part."""
    numbers = [
        int(middle)
        for middle, name in (
            key.split(".")[1:3]
            for key in weights.state
            if key.count(".") == 2 and key.startswith(f"{part}.")
        )
        if name == "weight" and middle.isdecimal()
    ]
    return f"{part}.{max(numbers, default=1)}.weight"
