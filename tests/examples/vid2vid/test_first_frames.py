"""Edited labels, sampled styles, first frames, and another video's motion."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import pytest
import torch

from examples.edges_to_face.task import EdgesToFace
from examples.labels_to_street.task import LabelsToStreet
from examples.pose_to_body.task import PoseToBody
from examples.synthetic.street.data_folder import StreetConfig, make_street
from examples.vid2vid.checkpoint import find_checkpoint
from examples.vid2vid.command_line import run_task
from examples.vid2vid.config import ImageConfig, ModelConfig, ObjectiveConfig, TrainConfig
from examples.vid2vid.driving import driven_sequence, nearest_frame
from examples.vid2vid.first_frames import start_video
from examples.vid2vid.generate import GenerateOptions, generate
from examples.vid2vid.runs import load_image_run, load_run
from examples.vid2vid.sequences import DrivingSequence
from examples.vid2vid.styles import STYLES, build_styler, fit_styles
from examples.vid2vid.train import train
from examples.vid2vid.train_image import train_image
from vidgan.checkpoint import CheckpointManager, load_checkpoint
from vidgan.video import read_frames, read_labels, write_frame

for module in ("av", "tqdm", "tyro", "sklearn"):
    pytest.importorskip(module)

SMALL = TrainConfig(
    model=ModelConfig(
        base_channels=4,
        num_downsamplings=1,
        num_blocks=2,
        num_scales=2,
        num_fine_blocks=1,
        foreground=True,
        feature_channels=3,
        discriminator_channels=4,
        num_rates=1,
    ),
    objective=ObjectiveConfig(perceptual="none"),
    steps=4,
    clip_length=3,
    first_clip_length=3,
    ema_decay=0.0,
)


@pytest.fixture(scope="module")
def street(tmp_path_factory):
    root = tmp_path_factory.mktemp("street")
    return make_street(StreetConfig(root / "data", sequences=1, frames=8, height=32, width=64))


@pytest.fixture(scope="module")
def trained(street, tmp_path_factory):
    """A run of two scales with foreground and instance features, and its fitted styles."""
    run = tmp_path_factory.mktemp("run") / "street"
    train(LabelsToStreet, street, run, SMALL)
    fit_styles(LabelsToStreet, run, street, components=2, every=2)
    return run


def _video(run, data, out, *, task=LabelsToStreet, **options):
    report = generate(
        task, run, data, out=out, options=GenerateOptions(start=4, frames=3, **options)
    )
    return read_frames(report.frames)


def test_every_part_learns_and_generates(trained, street, tmp_path):
    run = load_run(trained, LabelsToStreet.open(street))
    assert run.encoder is not None
    assert (trained / STYLES).is_file()
    assert _video(trained, street, tmp_path / "out").shape == (3, 3, 32, 64)


def test_styles_differ_and_stay(trained, street, tmp_path):
    styles = {
        style: _video(trained, street, tmp_path / style.replace(":", ""), style=style)
        for style in ("sample:1", "sample:2", "mean", "from:0")
    }
    again = _video(trained, street, tmp_path / "again", style="sample:1")
    assert torch.equal(styles["sample:1"], again)
    assert not torch.equal(styles["sample:1"], styles["sample:2"])
    default = _video(trained, street, tmp_path / "default")
    assert torch.equal(default, _video(trained, street, tmp_path / "given", style="from:3"))


def test_a_style_is_the_same_in_all_frames(trained, street):
    task = LabelsToStreet.open(street)
    sequence = DrivingSequence(task)
    styler = build_styler(load_run(trained, task), "sample:3", sequence, 0)
    seen = {}
    for index in range(8):
        labels, instances = sequence.labels_and_instances(range(index, index + 1))
        features = styler(labels, instances)
        for instance in instances.unique().tolist():
            if instance >= 1000:  # a car or person, whose class does not change
                style = features[0, :, instances[0, 0] == instance][:, 0]
                assert torch.equal(seen.setdefault(instance, style), style)
    assert len(seen) > 1


def test_exchanged_classes_are_drawn(trained, street, tmp_path):
    task = LabelsToStreet.open(street)
    edit = task.edit(["vegetation=building", "car=road"], None)
    plain, edited = DrivingSequence(task), DrivingSequence(task, edit=edit)
    names = task.data.facts["classes"]
    before = plain.annotations(range(2, 4))["labels"]
    after = edited.annotations(range(2, 4))["labels"]
    assert not bool((after == names.index("vegetation")).any())
    same = ~torch.isin(before, torch.tensor([names.index(n) for n in ("vegetation", "car")]))
    assert torch.equal(after[same], before[same])
    frames = _video(trained, street, tmp_path / "out", replace=("vegetation=building",))
    assert not torch.equal(frames, _video(trained, street, tmp_path / "plain"))


def test_painted_labels_take_the_place_of_those_of_their_frame(street, tmp_path):
    task = LabelsToStreet.open(street)
    painted = torch.full((1, 32, 64), 2, dtype=torch.uint8)
    (tmp_path / "paint").mkdir()
    write_frame(tmp_path / "paint" / "00003.png", painted)
    edit = task.edit([], tmp_path / "paint")
    labels = DrivingSequence(task, edit=edit).annotations(range(2, 5))["labels"]
    plain = DrivingSequence(task).annotations(range(2, 5))["labels"]
    assert torch.equal(labels[1], painted.long())
    assert torch.equal(labels[::2], plain[::2])
    everywhere = task.edit([], tmp_path / "paint" / "00003.png")
    labels = DrivingSequence(task, edit=everywhere).annotations(range(8))["labels"]
    assert bool((labels == 2).all())
    assert read_labels(tmp_path / "paint" / "00003.png").shape == (1, 32, 64)


def test_first_frames_of_a_single_image_generator(data, make_run, tmp_path):
    first = tmp_path / "first"
    train_image(
        EdgesToFace,
        data,
        first,
        ImageConfig(
            ObjectiveConfig(perceptual="none"),
            base_channels=4,
            num_downsamplings=2,
            num_blocks=1,
            discriminator_channels=4,
            steps=3,
        ),
    )
    sequence = DrivingSequence(EdgesToFace.open(data))
    start = start_video(sequence, 5, 2, policy="image", image_run=first)
    frames, conditions = start.given
    assert torch.equal(frames[:, 0], frames[:, 1])  # frames before the first are unknown
    assert torch.equal(conditions[0, 1], sequence.maps(range(5, 6)).conditions[0])
    run = make_run()
    videos = [
        _video(run, data, tmp_path / name, task=EdgesToFace, first_frame=name, image_run=image)
        for name, image in (("given", None), ("generated", None), ("image", first))
    ]
    assert len({frames.float().mean().item() for frames in videos}) == 3


@pytest.mark.parametrize("trained_for", ["given", "generated"])
def test_own_first_frame_of_a_run_that_was_not_trained_for_it(
    trained_for, data, make_run, tmp_path, capsys
):
    tiny = ModelConfig(base_channels=4, num_downsamplings=1, num_blocks=2, first_frame=trained_for)
    run = make_run(model=tiny)
    _video(run, data, tmp_path / "out", task=EdgesToFace, first_frame="generated")
    assert ("note: " in capsys.readouterr().err) == (trained_for == "given")


def test_another_face_drives(make_data, make_run, tmp_path):
    data, other = make_data(), make_data("other", frames=6, size=(96, 128))
    target = DrivingSequence(EdgesToFace.open(data))
    driving = driven_sequence(target, other, TrainConfig(num_train_frames=8))
    assert driving.length == 6
    assert not driving.has_real_frames
    landmarks = driving.annotations(range(6))["landmarks"]
    ours = target.annotations(range(8))["landmarks"]
    # The same circle moves at the same speed in both, so it is centered on ours.
    torch.testing.assert_close(landmarks[3] - landmarks[2], torch.tensor([1.0, 0.0]).expand(68, 2))
    assert (landmarks.mean((0, 1)) - ours.mean((0, 1))).abs().max() < 1.01
    assert nearest_frame(driving, target, 2) == int(
        (ours.mean(1)[1:, 0] - landmarks[0].mean(0)[0]).abs().argmin()
    )
    report = generate(
        EdgesToFace, make_run(), data, out=tmp_path / "out", options=GenerateOptions(drive=other)
    )
    assert (report.num_frames, report.video.name) == (6, "other.mp4")


def _unknown_class(street, trained, tmp_path):
    return [trained, street, "--replace", "vegetatoin=building"], "vegetation"


def _no_exchange(street, trained, tmp_path):
    return [trained, street, "--replace", "vegetation"], "must read OLD=NEW"


def _no_such_style(street, trained, tmp_path):
    return [trained, street, "--style", "random"], "must be sample:SEED, mean or from:FRAME"


def _style_of_no_frame(street, trained, tmp_path):
    return [trained, street, "--style", "from:80"], "has the frames 0 to 7"


def _no_styles_yet(street, trained, tmp_path):
    shutil.copytree(trained, tmp_path / "bare")
    (tmp_path / "bare" / STYLES).unlink()
    return [
        tmp_path / "bare",
        street,
        "--style",
        "mean",
    ], "python -m examples.labels_to_street fit-styles"


def _driven_street(street, trained, tmp_path):
    return [trained, street, "--drive", street], "a street is not driven by a video"


def _no_such_driver(street, trained, tmp_path):
    return [trained, street, "--drive", tmp_path / "none.mp4"], "there is no video or folder"


def _image_without_run(street, trained, tmp_path):
    return [trained, street, "--first-frame", "image"], "belong together: give both"


def _image_run_of_another_kind(street, trained, tmp_path):
    options = ["--first-frame", "image", "--image-run", trained]
    return [trained, street, *options], "is not a single-image run but a run of a video generator"


def _painted_otherwise(street, trained, tmp_path):
    write_frame(tmp_path / "paint.png", torch.zeros(1, 30, 64, dtype=torch.uint8))
    return [trained, street, "--paint", tmp_path / "paint.png"], "must have the size"


@pytest.mark.parametrize(
    "case",
    [
        _unknown_class,
        _no_exchange,
        _no_such_style,
        _style_of_no_frame,
        _no_styles_yet,
        _driven_street,
        _no_such_driver,
        _image_without_run,
        _image_run_of_another_kind,
        _painted_otherwise,
    ],
)
def test_bad_input_on_the_command_line(case, street, trained, tmp_path, capsys):
    arguments, message = case(street, trained, tmp_path)
    out = tmp_path / "out"
    with pytest.raises(SystemExit) as stopped:
        run_task(LabelsToStreet, ["generate", *map(str, arguments), "--out", str(out)])
    printed = capsys.readouterr()
    assert stopped.value.code == 2
    assert printed.err.startswith("error: ")
    assert printed.err.count("\n") == 1
    assert message in printed.err
    assert not out.exists()


def test_features_are_asked_of_a_run_without(make_data, make_run, tmp_path):
    with pytest.raises(
        ValueError, match=r"trained without instance features; .* leave out --style"
    ):
        generate(
            EdgesToFace,
            make_run(),
            make_data(),
            out=tmp_path / "out",
            options=GenerateOptions(style="mean"),
        )


def test_labels_are_asked_of_a_face(make_data, make_run, tmp_path):
    with pytest.raises(ValueError, match="has no labels to edit"):
        generate(
            EdgesToFace,
            make_run(),
            make_data(),
            out=tmp_path / "out",
            options=GenerateOptions(replace=("a=b",)),
        )


def test_an_image_run_of_other_maps(data, tmp_path):
    first = tmp_path / "first"
    small = ImageConfig(ObjectiveConfig(perceptual="none"), base_channels=4, num_blocks=1, steps=1)
    train_image(EdgesToFace, data, first, replace(small, discriminator_channels=4))
    facts = json.loads((data / "dataset.json").read_text())
    (data / "dataset.json").write_text(json.dumps({**facts, "task": "pose_to_body"}))
    task = PoseToBody.open(data)
    with pytest.raises(ValueError, match="was trained for the task 'edges_to_face'"):
        load_image_run(first, task)
    saved = load_checkpoint(find_checkpoint(first))
    CheckpointManager(first / "checkpoints").save(1, {**saved, "task": "pose_to_body"})
    message = "does not fit its configuration and the 3 condition maps of .* must have shape .* got"
    with pytest.raises(ValueError, match=message):
        load_image_run(first, task)
