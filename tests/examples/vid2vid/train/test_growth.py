"""A training that grows in space and time, and is interrupted."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from examples.edges_to_face.task import EdgesToFace
from examples.vid2vid.checkpoint import find_checkpoint
from examples.vid2vid.clips import open_clips, to_clip
from examples.vid2vid.config import ModelConfig, ObjectiveConfig, TrainConfig
from examples.vid2vid.networks import build_generator, first_scales, train_scales
from examples.vid2vid.train import train
from examples.vid2vid.training_clips import growth_schedule
from vidgan.checkpoint import CheckpointManager, load_checkpoint
from vidgan.functional import average_pyramid

GROWING = TrainConfig(
    model=ModelConfig(
        base_channels=4,
        num_downsamplings=1,
        num_blocks=2,
        num_scales=2,
        num_fine_blocks=1,
        discriminator_channels=4,
    ),
    objective=ObjectiveConfig(perceptual="none", temporal_weight=10.0),
    steps=24,
    clip_length=8,
    first_clip_length=4,
    chunk_length=2,
    backprop_length=2,
    freeze_coarse=0.4,
    warmup=0.2,
    ema_decay=0.5,
    log_every=1,
    visualize_every=100,
    save_every=1,
)


class StoppedError(Exception):
    """Raised to simulate a killed run."""


def _losses(folder):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(folder / "tensorboard")).Reload()
    return {
        (name, point.step): point.value
        for name in events.Tags()["scalars"]
        for point in events.Scalars(name)
    }


@pytest.mark.slow
@pytest.mark.parametrize("stop_at", [6, 14, 20])
def test_a_run_stopped_while_it_grows_goes_on_bit_for_bit(data, tmp_path, monkeypatch, stop_at):
    """Stopped at the coarse scale, with the fine one alone, and with both."""
    stages = [growth_schedule(GROWING).at(step / GROWING.steps) for step in (6, 14, 20)]
    assert [(s.num_scales, s.freeze_coarse) for s in stages] == [(1, False), (2, True), (2, False)]
    whole = train(EdgesToFace, data, tmp_path / "whole", GROWING)

    save = CheckpointManager.save

    def save_then_stop(manager, step, state):
        save(manager, step, state)
        if step >= stop_at:
            raise StoppedError

    with monkeypatch.context() as patched:
        patched.setattr(CheckpointManager, "save", save_then_stop)
        with pytest.raises(StoppedError):
            train(EdgesToFace, data, tmp_path / "halves", GROWING)
    assert find_checkpoint(tmp_path / "halves").stem == f"step_{stop_at:09d}"
    resumed = train(EdgesToFace, data, tmp_path / "halves", GROWING, resume=True)

    assert _losses(tmp_path / "halves") == _losses(tmp_path / "whole")
    before, after = load_checkpoint(whole), load_checkpoint(resumed)
    for part in ("modules", "optimizers"):
        torch.testing.assert_close(after[part], before[part], rtol=0, atol=0)


@pytest.mark.slow
def test_the_finest_scale_is_first_trained_alone(data, tmp_path):
    """While only the coarse scale is trained, the fine one keeps its first weights, and back."""
    coarse = train(EdgesToFace, data, tmp_path / "coarse", replace(GROWING, steps=24, minutes=0))
    assert load_checkpoint(coarse)["step"] == 24

    torch.manual_seed(0)
    generator = build_generator(GROWING.model, 15)
    for scales, alone, expected in ((1, False, [1, 0]), (2, True, [0, 1]), (2, False, [1, 1])):
        train_scales(generator, scales, freeze_coarse=alone)
        trained = [any(w.requires_grad for w in part.parameters()) for part in generator.generators]
        assert trained == [bool(flag) for flag in expected]
    assert first_scales(generator, 2) is generator
    assert first_scales(generator, 1).generators[0] is generator.generators[0]


def test_a_smaller_clip_is_its_pyramid(data):
    task = EdgesToFace.open(data)
    dataset = open_clips(task, 6, [1, 3])
    clip = to_clip(task, [dataset[0]], 0, 6, [1, 3])._replace(
        instances=torch.arange(48 * 64).view(1, 1, 1, 48, 64).expand(1, 6, 1, 48, 64),
        regions=torch.tensor([8.0, 4.0, 24.0, 20.0]).expand(1, 6, 4),
    )

    small = clip.downsample(1)

    assert torch.equal(small.frames, average_pyramid(clip.frames, 2)[1])
    assert torch.equal(small.conditions, average_pyramid(clip.conditions, 2)[1])
    assert small.confidence.shape == (1, 6, 1, 24, 32)
    flow = small.flows[1][0, 2, :, 0, 0]  # -1 pixel in x before
    torch.testing.assert_close(flow, torch.tensor([-31 / 63, 0.0]))
    assert torch.equal(small.instances, clip.instances[..., ::2, ::2])
    assert small.regions[0, 0].tolist() == [4, 2, 12, 10]
    assert clip.downsample(0) is clip


@pytest.mark.slow
@pytest.mark.parametrize(
    "change",
    [
        {"first_frame": "generated"},
        {"num_scales": 1, "recurrent": False, "flow": False},
        {"recurrent": False},
    ],
    ids=["generated first frame", "frame by frame", "two scales frame by frame"],
)
def test_the_other_ways_to_grow_train(data, tmp_path, change):
    config = replace(GROWING, model=replace(GROWING.model, **change), steps=8)
    config = replace(config, objective=replace(config.objective, mask_weight=1.0))
    weights = load_checkpoint(train(EdgesToFace, data, tmp_path / "run", config))["modules"][
        "generator"
    ]
    assert all(torch.isfinite(weight).all() for weight in weights.values())


def test_features_without_instances_say_so(data, tmp_path):
    model = replace(GROWING.model, feature_channels=3)
    with pytest.raises(ValueError, match="feature_channels must be 0: the data have no instances"):
        train(EdgesToFace, data, tmp_path / "run", replace(GROWING, model=model))
    assert not (tmp_path / "run").exists()


def test_a_region_that_is_not_there_says_so(data, tmp_path):
    model = replace(GROWING.model, region_size=16)
    with pytest.raises(ValueError, match="region_size must be 0: the data have no region"):
        train(EdgesToFace, data, tmp_path / "run", replace(GROWING, model=model))
