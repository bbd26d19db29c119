"""
Features of instances
=====================

The same labels can show a red car or a white one. To control this, an encoder assigns
each instance a few features, averaged over all of its pixels. This page shows the mean,
the table behind it, and how to edit a feature map.
"""

import matplotlib.pyplot as plt
import torch

from examples.synthetic.street.builder import CLASSES
from examples.synthetic.street.drive import StreetDrive
from vidgan.functional import instance_features, instance_mean
from vidgan.models import instance_encoder
from vidgan.video import to_float


def show(axis, image, title):
    """Show three channels in [-1, 1], (1, 3, H, W)."""
    axis.imshow((image[0].permute(1, 2, 0) / 2 + 0.5).clamp(0, 1).numpy())
    axis.set_title(title)
    axis.set_axis_off()


# %%
# The mean over an instance
# -------------------------
#
# The encoder of pix2pixHD learns its features. The simplest features are the colors of
# the image itself. :func:`~vidgan.functional.instance_mean` replaces them at each pixel
# by their mean over the instance. Every person and every car is one instance; road,
# buildings and sky are one instance each.

street = StreetDrive((96, 192), 24, seed=9).render(20)
image, instances = to_float(street.frame)[None], street.instances[None]
colors = instance_mean(image, instances)

figure, axes = plt.subplots(2, 1, figsize=(5, 5.5), layout="constrained")
show(axes[0], image, "image")
show(axes[1], colors, "mean color of each instance")

# %%
# The table behind it
# -------------------
#
# :func:`~vidgan.functional.instance_features` gives one row per instance: its id, how
# many pixels it has, and its means. In this street an id of 1000 or more is class *
# 1000 + number. These are the cars of more than 100 pixels:

table = instance_features(image, instances)
is_car = table.ids // 1000 == CLASSES.index("car")
cars = (is_car & (table.counts > 100)).nonzero().flatten().tolist()
print("id     pixels  mean red, green, blue")
for row in cars:
    means = "  ".join(f"{value:5.2f}" for value in table.means[row].tolist())
    print(f"{table.ids[row]}  {table.counts[row]:6d}  {means}")

# %%
# Changing the style of one car
# -----------------------------
#
# A generator that was trained with such a map renders what the map says. To change the
# style of one instance, set its features to the same new values at all of its pixels.
# Here the largest car becomes green.

largest = table.ids[max(cars, key=lambda row: int(table.counts[row]))]
green = torch.tensor([-0.8, 0.2, -0.6]).view(1, 3, 1, 1)
edited = torch.where(instances == largest, green, colors)

figure, axis = plt.subplots(figsize=(5, 2.8), layout="constrained")
show(axis, edited, "edited feature map")

# %%
# The encoder
# -----------
#
# :class:`~vidgan.generators.InstanceEncoder` is a small network that ends in this mean.
# It is built by :func:`~vidgan.models.instance_encoder` and trained together with the
# generator. Untrained, as here, its three channels have no meaning yet, but they are
# already constant over each instance.

torch.manual_seed(0)
encoder = instance_encoder(base_channels=8, num_downsamplings=3).eval()
with torch.no_grad():
    features = encoder(image, instances)
of_car = features[0, :, (instances == largest)[0, 0]]  # (3, pixels)
print(
    "features of the largest car:", [f"{value:.2f}" for value in of_car[:, 0].tolist()]
)
print("the same at all its pixels:", bool((of_car == of_car[:, :1]).all()))

stretched = (features - features.mean((2, 3), keepdim=True)) / features.std() / 2
figure, axis = plt.subplots(figsize=(5, 2.8), layout="constrained")
show(axis, stretched, "by an untrained encoder, contrast stretched")
plt.show()
