"""
Foreground: the released form and the paper's
=============================================

If the conditions are label maps, people and cars can have a separate hallucination
network. Its image h_F can enter the frame in two ways, which carry over more or less of
the previous frame. This page compares them.
"""

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F

from examples.synthetic.street.builder import CLASSES, FOREGROUND
from examples.synthetic.street.drive import StreetDrive
from vidgan.functional import (
    flow_warp,
    foreground_composite,
    layered_composite,
    occlusion_composite,
    region_mask,
)
from vidgan.video import to_float


def show(axis, image, title):
    """Show RGB in [-1, 1], (1, 3, H, W), or a mask in [0, 1], (1, 1, H, W)."""
    image = image if image.shape[1] == 1 else image / 2 + 0.5
    pixels = image[0].permute(1, 2, 0).clamp(0, 1).numpy()
    axis.imshow(pixels, cmap="gray", vmin=0, vmax=1)
    axis.set_title(title)
    axis.set_axis_off()


# %%
# The layers
# ----------
#
# No network is trained here; stand-ins replace the outputs of networks. The
# hallucination h_B is the true frame, strongly blurred, and the foreground h_F the true
# frame, slightly blurred. Flow and occlusion mask are the true ones of the rendered
# street.

drive = StreetDrive((96, 192), 24, seed=9)
previous, current = drive.render(17), drive.render(20)
flow, confidence = (value[None] for value in drive.flow(20, stride=3))
real = to_float(current.frame)[None]


def blur(image, size):
    """Average over size x size pixels."""
    return F.avg_pool2d(
        image, size, stride=1, padding=size // 2, count_include_pad=False
    )


warped = flow_warp(to_float(previous.frame)[None], flow)
h_b, h_f = blur(real, 9), blur(real, 3)
occlusion_mask = 1 - confidence
ids = [CLASSES.index(name) for name in FOREGROUND]  # person, rider, car
foreground_mask = region_mask(current.labels[None], ids)

figure, axes = plt.subplots(3, 2, figsize=(6, 5.4), layout="constrained")
show(axes[0, 0], real, "true frame")
show(axes[0, 1], warped, "warped")
show(axes[1, 0], h_b, "hallucinated, h_B")
show(axes[1, 1], h_f, "foreground, h_F")
show(axes[2, 0], occlusion_mask, "occlusion mask")
show(axes[2, 1], foreground_mask, "foreground mask")

# %%
# Three ways to compose them
# --------------------------
#
# The *released* form pastes the foreground over the finished frame: a car is generated
# from scratch in every frame and never warped. In the *paper's* form (Wang et al. 2018,
# Eq. 9) the foreground is part of the hallucination: it is used where the occlusion
# mask is high. vidgan's default is the released form, see
# :class:`~vidgan.generators.ForegroundComposite`. The layers are stand-ins, so compare
# where each pixel comes from, not the image quality.


def compose(h_f, h_b, warped):
    """Compose the same layers in three ways."""
    without = occlusion_composite(h_b, warped, occlusion_mask)
    return {
        "without foreground": without,
        "released": foreground_composite(h_f, without, foreground_mask),
        "paper, Eq. 9": layered_composite(
            h_f, h_b, warped, foreground_mask, occlusion_mask
        ),
    }


figure, axes = plt.subplots(3, 1, figsize=(5, 8.2), layout="constrained")
for axis, (name, frame) in zip(axes, compose(h_f, h_b, warped).items(), strict=True):
    show(axis, frame, name)

# %%
# Where each pixel comes from
# ---------------------------
#
# The same functions on layers of one color each: warped pixels are gray, h_B is blue
# and h_F orange. With the released form nothing of a car is carried over from the frame
# before, so its style can change from frame to frame; with the paper's, most of it is.

colors = {"h_F": (1, 0.1, -1), "h_B": (-0.8, -0.2, 1), "warped": (0.6, 0.6, 0.6)}
layers = [torch.tensor(c).view(1, 3, 1, 1).expand_as(real) for c in colors.values()]
shade = 0.75 + 0.25 * real.mean(1, keepdim=True)  # so that the scene can be seen

for name, frame in compose(*layers).items():
    figure, axis = plt.subplots(figsize=(5, 2.8), layout="constrained")
    show(axis, (frame + 1) * shade - 1, name)
plt.show()
# sphinx_gallery_thumbnail_number = 4
# sphinx_gallery_multi_image = "single"
