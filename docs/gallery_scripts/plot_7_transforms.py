"""
One transform for paired data
=============================

A training clip is more than its frames: labels, flow and masks are aligned with them,
pixel by pixel. A transform must be applied to all of them, and flow is special: when
the image is mirrored or resized, its vectors change as well. This page transforms a
clip and checks that its flow is still correct.
"""

import matplotlib.pyplot as plt
import numpy as np
import torch

from examples.synthetic.street.drive import StreetDrive
from vidgan.conditions import color_labels, label_palette
from vidgan.data import ClipTransforms, RandomCrop, RandomHorizontalFlip, RandomScale
from vidgan.functional import flow_to_color, flow_warp
from vidgan.video import to_float

# %%
# A clip of four streams
# ----------------------
#
# Two frames of a rendered street, three apart, with labels, true flow, and the mask of
# pixels whose flow can be trusted. Every stream is ``(T, C, H, W)``. The kind of
# a stream decides how it is transformed; see :class:`~vidgan.data.ClipDataset`, which
# reads such clips from a data folder.

drive = StreetDrive((128, 256), 24, seed=10)
steps = [drive.render(t) for t in (5, 8)]
flow, confidence = drive.flow(8, stride=3)
clip = {
    "frames": to_float(torch.stack([step.frame for step in steps])),
    "labels": torch.stack([step.labels for step in steps]),
    "flow": torch.stack([torch.zeros_like(flow), flow.clamp(-99, 99)]),
    "confidence": torch.stack([torch.zeros_like(confidence), confidence]),
}
kinds = {"frames": "image", "labels": "labels", "flow": "flow", "confidence": "mask"}

# %%
# The transform
# -------------
#
# Random parameters are sampled once per clip and applied to all frames of all streams.

transform = ClipTransforms(
    [RandomScale(0.8, 1.2), RandomCrop((96, 128)), RandomHorizontalFlip(1.0)]
)
torch.manual_seed(3)
changed = transform(clip, kinds)


def draw(clip, height):
    """Show the streams of the last frame, with some vectors of the flow."""
    _, axes = plt.subplots(2, 2, figsize=(6, height), layout="constrained")
    flow = clip["flow"][1]
    pictures = {
        "frame": (clip["frames"][1] / 2 + 0.5).clamp(0, 1),
        "labels": color_labels(clip["labels"][1], label_palette(14)),
        "confidence": clip["confidence"][1].expand(3, -1, -1).clamp(0, 1),
        "flow": flow_to_color(flow[None], max_magnitude=30)[0],
    }
    for axis, (name, picture) in zip(axes.flat, pictures.items(), strict=True):
        axis.imshow(picture.permute(1, 2, 0).numpy())
        axis.set_title(name)
        axis.set_axis_off()
    y, x = np.mgrid[8 : flow.shape[1] : 16, 8 : flow.shape[2] : 16]
    arrows = {"angles": "xy", "scale_units": "xy", "scale": 1, "width": 0.006}
    axes[1, 1].quiver(x, y, *flow.numpy()[:, y, x], **arrows)


draw(clip, height=3.6)

# %%
# After scale, crop and flip the street leads the other way: the x component of the flow
# has changed sign, and so have its colors. All vectors were scaled along with the
# image.

draw(changed, height=5)

# %%
# Is the flow still correct?
# --------------------------
#
# The earlier frame, warped by the flow, must match the later one, before and after the
# transform. If the flow is treated as an image, its pixels move but its vectors stay
# unchanged: a common bug.


def warp_error(clip):
    """Average the error of the warped frame where the flow can be trusted."""
    frames, trusted = clip["frames"], (clip["confidence"][1:] > 0.99).float()
    warped = flow_warp(frames[:1], clip["flow"][1:])
    return float(((warped - frames[1:]).abs() * trusted).sum() / trusted.sum() / 3)


torch.manual_seed(3)
wrong = transform(clip, kinds | {"flow": "image"})
print(f"before                  {warp_error(clip):.3f}")
print(f"after                   {warp_error(changed):.3f}")
print(f"flow taken as an image  {warp_error(wrong):.3f}")
plt.show()
