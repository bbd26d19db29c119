"""Clips for training: condition maps, real frames and their reference flow."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import torch
from einops import rearrange
from torch import Tensor

from examples.vid2vid.config import TrainConfig
from examples.vid2vid.task import Task
from vidgan.data import ClipDataset, ClipStream, FlowStream, ImageStream, MaskStream
from vidgan.functional import average_pyramid, known_flow, resize_flow


class Clip(NamedTuple):
    """A batch of clips, or a chunk of them along time.

    Attributes:
        conditions: (B, T, C, H, W).
        frames: real frames, (B, T, 3, H, W).
        flows: temporal stride -> reference flow of each frame from the frame that many before,
            (B, T, 2, H, W).
        confidence: of the flows of stride 1, (B, T, 1, H, W); 0 where these are unknown.
        foreground_masks: (B, T, 1, H, W), or None.
        instances: ids for the feature encoder, int64 (B, T, 1, H, W), or None.
        regions: boxes of the region discriminator, (B, T, 4) in pixels, or None.
    """

    conditions: Tensor
    frames: Tensor
    flows: dict[int, Tensor]
    confidence: Tensor
    foreground_masks: Tensor | None = None
    instances: Tensor | None = None
    regions: Tensor | None = None

    def to(self, device: torch.device) -> Clip:
        """Return the clip on ``device``."""
        return self._map(lambda part: part.to(device))

    def between(self, start: int, end: int) -> Clip:
        """Return the frames ``start`` to ``end - 1``."""
        return self._map(lambda part: part[:, start:end])

    def downsample(self, halvings: int) -> Clip:
        """Return the clip at a coarser scale: each halving is one level of the pyramid."""
        if halvings == 0:
            return self

        def pool(maps: Tensor) -> Tensor:
            return average_pyramid(maps, halvings + 1)[-1]

        def shrink(flow: Tensor) -> Tensor:
            flat = rearrange(flow, "B T C H W -> (B T) C H W")
            small = resize_flow(flat, size)
            return rearrange(small, "(B T) C H W -> B T C H W", B=len(flow))

        frames = pool(self.frames)
        size = (frames.shape[-2], frames.shape[-1])
        step = 2**halvings
        flows = {stride: shrink(flow) for stride, flow in self.flows.items()}
        masks, instances, regions = self.foreground_masks, self.instances, self.regions
        return Clip(
            pool(self.conditions),
            frames,
            flows,
            _where_known(pool(self.confidence), flows[1]),
            None if masks is None else pool(masks),
            None if instances is None else instances[..., ::step, ::step],
            None if regions is None else regions / step,
        )

    def _map(self, change: Callable[[Tensor], Tensor]) -> Clip:
        return Clip(
            change(self.conditions),
            change(self.frames),
            {stride: change(flow) for stride, flow in self.flows.items()},
            change(self.confidence),
            *(None if part is None else change(part) for part in self[4:]),
        )


class Reading(NamedTuple):
    """Which clips to read; all random choices but those of the task are made already.

    Attributes:
        number: of the batch in the training.
        indices: items of the data set.
        frames: which frames of each.
        halvings: how often the size is halved.
        random: state of the generator of the task's random changes.
    """

    number: int
    indices: list[int]
    frames: range
    halvings: int
    random: Tensor


def longest_clip(task: Task, config: TrainConfig) -> int:
    """Return how many frames the longest clip of a folder generates, after the L given ones.

    Raises:
        ValueError: a clip does not fit into any sequence, or into its frames to train on.
    """
    past, trained = config.model.past_frames, config.num_train_frames
    files = ImageStream(task.data.path / "images").files
    longest = max(len(frames) for frames in files.values())
    if longest <= past:
        raise ValueError(
            f"{task.data.path} must have a sequence of at least {past + 1} frames for past_frames "
            f"= {past}, the longest has {longest}; prepare longer ones"
            + (f", or use --past-frames of at most {longest - 1}" if longest > 1 else "")
        )
    if trained is not None and trained <= past:
        raise ValueError(
            f"num_train_frames must be at least {past + 1} (past_frames + 1), got {trained}"
        )
    return min(longest, longest if trained is None else trained) - past


def fit_clip_length(task: Task, config: TrainConfig) -> TrainConfig:
    """Return the configuration with ``clip_length`` reduced to the longest clip of the folder."""
    return replace(config, clip_length=min(config.clip_length, longest_clip(task, config)))


def check_clip_length(task: Task, config: TrainConfig) -> None:
    """Check that a clip of ``clip_length`` frames and the L before them fits into a sequence.

    Raises:
        ValueError: it does not; the message names a clip length that does.
    """
    past, trained = config.model.past_frames, config.num_train_frames
    most = longest_clip(task, config)
    if config.clip_length <= most:
        return
    length = past + config.clip_length
    longest = past + longest_clip(task, replace(config, num_train_frames=None))
    repair = f"use a --clip-length of at most {most}"
    if trained is not None and longest >= length:
        raise ValueError(
            f"num_train_frames must be at least {length} (past_frames + clip_length), got "
            f"{trained}; or {repair}"
        )
    raise ValueError(
        f"clip_length {config.clip_length} needs a sequence of {length} frames, with the {past} "
        f"given ones, and the longest of {task.data.path} has {longest}; {repair}"
    )


def open_clips(task: Task, clip_length: int, strides: Sequence[int]) -> ClipDataset:
    """Open all clips of ``clip_length`` frames of a task, with the flows of ``strides``."""
    folder = task.data.path
    streams: dict[str, ClipStream] = {
        "frames": ImageStream(folder / "images"),
        "confidence": MaskStream(folder / "confidence" / "stride1", missing=1),
        **task.streams(),
    }
    for stride in strides:
        streams[f"flow{stride}"] = FlowStream(folder / "flow" / f"stride{stride}", missing=stride)
    return ClipDataset(streams, clip_length=clip_length)


def to_clip(
    task: Task,
    items: Sequence[dict[str, Tensor]],
    start: int,
    length: int,
    strides: Sequence[int],
    *,
    rng: torch.Generator | None = None,
    jitter: float = 0.0,
) -> Clip:
    """Batch frames of items of `open_clips`, and render their condition maps.

    Args:
        task: the task of the items.
        items: entries of the data set.
        start: first frame of each item to take.
        length: number of frames to take.
        strides: temporal strides of the reference flows.
        rng: for the task's random changes to the annotations; None disables them.
        jitter: strength of the task's random changes of shape.
    """
    parts = [
        {name: value[start : start + length] for name, value in item.items() if name != "index"}
        for item in items
    ]
    rendered = [task.draw(part, rng=rng, jitter=jitter) for part in parts]

    def batch(maps: Sequence[Tensor | None]) -> Tensor | None:
        present = [part for part in maps if part is not None]
        return torch.stack(present) if present else None

    flows = {stride: torch.stack([part[f"flow{stride}"] for part in parts]) for stride in strides}
    return Clip(
        torch.stack([maps.conditions for maps in rendered]),
        torch.stack([part["frames"] for part in parts]),
        flows,
        _where_known(torch.stack([part["confidence"] for part in parts]), flows[1]),
        batch([maps.foreground_masks for maps in rendered]),
        batch([maps.instances for maps in rendered]),
        batch([maps.regions for maps in rendered]),
    )


def clip_files(
    dataset: ClipDataset, indices: Sequence[int], frames: range, unread: Mapping[str, int]
) -> tuple[list[str], list[str]]:
    """Name the files of a batch of clips.

    Args:
        dataset: that of `open_clips`.
        indices: its items.
        frames: which frames of each item.
        unread: as in `ClipDataset.part`.

    Returns:
        The images, and those files of any kind whose content is not finite.
    """
    images, bad = [], []
    for index in indices:
        sequence, times = dataset.clip(index)
        item = dataset.part(index, frames, unread=unread)
        for name, stream in dataset.streams.items():
            for number, place in enumerate(frames):
                missing = getattr(stream, "missing", 0)
                files = getattr(stream, "files", {}).get(sequence, [])
                is_read = number >= unread.get(name, 0)
                if not (is_read and 0 <= times[place] - missing < len(files)):
                    continue
                file = str(files[times[place] - missing])
                if name == "frames":
                    images.append(file)
                if not bool(item[name][number].isfinite().all()):
                    bad.append(file)
    return images, bad


def _where_known(confidence: Tensor, flow: Tensor) -> Tensor:
    """Return the confidence, 0 where the flow is unknown, whatever its file says."""
    return confidence * known_flow(flow)[1]
