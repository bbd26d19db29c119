"""Samples of generators, builders, feature networks, metrics and other modules."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from tests.assertions import rand, smooth_flow
from tests.contracts.functions import clips, images, labels
from tests.contracts.modules import maps, multiscale
from tests.contracts.sample import Inputs, Sample
from vidgan import features, flow_estimators, generators, metrics, models, rollout, training
from vidgan.outputs import FlowEstimate

SMALL: dict[str, Any] = {"base_channels": 4, "num_downsamplings": 1, "num_blocks": 1}
INSTANCE = SMALL | {"norm": "instance"}


def encoder(channels: int = 3) -> generators.Encoder:
    return generators.Encoder(channels, 4, num_downsamplings=1, num_blocks=1, norm="instance")


def decoder(**options: Any) -> generators.Decoder:
    return generators.Decoder(4, num_upsamplings=1, num_blocks=1, norm="instance", **options)


def image_branch() -> generators.ImageBranch:
    return generators.ImageBranch(decoder(), generators.ImageHead(4))


def window(past: int = 2, **more: Inputs) -> Inputs:
    """Conditions and past frames of a generator."""
    return lambda b, h, w: {
        "conditions": rand(b, past + 1, 2, h, w),
        "past": rand(b, past, 3, h, w, seed=1),
    }


def ids(name: str) -> Inputs:
    return lambda b, h, w: {name: rand(b, 3, h, w), "instances": labels(b, 1, h, w)}


def frozen_extractor() -> metrics.NamedExtractor:
    network = nn.Sequential(nn.AdaptiveAvgPool2d(2), nn.Flatten())
    return metrics.NamedExtractor(network, name="pool", layer="flat", num_features=12)


class Both(nn.Module):
    """The distance of generated samples from real ones."""

    def __init__(self, metric: Any) -> None:
        super().__init__()
        self.metric = metric

    def forward(self, fake: Tensor, real: Tensor) -> Tensor:
        self.metric.update(fake, real=False)
        self.metric.update(real, real=True)
        return self.metric.compute()


PAIRED = images("fake", "real")


class NoMotion(nn.Module):
    def forward(self, current: Tensor, previous: Tensor) -> FlowEstimate:  # noqa: ARG002
        flow = torch.zeros_like(current[:, :2])
        return FlowEstimate(flow, torch.ones_like(flow[:, :1]))


class Rollout(nn.Module):
    """A rollout whose state is made of tensors given by name."""

    def __init__(self) -> None:
        super().__init__()
        self.rollout = rollout.SequentialRollout(models.composite_generator(2, **INSTANCE))

    def forward(self, conditions: Tensor, past_frames: Tensor, past_conditions: Tensor) -> Any:
        return self.rollout(conditions, rollout.RolloutState(past_frames, past_conditions))


def distance(x: Tensor, y: Tensor) -> Tensor:
    return (x - y).abs().flatten(1).mean(1)


FROZEN = {"gradient": "too large; its parts are checked"}
SLOW = {"gradient": "too large; its parts are checked"}
METRIC = {
    "gradient": "it accumulates",
    "compile": "torchmetrics keeps its state in Python",
    "file": "its state is not saved",
    "bfloat16": "metrics need float32 at least",
    "layout": "tested with its function",
    "batch": "tested with its function",
    "meta": "it has no weights",
}
GENERATOR = {"size": (8, 12), "skip": SLOW}
INT_FLOW = {"gradient": "computed by OpenCV", "compile": "computed by OpenCV"}
RANDOM_WEIGHTS = {"sizes": "the network needs 32 pixels or more"}


def rollout_inputs(b: int, h: int, w: int) -> dict[str, Tensor]:
    return {
        "conditions": rand(b, 2, 2, h, w),
        "past_frames": rand(b, 2, 3, h, w, seed=1),
        "past_conditions": rand(b, 2, 2, h, w, seed=2),
    }


GENERATORS = {
    "CoarseToFineGenerator": Sample(
        lambda: models.coarse_to_fine_generator(
            2, base_channels=8, num_downsamplings=1, num_blocks=1, norm="instance"
        ),
        window(),
        size=(16, 16),
        skip=SLOW,
        errors=((lambda: generators.CoarseToFineGenerator([]), "generators must"),),
    ),
    "CompositeGenerator": Sample(
        lambda: models.composite_generator(2, **SMALL),
        window(),
        skip=SLOW,
        errors=(
            (
                lambda: generators.CompositeGenerator(encoder(4), encoder(6), image_branch()),
                "condition_encoder.in_channels must be a multiple",
            ),
        ),
    ),
    "Decoder": Sample(
        lambda: decoder(feature_channels=2),
        lambda b, h, w: {"encoded": rand(b, 8, h, w), "features": rand(b, 2, 2 * h, 2 * w)},
        size=(4, 6),
        errors=((lambda: generators.Decoder(0), "base_channels must be at least 1"),),
    ),
    "Encoder": Sample(
        encoder,
        maps(channels=3),
        errors=((lambda: generators.Encoder(0), "in_channels must be at least 1"),),
    ),
    "EncoderDecoder": Sample(
        lambda: generators.EncoderDecoder(encoder(), decoder()), maps(channels=3)
    ),
    "FlowBranch": Sample(
        lambda: generators.FlowBranch(
            decoder(), generators.FlowHead(4), generators.OcclusionHead(4)
        ),
        maps("features", 8),
        size=(4, 6),
    ),
    "ConvexFlowHead": Sample(lambda: generators.ConvexFlowHead(4), maps("features")),
    "ConvexOcclusionHead": Sample(lambda: generators.ConvexOcclusionHead(4), maps("features")),
    "ConvexUpsample": Sample(
        lambda: generators.ConvexUpsample(4, 2),
        lambda b, h, w: {"values": rand(b, 2, h, w), "features": rand(b, 4, h, w, seed=1)},
    ),
    "UnshuffleEncoder": Sample(lambda: generators.UnshuffleEncoder(4, 8, factor=2), maps()),
    "FlowHead": Sample(lambda: generators.FlowHead(4), maps("features")),
    "FlowWarp": Sample(
        generators.FlowWarp,
        lambda b, h, w: {"image": rand(b, 3, h, w), "flow": smooth_flow(b, 2, h, w)},
        errors=((lambda: generators.FlowWarp(padding_mode="no"), "padding_mode must be one of"),),
    ),
    "ForegroundComposite": Sample(
        lambda: generators.ForegroundComposite("paper"),
        images("foreground", "background", "warped", masks=("foreground_mask", "occlusion_mask")),
        errors=((lambda: generators.ForegroundComposite("no"), "form must be one of"),),
    ),
    "ForegroundHallucinator": Sample(
        lambda: generators.ForegroundHallucinator(encoder(), image_branch()),
        maps("stacked_conditions", 3),
    ),
    "ImageBranch": Sample(image_branch, maps("features", 8), size=(4, 6)),
    "ImageHead": Sample(lambda: generators.ImageHead(4), maps("features")),
    "InstanceEncoder": Sample(
        lambda: models.instance_encoder(base_channels=2, num_downsamplings=1),
        ids("images"),
        skip=SLOW | {"compile": "the number of instances depends on the values"},
    ),
    "OcclusionComposite": Sample(
        generators.OcclusionComposite,
        images("hallucinated", "warped", masks=("occlusion_mask",)),
    ),
    "OcclusionHead": Sample(lambda: generators.OcclusionHead(4), maps("features")),
    "ReferenceEncoder": Sample(
        lambda: generators.ReferenceEncoder(encoder(), encoder()), clips("references", "conditions")
    ),
    "SingleImageGenerator": Sample(
        lambda: models.local_enhancer(3, **SMALL),
        maps("conditions", 3),
        size=(16, 16),
        skip=SLOW,
    ),
    "SpadeGenerator": Sample(
        lambda: models.spade_generator(2, hidden_channels=4, **SMALL), window(1), skip=SLOW
    ),
}

MODELS = {
    "coarse_to_fine_generator": GENERATORS["CoarseToFineGenerator"],
    "composite_generator": GENERATORS["CompositeGenerator"],
    "fast_generator": Sample(
        lambda: models.fast_generator(2, base_channels=8, num_blocks=1, num_branch_blocks=1),
        window(),
        size=(12, 16),
        skip=SLOW,
    ),
    "global_generator": Sample(
        lambda: models.global_generator(3, **SMALL), maps("conditions", 3), skip=SLOW
    ),
    "instance_encoder": GENERATORS["InstanceEncoder"],
    "local_enhancer": GENERATORS["SingleImageGenerator"],
    "multiscale_discriminator": Sample(
        lambda: models.multiscale_discriminator(3, base_channels=2),
        maps(channels=3),
        size=(16, 24),
        skip=SLOW,
        errors=((lambda: models.multiscale_discriminator(3, num_scales=0), "num_scales must"),),
    ),
    "multiscale_discriminator_3d": Sample(
        lambda: models.multiscale_discriminator_3d(3, base_channels=2),
        clips("x", frames=5),
        size=(24, 24),
        skip=SLOW,
    ),
    "spade_generator": GENERATORS["SpadeGenerator"],
}

LARGE = {
    "gradient": "too large",
    "copy": "too large",
    "meta": "weights are loaded at once",
    "file": "weights of others, not saved",
}
FEATURES = {
    "BlurPool": Sample(features.BlurPool, maps("images", 3)),
    "ConvBlurPool": Sample(lambda: features.ConvBlurPool(3, 4, 3, padding=1), maps("images", 3)),
    "AlexNetFeatures": Sample(
        lambda: features.AlexNetFeatures(None), images("images"), size=(64, 72), skip=LARGE
    ),
    "VGG16Features": Sample(
        lambda: features.VGG16Features(None), images("images"), size=(32, 32), skip=LARGE
    ),
    "VGG19Features": Sample(
        lambda: features.VGG19Features(None, layers=("relu1_1", "relu2_1")),
        images("images"),
        size=(8, 12),
        skip=LARGE,
        errors=((lambda: features.VGG19Features(None, layers=()), "layers must"),),
    ),
    "LPIPS": Sample(
        lambda: features.LPIPS("alex", None, check_range=False),
        images("images", "references"),
        size=(64, 72),
        precise=True,
        skip=LARGE,
        errors=((lambda: features.LPIPS("no"), "network must be one of"),),
    ),
    "ShiftTolerantLPIPS": Sample(
        lambda: features.ShiftTolerantLPIPS("alex", None, check_range=False),
        images("images", "references"),
        size=(64, 72),
        precise=True,
        skip=LARGE,
    ),
}
FLOW = {
    "DISFlow": Sample(
        flow_estimators.DISFlow, images("current", "previous"), size=(32, 40), skip=INT_FLOW
    ),
    "FarnebackFlow": Sample(
        flow_estimators.FarnebackFlow, images("current", "previous"), size=(32, 40), skip=INT_FLOW
    ),
    "RAFTFlow": Sample(
        lambda: flow_estimators.RAFTFlow(None, iterations=1),
        images("current", "previous"),
        size=(32, 40),
        skip=LARGE
        | dict.fromkeys(
            ("compile", "batch", "layout", "empty"), "torchvision's network, with random weights"
        ),
    ),
}
SAMPLES_OF = {"samples": (2, 3)}


def metric(build: Any, inputs: Inputs, **skip: str) -> Sample:
    return Sample(build, inputs, whole=True, skip=METRIC | skip)


PAIR = clips("frames", "references")
FRECHET = dict.fromkeys(
    ("copy", "float64", "sizes"), "warns of few samples; tests/metrics/test_frechet_distance.py"
)
METRICS = {
    "ColorDrift": metric(lambda: metrics.ColorDrift(3), clips("frames")),
    "Flicker": metric(lambda: metrics.Flicker(3), clips("frames")),
    "FrechetDistance": metric(
        lambda: Both(metrics.FrechetDistance(frozen_extractor())), PAIRED, **FRECHET
    ),
    "IdentityDrift": metric(
        lambda: metrics.IdentityDrift(lambda x: x.mean((2, 3)), 3), clips("frames")
    ),
    "KernelDistance": metric(lambda: Both(metrics.KernelDistance(frozen_extractor())), PAIRED),
    "NamedExtractor": Sample(
        frozen_extractor, images("samples"), skip={"compile": "ranges are checked"}
    ),
    "PSNR": metric(lambda: metrics.PSNR(check_range=False), PAIR),
    "SSIM": metric(
        lambda: metrics.SSIM(check_range=False),
        PAIR,
    ),
    "PerceptualDistance": metric(lambda: metrics.PerceptualDistance(distance), PAIR),
    "TLP": metric(lambda: metrics.TLP(distance), PAIR),
    "TOF": metric(lambda: metrics.TOF(NoMotion()), PAIR),
    "WarpingError": metric(lambda: metrics.WarpingError(NoMotion()), PAIR),
}
OTHERS = {
    "rollout.SequentialRollout": Sample(Rollout, rollout_inputs, skip=SLOW),
    "training.AveragedModel": Sample(
        lambda: training.AveragedModel(image_branch()),
        maps("features", 8),
        size=(4, 6),
        skip={"compile": "torch's own class"},
    ),
    "training.GradientNormalizer": Sample(
        training.GradientNormalizer,
        maps("samples"),
        free={"samples": "of any shape and dtype"},
        skip={"gradient": "it changes the gradient", "compile": "updates in backward"},
    ),
    "losses.video_adversarial_step": Sample(
        lambda: video_step,
        clips("conditions", "real_frames", "fake_frames"),
        size=(12, 16),
        whole=True,
        skip=SLOW
        | {"dtype": "frames of any dtype", "compile": "a loop"}
        | dict.fromkeys(("layout", "bfloat16", "float64"), "draws its discriminator"),
    ),
}


def video_step(conditions: Tensor, real_frames: Tensor, fake_frames: Tensor) -> Any:
    from vidgan.discriminators import ImageDiscriminator
    from vidgan.losses import AdversarialLoss, video_adversarial_step

    gan = AdversarialLoss()
    return video_adversarial_step(
        ImageDiscriminator(multiscale(6)),
        [],
        conditions,
        real_frames,
        fake_frames,
        [],
        chunk_length=2,
        generator_losses={"gan": gan},
        discriminator_losses={"gan": gan.discriminator},
    )
