"""The training loop on a tiny data folder."""

import json
from dataclasses import asdict, replace

import pytest
import torch

from examples.edges_to_face.task import EdgesToFace
from examples.vid2vid.checkpoint import changed_settings, versions
from examples.vid2vid.config import ModelConfig, ObjectiveConfig, TrainConfig
from examples.vid2vid.run_folder import data_identity
from examples.vid2vid.settings import SETTINGS
from examples.vid2vid.train import train
from examples.vid2vid.training_clips import growth_schedule
from vidgan.checkpoint import CheckpointManager, load_checkpoint

TINY = TrainConfig(
    model=ModelConfig(
        base_channels=4, num_downsamplings=1, num_blocks=2, discriminator_channels=4, num_rates=2
    ),
    objective=ObjectiveConfig(perceptual="none", temporal_weight=10.0),
    steps=6,
    clip_length=6,
    first_clip_length=4,
    chunk_length=2,
    ema_decay=0.5,
    log_every=1,
    visualize_every=3,
    save_every=1,
)


class StoppedError(Exception):
    """Raised to simulate a killed run."""


def _weights(checkpoint):
    return load_checkpoint(checkpoint)["modules"]["generator"]


@pytest.mark.slow
@pytest.mark.parametrize("stop_at", [1, 2, 3])
def test_a_resumed_run_is_the_uninterrupted_run_bit_for_bit(data, tmp_path, monkeypatch, stop_at):
    """Stop within a clip or after it in a run of 6 steps, resume it, and compare every weight."""
    whole = train(EdgesToFace, data, tmp_path / "whole", TINY)

    saves, save = [], CheckpointManager.save

    def save_then_stop(manager, step, state):
        save(manager, step, state)
        saves.append(step)
        if step == stop_at:
            raise StoppedError

    with monkeypatch.context() as patched:
        patched.setattr(CheckpointManager, "save", save_then_stop)
        with pytest.raises(StoppedError):
            train(EdgesToFace, data, tmp_path / "halves", TINY)
    assert saves == [*range(1, stop_at + 1)]
    resumed = train(EdgesToFace, data, tmp_path / "halves", TINY, resume=True)

    before, after = load_checkpoint(whole), load_checkpoint(resumed)
    assert before["step"] == after["step"] == TINY.steps
    for part in ("modules", "optimizers"):
        _assert_same(after[part], before[part])


def _assert_same(got, want):
    assert type(got) is type(want)
    if isinstance(want, dict):
        assert got.keys() == want.keys()
        for key in want:
            _assert_same(got[key], want[key])
    elif isinstance(want, list | tuple):
        for one, other in zip(got, want, strict=True):
            _assert_same(one, other)
    elif isinstance(want, torch.Tensor):
        assert torch.equal(got, want)
    else:
        assert got == want


@pytest.mark.slow
def test_every_network_learns_and_curves_and_pictures_are_written(data, tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    start = _weights(
        train(EdgesToFace, data, tmp_path / "none", replace(TINY, steps=1, learning_rate=0.0))
    )
    end = _weights(train(EdgesToFace, data, tmp_path / "run", TINY))
    assert all(not torch.equal(start[name], end[name]) for name in start if "weight" in name)
    events = EventAccumulator(str(tmp_path / "run" / "tensorboard")).Reload().Tags()
    assert {"image_gan", "image_matching", "flow", "warp", "temporal", "l1", "video0_gan"} <= set(
        events["scalars"]
    )
    assert events["images"] == ["chunk"]


@pytest.mark.slow
@pytest.mark.parametrize("setting", ["published", "frame_by_frame"])
def test_the_other_settings_train(data, tmp_path, setting):
    config = SETTINGS[setting]
    tiny = replace(
        TINY,
        model=replace(
            config.model,
            base_channels=4,
            num_downsamplings=1,
            num_blocks=2,
            discriminator_channels=4,
        ),
        objective=replace(config.objective, perceptual="none"),
        steps=2,
    )
    losses = _weights(train(EdgesToFace, data, tmp_path / "run", tiny))
    assert all(torch.isfinite(weight).all() for weight in losses.values())


def test_a_run_is_not_overwritten(data, tmp_path, make_run):
    run = make_run()
    with pytest.raises(ValueError, match="already contains a run: add --resume"):
        train(EdgesToFace, data, run, TINY)


def test_resuming_another_configuration_names_what_differs(data, make_run):
    run = make_run(num_train_frames=5)
    with pytest.raises(ValueError, match=r"another configuration: .*learning_rate"):
        train(EdgesToFace, data, run, replace(TINY, learning_rate=1.0), resume=True)


def test_resuming_names_the_settings_within_groups(data, make_run):
    run = make_run(num_train_frames=5)
    model = replace(TINY.model, num_blocks=7)
    with pytest.raises(ValueError, match=r"another configuration: .*model\.num_blocks"):
        train(EdgesToFace, data, run, replace(TINY, model=model), resume=True)


def test_a_setting_that_is_newer_than_the_run_has_its_default():
    config = asdict(TINY)
    del config["distill_weight"], config["model"]["fast_channels"]
    saved = {"config": json.dumps(config)}
    assert changed_settings(saved, TINY) == []
    changed = replace(TINY, distill_weight=2.0)
    assert changed_settings(saved, changed) == ["distill_weight 1.0 (now 2.0)"]


def test_resuming_a_run_of_another_task_or_of_other_data(data, make_run):
    same = {"model": TINY.model, "config": json.dumps(asdict(TINY)), "versions": versions()}
    same |= {"random": {}, "position": {}, "clip_number": 0}
    other = make_run("other", task="pose_to_body", **same)
    with pytest.raises(ValueError, match="was trained for the task 'pose_to_body'"):
        train(EdgesToFace, data, other, TINY, resume=True)
    elsewhere = make_run("elsewhere", data="0", **same)
    with pytest.raises(ValueError, match="was trained on other data; resume with the data of"):
        train(EdgesToFace, data, elsewhere, TINY, resume=True)
    channels = make_run("channels", condition_channels=2, data=data_identity(data), **same)
    with pytest.raises(ValueError, match="does not fit the networks for this data folder"):
        train(EdgesToFace, data, channels, TINY, resume=True)


@pytest.mark.parametrize("name", ["steps", "batch_size", "chunk_length", "log_every"])
def test_counts_start_at_1(name, data, tmp_path):
    with pytest.raises(ValueError, match=f"{name} must be at least 1, got 0"):
        train(EdgesToFace, data, tmp_path / "run", replace(TINY, **{name: 0}))
    assert not (tmp_path / "run").exists()


def test_resuming_nothing(data, tmp_path, capsys):
    path = train(EdgesToFace, data, tmp_path / "nothing", replace(TINY, steps=1), resume=True)
    assert load_checkpoint(path)["step"] == 1
    assert "has no checkpoint to resume: training from the start" in capsys.readouterr().err


def test_too_few_training_frames(data, tmp_path):
    with pytest.raises(ValueError, match=r"num_train_frames must be at least 8 .*got 7"):
        train(EdgesToFace, data, tmp_path / "run", replace(TINY, num_train_frames=7))


def test_clip_longer_than_the_video(data, tmp_path):
    with pytest.raises(ValueError, match=r"30 needs a sequence of 32 frames.*has 12; use .* 10$"):
        train(EdgesToFace, data, tmp_path / "run", replace(TINY, clip_length=30))
    assert not (tmp_path / "run").exists()


def test_clip_lengths_double_and_never_exceed_the_last():
    config = TrainConfig(first_clip_length=10, clip_length=30)
    lengths = [growth_schedule(config).at(p / 100).clip_length for p in range(101)]
    assert sorted(set(lengths)) == [10, 20, 30]
    assert lengths == sorted(lengths)
    assert growth_schedule(replace(config, first_clip_length=50)).at(0).clip_length == 30


def test_a_run_that_fails_at_once_leaves_nothing(data, tmp_path):
    for points in (data / "landmarks" / "walk").iterdir():
        points.write_text(json.dumps([[900.0, 20.0]] * 68))
    with pytest.raises(ValueError, match="landmarks must lie in the image"):
        train(EdgesToFace, data, tmp_path / "run", TINY)
    assert not (tmp_path / "run").exists()
