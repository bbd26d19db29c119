"""
What each discriminator scale sees
==================================

A patch discriminator scores overlapping patches independently. Applied to an image
pyramid, the same architecture sees fine texture at one scale and large shapes at the
next. This page measures the patches and draws them over a frame.
"""

import matplotlib.pyplot as plt
import torch

from examples.synthetic.dancer.keypoints import dancer_keypoints
from examples.synthetic.dancer.render import Dancer
from vidgan.conditions import pose_face_boxes
from vidgan.functional import average_pyramid, crop_regions
from vidgan.models import multiscale_discriminator

# %%
# The pyramid
# -----------
#
# :func:`~vidgan.functional.average_pyramid` halves the image from scale to scale. Every
# scale has its own weights in the same architecture. The images are shown in their
# relative sizes.

size = (256, 320)
dancer = Dancer(size, seed=0)
rendered = dancer.render(dancer.dance(0).pose(0))
frame = rendered.frame[None] * 2 - 1  # (1, 3, H, W), RGB in [-1, 1]
levels = average_pyramid(frame, 3)

figure, axis = plt.subplots(figsize=(6, 2.9), layout="constrained")
left = 0
for scale, level in enumerate(levels):
    height, width = level.shape[2:]
    pixels = (level[0].permute(1, 2, 0) / 2 + 0.5).clamp(0, 1).numpy()
    axis.imshow(pixels, extent=(left, left + width, 0, height))
    axis.text(left, height + 8, f"scale {scale}\n{height} x {width}")
    left += width + 16
axis.set(xlim=(0, left - 16), ylim=(0, size[0] + 50))
axis.set_axis_off()

# %%
# The patch of one logit
# ----------------------
#
# The patch of a logit is measured, not computed: the pixels where its gradient with
# respect to the image is not zero. In ``eval`` mode the norm layers do not connect
# patches. The networks of :func:`~vidgan.models.multiscale_discriminator` are untrained
# here, which does not matter.

torch.manual_seed(0)
discriminator = multiscale_discriminator(3, base_channels=4, num_scales=3).eval()


def seen_by(scale, row, column):
    """Find the box of pixels, x0, y0, x1, y1, that one logit depends on."""
    image = frame.clone().requires_grad_()
    discriminator(image)[scale].logits[0, 0, row, column].backward()
    _, y, x = image.grad[0].nonzero(as_tuple=True)
    return int(x.min()), int(y.min()), int(x.max()), int(y.max())


colors = ("tab:cyan", "tab:orange", "white")
figure, axis = plt.subplots(figsize=(6, 5), layout="constrained")
axis.imshow(rendered.frame.permute(1, 2, 0).numpy())
axis.set_axis_off()
for scale, output in enumerate(discriminator(frame)):
    rows, columns = output.logits.shape[2:]
    x0, y0, x1, y1 = seen_by(scale, rows // 2, columns // 2)
    box = plt.Rectangle(
        (x0, y0), x1 - x0, y1 - y0, fill=False, linewidth=3, color=colors[scale]
    )
    axis.add_patch(box)
    label = f"scale {scale}: {x1 - x0 + 1} x {y1 - y0 + 1}"
    axis.text(
        x0 + 3, y0 + 4, label, va="top", color="black", backgroundcolor=colors[scale]
    )
    print(f"scale {scale}: {rows} x {columns} logits")

# %%
# The coarsest patch is larger than the frame and ends at its border.
#
# A discriminator for one region
# ------------------------------
#
# In the frame of a whole person the face is small, but viewers look at it first. The
# released pose recipe has a separate discriminator for it,
# :class:`~vidgan.discriminators.RegionDiscriminator`. It sees the crops of
# :func:`~vidgan.functional.crop_regions`, resized to one size, with gradient.

box = pose_face_boxes(dancer_keypoints(rendered))
crop = crop_regions(frame, box[None], (64, 64))
x0, y0, x1, y1 = box.tolist()

figure, axes = plt.subplots(
    1, 2, figsize=(6, 2.9), layout="constrained", width_ratios=(5, 4)
)
axes[0].imshow(rendered.frame.permute(1, 2, 0).numpy())
axes[0].add_patch(
    plt.Rectangle((x0, y0), x1 - x0, y1 - y0, fill=False, linewidth=2, color="red")
)
axes[0].set_title("box from the keypoints")
axes[1].imshow((crop[0].permute(1, 2, 0) / 2 + 0.5).clamp(0, 1).numpy())
axes[1].set_title("its crop, 64 x 64")
for axis in axes:
    axis.set_axis_off()
plt.show()
# sphinx_gallery_thumbnail_number = 2
