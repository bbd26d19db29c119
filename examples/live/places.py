"""Where the page finds its trained runs; where there is none, it trains a small one."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Literal, NamedTuple

from examples.edges_to_face.task import EdgesToFace
from examples.labels_to_street.task import LabelsToStreet
from examples.pose_to_body.task import PoseToBody
from examples.vid2vid.checkpoint import find_checkpoint
from examples.vid2vid.config import TrainConfig
from examples.vid2vid.task import Task

Tab = Literal["street", "face", "body"]


class Place(NamedTuple):
    """A trained run and the data folder that it is shown on."""

    run: Path
    data: Path


class Quick(NamedTuple):
    """A training of about a minute.

    Attributes:
        task: the task.
        demo: the folder that the task's demo writes by default.
        prepare: writes the data folder whose path it is given.
        setting: the setting of the task that it is made smaller from.
        steps: the number of training steps.
        flow: whether frames are warped; in so short a training a face that moves would smear.
    """

    task: type[Task]
    demo: Path
    prepare: Callable[[Path], object]
    setting: str
    steps: int
    flow: bool = True

    def config(self) -> TrainConfig:
        """Return the configuration of the training."""
        full = self.task.settings()[self.setting]
        model = replace(
            full.model,
            base_channels=16,
            num_blocks=4,
            discriminator_channels=16,
            flow=self.flow,
        )
        return replace(full, model=model, steps=self.steps, clip_length=10, save_every=self.steps)


def _prepare_street(folder: Path) -> object:
    from examples.synthetic.street.data_folder import StreetConfig, make_street

    return make_street(StreetConfig(folder, sequences=4, frames=24))


def _prepare_face(folder: Path) -> object:
    from examples.edges_to_face.demo import carphone
    from examples.edges_to_face.prepare import PrepareConfig, prepare

    return prepare(PrepareConfig(source=carphone(), out=folder, size=96, max_frames=90))


def _prepare_body(folder: Path) -> object:
    from examples.synthetic.dancer.data_folder import DancerConfig, make_dancer

    return make_dancer(DancerConfig(folder, frames=120, size=(96, 96)))


QUICK: dict[Tab, Quick] = {
    "street": Quick(LabelsToStreet, Path("runs/street_demo"), _prepare_street, "street-small", 300),
    "face": Quick(EdgesToFace, Path("runs/demo"), _prepare_face, "face-small", 400, flow=False),
    "body": Quick(PoseToBody, Path("runs/pose_demo"), _prepare_body, "pose-small", 300),
}
"""What is trained for each tab where there is no run."""


def find_place(
    tab: Tab, run: Path | None, data: Path | None, out: Path, *, quick: Quick | None = None
) -> Place:
    """Find the run of a tab: the given one, that of the demo, or a small one, trained if need be.

    Args:
        tab: the tab.
        run: the folder of a run, or a checkpoint file.
        data: its data folder; None: ``unseen`` or ``data`` beside the run's folder.
        out: where small runs are kept.
        quick: what to train; None: that of `QUICK`.

    Raises:
        FileNotFoundError: the given run has no checkpoint, or no data folder lies beside it.
    """
    quick = QUICK[tab] if quick is None else quick
    if run is not None:
        find_checkpoint(run)
        return Place(run, data or _data_beside(run, tab))
    for folder in (quick.demo, out / tab):
        place = Place(folder / "vid2vid", folder / "data")
        if _is_trained(place.run):
            return Place(place.run, data or _data_beside(place.run, tab))
    return _train(tab, quick, place)


def _train(tab: Tab, quick: Quick, place: Place) -> Place:
    from examples.vid2vid.train import train

    print(
        f"note: there is no trained run for the tab {tab} in {quick.demo}: a small one is trained "
        f"for {quick.steps} steps, about a minute, and kept in {place.run}; what it generates is "
        f"rough (python -m examples.{quick.task.name} demo trains a better one)",
        file=sys.stderr,
    )
    if not place.data.exists():
        quick.prepare(place.data)
    train(quick.task, place.data, place.run, quick.config())
    return place


def _is_trained(run: Path) -> bool:
    try:
        find_checkpoint(run)
    except FileNotFoundError:
        return False
    return True


def _data_beside(run: Path, tab: Tab) -> Path:
    folder = run.parent if run.is_dir() else run.parent.parent.parent
    for name in ("unseen", "data"):
        if (folder / name / "dataset.json").is_file():
            return folder / name
    raise FileNotFoundError(
        f"find_place: no such file: {folder / 'data' / 'dataset.json'}; name the data folder of "
        f"{run} with --{tab}-data"
    )
