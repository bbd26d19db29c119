"""
Warping a frame by its flow
===========================

Most of a generated frame is the previous frame, warped by a backward flow: the flow
says where each pixel comes from. This page shows the sign convention, warps a frame of
a real clip by an estimated flow, and shows where the warp fails.
"""

import matplotlib.pyplot as plt
import torch

from examples.edges_to_face.demo import carphone
from vidgan.flow_estimators import DISFlow
from vidgan.functional import flow_to_color, flow_warp
from vidgan.video import read_video, to_float


def show(axis, image, title):
    """Show RGB in [-1, 1], (1, 3, H, W)."""
    axis.imshow((image[0].permute(1, 2, 0) / 2 + 0.5).clamp(0, 1).numpy())
    axis.set_title(title)
    axis.set_axis_off()


# %%
# Which way is plus?
# ------------------
#
# ``warped[p] = previous[p + flow[p]]``. A flow of +40 in x tells every pixel to look 40
# pixels to its right, so the image moves 40 pixels to the **left**. Samples outside
# the image take the value of the nearest border pixel, or 0 with
# ``padding_mode="zeros"``: see :func:`~vidgan.functional.flow_warp`.

frames = to_float(
    read_video(carphone(), max_frames=90).frames
)  # (T, 3, 144, 176), in [-1, 1]
frame = frames[75:76]
flow = torch.zeros(1, 2, 144, 176)
flow[:, 0] = 40  # channel 0 is x, to the right; channel 1 is y, down

figure, axes = plt.subplots(2, 2, figsize=(6, 5.2), layout="constrained")
show(axes[0, 0], frame, "previous")
show(axes[0, 1], frame, "where one pixel looks")
axes[0, 1].annotate("", (110, 60), (70, 60), arrowprops={"color": "yellow", "width": 3})
show(axes[1, 0], flow_warp(frame, flow), 'warped, "border"')
show(axes[1, 1], flow_warp(frame, flow, padding_mode="zeros"), 'warped, "zeros"')

# %%
# Frames are in [-1, 1], so 0 is mid-gray. Border padding is less conspicuous and is the
# default.
#
# A real clip
# -----------
#
# :class:`~vidgan.flow_estimators.DISFlow` estimates the flow of the current frame back
# to an earlier one. The two are five frames apart to make the motion visible.

previous, current = frames[75:76], frames[80:81]
flow, confidence = DISFlow()(current, previous)
warped = flow_warp(previous, flow)

figure, axes = plt.subplots(2, 2, figsize=(6, 5.2), layout="constrained")
show(axes[0, 0], previous, "previous")
show(axes[0, 1], current, "current")
show(axes[1, 0], flow_to_color(flow) * 2 - 1, "flow of the current frame")
show(axes[1, 1], warped, "previous, warped")

# %%
# The remaining error
# -------------------
#
# The warped frame matches the current one nearly everywhere. Most of the remaining
# error is where the earlier frame does not show the content: next to the jaw, in the
# mouth, at the left border. There a generator has to hallucinate.

errors = {"previous": previous, "warped": warped}
errors = {name: (image - current).abs().mean(1)[0] for name, image in errors.items()}

figure, axes = plt.subplots(1, 2, figsize=(6, 3), layout="constrained")
for axis, (name, error) in zip(axes, errors.items(), strict=True):
    picture = axis.imshow(error.numpy(), cmap="magma", vmin=0, vmax=0.6)
    axis.set_title(f"|{name} - current|\nmean {error.mean():.3f}")
    axis.set_axis_off()
figure.colorbar(
    picture, ax=axes, location="bottom", shrink=0.6, label="RGB, of a range of 2"
)
plt.show()
# sphinx_gallery_thumbnail_number = 2
