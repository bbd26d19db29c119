"""Samples of the functions of `vidgan.functional`."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import Tensor

from tests.assertions import mask, rand, smooth_flow
from tests.contracts.sample import Inputs, Sample
from vidgan import functional as F  # noqa: N812

ANY_SHAPE = "of any shape"
BATCH = "compares the whole batch"
INTEGERS = "integer ids have no gradient"
KINKS = "piecewise constant: its gradient is zero or undefined"


def labels(*shape: int, classes: int = 3, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(classes, shape, generator=generator)


def images(*names: str, channels: int = 3, masks: tuple[str, ...] = ()) -> Inputs:
    """Images (B, C, H, W), and masks (B, 1, H, W), by name."""

    def make(b: int, h: int, w: int) -> dict[str, Any]:
        made = {name: rand(b, channels, h, w, seed=i) for i, name in enumerate(names)}
        return made | {name: mask(b, 1, h, w, seed=9 + i) for i, name in enumerate(masks)}

    return make


def clips(*names: str, frames: int = 3, channels: int = 3) -> Inputs:
    """Clips (B, T, C, H, W) by name."""
    return lambda b, h, w: {
        name: rand(b, frames, channels, h, w, seed=i) for i, name in enumerate(names)
    }


def flows(*names: str) -> Inputs:
    return lambda b, h, w: {name: smooth_flow(b, 2, h, w, seed=i) for i, name in enumerate(names)}


def warp_inputs(name: str) -> Inputs:
    return lambda b, h, w: {name: rand(b, 3, h, w), "flow": smooth_flow(b, 2, h, w, seed=1)}


def features(*names: str, rows: int = 6, width: int = 3) -> Inputs:
    return lambda b, h, w: {name: rand(rows, width, seed=i) for i, name in enumerate(names)}


def group(frames: int = 3) -> Inputs:
    return lambda b, h, w: {
        "frames": rand(b, frames, 3, h, w),
        "flow": smooth_flow(b, frames, 2, h, w),
    }


def moments(b: int, h: int, w: int) -> dict[str, Tensor]:
    square = rand(3, 3, dtype=torch.float64)
    covariance = (square @ square.T + torch.eye(3, dtype=torch.float64)).float()
    return {
        "mean": rand(3),
        "covariance": covariance,
        "reference_mean": rand(3, seed=1),
        "reference_covariance": 2 * covariance,
    }


def free(*names: str) -> dict[str, Any]:
    return {"free": dict.fromkeys(names, ANY_SHAPE)}


NO_BATCH = {
    "bfloat16": "computed in float64",
    "batch": "its rows are no batch of samples",
    "empty": "as its rows are no batch",
}
HALF = "decompositions have no bfloat16"
RANDOM = {"batch": "every sample draws numbers of its own"}
SAME = "no number is computed"


def _composed_flows() -> Any:
    """The flow and its mask: it is NaN where it leads out of the frame."""
    return lambda flow, earlier: F.known_flow(F.compose_flows(flow, earlier))


SAMPLES = {
    "average_pyramid": Sample(
        lambda: partial(F.average_pyramid, num_scales=2),
        images("images"),
        errors=((lambda: F.average_pyramid(rand(1, 3, 8, 8), 0), "num_scales must be"),),
    ),
    "charbonnier": Sample(lambda: F.charbonnier, images("input", "target"), whole=True),
    "color_drift": Sample(
        lambda: F.color_drift,
        precise=True,
        inputs=clips("frames", "references"),
    ),
    "compose_flows": Sample(_composed_flows, flows("flow", "earlier")),
    "crop_regions": Sample(
        lambda: partial(F.crop_regions, size=(4, 4)),
        lambda b, h, w: {
            "images": rand(b, 3, h, w),
            "boxes": torch.tensor([[1.2, 0.3, 6.4, 5.1]]).expand(b, 4),
        },
        errors=((lambda: F.crop_regions(rand(1, 3, 8, 8), rand(1, 4), (0, 4)), "size must be"),),
        skip={"compile": "the number of crops depends on the boxes' values"},
    ),
    "diff_augment": Sample(
        lambda: F.diff_augment,
        images("videos"),
        skip=RANDOM | {"gradient": "tested in test_augment"},
    ),
    "discriminator_loss": Sample(
        lambda: partial(F.discriminator_loss, mode="lsgan"),
        images("real_logits", "fake_logits"),
        whole=True,
        **free("real_logits", "fake_logits"),
    ),
    "end_point_error": Sample(
        lambda: F.end_point_error,
        lambda b, h, w: flows("flow", "reference")(b, h, w) | {"mask": mask(b, 1, h, w)},
        whole=True,
    ),
    "fake_loss": Sample(
        lambda: partial(F.fake_loss, mode="hinge"),
        images("fake_logits"),
        whole=True,
        errors=((lambda: F.fake_loss(rand(2), mode="relativistic"), "mode"),),
        **free("fake_logits"),
    ),
    "feature_matching": Sample(
        lambda: F.feature_matching,
        lambda b, h, w: {
            "fake_features": [rand(b, 2, h, w), rand(b, 4, h, w)],
            "real_features": [rand(b, 2, h, w, seed=1), rand(b, 4, h, w, seed=2)],
        },
        whole=True,
        skip={"gradient": "the reference side is detached"},
    ),
    "finite_difference_penalty": Sample(
        target=lambda: partial(F.finite_difference_penalty, sigma=0.1),
        inputs=images("logits", "perturbed_logits", channels=1),
        whole=True,
        **free("logits"),
        errors=((lambda: F.finite_difference_penalty(rand(2), rand(2), sigma=0), "sigma must be"),),
    ),
    "flicker": Sample(lambda: F.flicker, precise=True, inputs=clips("frames")),
    "flow_to_color": Sample(
        lambda: partial(F.flow_to_color, max_magnitude=4.0),
        flows("flow"),
        skip={
            "gradient": "a picture to look at",
            "float64": "a picture to look at, in float32",
            "bfloat16": "a picture to look at, in float32",
            "empty": "nothing to look at",
        },
    ),
    "convex_upsample": Sample(
        lambda: partial(F.convex_upsample, factor=2),
        lambda b, h, w: {"values": rand(b, 2, h, w), "logits": rand(b, 36, h, w, seed=1)},
        size=(3, 4),
        errors=((lambda: F.convex_upsample(rand(1, 2, 3, 4), rand(1, 36, 3, 4), 0), "at least 1"),),
    ),
    "flow_warp": Sample(lambda: F.flow_warp, warp_inputs("image")),
    "foreground_composite": Sample(
        lambda: F.foreground_composite,
        images("foreground", "background", masks=("foreground_mask",)),
    ),
    "forward_backward_confidence": Sample(
        lambda: F.forward_backward_confidence,
        flows("forward", "backward"),
        skip={"gradient": KINKS},
    ),
    "frechet_distance": Sample(
        lambda: F.frechet_distance,
        precise=True,
        inputs=features("features", "references"),
        skip=NO_BATCH,
    ),
    "frechet_distance_from_moments": Sample(
        lambda: F.frechet_distance_from_moments,
        moments,
        skip=NO_BATCH | {"gradient": "a covariance is symmetric", "bfloat16": HALF},
    ),
    "generator_loss": Sample(
        lambda: partial(F.generator_loss, mode="relativistic"),
        images("fake_logits", "real_logits"),
        whole=True,
    ),
    "haar_wavelet_3d": Sample(lambda: F.haar_wavelet_3d, clips("video", frames=4)),
    "identity_drift": Sample(
        lambda: F.identity_drift,
        precise=True,
        inputs=lambda b, h, w: {"embeddings": rand(b, 3, 5), "reference": rand(b, 5, seed=1)},
    ),
    "instance_edges": Sample(
        lambda: F.instance_edges,
        lambda b, h, w: {"instances": labels(b, 1, h, w)},
        skip={"dtype": "ids of any dtype"},
    ),
    "instance_features": Sample(
        lambda: F.instance_features,
        precise=True,
        inputs=lambda b, h, w: {"features": rand(b, 3, h, w), "instances": labels(b, 1, h, w)},
        skip={
            "batch": "one row per instance, with the index of its sample",
            "compile": "the number of instances depends on the values",
        },
    ),
    "instance_mean": Sample(
        lambda: F.instance_mean,
        lambda b, h, w: {"features": rand(b, 3, h, w), "instances": labels(b, 1, h, w)},
        skip={"compile": "the number of instances depends on the values"},
    ),
    "known_flow": Sample(lambda: F.known_flow, flows("flow"), **free("flow")),
    "label_conv2d": Sample(
        target=lambda: F.label_conv2d,
        inputs=lambda b, h, w: {
            "labels": labels(b, 2, h, w),
            "weight": rand(4, 6, 3, 3),
            "bias": rand(4, seed=1),
        },
    ),
    "layered_composite": Sample(
        lambda: F.layered_composite,
        images("foreground", "background", "warped", masks=("foreground_mask", "occlusion_mask")),
    ),
    "lecam": Sample(
        lambda: F.lecam,
        lambda b, h, w: (
            images("real_logits", "fake_logits")(b, h, w)
            | {"real_mean": rand(), "fake_mean": rand(seed=1)}
        ),
        whole=True,
        **free("real_logits", "fake_logits"),
    ),
    "logit_centering": Sample(
        lambda: F.logit_centering, images("real_logits", "fake_logits"), whole=True
    ),
    "lpips_distance": Sample(
        lambda: F.lpips_distance,
        precise=True,
        inputs=lambda b, h, w: {
            "features": [rand(b, 3, h, w)],
            "reference_features": [rand(b, 3, h, w, seed=1)],
            "heads": [mask(3)],
        },
    ),
    "masked_l1": Sample(
        lambda: F.masked_l1, images("input", "target", masks=("mask",)), whole=True
    ),
    "occlusion_composite": Sample(
        lambda: F.occlusion_composite, images("hallucinated", "warped", masks=("mask",))
    ),
    "one_hot_labels": Sample(
        lambda: partial(F.one_hot_labels, num_classes=3),
        lambda b, h, w: {"labels": labels(b, 1, h, w), "others": rand(b, 2, h, w)},
        skip={
            "compile": "the range of labels is checked",
            "gradient": INTEGERS,
            "bfloat16": "classes are float32",
            "float64": "classes are float32",
        },
    ),
    "photometric_confidence": Sample(
        lambda: F.photometric_confidence,
        lambda b, h, w: images("current", "previous")(b, h, w) | flows("flow")(b, h, w),
        skip={"gradient": KINKS},
    ),
    "ping_pong": Sample(lambda: F.ping_pong, clips("frames"), whole=True),
    "polynomial_mmd": Sample(
        lambda: F.polynomial_mmd,
        precise=True,
        inputs=features("features", "references"),
        skip=NO_BATCH,
    ),
    "real_loss": Sample(
        lambda: partial(F.real_loss, mode="non_saturating"),
        images("real_logits"),
        whole=True,
        errors=((lambda: F.real_loss(rand(2), mode="none"), "mode must be one of"),),
        **free("real_logits"),
    ),
    "region_mask": Sample(
        lambda: partial(F.region_mask, ids=(1, 2)),
        lambda b, h, w: {"labels": labels(b, 1, h, w)},
        skip={"dtype": "ids of any dtype"},
    ),
    "resize_flow": Sample(
        lambda: partial(F.resize_flow, size=(6, 10)),
        flows("flow"),
        errors=((lambda: F.resize_flow(rand(1, 2, 4, 4), (0, 4)), "size must be"),),
    ),
    "sample_scores": Sample(
        lambda: F.sample_scores, precise=True, inputs=images("scales", channels=1), **free("scales")
    ),
    "temporal_group_inputs": Sample(
        lambda: partial(F.temporal_group_inputs, chunk_length=1),
        group(),
        skip={"gradient": SAME, "dtype": "picks frames of any dtype"},
    ),
    "temporal_groups": Sample(
        lambda: partial(F.temporal_groups, chunk_length=1),
        clips("frames"),
        skip={"gradient": SAME, "dtype": "picks frames of any dtype"},
    ),
    "tlp": Sample(lambda: F.tlp, images("distances", "reference_distances"), whole=True),
    "tof": Sample(lambda: F.tof, flows("flow", "reference_flow"), whole=True),
    "warp_features": Sample(lambda: F.warp_features, warp_inputs("features")),
    "warping_error": Sample(
        lambda: F.warping_error,
        precise=True,
        inputs=lambda b, h, w: {
            "frames": rand(b, 3, 3, h, w),
            "flow": smooth_flow(b, 2, 2, h, w),
            "confidence": mask(b, 2, 1, h, w),
        },
    ),
    "wavelet_l1": Sample(lambda: F.wavelet_l1, clips("fake", "real", frames=4), whole=True),
}
