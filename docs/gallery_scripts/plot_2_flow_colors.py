"""
Flow visualization and flow estimators
======================================

A flow is easiest to inspect as an image: hue shows the direction of its vectors,
saturation their length. This page explains the color wheel and compares two estimators
with the true flow.
"""

import matplotlib.pyplot as plt
import torch

from examples.edges_to_face.demo import carphone
from examples.synthetic.dancer.render import Dancer, true_flow
from examples.synthetic.street.drive import StreetDrive
from vidgan.data import SyntheticVideo
from vidgan.flow_estimators import DISFlow, FarnebackFlow
from vidgan.functional import end_point_error, flow_to_color
from vidgan.video import read_video, to_float


def show(axis, picture, title):
    """Show RGB in [0, 1], (3, H, W)."""
    axis.imshow(picture.permute(1, 2, 0).clamp(0, 1).numpy())
    axis.set_title(title)
    axis.set_axis_off()


# %%
# The color wheel
# ----------------
#
# Here each pixel shows the vector from the center to itself. Zero is white.
# ``max_magnitude`` is the length shown at full saturation; longer vectors look the
# same.

steps = torch.linspace(-12, 12, 201)
vectors = torch.stack(torch.meshgrid(steps, steps, indexing="xy"))[None]  # x, then y
wheel = flow_to_color(vectors, max_magnitude=10)[0]

figure, axis = plt.subplots(figsize=(4.6, 4.2), layout="constrained")
axis.imshow(wheel.permute(1, 2, 0).numpy(), extent=(-12, 12, 12, -12))
axis.add_patch(plt.Circle((0, 0), 10, fill=False, linestyle="--"))
axis.set_xlabel("x of the flow, in pixels (right is +)")
axis.set_ylabel("y of the flow, in pixels (down is +)")

# %%
# One scale for several images
# ----------------------------
#
# Without ``max_magnitude`` the longest vector of the batch gets full saturation, so two
# images cannot be compared. The flows below span 1, 3 and 9 frames, the distances that
# the three video discriminators of the paper see.

frames = to_float(read_video(carphone(), max_frames=90).frames)
estimate = DISFlow()
figure, axes = plt.subplots(3, 2, figsize=(5.2, 6.8), layout="constrained")
for row, distance in zip(axes, (1, 3, 9), strict=True):
    flow, _ = estimate(frames[84:85], frames[84 - distance : 85 - distance])
    fixed = flow_to_color(flow, max_magnitude=12)
    show(row[0], flow_to_color(flow)[0], f"{distance} apart, own scale")
    show(row[1], fixed[0], f"{distance} apart, up to 12 px")

# %%
# Estimators compared with the true flow
# --------------------------------------
#
# Rendered videos come with their true flow and with a mask of the points that are
# visible in both frames. :func:`~vidgan.functional.end_point_error` averages the
# distance between the ends of the vectors there.

dancer = Dancer((144, 160), seed=0)
dance = dancer.dance(0)
previous, current = (dancer.render(dance.pose(t)) for t in (22, 24))
truth, visible = (value[None] for value in true_flow(current, previous))
pair = (current.frame[None] * 2 - 1, previous.frame[None] * 2 - 1)

figure, axes = plt.subplots(2, 2, figsize=(5.6, 5.6), layout="constrained")
show(axes[0, 0], current.frame, "frame")
show(axes[0, 1], flow_to_color(truth, max_magnitude=8)[0], "true flow")
for axis, estimate in zip(axes[1], (DISFlow(), FarnebackFlow()), strict=True):
    flow = estimate(*pair).flow
    error = end_point_error(flow, truth, visible)
    title = f"{type(estimate).__name__}\nerror {error:.2f} pixels"
    show(axis, flow_to_color(flow, max_magnitude=8)[0], title)

# %%
# Which one is better depends on the video. The "waves" are the layers of
# :class:`~vidgan.data.SyntheticVideo`, which move by whole pixels.

street, waves = (
    StreetDrive((96, 192), 24, seed=1),
    SyntheticVideo((96, 192), seed=1).render(6),
)
street_frames = [to_float(street.render(t).frame)[None] for t in (20, 19)]
videos = {
    "dancer": (*pair, truth, visible),
    "street": (*street_frames, *(value[None] for value in street.flow(20))),
    "waves": (
        waves.frames[5:],
        waves.frames[4:5],
        waves.flow[5:],
        waves.visibility[5:],
    ),
}
for name, (current, previous, truth, visible) in videos.items():
    for estimate in (DISFlow(), FarnebackFlow()):
        error = end_point_error(estimate(current, previous).flow, truth, visible)
        print(f"{name:6s}  {type(estimate).__name__:12s}  {error:.2f} pixels")
plt.show()
