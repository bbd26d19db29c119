r"""
The occlusion mask
==================

A frame is composed from two sources: the previous frame, warped, and a hallucinated
frame. The occlusion mask m decides which of the two each pixel is taken from (Wang et
al. 2018, Eq. 4):

.. math:: \text{frame} = (1 - m) \cdot \text{warped} + m \cdot \text{hallucinated}

A generator learns its mask. Here it is computed from the flow of a rendered street,
whose true flow is known, to show what a good mask looks like.
"""

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F

from examples.synthetic.street.drive import StreetDrive
from vidgan.flow_estimators import DISFlow
from vidgan.functional import (
    flow_warp,
    forward_backward_confidence,
    occlusion_composite,
    photometric_confidence,
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
# Where can the flow be trusted?
# ------------------------------
#
# The frames are three apart. Where a car has uncovered the background, the earlier
# frame has nothing to sample, and the warp repeats the car; where something enters the
# image at the side, the warp repeats the border.

drive = StreetDrive((96, 192), 24, seed=1)
previous, current = (to_float(drive.render(t).frame)[None] for t in (17, 20))
flow, true_confidence = (value[None] for value in drive.flow(20, stride=3))
warped = flow_warp(previous, flow)

figure, axes = plt.subplots(3, 1, figsize=(5, 8.2), layout="constrained")
show(axes[0], previous, "previous frame")
show(axes[1], current, "current frame")
show(axes[2], warped, "previous frame, warped by the true flow")

# %%
# Three confidence maps
# ---------------------
#
# White is 1: use the flow. The renderer knows the truth and is strict: it excludes
# pixels on outlines, which show two surfaces at once. Without a renderer there are two
# tests: :func:`~vidgan.functional.photometric_confidence` checks whether the warped
# frame matches the current one, :func:`~vidgan.functional.forward_backward_confidence`
# whether following both flows leads back to the start. The latter needs both flows;
# :class:`~vidgan.flow_estimators.DISFlow` estimates them here.

estimate = DISFlow("medium")
there, back = estimate(current, previous).flow, estimate(previous, current).flow
confidences = {
    "truth": true_confidence,
    "photometric, true flow": photometric_confidence(current, previous, flow),
    "forward-backward, estimated flow": forward_backward_confidence(there, back),
}
figure, axes = plt.subplots(3, 1, figsize=(5, 8.2), layout="constrained")
for axis, (name, confidence) in zip(axes, confidences.items(), strict=True):
    show(axis, confidence, f"{name}: {confidence.mean():.0%} trusted")

# %%
# The composite
# -------------
#
# The mask is 1 where the flow cannot be trusted. No network is trained on this page: a
# blurred copy of the true frame stands in for the hallucinated one, and plain orange in
# the last figure. Everything sharp was carried over from the previous frame; everything
# orange would be hallucinated.

mask = 1 - true_confidence
hallucinated = F.avg_pool2d(current, 5, stride=1, padding=2, count_include_pad=False)
orange = torch.tensor([1.0, 0.1, -1.0]).view(1, 3, 1, 1).expand_as(current)

figure, axes = plt.subplots(2, 1, figsize=(5, 5.5), layout="constrained")
show(axes[0], mask, f"occlusion mask m: {mask.mean():.0%} hallucinated")
show(axes[1], occlusion_composite(hallucinated, warped, mask), "composite")

# %%

figure, axis = plt.subplots(figsize=(5, 2.8), layout="constrained")
show(axis, occlusion_composite(orange, warped, mask), "orange: hallucinated")
plt.show()
# sphinx_gallery_thumbnail_number = 4
