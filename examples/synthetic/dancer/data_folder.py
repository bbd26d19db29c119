"""Render a dancer as a prepared data folder, for use without a video.

    python -m examples.synthetic.dancer --out data/dancer

The dancer has textured clothes that turn with its limbs, and dances in front of a static stage.
All ground truth is known: keypoints, DensePose map, flow between any two frames, and occlusions.
All sequences show the same dancer on the same stage, each with a different dance.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from examples.preparation.contact_sheet import ContactSheet
from examples.preparation.flow_writer import write_flow_pair
from examples.preparation.preprocessing import (
    check_strides,
    write_description,
)
from examples.synthetic.dancer.keypoints import dancer_densepose, dancer_keypoints
from examples.synthetic.dancer.render import Dancer, DancerFrame, true_flow
from examples.vid2vid.command_line import parse
from vidgan.conditions import pose_skeleton, write_openpose
from vidgan.extras import import_extra
from vidgan.files import atomic_folder
from vidgan.video import to_uint8, write_frame

_DANCE_SEEDS = 1000  # dances per seed; those of the next seed begin after them


@dataclass
class DancerConfig:
    """Options of the rendering."""

    out: Path = Path("data/dancer")
    """The data folder to write."""
    frames: int = 400
    """Frames of each sequence."""
    sequences: int = 1
    """Sequences: one dancer, different dances."""
    size: tuple[int, int] = (128, 128)
    """Height and width in pixels."""
    seed: int = 0
    """Seed of the dancer, the stage and the dances."""
    fps: float = 25.0
    """Frames per second."""
    densepose: bool = False
    """Also write the true DensePose maps; the condition maps then have 6 channels instead of 3."""
    strides: tuple[int, ...] = (1, 3, 9)
    """Temporal strides for which flow is written."""
    overwrite: bool = False
    """Replace the data folder if it exists."""


class DancerReport(NamedTuple):
    """The data folder that was written."""

    folder: Path
    sequences: int
    frames: int


def make_dancer(config: DancerConfig) -> DancerReport:
    """Write the data folder; an error or Ctrl-C leaves nothing behind."""
    _check(config)
    dancer = Dancer(config.size, seed=config.seed)
    names = [f"dance{number}" for number in range(config.sequences)]
    with atomic_folder(
        config.out, overwrite=config.overwrite, mark="dataset.json", command="dancer"
    ) as folder:
        for number, name in enumerate(names):
            _write_sequence(folder, name, dancer, config, number)
        write_description(
            folder,
            task="pose_to_body",
            fps=config.fps,
            size=config.size,
            detector="true keypoints",
            flow="true flow",
            strides=config.strides,
            sequences={name: {"frames": config.frames, "source": "drawn"} for name in names},
            annotations=["keypoints"] + ["densepose"] * config.densepose,
            densepose=config.densepose,
            seed=config.seed,
        )
    return DancerReport(config.out, config.sequences, config.frames)


def _write_sequence(
    folder: Path, name: str, dancer: Dancer, config: DancerConfig, number: int
) -> None:
    dance = dancer.dance(_DANCE_SEEDS * config.seed + number)
    times = import_extra("tqdm", "examples").tqdm(range(config.frames), name, disable=None)
    kinds = ["images", "keypoints", "conditions"] + ["densepose"] * config.densepose
    for kind in kinds:
        (folder / kind / name).mkdir(parents=True)
    past: list[DancerFrame] = []
    sheet = ContactSheet(config.frames)
    for t in times:
        rendered = dancer.render(dance.pose(t))
        keypoints = dancer_keypoints(rendered)
        frame, condition = to_uint8(rendered.frame * 2 - 1), pose_skeleton(keypoints, config.size)
        write_frame(folder / "images" / name / f"{t:05d}.png", frame)
        write_frame(folder / "conditions" / name / f"{t:05d}.png", condition)
        write_openpose(folder / "keypoints" / name / f"{t:05d}.json", keypoints)
        if config.densepose:
            write_frame(folder / "densepose" / name / f"{t:05d}.png", dancer_densepose(rendered))
        neighbor = None
        for stride in (stride for stride in config.strides if stride <= t):
            flow, confidence = true_flow(rendered, past[-stride])
            write_flow_pair(folder, name, t, stride, flow, confidence)
            if stride == 1:
                neighbor = flow
        sheet.add(t, frame, condition, neighbor)
        past = [*past, rendered][-max(config.strides) :]
    if number == 0:
        write_frame(folder / "contact_sheet.png", sheet.image())


def _check(config: DancerConfig) -> None:
    if config.frames < 3:
        raise ValueError(f"dancer: frames must be at least 3, got {config.frames}")
    if config.sequences < 1:
        raise ValueError(f"dancer: sequences must be at least 1, got {config.sequences}")
    if min(config.size) < 64:
        raise ValueError(
            f"dancer: size must be (height, width) of at least 64 each, got {config.size}"
        )
    if config.fps <= 0:
        raise ValueError(f"dancer: fps must be above 0, got {config.fps}")
    check_strides(config.strides)


def main() -> None:
    report = make_dancer(
        parse(DancerConfig, prog="python -m examples.synthetic.dancer", description=__doc__)
    )
    print(
        f"{report.folder}: {report.sequences} sequence(s) of {report.frames} frames. Look at "
        f"{report.folder / 'contact_sheet.png'}."
    )
