"""Named tuples returned by the modules and functions of vidgan."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor

__all__ = [
    "FlowEstimate",
    "FrameOutput",
    "InstanceFeatures",
    "PatchOutput",
    "RolloutOutput",
    "ScaleFeatures",
]


class FrameOutput(NamedTuple):
    """One generated frame and the parts that it was composed from.

    The terms of Wang et al. 2018, `arXiv:1808.06601 <https://arxiv.org/abs/1808.06601>`__, Eq. 4.
    ``warped``, ``flow`` and ``occlusion_mask`` are None for a generator without a flow branch. With
    ``hallucinate_only`` they are computed, but do not enter ``frame``.

    Attributes:
        frame: the generated frame, (B, C, H, W), RGB in [-1, 1].
        hallucinated: the frame without warped pixels, (B, C, H, W): the output of the image
            branch, with the foreground composited if the generator has a foreground part.
        warped: the last past frame warped by ``flow``, (B, C, H, W).
        flow: backward flow in pixels, (B, 2, H, W).
        occlusion_mask: 1 = hallucinate, 0 = warp, (B, 1, H, W) in [0, 1].
        coarser: the frames that a `CoarseToFineGenerator` generated at its coarser scales, the
            next coarser one first.
        memory: tensors of a generator with a state of its own, such as hidden maps or caches, of
            any number and shape; the next call gets them as ``memory=``. Empty: none.

    Example:
        >>> import torch
        >>> from vidgan.functional import occlusion_composite
        >>> from vidgan.models import composite_generator
        >>> generator = composite_generator(4, base_channels=8, num_downsamplings=2, num_blocks=2)
        >>> out = generator(torch.rand(1, 3, 4, 32, 48), torch.rand(1, 2, 3, 32, 48))
        >>> again = occlusion_composite(out.hallucinated, out.warped, out.occlusion_mask)
        >>> torch.equal(out.frame, again)
        True
    """

    frame: Tensor
    hallucinated: Tensor
    warped: Tensor | None = None
    flow: Tensor | None = None
    occlusion_mask: Tensor | None = None
    coarser: tuple[Tensor, ...] = ()
    memory: tuple[Tensor, ...] = ()


class ScaleFeatures(NamedTuple):
    """Full-size features of one scale's branches, before their heads: inputs of the finer scale.

    Attributes:
        image: of the image branch, (B, C, H, W).
        flow: of the flow branch, or None.
        foreground: of the foreground part, or None.

    Example:
        >>> import torch
        >>> from vidgan.models import composite_generator
        >>> generator = composite_generator(4, base_channels=8, num_downsamplings=2, num_blocks=2)
        >>> maps, past = torch.rand(1, 3, 4, 32, 48), torch.rand(1, 2, 3, 32, 48)
        >>> output, features = generator.forward_with_features(maps, past)
        >>> features.image.shape, features.foreground is None
        (torch.Size([1, 8, 32, 48]), True)
    """

    image: Tensor
    flow: Tensor | None = None
    foreground: Tensor | None = None


class RolloutOutput(NamedTuple):
    """The frames of a chunk of a rollout: the fields of `FrameOutput` stacked along time.

    Attributes:
        frames: (B, T, C, H, W), RGB in [-1, 1].
        hallucinated: (B, T, C, H, W).
        warped: (B, T, C, H, W) or None.
        flows: (B, T, 2, H, W) in pixels, or None; flow t leads from frame t to frame t-1.
        occlusion_masks: (B, T, 1, H, W) in [0, 1], or None.

    Example:
        >>> import torch
        >>> from vidgan.models import composite_generator
        >>> from vidgan.rollout import RolloutState, SequentialRollout
        >>> generator = composite_generator(4, base_channels=8, num_downsamplings=2, num_blocks=2)
        >>> state = RolloutState(torch.zeros(1, 2, 3, 32, 48), torch.rand(1, 2, 4, 32, 48))
        >>> output, state = SequentialRollout(generator)(torch.rand(1, 5, 4, 32, 48), state)
        >>> output.frames.shape, output.occlusion_masks.shape
        (torch.Size([1, 5, 3, 32, 48]), torch.Size([1, 5, 1, 32, 48]))
    """

    frames: Tensor
    hallucinated: Tensor
    warped: Tensor | None = None
    flows: Tensor | None = None
    occlusion_masks: Tensor | None = None


class FlowEstimate(NamedTuple):
    """A backward flow and the confidence in it, per pixel.

    Attributes:
        flow: (B, 2, H, W) in pixels, channel 0 = x (right), 1 = y (down).
        confidence: (B, 1, H, W) in [0, 1]; 0 where the flow must not be used.

    Example:
        >>> import torch
        >>> from vidgan.losses import FlowLoss
        >>> estimate = FlowEstimate(torch.zeros(1, 2, 4, 6), torch.ones(1, 1, 4, 6))
        >>> FlowLoss()(torch.ones(1, 2, 4, 6), estimate.flow, estimate.confidence)
        tensor(10.)
    """

    flow: Tensor
    confidence: Tensor


class PatchOutput(NamedTuple):
    """Logits and features of one patch discriminator.

    Attributes:
        logits: (B, 1, h, w), or (B, t, 1, h, w) of clips; one unbounded score per patch.
        features: the activations of every layer before the logits, first layer first.

    Example:
        >>> import torch
        >>> from vidgan.discriminators import PatchDiscriminator
        >>> output = PatchDiscriminator(3, 8)(torch.zeros(1, 3, 32, 48))
        >>> output.logits.shape, [layer.shape[1] for layer in output.features]
        (torch.Size([1, 1, 7, 9]), [8, 16, 32, 64])
    """

    logits: Tensor
    features: tuple[Tensor, ...]


class InstanceFeatures(NamedTuple):
    """The mean features of every instance in a batch, one row per instance.

    Attributes:
        means: (N, C), the features averaged over the pixels of each of the N instances.
        ids: (N,), the instances' ids, integers.
        samples: (N,), the index within the batch of each instance's sample.
        counts: (N,), the number of pixels of each instance, at least 1.

    Example:
        >>> import torch
        >>> from vidgan.functional import instance_features
        >>> features, instances = torch.rand(1, 3, 4, 6), torch.zeros(1, 1, 4, 6).long()
        >>> table = instance_features(features, instances)
        >>> table.means.shape, table.ids, table.counts
        (torch.Size([1, 3]), tensor([0]), tensor([24]))
    """

    means: Tensor
    ids: Tensor
    samples: Tensor
    counts: Tensor
