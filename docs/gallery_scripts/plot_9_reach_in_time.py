"""
How far the discriminators reach in time
========================================

Flicker shows in two neighboring frames, a hand that changes its speed only in many.
What a discriminator can find fault with is bounded by the frames that one of its logits
sees. This page measures them: the frames where the gradient of one logit is not zero.
"""

import matplotlib.pyplot as plt
import torch

from vidgan.discriminators import (
    FeatureDiscriminator,
    PatchDiscriminator3d,
    SpatialHead,
    TemporalHead,
)
from vidgan.models import multiscale_discriminator_3d

# %%
# Strides in time
# ---------------
#
# The convolutions of :class:`~vidgan.discriminators.PatchDiscriminator3d` see three
# steps each. Every stride in time doubles what a step is for the layers after it, so
# that ``num_time_strides`` sets the reach. A causal discriminator reaches as far, but
# only into the past. Bars show how much each frame weighs in the logit, relative to the
# largest weight. Norms are left out: a group or instance norm connects all frames of a
# clip through its statistics.

LENGTH, FRAME = 65, 32


def weights_of_frames(network, scale=None):
    """Measure how much each frame weighs in the logit at frame 32."""
    torch.manual_seed(0)
    clip = torch.randn(1, LENGTH, 3, 32, 32, requires_grad=True)
    output = network(clip) if scale is None else network(clip)[scale]
    logits = output if isinstance(output, torch.Tensor) else output.logits
    step = round(FRAME * (logits.shape[1] - 1) / (LENGTH - 1))
    logits[0, step].flatten().sum().backward()
    weights = clip.grad[0].flatten(1).norm(dim=1)
    return weights / weights.max()


def draw(axis, weights, name, color):
    """Draw the weights as bars, and print the reach."""
    seen = weights.nonzero()[:, 0]
    axis.bar(range(LENGTH), weights, width=1, color=color)
    axis.axvspan(seen[0] - 0.5, seen[-1] + 0.5, color=color, alpha=0.15)
    axis.set_title(f"{name}; frames seen: {len(seen)}", loc="left", fontsize=9)
    axis.set(yticks=[], xlim=(-0.5, LENGTH - 0.5), ylim=(0, 1.05))
    axis.axvline(FRAME, color="black", linewidth=0.8, linestyle=":")


torch.manual_seed(0)
figure, axes = plt.subplots(5, 1, figsize=(6, 5.6), layout="constrained", sharex=True)
for axis, (strides, causal) in zip(
    axes, [(0, False), (1, False), (2, False), (3, False), (2, True)], strict=True
):
    network = PatchDiscriminator3d(
        3, 8, num_time_strides=strides, causal=causal, norm="none"
    )
    kind = f"strides in time: {strides}{', causal' if causal else ''}"
    draw(axis, weights_of_frames(network), kind, "tab:orange" if causal else "tab:blue")
    print(f"{kind}: {network.time_reach} frames, at least {network.min_frames}")
axes[-1].set_xlabel("frame; the logit is at the dotted line")

# %%
# Scales
# ------
#
# The scales of :func:`~vidgan.models.multiscale_discriminator_3d` see the clip in
# several sizes. With ``pool_time`` they also see it at several rates, and the coarse
# ones reach further in time with as many layers.

torch.manual_seed(0)
pooled = multiscale_discriminator_3d(
    3, base_channels=8, num_layers=2, num_time_strides=1, pool_time=True, norm="none"
)
figure, axes = plt.subplots(2, 1, figsize=(6, 2.6), layout="constrained", sharex=True)
for scale, axis in enumerate(axes):
    draw(axis, weights_of_frames(pooled, scale), f"scale {scale}", "tab:green")
axes[-1].set_xlabel("frame")

# %%
# Heads on a frozen backbone
# --------------------------
#
# A :class:`~vidgan.discriminators.FeatureDiscriminator` sees what its backbone and its
# heads see. With a backbone of images, :class:`~vidgan.discriminators.SpatialHead`
# scores each frame by itself and misses any flicker.
# :class:`~vidgan.discriminators.TemporalHead` sees five frames at one position through
# its convolutions, and faintly all others through its group norms.

torch.manual_seed(0)
backbone = torch.nn.Conv2d(3, 8, 4, stride=4)
heads = FeatureDiscriminator(
    lambda frames: [backbone(frames)],
    [SpatialHead(8, 8), TemporalHead(8, 8)],
    layers=[0, 0],
    frames_as_batch=True,
)
figure, axes = plt.subplots(2, 1, figsize=(6, 2.6), layout="constrained", sharex=True)
for index, (axis, name) in enumerate(zip(axes, ("spatial", "temporal"), strict=True)):
    draw(axis, weights_of_frames(heads, index), f"{name} head", "tab:purple")
axes[-1].set_xlabel("frame")
plt.show()
# sphinx_gallery_thumbnail_number = 1
