"""Metric of the task: how well a segmentation network recognizes the labels in generated frames."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from vidgan.data import DataFolder
from vidgan.extras import import_extra
from vidgan.video import read_frame, read_labels, to_float

_FRAMES = 240  # at most, evenly spaced over the frames to learn from
_BATCH = 4
_WINDOW = (64, 128)  # size of training crops, which bounds the training time
_UNKNOWN = -100  # PyTorch's value for pixels without a class


class Segmenter(nn.Module):
    """A small encoder-decoder network for semantic segmentation.

    Args:
        num_classes: number of classes.
        channels: width of the first layer.
    """

    def __init__(self, num_classes: int, channels: int = 24) -> None:
        super().__init__()
        widths = (3, channels, 2 * channels, 4 * channels, 4 * channels)
        self.down = nn.ModuleList(
            nn.Sequential(_block(before, after, stride=2), _block(after, after))
            for before, after in pairwise(widths)
        )
        self.up = nn.ModuleList(
            _block(widths[level] + widths[level - 1], widths[level - 1] if level > 1 else channels)
            for level in range(len(widths) - 1, 0, -1)
        )
        self.head = nn.Conv2d(channels, num_classes, 1)

    def forward(self, frames: Tensor) -> Tensor:
        """Compute logits (B, num_classes, H, W) for frames (B, 3, H, W) in [-1, 1]."""
        levels = [frames]
        for down in self.down:
            levels.append(down(levels[-1]))
        features = levels.pop()
        for up in self.up:
            finer = levels.pop()
            wide = F.interpolate(features, finer.shape[-2:], mode="bilinear", align_corners=False)
            features = up(torch.cat([wide, finer], 1))
        logits: Tensor = self.head(features)
        return logits


class LabelMetric:
    """Computes the label accuracy of frames with a segmenter trained on real ones.

    Training takes 30 to 60 seconds on one core, for frames of any size, and is deterministic on a
    CPU.

    Args:
        data: folder with real frames and labels.
        num_classes: number of classes of the labels.
        num_train_frames: number of frames at the start of each sequence to learn from; None: all.
        steps: training steps.
        seed: seed of the weights and the choice of frames.

    Raises:
        ValueError: there is no frame to learn from.
    """

    legend = """\
- Label accuracy: fraction of the pixels that a small segmentation network assigns the class of
  the label map that drove the frame. The network is trained on real frames that the run may have
  been trained on as well; its accuracy on the real frames shows how reliable it is. Higher is
  better."""

    def __init__(
        self,
        data: DataFolder,
        num_classes: int,
        num_train_frames: int | None,
        *,
        steps: int = 400,
        seed: int = 0,
    ) -> None:
        self.num_classes = num_classes
        frames, labels = _examples(data, num_train_frames)
        targets = self._targets(labels)
        self.network = _train(frames, targets, self.num_classes, steps, seed)

    def __call__(self, frames: Tensor, annotations: Mapping[str, Tensor]) -> dict[str, float | int]:
        """Compare frames, uint8 (T, 3, H, W), with ``annotations["labels"]``."""
        right, known = 0, 0
        with torch.inference_mode():
            for frame, labels in zip(frames, annotations["labels"], strict=True):
                target = self._targets(labels)
                seen = self.network(to_float(frame)[None]).argmax(1)
                right += int((seen == target).sum())
                known += int((target != _UNKNOWN).sum())
        return {"label accuracy": right / known if known else float("nan")}

    def _targets(self, labels: Tensor) -> Tensor:
        """Mask the pixels without a class: (..., 1, H, W) -> (..., H, W)."""
        known = (labels >= 0) & (labels < self.num_classes)
        return torch.where(known, labels, _UNKNOWN).squeeze(-3)


def _block(before: int, after: int, *, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(before, after, 3, stride, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU()
    )


def _examples(data: DataFolder, num_train_frames: int | None) -> tuple[Tensor, Tensor]:
    """Read real frames (N, 3, H, W), uint8, and their labels (N, 1, H, W)."""
    every = [
        (name, index)
        for name, length in data.sequences.items()
        for index in range(length if num_train_frames is None else min(num_train_frames, length))
        if (data.path / "images" / name / f"{index:05d}.png").is_file()
    ]
    if not every:
        raise ValueError(
            f"the segmenter of the label accuracy needs real frames to learn from, and "
            f"{data.path} has none before frame {num_train_frames}; begin later with --start"
        )
    picks = torch.linspace(0, len(every) - 1, min(len(every), _FRAMES)).round().long().tolist()
    files = [f"{every[pick][0]}/{every[pick][1]:05d}.png" for pick in picks]
    frames = torch.stack([read_frame(data.path / "images" / file) for file in files])
    labels = torch.stack([read_labels(data.path / "labels" / file) for file in files])
    return frames, labels


def _train(frames: Tensor, targets: Tensor, num_classes: int, steps: int, seed: int) -> Segmenter:
    """Train on random crops with random flips and brightness."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = Segmenter(num_classes).train()
        optimizer = torch.optim.AdamW(network.parameters(), lr=4e-3, weight_decay=1e-4)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=steps)
        for _ in import_extra("tqdm", "examples").trange(steps, desc="segmenter", disable=None):
            batch = [_window(frames, targets) for _ in range(_BATCH)]
            images = torch.stack([image for image, _ in batch])
            light = 1 + 0.2 * (torch.rand(_BATCH, 3, 1, 1) - 0.5)
            logits = network((images * light).clamp(-1, 1))
            wanted = torch.stack([target for _, target in batch])
            # A crop may have no labeled pixel: the mean over none would be NaN.
            loss = F.cross_entropy(logits, wanted, ignore_index=_UNKNOWN, reduction="sum")
            loss = loss / (wanted != _UNKNOWN).sum().clamp(min=1)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return network.eval().requires_grad_(requires_grad=False)


def _window(frames: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Crop a random window from a random frame."""
    height, width = (
        min(side, whole) for side, whole in zip(_WINDOW, frames.shape[-2:], strict=True)
    )
    number = int(torch.randint(len(frames), ()))
    top = int(torch.randint(frames.shape[-2] - height + 1, ()))
    left = int(torch.randint(frames.shape[-1] - width + 1, ()))
    area = (..., slice(top, top + height), slice(left, left + width))
    frame, target = to_float(frames[number][area]), targets[number][area]
    if torch.rand(()) < 0.5:
        frame, target = frame.flip(-1), target.flip(-1)
    return frame, target
