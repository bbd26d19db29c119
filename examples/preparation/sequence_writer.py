"""Writes a sequence frame by frame: frames, drawings of their conditions, reference flow."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from torch import Tensor

from examples.preparation.contact_sheet import ContactSheet
from examples.preparation.flow_writer import FlowWriter
from vidgan.extras import import_extra
from vidgan.protocols import FlowEstimator
from vidgan.video import write_frame


def write_frames_and_flow(
    folder: Path,
    name: str,
    frames: Iterable[tuple[Tensor, Tensor]],
    length: int,
    estimate: FlowEstimator,
    strides: Sequence[int],
) -> None:
    """Write a sequence, and the contact sheet of the folder if it is the first.

    Args:
        folder: the data folder.
        name: name of the sequence.
        frames: each frame, uint8 (3, H, W), with the image of its condition, uint8 (1 or 3, H, W).
        length: number of frames, at least 2.
        estimate: the flow estimator.
        strides: temporal strides of the reference flow.
    """
    flow = FlowWriter(folder, name, estimate, strides)
    sheet = ContactSheet(length)
    for kind in ("images", "conditions"):
        (folder / kind / name).mkdir(parents=True)
    bar = import_extra("tqdm", "examples").tqdm(frames, f"write {name}", length, disable=None)
    for time, (frame, condition) in enumerate(bar):
        write_frame(folder / "images" / name / f"{time:05d}.png", frame)
        write_frame(folder / "conditions" / name / f"{time:05d}.png", condition)
        sheet.add(time, frame, condition, flow.write(frame))
    if not (folder / "contact_sheet.png").exists():
        write_frame(folder / "contact_sheet.png", sheet.image())
