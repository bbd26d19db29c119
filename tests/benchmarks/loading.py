"""Reading of clips from a prepared folder, with their condition maps."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import torch
from torch.utils.data import DataLoader

from tests.benchmarks.measuring import Bench
from vidgan.data import ClipDataset, SyntheticVideo, open_clips
from vidgan.video import write_flow, write_frame

LENGTH, USED = 30, 12  # frames of a clip, and those that a step uses


def write_folder(folder: Path, size: tuple[int, int], length: int) -> None:
    """Write a prepared folder of one synthetic video."""
    video = SyntheticVideo(size)
    clip = video.render(length)
    facts = {
        "task": "shapes",
        "fps": 25,
        "size": [*size],
        "sequences": {"video": {"frames": length}},
        "classes": [f"class {i}" for i in range(video.num_labels)],
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "dataset.json").write_text(json.dumps(facts), "utf-8")
    kinds = ("images", "labels", "instances", "flow/stride1", "confidence/stride1")
    images, labels, instances, flows, confidence = (folder / kind / "video" for kind in kinds)
    for place in (images, labels, instances, flows, confidence):
        place.mkdir(parents=True)
    for t in range(length):
        name = f"{t:06d}.png"
        write_frame(images / name, clip.frames[t])
        write_frame(labels / name, clip.labels[t].to(torch.uint8))
        write_frame(instances / name, clip.instances[t].to(torch.uint8))
        if t:
            write_flow(flows / f"{t:06d}.flo", clip.flow[t])
            write_frame(confidence / name, (255 * clip.visibility[t]).to(torch.uint8))


def _read_by_workers(dataset: ClipDataset, count: int, workers: int) -> None:
    for _ in DataLoader(dataset, batch_size=None, sampler=[0] * count, num_workers=workers):
        pass


def run(bench: Bench) -> None:
    """Time clips of 128x128 and 512x256: whole ones, and only the frames that a step uses."""
    length, used = bench.size((LENGTH, USED), (4, 2))
    for size in bench.size(((128, 128), (256, 512)), ((16, 24),)):
        with tempfile.TemporaryDirectory() as name:
            write_folder(Path(name) / "data", size, length + 1)
            dataset = open_clips(Path(name) / "data", length)
            what = f"a clip, {size[1]}x{size[0]}"
            calls = {
                f"baseline: all {length} frames": lambda data=dataset: data[0],
                f"vidgan: the {used} in use": lambda data=dataset: data.part(0, range(used)),
            }
            bench.compare(what, calls, repeats=5, flop=False)
            loaders = {
                "in the process": lambda data=dataset: _read_by_workers(data, 4, 0),
                "one worker": lambda data=dataset: _read_by_workers(data, 4, 1),
            }
            bench.compare(f"4 clips, {size[1]}x{size[0]}", loaders, repeats=3, flop=False)
