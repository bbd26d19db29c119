"""Public data sets, made small: prepared, checked, trained for 3 steps, generated."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from examples.edges_to_face import prepare as face
from examples.edges_to_face.landmarks import DETECTORS
from examples.edges_to_face.task import EdgesToFace
from examples.labels_to_street.prepare import PrepareConfig, prepare
from examples.labels_to_street.task import LabelsToStreet
from examples.pose_to_body import prepare as pose
from examples.pose_to_body.task import PoseToBody
from examples.vid2vid.config import ModelConfig, ObjectiveConfig, TrainConfig
from examples.vid2vid.generate import GenerateOptions, generate
from examples.vid2vid.task import Task
from examples.vid2vid.train import train
from tests.examples.people_layouts import FACES, PEOPLE, WHOLEBODY, KnownFace, Source
from tests.examples.street_layouts import STREETS, Layout
from vidgan.conditions import read_openpose
from vidgan.data import check_data, open_data_folder
from vidgan.video import read_frame, read_frames, read_labels

for module in ("av", "cv2", "tqdm", "tyro"):
    pytest.importorskip(module)

TINY = TrainConfig(
    model=ModelConfig(
        base_channels=4,
        num_blocks=1,
        discriminator_channels=4,
        image_scales=1,
        video_scales=1,
        num_rates=1,
    ),
    objective=ObjectiveConfig(perceptual="none"),
    steps=3,
    clip_length=4,
    first_clip_length=4,
)


def train_and_generate(task: type[Task], folder: Path, run: Path) -> None:
    """Check a prepared folder, train on it for 3 steps, and generate from it."""
    report = check_data(folder, clip_length=TINY.clip_length, strides=(1, 3))
    assert report.is_good, report.problems
    data = task.open(folder).data
    train(task, folder, run, TINY)
    sequence = next(iter(data.sequences))
    options = GenerateOptions(sequence=sequence)
    made = generate(task, run, folder, out=run / "video", options=options)
    frames = read_frames(made.frames)
    assert frames.shape[1:] == (3, *data.size)
    assert len(frames) == data.sequences[sequence] - 2


@pytest.mark.parametrize("make", STREETS.values(), ids=STREETS)
def test_street(make: Callable[[Path], Layout], tmp_path: Path) -> None:
    layout = make(tmp_path / "public")
    options = {
        name: tmp_path / "public" / value if name != "classes" or "." in value else value
        for name, value in layout.options.items()
    }
    options["classes"] = str(options.get("classes", "cityscapes"))
    report = prepare(PrepareConfig(**options, out=tmp_path / "data"))
    assert report.sequences == layout.sequences
    assert ("edges" in report.instances) == layout.instances
    truth = layout.sample
    file = f"{truth.sequence}/{truth.index:05d}.png"
    labels = read_labels(tmp_path / "data/labels" / file)[0].numpy()
    void = labels == 255
    assert void.sum() <= 4
    assert (labels == truth.labels)[~void].all()
    frame = read_frame(tmp_path / "data/images" / file).permute(1, 2, 0).numpy()
    assert np.abs(frame.astype(float) - truth.frame).mean() < 12  # JPEG, or resized
    if layout.instances:
        instances = read_labels(tmp_path / "data/instances" / file)[0].numpy()
        for index in np.unique(truth.instances)[1:]:
            assert len(np.unique(instances[truth.instances == index])) == 1
        assert len(np.unique(instances)) >= len(np.unique(truth.instances))
    train_and_generate(LabelsToStreet, tmp_path / "data", tmp_path / "run")


@pytest.mark.parametrize("make", FACES.values(), ids=FACES)
def test_face(
    make: Callable[[Path], Source], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(DETECTORS, "dlib", KnownFace)  # dlib sees no face in a drawing
    source = make(tmp_path / "public")
    face.prepare(face.PrepareConfig(**source.options, out=tmp_path / "data", size=32))
    assert open_data_folder(tmp_path / "data").sequences == source.sequences
    train_and_generate(EdgesToFace, tmp_path / "data", tmp_path / "run")


@pytest.mark.parametrize("make", PEOPLE.values(), ids=PEOPLE)
def test_person(make: Callable[[Path], Source], tmp_path: Path) -> None:
    source = make(tmp_path / "public")
    options = {**source.options, "height": 48, "width": 64}
    pose.prepare(pose.PrepareConfig(**options, out=tmp_path / "data"))
    assert open_data_folder(tmp_path / "data").sequences == source.sequences
    train_and_generate(PoseToBody, tmp_path / "data", tmp_path / "run")


def test_people_are_the_same_in_all_layouts(tmp_path: Path) -> None:
    found = []
    for name in ("OpenPose of a video", "OpenPose beside frames", "COCO-WholeBody"):
        source, out = PEOPLE[name](tmp_path / name), tmp_path / name / "data"
        pose.prepare(pose.PrepareConfig(**source.options, out=out, strides=(1,)))
        people = read_openpose(out / "keypoints/walk/00005.json")
        found.append(people.keypoints[list(WHOLEBODY)])
    assert float(found[0][:, 2].min()) > 0.3
    for other in found[1:]:
        assert torch.allclose(found[0][:, :2], other[:, :2], atol=1.0)
