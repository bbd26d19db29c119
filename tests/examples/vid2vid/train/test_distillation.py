"""A training that is distilled from another run, its teacher."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from examples.edges_to_face.task import EdgesToFace
from examples.vid2vid.checkpoint import find_checkpoint
from examples.vid2vid.chunk_step import ChunkStep
from examples.vid2vid.config import ModelConfig, ObjectiveConfig, TrainConfig
from examples.vid2vid.discriminators import build_objective
from examples.vid2vid.distillation import load_teacher
from examples.vid2vid.networks import build_encoder, build_generator
from examples.vid2vid.runs import load_run
from examples.vid2vid.train import train
from examples.vid2vid.training_clips import TrainingClips
from vidgan.checkpoint import CheckpointManager, load_checkpoint
from vidgan.rollout import GrowthStage, RolloutState

for module in ("tyro", "tensorboard", "filelock"):
    pytest.importorskip(module)

MODEL = ModelConfig(
    base_channels=4, num_downsamplings=1, num_blocks=1, discriminator_channels=4, num_rates=1
)
TINY = TrainConfig(
    model=MODEL,
    objective=ObjectiveConfig(perceptual="none"),
    steps=4,
    clip_length=6,
    first_clip_length=4,
    chunk_length=2,
    precision="float32",
    log_every=1,
    save_every=1,
)
FAST = replace(TINY, model=replace(MODEL, generator="fast", fast_channels=8))
STAGE = GrowthStage(
    num_scales=1, clip_length=6, backprop_length=1, freeze_coarse=False, rate_weights=(1.0,)
)


class StoppedError(Exception):
    """Raised to simulate a killed run."""


def _step(data, config, *, seed=0):
    """A step of a student with new weights, a clip, and the state after its given frames."""
    task = EdgesToFace.open(data)
    torch.manual_seed(seed)
    generator = build_generator(config.model, task.condition_channels, task.num_classes)
    objective = build_objective(config.model, config.objective, task.condition_channels)
    clip = TrainingClips(task, config).load(0, STAGE)
    state = RolloutState(clip.frames[:, :2], clip.conditions[:, :2])
    modules = {"generator": generator, **objective.discriminators}
    return (
        ChunkStep(modules, objective, config, load_teacher(config.distill, config, task)),
        clip,
        state,
    )


def _losses(step, clip, state):
    losses, output, _ = step(clip, 2, state, clip.frames[:, :0], STAGE, hallucinate_only=False)
    return losses["generator"], output


@pytest.mark.parametrize("norm", ["instance", "instance_tracked"])
def test_a_student_that_is_its_teacher_has_no_loss_to_it(data, make_run, norm):
    run = make_run(model=replace(MODEL, norm=norm))
    config = replace(TINY, model=replace(MODEL, norm=norm), distill=str(run), chunk_length=4)
    step, clip, state = _step(data, config)
    step.generator.load_state_dict(step.teacher.run.generator.state_dict())
    step.eval().to(memory_format=torch.channels_last)  # as the teacher
    losses, _ = _losses(step, clip, state)
    assert losses["distill_l1"] == 0
    assert losses["distill_hallucinated_l1"].isfinite()
    assert losses["l1"] > 0


def test_the_teacher_continues_the_frames_of_the_student(data, make_run):
    """Against a loop of single frames, each from the student's window."""
    run = make_run()
    config = replace(FAST, distill=str(run), distill_weight=0.5, chunk_length=4)
    step, clip, state = _step(data, config)
    losses, output = _losses(step, clip, state)
    teacher = load_run(run, EdgesToFace.open(data)).generator.double()
    video = torch.cat([clip.frames[:, :2], output.frames], 1).double()
    maps = clip.conditions.double()
    frames = [teacher(maps[:, t - 2 : t + 1], video[:, t - 2 : t]).frame for t in range(2, 6)]
    expected = 0.5 * 10 * (output.frames - torch.stack(frames, 1)).abs().mean()
    assert abs(losses["distill_l1"].double() - expected) < 1e-5 * expected

    sum(losses.values()).backward()
    assert all(weight.grad is not None for weight in step.generator.parameters())
    assert all(weight.grad is None for weight in step.teacher.run.generator.parameters())


def test_a_weight_scales_all_terms(data, make_run):
    config = replace(FAST, distill=str(make_run()))
    one, double = (
        _losses(*_step(data, replace(config, distill_weight=weight)))[0] for weight in (1, 2)
    )
    for name, loss in one.items():
        factor = 2 if name.startswith("distill_") else 1
        torch.testing.assert_close(double[name], factor * loss, rtol=1e-5, atol=0)


@pytest.mark.parametrize("scales", [1, 2])
def test_a_coarse_stage_uses_the_teachers_scales_of_that_size(data, make_run, scales):
    """A student of one scale sees both scales of its teacher; one of two, at half the size, one."""
    run = make_run(model=replace(MODEL, num_scales=2))
    model = replace(MODEL, num_scales=scales)
    step, clip, state = _step(data, replace(TINY, model=model, distill=str(run), chunk_length=1))
    assert clip.frames.shape[-1] == 64 // scales
    losses, output = _losses(step, clip, state)
    teacher = load_run(run, EdgesToFace.open(data)).generator
    generator = (teacher if scales == 1 else teacher.generators[0]).double()
    frame = generator(clip.conditions[:, :3].double(), clip.frames[:, :2].double()).frame
    expected = 10 * (output.frames[:, 0] - frame).abs().mean()
    assert abs(losses["distill_l1"].double() - expected) < 1e-5 * expected


@pytest.mark.slow
def test_the_teacher_is_neither_trained_nor_saved(data, tmp_path):
    run = tmp_path / "teacher"
    train(EdgesToFace, data, run, TINY)
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    plain = train(EdgesToFace, data, tmp_path / "plain", FAST)
    student = train(EdgesToFace, data, tmp_path / "student", replace(FAST, distill=str(run)))
    assert {path: path.read_bytes() for path in run.rglob("*") if path.is_file()} == before
    one, other = (load_checkpoint(path)["modules"] for path in (plain, student))
    assert {name: [*part] for name, part in one.items()} == {
        name: [*part] for name, part in other.items()
    }
    assert not torch.equal(*(next(iter(each["generator"].values())) for each in (one, other)))
    # It generates alone, without its teacher.
    shutil.rmtree(run)
    load_run(tmp_path / "student", EdgesToFace.open(data))


@pytest.mark.slow
def test_a_resumed_student_is_the_uninterrupted_one_bit_for_bit(
    data, make_run, tmp_path, monkeypatch, capsys
):
    run = make_run()
    config = replace(FAST, distill=str(run))
    whole = train(EdgesToFace, data, tmp_path / "whole", config)
    save = CheckpointManager.save

    def save_then_stop(manager, step, state):
        save(manager, step, state)
        raise StoppedError

    with monkeypatch.context() as patched:
        patched.setattr(CheckpointManager, "save", save_then_stop)
        with pytest.raises(StoppedError):
            train(EdgesToFace, data, tmp_path / "halves", config)
    with pytest.raises(ValueError, match=r"another configuration: distill .* \(now None\)"):
        train(EdgesToFace, data, tmp_path / "halves", FAST, resume=True)
    moved = run.rename(tmp_path / "moved")
    with pytest.raises(FileNotFoundError, match=r"the teacher of --distill: .* no file or folder"):
        train(EdgesToFace, data, tmp_path / "halves", config, resume=True)
    moved.rename(run)
    resumed = train(EdgesToFace, data, tmp_path / "halves", config, resume=True)
    assert "note: the teacher is " in capsys.readouterr().err
    before, after = load_checkpoint(whole), load_checkpoint(resumed)
    for part in ("modules", "optimizers"):
        torch.testing.assert_close(after[part], before[part], rtol=0, atol=0)


@pytest.mark.parametrize(
    ("teacher", "student", "message"),
    [
        ({"past_frames": 1}, {}, "past_frames = 2 as the student, got 1; add --past-frames 1"),
        ({"feature_channels": 3}, {}, "no instance features, got feature_channels = 3"),
        ({}, {"num_scales": 2}, "at least the 2 scales of the student, got 1"),
        ({}, {"first_frame": "generated"}, "got first_frame = given; add --first-frame given"),
        ({"num_downsamplings": 5}, {}, "teacher of --distill: the height .* multiple of 32"),
    ],
)
def test_a_teacher_of_other_settings(data, make_run, teacher, student, message):
    model = replace(MODEL, **teacher)
    run = make_run(model=model)
    if model.feature_channels:
        modules = load_checkpoint(find_checkpoint(run))["modules"]
        run = make_run(
            model=model, modules={**modules, "encoder": build_encoder(model).state_dict()}
        )
    config = replace(TINY, model=replace(MODEL, **student), distill=str(run))
    with pytest.raises(ValueError, match=message):
        load_teacher(config.distill, config, EdgesToFace.open(data))


def test_a_teacher_of_other_conditions_or_another_task(data, make_run):
    task = EdgesToFace.open(data)
    run = make_run(condition_channels=3)
    with pytest.raises(ValueError, match=r"--distill: .* does not fit .* 15 condition maps"):
        load_teacher(str(run), replace(TINY, distill=str(run)), task)
    run = make_run("street", task="labels_to_street")
    with pytest.raises(ValueError, match=r"--distill: .* trained for the task 'labels_to_street'"):
        load_teacher(str(run), replace(TINY, distill=str(run)), task)


def test_a_student_without_a_loss_to_distill(data, make_run):
    losses = replace(TINY.objective, l1_weight=0)
    config = replace(TINY, objective=losses, distill=str(make_run()))
    with pytest.raises(ValueError, match="need a loss, got l1_weight = 0 and perceptual = none"):
        load_teacher(config.distill, config, EdgesToFace.open(data))


def test_the_command_line_names_a_missing_teacher(data, command, tmp_path):
    missing = Path(tmp_path / "nowhere")
    error = command(EdgesToFace, "train", data, tmp_path / "run", "--distill", missing)
    assert error.startswith("error: the teacher of --distill: load_run: there is no file or folder")
    assert error.count("\n") == 1
    assert not (tmp_path / "run").exists()
