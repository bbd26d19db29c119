"""Samples of layers, discriminators and losses."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from tests.assertions import mask, rand, smooth_flow
from tests.contracts.functions import clips, free, images
from tests.contracts.sample import Inputs, Sample
from vidgan import discriminators as D  # noqa: N812
from vidgan import layers, losses
from vidgan.outputs import PatchOutput


def maps(name: str = "x", channels: int = 4) -> Inputs:
    return lambda b, h, w: {name: rand(b, channels, h, w)}


def conditioned(b: int, h: int, w: int) -> dict[str, Any]:
    return {"x": rand(b, 4, h, w), "condition": rand(b, 3, 2 * h, 2 * w, seed=1)}


def patch(channels: int = 3) -> D.PatchDiscriminator:
    return D.PatchDiscriminator(channels, 4, num_layers=1, norm="instance")


def patch_3d(channels: int = 3) -> D.PatchDiscriminator3d:
    return D.PatchDiscriminator3d(channels, 4, num_layers=2, num_time_strides=1)


def multiscale(channels: int = 3) -> D.MultiscaleDiscriminator:
    return D.MultiscaleDiscriminator([patch(channels), patch(channels)])


def head(kind: type[nn.Module], **options: Any) -> Sample:
    """A head of a `FeatureDiscriminator`, which scores clips of features, with a condition."""
    return Sample(
        lambda: kind(4, 8, condition_channels=3, **options),
        lambda b, h, w: {"clips": rand(b, 4, 3, h, w), "condition": rand(b, 3, seed=1)},
        size=(3, 4),
        errors=((lambda: kind(4, 0), "channels must be at least 1"),),
    )


def backbone(x: Tensor) -> list[Tensor]:
    return [x.transpose(1, 2).repeat(1, 2, 1, 1, 1)]


def scales(*names: str) -> Inputs:
    """Outputs of a discriminator with two scales, by name."""
    return lambda b, h, w: {
        name: (
            PatchOutput(rand(b, 1, h, w, seed=i), (rand(b, 2, h, w, seed=i),)),
            PatchOutput(rand(b, 1, h, w, seed=i + 5), (rand(b, 2, h, w, seed=i + 5),)),
        )
        for i, name in enumerate(names)
    }


def confident(*names: str, flow: bool = False) -> Inputs:
    made = images(*names, masks=("confidence",))
    return lambda b, h, w: made(b, h, w) | ({"flow": smooth_flow(b, 2, h, w)} if flow else {})


def flow_loss_inputs(b: int, h: int, w: int) -> dict[str, Tensor]:
    return {
        "flow": smooth_flow(b, 2, h, w),
        "reference": smooth_flow(b, 2, h, w, seed=1),
        "confidence": mask(b, 1, h, w),
    }


def scored_images(b: int, h: int, w: int) -> dict[str, Tensor]:
    """Images and the logits that were made of them, in one graph."""
    x = rand(b, 3, h, w).requires_grad_()
    return {"images": x, "logits": x.tanh().mean((1, 2, 3))}


BOXES = torch.tensor([[1.0, 0.0, 9.0, 7.0]])
KINKS = "ReLU has kinks, close to which differences are wrong"
PENALTY = {"compile": "double backward cannot be compiled", "gradient": "tested with its function"}
COPIES = {"layout": "the layout is that of the discriminator within"}
SCALES = free("fake", "real")

LAYERS = {
    "SPADE": Sample(
        lambda: layers.SPADE(4, 3, hidden_channels=4),
        conditioned,
        errors=((lambda: layers.SPADE(0, 3), "num_channels must be at least 1"),),
    ),
    "Blur": Sample(lambda: layers.Blur(4), maps()),
    "ConditionalNorm": Sample(
        lambda: layers.SPADE(4, 3, hidden_channels=4, norm="batch"),  # it is abstract
        conditioned,
    ),
    "ConditionalSequential": Sample(
        lambda: layers.ConditionalSequential(layers.ResidualBlock(4, norm="instance")),
        maps(),
    ),
    "ConvBlock": Sample(
        lambda: layers.ConvBlock(4, 3, 3, stride=2, padding_mode="reflect"),
        maps(),
        errors=((lambda: layers.ConvBlock(4, 3, 2), "kernel_size must be odd"),),
    ),
    "ConvBlock, zeros": Sample(lambda: layers.ConvBlock(4, 3, 3, norm="instance"), maps()),
    "HalfSize": Sample(
        lambda: layers.HalfSize(layers.ResidualBlock(4, norm="instance")),
        maps(),
    ),
    "InstanceNorm": Sample(layers.InstanceNorm, maps()),
    "MultiSPADE": Sample(
        lambda: layers.MultiSPADE(4, (3, 2), hidden_channels=4),
        lambda b, h, w: {
            "x": rand(b, 4, h, w),
            "condition": (rand(b, 3, h, w), layers.GuidanceMap(rand(b, 2, h, w), mask(b, 1, h, w))),
        },
        errors=((lambda: layers.MultiSPADE(4, ()), "the number of maps must be"),),
    ),
    "OneHotConv2d": Sample(
        lambda: layers.OneHotConv2d(4, 3, 3, num_groups=2, num_classes=2),
        maps(),
        errors=(
            (lambda: layers.OneHotConv2d(4, 3, 3, num_groups=3, num_classes=2), "in_channels must"),
        ),
    ),
    "PartialConv2d": Sample(
        lambda: layers.PartialConv2d(4, 3, 3),
        lambda b, h, w: {"x": rand(b, 4, h, w), "mask": mask(b, 1, h, w)},
        errors=((lambda: layers.PartialConv2d(4, 3, 2), "kernel_size must be odd"),),
    ),
    "ReflectConv2d": Sample(
        lambda: layers.ReflectConv2d(4, 3, 5),
        maps(),
        errors=((lambda: layers.ReflectConv2d(4, 3, 2), "kernel_size must be odd"),),
    ),
    "ResidualBlock": Sample(
        lambda: layers.ResidualBlock(4),
        maps(),
        errors=((lambda: layers.ResidualBlock(4, norm="none of them"), "norm must be one of"),),
    ),
    "SeparableResidualBlock": Sample(lambda: layers.SeparableResidualBlock(4), maps()),
    "TrackedInstanceNorm": Sample(
        lambda: layers.TrackedInstanceNorm(4, track_running_stats=True), maps()
    ),
    "UpBlock": Sample(
        lambda: layers.UpBlock(4, 3, norm="group"),
        maps(),
        errors=((lambda: layers.UpBlock(4, 3, upsampling="no"), "upsampling must be one of"),),
    ),
    "UpBlock, resize": Sample(
        lambda: layers.UpBlock(4, 3, upsampling="resize", norm="instance"), maps()
    ),
}

DISCRIMINATORS = {
    "AttentionHead": head(D.AttentionHead),
    "FactorizedHead": head(D.FactorizedHead),
    "MultiscaleHead": head(D.MultiscaleHead),
    "SpatialHead": head(D.SpatialHead),
    "TemporalHead": head(D.TemporalHead),
    "FeatureDiscriminator": Sample(
        lambda: D.FeatureDiscriminator(backbone, [D.SpatialHead(6, 8)], layers=[0]),
        clips("x"),
        free={"x": "its backbone checks it"},
        errors=((lambda: D.FeatureDiscriminator(backbone, []), "heads must not be empty"),),
    ),
    "ImageDiscriminator": Sample(
        lambda: D.ImageDiscriminator(multiscale(6)), images("conditions", "frames"), size=(12, 16)
    ),
    "MultiscaleDiscriminator": Sample(
        multiscale,
        maps(channels=3),
        size=(12, 16),
        errors=((lambda: D.MultiscaleDiscriminator([]), "discriminators must"),),
    ),
    "MultiscaleDiscriminator3d": Sample(
        lambda: D.MultiscaleDiscriminator3d([patch_3d(), patch_3d()]),
        clips("x", frames=4),
        size=(12, 16),
        skip={"gradient": "needs larger maps; PatchDiscriminator3d is checked"},
        errors=((lambda: D.MultiscaleDiscriminator3d([]), "discriminators must"),),
    ),
    "PairedDiscriminator": Sample(
        lambda: D.PairedDiscriminator(patch_3d(6)),
        lambda b, h, w: (
            clips("first", "second", frames=4)(b, h, w) | {"swapped": torch.arange(b) % 2 == 0}
        ),
    ),
    "PatchDiscriminator": Sample(
        patch,
        maps(channels=3),
        errors=((lambda: D.PatchDiscriminator(0), "in_channels must be at least 1"),),
    ),
    "PatchDiscriminator3d": Sample(
        patch_3d,
        clips("x", frames=4),
        errors=((lambda: D.PatchDiscriminator3d(0), "in_channels must be at least 1"),),
    ),
    "ProjectionLogit": Sample(
        lambda: D.ProjectionLogit(4, 3),
        lambda b, h, w: {"hidden": rand(b, h, w, 4), "condition": rand(b, 3, seed=1)},
        errors=((lambda: D.ProjectionLogit(0), "channels must be at least 1"),),
        free={"hidden": "any axes between the first and the last"},
    ),
    "RegionDiscriminator": Sample(
        lambda: D.RegionDiscriminator(multiscale(6), (12, 12)),
        lambda b, h, w: images("conditions", "frames")(b, h, w) | {"boxes": BOXES.expand(b, 4)},
        skip={
            "compile": "the number of regions depends on the boxes' values",
            "gradient": "a box has kinks at pixel centers",
        },
    ),
    "VideoDiscriminator": Sample(
        lambda: D.VideoDiscriminator(multiscale(13)),
        lambda b, h, w: {"frames": rand(b, 3, 3, h, w), "flows": smooth_flow(b, 2, 2, h, w)},
        size=(12, 16),
        errors=((lambda: D.VideoDiscriminator(patch(), num_frames=0), "num_frames must be"),),
    ),
}

LOSSES = {
    "AdversarialLoss": Sample(
        losses.AdversarialLoss,
        scales("fake", "real"),
        whole=True,
        errors=((lambda: losses.AdversarialLoss("no"), "mode must be one of"),),
        **SCALES,
    ),
    "FeatureMatchingLoss": Sample(
        losses.FeatureMatchingLoss,
        scales("fake", "real"),
        whole=True,
        skip={"gradient": "the reference side is detached"},
        free={"fake": "logits are not compared", "real": "logits are not compared"},
    ),
    "FiniteDifferencePenalty": Sample(
        losses.FiniteDifferencePenalty,
        lambda b, h, w: {"discriminator": nn.Tanh(), "images": rand(b, 3, h, w)},
        whole=True,
        free={"images": "those of the discriminator within"},
        errors=((lambda: losses.FiniteDifferencePenalty(sigma=0), "sigma must be above 0"),),
        skip={
            "gradient": "random",
            "batch": "random",
            "layout": "random",
            "compile": "random",
        },
    ),
    "FlowLoss": Sample(losses.FlowLoss, flow_loss_inputs, whole=True),
    "GradientPenalty": Sample(
        losses.GradientPenalty,
        scored_images,
        whole=True,
        free={"images": "those of the discriminator within", "logits": "of any shape"},
        skip=dict.fromkeys(
            ("gradient", "layout", "batch", "bfloat16", "float64", "compile", "dtype", "rank"),
            "its inputs are one graph; tests/losses/test_penalties.py",
        ),
    ),
    "LeCamLoss": Sample(
        losses.LeCamLoss,
        scales("real", "fake"),
        whole=True,
        errors=((lambda: losses.LeCamLoss(decay=2), "decay must be at least 0 and below 1"),),
        **SCALES,
        skip={"batch": "a running mean", "gradient": "a running mean"},
    ),
    "PerceptualLoss": Sample(
        lambda: losses.PerceptualLoss(lambda x: (x, x[..., ::2, ::2])),
        images("fake", "real"),
        whole=True,
        skip={"gradient": "the reference side is detached"},
    ),
    "TemporalLoss": Sample(
        losses.TemporalLoss,
        lambda b, h, w: (
            images("fake", "fake_previous", masks=("confidence",))(b, h, w)
            | {"reference": smooth_flow(b, 2, h, w)}
        ),
        whole=True,
        skip={"gradient": "the reference side is detached"},
    ),
    "WarpLoss": Sample(
        losses.WarpLoss,
        confident("previous", "current", flow=True),
        whole=True,
        skip={"gradient": "the reference side is detached"},
    ),
}
