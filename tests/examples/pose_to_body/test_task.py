import json
import math
import shutil

import pytest
import torch

from examples.pose_to_body import demo as recipe_demo
from examples.pose_to_body import task as recipe_task
from examples.pose_to_body.metrics import KeypointMetric, keypoint_errors
from examples.pose_to_body.people import Person
from examples.pose_to_body.retarget import stature
from examples.pose_to_body.task import PoseToBody
from examples.synthetic.dancer.data_folder import DancerConfig, make_dancer
from examples.vid2vid import demo as demonstration
from examples.vid2vid.clips import open_clips, to_clip
from examples.vid2vid.config import TrainConfig
from examples.vid2vid.driving import driven_sequence, nearest_frame
from examples.vid2vid.generate import GenerateReport, generate
from examples.vid2vid.sequences import DrivingSequence
from vidgan.conditions import pose_condition_maps, pose_face_boxes, pose_skeleton, read_openpose
from vidgan.video import read_frame, read_frames

pytest.importorskip("tqdm")

SIZE = (64, 80)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    out = tmp_path_factory.mktemp("data") / "dancer"
    make_dancer(DancerConfig(out, frames=8, size=SIZE, densepose=True))
    return out


@pytest.fixture
def folder(made, tmp_path):
    return shutil.copytree(made, tmp_path / "data")


def items(task, length=4):
    return open_clips(task, length, (1, 3))[2]


def test_surface_maps_are_channels(made):
    assert PoseToBody.open(made).condition_channels == 6


def test_skeleton_alone_without_densepose(folder):
    shutil.rmtree(folder / "densepose")
    task = PoseToBody.open(folder)
    assert task.condition_channels == 3
    maps = task.draw(items(task))
    assert maps.conditions.shape == (4, 3, *SIZE)


def test_maps_are_drawn_from_the_files(made):
    task = PoseToBody.open(made)
    maps = task.draw(items(task))
    keypoints = [
        read_openpose(made / f"keypoints/dance0/{t:05d}.json").keypoints for t in range(2, 6)
    ]
    densepose = [read_frame(made / f"densepose/dance0/{t:05d}.png") for t in range(2, 6)]
    expected = pose_condition_maps(torch.stack(keypoints), SIZE, densepose=torch.stack(densepose))
    assert torch.equal(maps.conditions, expected)
    assert torch.equal(maps.regions, pose_face_boxes(torch.stack(keypoints)))
    assert maps.instances is None
    assert maps.foreground_masks is None


def test_clip_for_training(made):
    task = PoseToBody.open(made)
    clip = to_clip(task, [items(task)] * 2, 0, 4, (1, 3), rng=torch.Generator().manual_seed(0))
    assert clip.conditions.shape == (2, 4, 6, *SIZE)
    assert clip.frames.shape == (2, 4, 3, *SIZE)
    assert clip.flows[3].shape == (2, 4, 2, *SIZE)


def test_training_leaves_limbs_out_alike_in_a_clip(made):
    task = PoseToBody.open(made)
    item = items(task)
    whole = task.draw(item).conditions
    drawn = [
        task.draw(item, rng=torch.Generator().manual_seed(s)).conditions
        for s in (0, 0, *range(1, 30))
    ]
    assert torch.equal(drawn[0], drawn[1])
    shares = [float((maps != whole).any(1).double().mean()) for maps in drawn[1:]]
    assert min(shares) < max(shares) < 0.3
    # A dropped DensePose part is missing in every frame.
    for maps in drawn:
        for part in range(1, 25):
            value = part / 12 - 1
            there = torch.isclose(whole[:, 2], torch.tensor(value), atol=1e-4)
            gone = [bool((maps[t, 2][there[t]] == -1).all()) for t in range(4) if there[t].any()]
            assert len(set(gone)) <= 1


def test_instances_are_read_where_they_are(folder):
    (folder / "instances" / "dance0").mkdir(parents=True)
    for t in range(8):
        source = folder / "confidence/stride1/dance0" / f"{max(t, 1):05d}.png"
        shutil.copy(source, folder / "instances/dance0" / f"{t:05d}.png")
    task = PoseToBody.open(folder)
    maps = task.draw(items(task))
    assert (maps.instances.shape, maps.instances.dtype) == ((4, 1, *SIZE), torch.int64)


def test_image_is_the_skeleton(made):
    sequence = DrivingSequence(PoseToBody.open(made))
    image = sequence.visualize(sequence.maps(range(3, 4)).conditions[0])
    keypoints = sequence.annotations(range(3, 4))["keypoints"][0]
    assert torch.allclose(image, pose_skeleton(keypoints, SIZE) / 255.0, atol=1e-5)


def test_untrained_run_draws_a_video(made, make_run, tmp_path):
    run = make_run(condition_channels=6, task="pose_to_body")
    report = generate(PoseToBody, run, made, out=tmp_path / "video")
    assert report.num_frames == 3
    assert read_frames(report.frames).shape == (3, 3, *SIZE)


def test_damaged_keypoints_are_named(folder):
    (folder / "keypoints/dance0/00004.json").write_text("[]")
    sequence = DrivingSequence(PoseToBody.open(folder))
    with pytest.raises(ValueError, match=r"00004\.json is no OpenPose file"):
        sequence.annotations(range(4, 5))


def test_keypoints_of_another_picture_are_named(folder):
    file = folder / "keypoints/dance0/00004.json"
    content = json.loads(file.read_text())
    content["people"][0]["pose_keypoints_2d"][0] = 1000.0
    file.write_text(json.dumps(content))
    sequence = DrivingSequence(PoseToBody.open(folder))
    with pytest.raises(ValueError, match=r"frame 4 of 'dance0': .* got \(1000, .* for point 0"):
        sequence.maps(range(4, 5))


def test_missing_frame_is_named(folder):
    (folder / "keypoints/dance0/00004.json").unlink()
    with pytest.raises(ValueError, match=r"one file per frame, 8 as in dataset\.json, got 7"):
        DrivingSequence(PoseToBody.open(folder))


def person(shift):
    keypoints = torch.zeros(137, 3)
    keypoints[:15] = torch.tensor([30.0, 20.0, 0.9])
    keypoints[8, 1] = 30.0  # a torso of 10 pixels
    keypoints[:15, 0] += shift
    return keypoints


def test_keypoint_errors_by_hand():
    frames = torch.zeros(5, 3, 4, 4)
    found = [person(3.0), None, person(1.0), person(2.0), person(0.0)]
    found[2][4] = 0  # a joint that was not found does not count
    found[3][1:15, 2] = 0
    people = iter([[] if k is None else [Person(k, (0, 0, 1, 1))] for k in found])
    wanted = torch.stack([person(0.0)] * 5)
    wanted[4, 1] = 0  # no neck, no torso to measure by
    errors = keypoint_errors(frames, wanted, lambda _: next(people))
    assert errors[[0, 2]].tolist() == pytest.approx([0.3, 0.1])
    assert errors[[1, 3, 4]].isnan().all()


def test_metric_counts_people(made):
    pytest.importorskip("mediapipe", reason="the extra 'pose' is not installed")
    sequence = DrivingSequence(PoseToBody.open(made))
    metric = sequence.task.metric(5)
    assert isinstance(metric, KeypointMetric)
    frames = read_frames(made / "images" / "dance0")[:3]
    row = metric(frames, sequence.annotations(range(3)))
    assert row["people"] == 3
    assert row["keypoint error"] < 0.3
    gray = metric(torch.full_like(frames, 127), sequence.annotations(range(3)))
    assert gray["people"] == 0
    assert math.isnan(gray["keypoint error"])
    assert set(row) == {"keypoint error", "people"}
    assert metric.legend.count("\n- ") == 1


def test_without_mediapipe_there_is_no_metric(made, monkeypatch):
    monkeypatch.setattr(recipe_task, "find_spec", lambda _: None)
    assert PoseToBody.open(made).metric(None) is None


def test_demo_runs_every_step_in_its_folder(tmp_path, monkeypatch):
    called = []

    def train(task, data, run, config):
        steps = (config.steps, config.minutes)
        called.append((run.name, *steps, config.num_train_frames, config.model.flow))

    def evaluate(task, run, data, *, baseline, train_data, out):
        assert train_data is None
        assert (data / "dataset.json").is_file()
        return f"{run.name} against {baseline[0].name}"

    def generate(task, run, data, *, out, options):
        assert options.sequence in task.open(data).data.sequences
        return GenerateReport(out / "dance0.mp4", out / "dance0.png", out / "frames", 1)

    monkeypatch.setattr(demonstration, "train", train)
    monkeypatch.setattr(demonstration, "generate", generate)
    monkeypatch.setattr(demonstration, "evaluate", evaluate)
    config = recipe_demo.DemoConfig(
        tmp_path / "demo", steps=9, baseline_steps=5, minutes=2, frames=4, num_train_frames=3
    )
    assert recipe_demo.demo(config) == "vid2vid against frame_by_frame"
    assert called == [("vid2vid", 9, 2, 3, True), ("frame_by_frame", 5, 2, 3, False)]
    with pytest.raises(ValueError, match="exists: add --overwrite"):
        recipe_demo.demo(config)
    config.overwrite = True
    recipe_demo.demo(config)


def test_another_dancer_drives(tmp_path):
    """The driver's motion, at the target's size, on the target's ground."""
    make_dancer(DancerConfig(tmp_path / "target", frames=6, size=(96, 96), seed=0))
    make_dancer(DancerConfig(tmp_path / "driver", frames=5, size=(64, 80), seed=1))
    target = DrivingSequence(PoseToBody.open(tmp_path / "target"))
    driving = driven_sequence(target, tmp_path / "driver", TrainConfig())
    assert (driving.length, driving.name, driving.data.size) == (5, "driver", (96, 96))
    keypoints = driving.annotations(range(5))["keypoints"]
    ours, theirs = stature(target.annotations(range(6))["keypoints"]), stature(keypoints)
    assert theirs.size == pytest.approx(ours.size, rel=0.05)
    assert theirs.ground == pytest.approx(ours.ground, abs=2)
    assert driving.maps(range(5)).conditions.shape == (5, 3, 96, 96)
    assert 0 <= nearest_frame(driving, target, 2) <= 4


def test_surface_maps_cannot_be_driven(made):
    target = DrivingSequence(PoseToBody.open(made))
    with pytest.raises(ValueError, match="has DensePose maps, which cannot be found in a video"):
        driven_sequence(target, made, TrainConfig())
