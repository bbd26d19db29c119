"""
What the metrics see
====================

A video can be wrong in a single frame or only in time. Four distortions of a real clip
show which metric sees which: noise and blur, flicker (each frame a little brighter or
darker) and freeze (the frame before the clip repeated).
"""

import matplotlib.pyplot as plt
import torch
from torchvision.transforms.v2.functional import gaussian_blur, resize

from examples.edges_to_face.demo import carphone
from vidgan.features import AlexNetFeatures, ShiftTolerantLPIPS
from vidgan.flow_estimators import FarnebackFlow
from vidgan.metrics import (
    PSNR,
    SSIM,
    TLP,
    TOF,
    ColorDrift,
    Flicker,
    KernelDistance,
    NamedExtractor,
    PerceptualDistance,
    WarpingError,
)
from vidgan.video import read_video, to_float

frames = to_float(read_video(carphone(), max_frames=25).frames)
frames = resize(frames, [96, 118], antialias=True)[None]  # (1, 25, 3, H, W)
before, real = frames[:, :1], frames[:, 1:]
times = real.shape[1]

# %%
# The distortions
# ---------------
#
# The first three are about equally far from the real frames, by their mean squared
# error.

generator = torch.Generator().manual_seed(0)
blurred = gaussian_blur(real[0], [9, 9], [1.5, 1.5])[None]
distance = (blurred - real).square().mean().sqrt()
noise = torch.randn(real.shape, generator=generator)
light = torch.randn((1, times, 1, 1, 1), generator=generator).sign()
videos = {
    "real": real,
    "noise": (real + distance * noise).clamp(-1, 1),
    "blur": blurred.clamp(-1, 1),
    "flicker": (real + distance * light).clamp(-1, 1),
    "freeze": before.expand_as(real),
}

figure, axes = plt.subplots(5, 4, figsize=(6, 6.6), layout="constrained")
for row, (name, video) in zip(axes, videos.items(), strict=True):
    for axis, time in zip(row, (1, 2, 12, 23), strict=True):
        axis.imshow(video[0, time].permute(1, 2, 0).numpy() / 2 + 0.5)
        axis.set_xticks([])
        axis.set_yticks([])
    row[0].set_ylabel(name)
for axis, time in zip(axes[0], (1, 2, 12, 23), strict=True):
    axis.set_title(f"frame {time}")

# %%
# One number for each
# -------------------
#
# A kernel distance, like a Frechet distance, compares two sets of frames, whatever
# their order; its extractor has a name, a layer, a range and a size, and refuses other
# frames. The perceptual distance here is the shift-tolerant variant of LPIPS, as it
# needs no download.

alexnet = AlexNetFeatures()
extractor = NamedExtractor(
    lambda images: alexnet(images)[4].mean((2, 3)),
    name="AlexNet of ST-LPIPS",
    layer="last ReLU, averaged",
    num_features=256,
    size=real.shape[-2:],
)
print(extractor.description)

st_lpips = ShiftTolerantLPIPS("alex", check_range=False)
metrics = {
    "PSNR": PSNR(),
    "SSIM": SSIM(),
    "ST-LPIPS": PerceptualDistance(st_lpips),
    "warping error": WarpingError(FarnebackFlow()),
    "tOF": TOF(FarnebackFlow()),
    "100 tLP": TLP(st_lpips),
    "1e6 kernel distance": KernelDistance(extractor),
}
factors = {"100 tLP": 100, "1e6 kernel distance": 1e6}
values = torch.zeros(len(metrics), len(videos))
for row, (name, metric) in enumerate(metrics.items()):
    for column, video in enumerate(videos.values()):
        metric.reset()
        if isinstance(metric, KernelDistance):
            metric.update(video[0], real=False)
            metric.update(real[0], real=True)
        else:
            metric.update(video, real)
        values[row, column] = metric.compute() * factors.get(name, 1)

# %%
# The darker a cell, the worse the video by that metric. Noise and blur are seen frame
# by frame. Flicker has the PSNR of both, but ST-LPIPS hardly sees it and the kernel
# distance not at all; the warping error and tLP, which compare frames in time, rate it
# worst. Blur is the reverse: its warping error is **below** that of the real video, as
# a smooth video changes little along any flow. The frozen video also has a small
# warping error, and tOF counts the motion that is missing. No metric alone is enough.

finite = torch.where(values.isinf(), values[values.isfinite()].max(), values)
worse = torch.tensor([-1, -1, 1, 1, 1, 1, 1])[:, None] * finite
low, high = worse.amin(1, keepdim=True), worse.amax(1, keepdim=True)
figure, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
axis.imshow((worse - low) / (high - low), cmap="Oranges", vmax=1.4, aspect="auto")
for row, column in torch.cartesian_prod(torch.arange(7), torch.arange(5)).tolist():
    axis.text(column, row, f"{values[row, column]:.3g}", ha="center", va="center")
axis.set_xticks(range(5), videos)
axis.set_yticks(range(7), metrics)
axis.tick_params(length=0)

# %%
# Curves over time
# ----------------
#
# :class:`~vidgan.metrics.Flicker` and :class:`~vidgan.metrics.ColorDrift` give a value
# at each time, averaged over all videos they have seen. A fifth distortion, colors that
# fade slowly, is small from one frame to the next and grows over the video.

fade = torch.linspace(0, 0.4, times).view(1, -1, 1, 1, 1)
videos["fade"] = real * (1 - fade) + fade * torch.tensor([0.3, 0.1, -0.3]).view(3, 1, 1)
figure, (top, bottom) = plt.subplots(
    2, 1, figsize=(6, 4.6), sharex=True, layout="constrained"
)
for name, video in videos.items():
    flicker, drift = Flicker(times), ColorDrift(times)
    flicker.update(video)
    drift.update(video)
    top.plot(range(1, times), flicker.compute(), label=name)
    bottom.plot(range(times), drift.compute())
top.set_ylabel("flicker")
bottom.set_ylabel("color drift")
bottom.set_xlabel("frame")
figure.legend(loc="outside upper center", ncols=6, fontsize="small")
plt.show()
