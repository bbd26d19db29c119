"""Worker processes change when clips are read, and nothing else."""

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import torch.distributed as dist

from examples.edges_to_face.task import EdgesToFace
from examples.vid2vid.config import ImageConfig, ModelConfig, ObjectiveConfig, TrainConfig
from examples.vid2vid.train import train
from examples.vid2vid.train_image import train_image
from examples.vid2vid.training_clips import TrainingClips
from tests.examples.vid2vid import survival
from vidgan.checkpoint import CheckpointManager
from vidgan.data import folder_streams

for module in ("tyro", "tensorboard", "filelock"):
    pytest.importorskip(module)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning"),  # as DataLoader does
]

TINY = TrainConfig(
    model=ModelConfig(
        base_channels=4, num_downsamplings=1, num_blocks=1, discriminator_channels=4, num_rates=1
    ),
    objective=ObjectiveConfig(perceptual="none"),
    steps=8,
    clip_length=6,
    first_clip_length=3,
    jitter=0.1,
    log_every=1,
    save_every=4,
)


def test_any_number_of_workers_gives_the_same_training(data, tmp_path):
    alone = tmp_path / "alone"
    train(EdgesToFace, data, alone, TINY)
    assert {"l1", "flow", "image_gan"} <= survival.losses(alone).keys()
    for workers in (1, 2):
        run = tmp_path / f"workers{workers}"
        train(EdgesToFace, data, run, replace(TINY, workers=workers))
        survival.check_same(run, alone)


IMAGE = ImageConfig(
    objective=ObjectiveConfig(perceptual="none"),
    base_channels=4,
    num_downsamplings=1,
    num_blocks=1,
    discriminator_channels=4,
    steps=5,
    batch_size=2,
    log_every=1,
    save_every=2,
)


def test_any_number_of_workers_gives_the_same_training_of_images(data, tmp_path):
    alone = tmp_path / "alone"
    train_image(EdgesToFace, data, alone, IMAGE)
    assert "image_gan" in survival.losses(alone)
    for workers in (1, 2):
        run = tmp_path / f"workers{workers}"
        train_image(EdgesToFace, data, run, replace(IMAGE, workers=workers))
        survival.check_same(run, alone)
        longer = replace(IMAGE, workers=3 - workers, steps=7)
        train_image(EdgesToFace, data, run, longer, resume=True)
    survival.check_same(tmp_path / "workers1", tmp_path / "workers2")


def test_a_training_of_images_reads_no_flow(data, tmp_path, monkeypatch):
    def fail(*_):
        raise AssertionError

    for name in ("read_flow", "read_mask"):
        monkeypatch.setattr(folder_streams, name, fail)
    train_image(EdgesToFace, data, tmp_path / "run", IMAGE)


class StoppedError(Exception):
    """Raised to simulate a killed run."""


@pytest.mark.parametrize("stop_at", [2, 3])
def test_a_resumed_run_with_workers_is_the_run_without(data, tmp_path, monkeypatch, stop_at):
    """Stop within a clip and after it, while later clips are read, and resume."""
    alone, run = tmp_path / "alone", tmp_path / "run"
    config = replace(TINY, save_every=1)
    train(EdgesToFace, data, alone, config)
    save = CheckpointManager.save

    def save_then_stop(manager, step, state):
        save(manager, step, state)
        if step == stop_at:
            raise StoppedError

    with monkeypatch.context() as patched:
        patched.setattr(CheckpointManager, "save", save_then_stop)
        with pytest.raises(StoppedError):
            train(EdgesToFace, data, run, replace(config, workers=2))
    train(EdgesToFace, data, run, replace(config, workers=1), resume=True)
    survival.check_same(run, alone)


def load_all(clips, numbers):
    stages = [clips.schedule.at(each) for each in (0.0, 1.0)]
    return [clips.load(number, stages[number > 3]) for number in numbers]


def test_clips_in_any_order_are_the_same(data):
    """Numbers that go back, leave some out or change their length, as no training asks for them."""
    config, numbers = replace(TINY, clip_length=6, batch_size=2), [3, 4, 5, 2, 2, 7, 8]
    with TrainingClips(EdgesToFace.open(data), config) as clips:
        expected = load_all(clips, numbers)
    with TrainingClips(EdgesToFace.open(data), replace(config, workers=2)) as clips:
        torch.manual_seed(1)
        found = load_all(clips, numbers)
        after = torch.rand(3)
    survival.assert_equal([tuple(each) for each in found], [tuple(each) for each in expected])
    torch.manual_seed(1)
    assert torch.equal(after, torch.rand(3))  # the training's own random numbers are as they were


def test_a_file_that_cannot_be_read_is_named_as_without_workers(data, tmp_path, command):
    broken = data / "images" / "walk" / "00004.png"
    broken.write_bytes(b"no image")
    options = [*survival.OPTIONS, "--steps", "9"]
    alone, behind = (
        command(EdgesToFace, "train", data, tmp_path / f"run{n}", *options, "--workers", n)
        for n in (0, 2)
    )
    assert re.search(r"error: .*00004\.png", alone)
    assert behind == alone
    assert alone.count("\n") == 1


def test_workers_below_zero(data, tmp_path):
    with pytest.raises(ValueError, match="workers must be at least 0, got -1"):
        train(EdgesToFace, data, tmp_path / "run", replace(TINY, workers=-1))
    with pytest.raises(ValueError, match="workers must be at least 0, got -1"):
        train_image(EdgesToFace, data, tmp_path / "run", replace(IMAGE, workers=-1))


def started(data, run, steps):
    """Start a training with two workers, and return it and them after its first step."""
    arguments = survival.command(data, run, steps, "--workers", "2", "--resume", "auto")
    process = subprocess.Popen(
        arguments,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=survival.environment(),
        start_new_session=True,
    )
    printed = ""
    while " loss " not in printed and (character := process.stderr.read(1)):
        printed += character
    children = survival.children(process.pid)
    assert len(children) >= 2, printed
    return process, children


def ended(processes, seconds=20.0):
    """Wait until none of the processes is left; zombies, which hold nothing, do not count."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and any(map(is_alive, processes)):
        time.sleep(0.1)
    return not any(map(is_alive, processes))


def is_alive(process):
    with suppress(FileNotFoundError, ProcessLookupError):
        return ") Z " not in Path(f"/proc/{process}/stat").read_text()
    return False


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("to_all", [False, True])
def test_no_worker_survives(data, tmp_path, number, to_all):
    """A signal to the training, or to it and its workers, as a terminal sends it."""
    run = tmp_path / "run"
    process, children = started(data, run, 100_000)
    if to_all:
        os.killpg(process.pid, number)
    else:
        os.kill(process.pid, number)
    printed = process.stderr.read()
    code = process.wait(timeout=60)
    process.stderr.close()
    assert ended(children), printed
    if number != signal.SIGKILL:
        assert code == 128 + number, printed
        assert "Traceback" not in printed
        assert f"stopped by {number.name} after step {survival.newest(run)}" in printed


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_worker_that_is_killed_ends_the_training_in_one_line(data, tmp_path):
    process, children = started(data, tmp_path / "run", 100_000)
    os.kill(children[-1], signal.SIGKILL)
    printed = process.stderr.read()
    code = process.wait(timeout=60)
    process.stderr.close()
    assert code == 2, printed
    last = printed.splitlines()[-1]
    assert re.search("error: a worker process that reads the data has died .* --workers 0", last)
    assert "Traceback" not in printed
    assert ended(children)


@pytest.mark.skipif(not dist.is_gloo_available(), reason="this torch was built without gloo")
def test_every_process_has_workers_of_its_own(data, tmp_path):
    alone, run = tmp_path / "alone", tmp_path / "run"
    survival.complete(data, alone, 4, processes=2)
    survival.complete(data, run, 4, "--workers", "1", processes=2)
    survival.check_same(run, alone)
