"""Small data folders, each good for its task, that tests then spoil, and looks into reports."""

from __future__ import annotations

import json
from pathlib import Path

import torch

from vidgan.data import DataReport, Finding
from vidgan.video import write_frame, write_frames
from vidgan.video.flow_files import write_flow

SIZE = (12, 20)
LANDMARKS = [[2.5 + number % 15, 1 + number % 9] for number in range(68)]
BODY = [number for joint in range(25) for number in (3 + joint % 12, 2 + joint % 7, 0.9)]
ANNOTATIONS = {
    "edges_to_face": "landmarks",
    "labels_to_street": "labels",
    "pose_to_body": "keypoints",
}


def write_json(file: Path, value: object) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(value))


def label_maps(frames: int) -> torch.Tensor:
    """A quarter of the pixels is 1, the others are 0."""
    maps = torch.zeros(frames, 1, *SIZE, dtype=torch.uint8)
    maps[:, :, : SIZE[0] // 2, : SIZE[1] // 2] = 1
    return maps


def facts_of(task: str, sequences: dict[str, int], strides: tuple[int, ...]) -> dict[str, object]:
    facts: dict[str, object] = {
        "format": 1,
        "task": task,
        "fps": 25.0,
        "size": list(SIZE),
        "strides": list(strides),
        "annotations": [ANNOTATIONS[task]],
        "sequences": {name: {"frames": frames} for name, frames in sequences.items()},
    }
    if task == "labels_to_street":
        facts |= {"classes": ["road", "car"], "foreground": [1]}
    return facts


def write_folder(
    folder: Path,
    task: str = "labels_to_street",
    sequences: dict[str, int] | None = None,
    strides: tuple[int, ...] = (1, 3),
) -> Path:
    """Write a prepared folder without a fault."""
    sequences = sequences or {"walk": 5}
    for name, frames in sequences.items():
        write_frames(folder / "images" / name, torch.zeros(frames, 3, *SIZE))
        if task == "labels_to_street":
            write_frames(folder / "labels" / name, label_maps(frames))
            write_frames(folder / "instances" / name, label_maps(frames))
        for t in range(frames):
            if task == "edges_to_face":
                write_json(folder / "landmarks" / name / f"{t:05d}.json", LANDMARKS)
            elif task == "pose_to_body":
                person = {"pose_keypoints_2d": BODY, "face_keypoints_2d": []}
                file = folder / "keypoints" / name / f"{t:05d}.json"
                write_json(file, {"version": 1.2, "people": [person]})
        if task == "pose_to_body":
            write_frames(folder / "densepose" / name, torch.zeros(frames, 3, *SIZE))
        for stride in strides:
            flows, masks = (
                folder / kind / f"stride{stride}" / name for kind in ("flow", "confidence")
            )
            flows.mkdir(parents=True)
            masks.mkdir(parents=True)
            for t in range(stride, frames):
                write_flow(flows / f"{t:05d}.flo", torch.zeros(2, *SIZE))
                write_frame(masks / f"{t:05d}.png", torch.ones(1, *SIZE))
    write_json(folder / "dataset.json", facts_of(task, sequences, strides))
    return folder


def change_facts(folder: Path, **changes: object) -> None:
    """Change entries of a folder's dataset.json."""
    file = folder / "dataset.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


def only_problem(report: DataReport) -> Finding:
    """The one problem of a report."""
    assert len(report.problems) == 1, report.problems
    return report.problems[0]


def warning_of(report: DataReport, code: str) -> Finding:
    """The one warning with a code, where there is no problem."""
    assert report.problems == ()
    (found,) = [warning for warning in report.warnings if warning.code == code]
    return found
