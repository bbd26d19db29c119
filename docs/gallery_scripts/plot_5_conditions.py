"""
Condition maps of the three tasks
=================================

A generator never sees annotations directly, but images rendered from them: its
condition maps. This page renders those of the three tasks of the paper: labels to
street, edges to face, pose to body.
"""

import matplotlib.pyplot as plt

from examples.edges_to_face.demo import carphone
from examples.edges_to_face.landmarks import DlibLandmarks
from examples.synthetic.dancer.keypoints import dancer_densepose, dancer_keypoints
from examples.synthetic.dancer.render import Dancer
from examples.synthetic.street.builder import CLASSES
from examples.synthetic.street.drive import StreetDrive
from vidgan.conditions import (
    color_labels,
    face_condition_maps,
    label_palette,
    pose_condition_maps,
    semantic_condition_maps,
)
from vidgan.video import read_video


def show(axis, image, title, **options):
    """Show an image (3, H, W) or a map (H, W)."""
    image = image if image.dim() == 2 else image.permute(1, 2, 0)
    axis.imshow(image.numpy(), **options)
    axis.set_title(title)
    axis.set_axis_off()


# %%
# Labels to street
# ----------------
#
# One map per class, 1 where the class is present, and one more map for the edges
# between instances: without it, neighboring cars would form one blob. See
# :func:`~vidgan.conditions.semantic_condition_maps`.

street = StreetDrive((96, 192), 24, seed=1).render(20)
maps = semantic_condition_maps(
    street.labels[None], 14, instances=street.instances[None]
)[0]
print("labels to street:", tuple(maps.shape))

figure, axes = plt.subplots(3, 2, figsize=(6, 5.4), layout="constrained")
show(axes[0, 0], street.frame, "frame")
show(axes[0, 1], color_labels(street.labels, label_palette(14)), "labels, in color")
for axis, name in zip(axes.flat[2:5], ("road", "building", "car"), strict=True):
    show(axis, maps[CLASSES.index(name)], f'map of "{name}"', cmap="gray")
show(axes[2, 1], maps[14], "instance edges", cmap="gray")

# %%
# Edges to face
# -------------
#
# The first map has all edges through the 68 landmarks; each of the other 14 is the
# distance to one group of edges. They inform pixels between edges as well. See
# :func:`~vidgan.conditions.face_condition_maps`.

frame = read_video(carphone(), max_frames=84).frames[83]
landmarks = DlibLandmarks()(frame).landmarks  # (68, 2)
maps = face_condition_maps(landmarks, (144, 176), oversampling=4)
print("edges to face:", tuple(maps.shape))

figure, axes = plt.subplots(2, 2, figsize=(6, 5.2), layout="constrained")
show(axes[0, 0], frame, "frame and landmarks")
axes[0, 0].plot(*landmarks.T.numpy(), "o", markersize=2.5, color="cyan")
show(axes[0, 1], maps[0], "edges", cmap="gray")
show(axes[1, 0], maps[1], "distance to the outline", cmap="viridis")
show(axes[1, 1], maps[11], "distance to the upper lip", cmap="viridis")

# %%
# Pose to body
# ------------
#
# The skeleton, in three channels: every limb has its own color, which distinguishes
# left from right. Three more channels can be added if a DensePose map is available.
# Both are in [-1, 1], with -1 where nothing is drawn. See
# :func:`~vidgan.conditions.pose_condition_maps`.

dancer = Dancer((192, 160), seed=0)
rendered = dancer.render(dancer.dance(0).pose(0))
keypoints, densepose = dancer_keypoints(rendered), dancer_densepose(rendered)
maps = pose_condition_maps(keypoints, (192, 160), densepose=densepose, limb_width=3)
print("pose to body:", tuple(maps.shape))

figure, axes = plt.subplots(1, 3, figsize=(6, 2.7), layout="constrained")
show(axes[0], rendered.frame, "frame")
show(axes[1], maps[3:] / 2 + 0.5, "skeleton")
show(axes[2], maps[:3] / 2 + 0.5, "DensePose map")
plt.show()
