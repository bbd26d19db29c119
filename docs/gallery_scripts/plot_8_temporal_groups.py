"""
What the video discriminators see
=================================

Motion is fast and slow, so there is one video discriminator per temporal rate: each
sees K = 3 frames, at rate r ``3**r`` frames apart. Training processes a video in
chunks; this page shows which frames form the groups after each chunk.
"""

import matplotlib.pyplot as plt

from examples.edges_to_face.demo import carphone
from vidgan.flow_estimators import DISFlow
from vidgan.functional import (
    flow_to_color,
    temporal_context,
    temporal_group_indices,
    temporal_groups,
)
from vidgan.video import read_video, to_float

# %%
# The groups of a chunk
# ---------------------
#
# The newest chunk has 6 frames; as many older frames are kept as the slowest rate
# reaches back. The groups of a rate end at the newest frame, then 3 frames earlier, and
# so on, as long as the end is within the chunk. The groups of rate 0 thus contain every
# new frame once.

chunk, history = 6, temporal_context(num_frames=3, num_rates=3)
available = history + chunk
colors = ("tab:blue", "tab:orange", "tab:green")

figure, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
axis.axvspan(history - 0.5, available - 0.5, color="0.9")
axis.text(history + 2.5, -0.8, "newest chunk", ha="center")
line, labels = 0, []
for rate, color in enumerate(colors):
    for group in temporal_group_indices(available, chunk_length=chunk, rate=rate):
        axis.plot(group, [line] * 3, "o-", color=color)
        labels.append(f"rate {rate}: {3**rate} apart")
        line += 1
axis.set_yticks(range(line), labels)
axis.set_ylim(line - 0.4, -1.4)
axis.set_xticks(range(0, available, 3))
axis.set_xlabel("frame, oldest first")

# %%
# Early in a video there are fewer frames than the slow rates need. Those rates have no
# groups yet, and their discriminators are skipped.

for frames in (6, 12, 18, 24):
    counts = [
        len(temporal_group_indices(frames, chunk_length=chunk, rate=rate))
        for rate in range(3)
    ]
    print(f"{frames:2d} frames: {counts} groups at the rates 0, 1, 2")

# %%
# The frames themselves
# ---------------------
#
# :func:`~vidgan.functional.temporal_groups` gathers them. In addition to its three
# frames, a discriminator sees the two flows between the **real** ones: shown in color,
# at the second and the third frame, on one scale. Little moves between consecutive
# frames; over nine frames the head turns.

clip = to_float(read_video(carphone(), max_frames=90).frames)[None, 90 - available : 90]
estimate = DISFlow()


def draw_group(rate):
    """Draw the newest group of one rate: its frames, and the flows between them."""
    group = temporal_groups(clip, chunk_length=chunk, rate=rate)[0, 0]  # (3, 3, H, W)
    flows = flow_to_color(estimate(group[1:], group[:-1]).flow, max_magnitude=8)
    indices = temporal_group_indices(available, chunk_length=chunk, rate=rate)[0]
    figure, axes = plt.subplots(2, 3, figsize=(6, 3.8), layout="constrained")
    for axis in axes.flat:
        axis.set_axis_off()
    for axis, frame, index in zip(axes[0], group, indices, strict=True):
        axis.imshow(frame.permute(1, 2, 0).numpy() / 2 + 0.5)
        axis.set_title(f"frame {index}")
    for axis, flow in zip(axes[1, 1:], flows, strict=True):
        axis.imshow(flow.permute(1, 2, 0).numpy())
    axes[1, 0].text(
        0.95, 0.5, "flows between\nthe real frames", ha="right", va="center"
    )
    figure.suptitle(f"rate {rate}: {3**rate} apart", color=colors[rate], weight="bold")


draw_group(rate=0)

# %%

draw_group(rate=1)

# %%

draw_group(rate=2)
plt.show()
