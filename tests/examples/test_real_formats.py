"""Real frames in the three published formats: prepared, trained for 20 steps, generated."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from examples.edges_to_face import prepare as face
from examples.edges_to_face.task import EdgesToFace
from examples.labels_to_street import prepare as street
from examples.labels_to_street.task import LabelsToStreet
from examples.pose_to_body import prepare as pose
from examples.pose_to_body.task import PoseToBody
from examples.vid2vid.config import ModelConfig, ObjectiveConfig, TrainConfig
from examples.vid2vid.generate import GenerateOptions, generate
from examples.vid2vid.train import train
from vidgan.checkpoint import load_checkpoint
from vidgan.data import check_data
from vidgan.video import read_frames

pytest.importorskip("av")
pytest.importorskip("cv2")

SMALL = TrainConfig(
    model=ModelConfig(
        base_channels=4,
        num_downsamplings=2,
        num_blocks=2,
        discriminator_channels=4,
        num_rates=1,
    ),
    objective=ObjectiveConfig(perceptual="none"),
    steps=20,
)


def _street(shared, out):
    folder = shared / "realdata" / "street"
    config = street.PrepareConfig(
        images=folder / "images",
        labels=folder / "labels",
        out=out,
        width=256,
        foreground=("person", "car"),
    )
    street.prepare(config)
    return {"foreground": True}


def _pose(shared, out):
    source = shared / "realdata" / "pose"
    pose.prepare(pose.PrepareConfig(source=source, out=out, height=384, width=256))
    return {"region_size": 32}


def _face(shared, out):
    source = shared / "realdata" / "face"
    face.prepare(face.PrepareConfig(source=source, out=out, size=256))
    return {}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("task", "prepare"), [(LabelsToStreet, _street), (PoseToBody, _pose), (EdgesToFace, _face)]
)
def test_prepared_trained_and_generated(task, prepare, shared, tmp_path):
    folder = tmp_path / "data"
    special = prepare(shared, folder)
    data = task.open(folder).data
    assert data.size[1] == 256
    length = min(data.sequences.values()) - 2
    assert check_data(folder, clip_length=length).is_good
    config = replace(
        SMALL,
        model=replace(SMALL.model, **special),
        clip_length=length,
        first_clip_length=length,
    )

    checkpoint = train(task, folder, tmp_path / "run", config)
    report = generate(
        task, tmp_path / "run", folder, out=tmp_path / "video", options=GenerateOptions(start=2)
    )

    assert load_checkpoint(checkpoint)["step"] == 20
    frames = read_frames(report.frames)
    real = read_frames(folder / "images" / next(iter(data.sequences)))[2:]
    assert frames.shape == real.shape
    # Initialized to copy the last frame, it is close to the real one, but no longer a copy.
    difference = (frames.float() - real.float()).abs().mean()
    assert 0 < difference < 40
    assert bool(torch.isfinite(frames.float()).all())
