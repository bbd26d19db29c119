"""Videos that go on frame by frame, beside those of `generate_frames`."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import pytest
import torch

from examples.labels_to_street.task import LabelsToStreet
from examples.live.backends import open_studio
from examples.live.painting import NOTHING, enlargement
from examples.live.places import Place
from examples.live.sessions import (
    STYLE_OF_FIRST,
    BodySession,
    StreetSession,
    first_choices,
    style_choices,
)
from examples.pose_to_body.task import PoseToBody
from examples.synthetic.dancer.data_folder import DancerConfig, make_dancer
from examples.vid2vid.generate import generate_frames
from examples.vid2vid.networks import build_encoder
from examples.vid2vid.sequences import DrivingSequence
from examples.vid2vid.styles import fit_styles
from tests.examples.conftest import TINY


def painted(studio, color):
    """A layer that covers the whole canvas."""
    height, width = (side * enlargement(studio.task.data.size) for side in studio.task.data.size)
    return torch.tensor([*color, 255]).byte()[None, :, None, None].expand(1, 4, height, width)


def test_without_a_painting_the_drive_is_that_of_generate(street_studio):
    session = StreetSession(street_studio)

    frames = [*session.frames(3), *session.frames(7)]

    sequence = DrivingSequence(street_studio.task)
    wanted = [*generate_frames(street_studio.generator, sequence, 2, 10)]
    assert [frame.time for frame in frames] == [frame.time for frame in wanted]
    for frame, want in zip(frames, wanted, strict=True):
        assert torch.equal(frame.frame, want.frame)


def test_after_its_end_the_drive_begins_again(street_studio):
    session = StreetSession(street_studio, start=9)
    first = [frame.time for frame in session.frames(5)]
    assert first == [9, 10, 11, 9, 10]


def test_what_is_painted_is_what_the_network_sees(street_studio):
    session, plain = StreetSession(street_studio), StreetSession(street_studio)
    color = (107, 142, 35)  # vegetation
    given = next(session.frames(1)), next(plain.frames(1))
    assert torch.equal(given[0].frame, given[1].frame)

    assert session.paint(painted(street_studio, color)).note == ""

    assert session.canvas().flatten(1).unique(dim=1).flatten().tolist() == [*color]
    (seen,), (other,) = session.frames(1), plain.frames(1)
    assert (seen.condition.flatten(1) * 255).round().unique(dim=1).flatten().tolist() == [*color]
    assert not torch.equal(seen.frame, other.frame)
    session.clear()
    assert bool((session.painting == NOTHING).all())
    assert torch.equal(next(session.frames(1)).condition, next(plain.frames(1)).condition)


def test_sessions_do_not_mix(street_studio):
    one, two = StreetSession(street_studio), StreetSession(street_studio)
    alone = [frame.frame for frame in StreetSession(street_studio).frames(4)]
    got = []
    for _ in range(4):
        one.paint(painted(street_studio, (0, 0, 142)))
        [*one.frames(1)]
        got += [frame.frame for frame in two.frames(1)]
    assert all(torch.equal(*pair) for pair in zip(got, alone, strict=True))


def test_the_given_frames_keep_their_labels(street_studio):
    """The frames that the drive begins with, after its end again, show no painting."""
    session = StreetSession(street_studio, start=11)
    session.paint(painted(street_studio, (0, 0, 142)))
    first, second = session.frames(2)
    assert torch.equal(first.frame, second.frame)


def test_first_frames(street_studio, tmp_path):
    assert first_choices(street_studio) == range(2, 12)
    bare = tmp_path / "bare"
    shutil.copytree(street_studio.task.data.path, bare)
    shutil.rmtree(bare / "images")
    without = street_studio._replace(task=LabelsToStreet.open(bare))
    assert first_choices(without) == range(12)
    assert [frame.time for frame in StreetSession(without).frames(2)] == [0, 1]


def test_styles(street, make_run):
    pytest.importorskip("sklearn")
    model = replace(TINY, feature_channels=3)
    extra = {"condition_channels": 15, "task": "labels_to_street", "model": model}

    def with_encoder(**options):
        run = make_run("styled", **extra, **options)
        return Place(run, street)

    place = with_encoder()
    from examples.vid2vid.checkpoint import find_checkpoint
    from vidgan.checkpoint import load_checkpoint

    saved = load_checkpoint(find_checkpoint(place.run))["modules"]
    modules = {**saved, "encoder": build_encoder(model).state_dict()}
    place = with_encoder(modules=modules)
    studio = open_studio(LabelsToStreet, place, "torch")
    assert style_choices(studio) == []
    with pytest.raises(ValueError, match=r"has no styles\.safetensors"):
        StreetSession(studio)

    fit_styles(LabelsToStreet, place.run, street, components=2)

    assert style_choices(studio)[:3] == [STYLE_OF_FIRST, "mean", "sample:0"]
    frames = {
        style: next(StreetSession(studio, style=style).frames(1)).frame
        for style in (STYLE_OF_FIRST, "mean", "sample:0")
    }
    assert not torch.equal(frames["mean"], frames["sample:0"])


def test_a_person_follows_the_skeleton(body_studio):
    session, still = BodySession(body_studio, 3), BodySession(body_studio, 3)
    [*session.frames(1)], [*still.frames(1)]

    session.move("left wrist", 50.0, 10.0)
    moved, other = [*session.frames(4)], [*still.frames(4)]

    assert len(moved) == 4
    assert session.pose[7, :2].tolist() == [50.0, 10.0]
    assert not torch.equal(moved[-1].condition, other[-1].condition)
    assert not torch.equal(moved[-1].frame, other[-1].frame)
    differences = [
        float((a.condition - b.condition).abs().sum()) for a, b in zip(moved, other, strict=True)
    ]
    assert all(differences)  # on its way in every frame


def test_the_pose_that_is_shown_is_that_of_the_data(body_studio):
    session = BodySession(body_studio, 3)
    (first,) = session.frames(1)
    wanted = next(generate_frames(body_studio.generator, DrivingSequence(body_studio.task), 3, 1))
    assert torch.equal(first.frame, wanted.frame)


def test_a_body_with_densepose_is_refused(tmp_path, make_run):
    out = tmp_path / "data"
    make_dancer(DancerConfig(out, frames=4, size=(64, 64), densepose=True, strides=(1,)))
    run = make_run(condition_channels=6, task="pose_to_body")
    studio = open_studio(PoseToBody, Place(run, out), "torch")
    with pytest.raises(ValueError, match="must have keypoints alone, got keypoints, densepose"):
        BodySession(studio)
    assert json.loads((out / "dataset.json").read_text())["task"] == "pose_to_body"
