"""Runs that are killed, stopped, fed with NaN or started twice go on where they were."""

import json
import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import replace

import pytest
import torch

from examples.edges_to_face.task import EdgesToFace
from examples.vid2vid.checkpoint import find_checkpoint
from examples.vid2vid.config import ModelConfig, ObjectiveConfig, TrainConfig
from examples.vid2vid.run_folder import Curves, RunFolder, data_identity
from examples.vid2vid.train import train
from examples.vid2vid.trainer import Trainer
from tests.examples.vid2vid import survival
from vidgan.checkpoint import load_checkpoint

for module in ("tyro", "tensorboard", "filelock"):
    pytest.importorskip(module)

pytestmark = pytest.mark.slow

TINY = TrainConfig(
    model=ModelConfig(
        base_channels=4, num_downsamplings=1, num_blocks=1, discriminator_channels=4, num_rates=1
    ),
    objective=ObjectiveConfig(perceptual="none"),
    steps=8,
    clip_length=6,
    first_clip_length=4,
    precision="float32",
    log_every=1,
    save_every=2,
)


def test_killed_five_times_and_stopped_once(data, tmp_path):
    steps, whole, run = 24, tmp_path / "whole", tmp_path / "run"
    survival.complete(data, whole, steps)
    kills = [*[signal.SIGKILL] * 5, signal.SIGTERM]
    for number, after in zip(kills, survival.moments(0, 6, 0.4), strict=True):
        before = survival.newest(run) if run.exists() else 0
        code, seconds, printed = survival.interrupt(data, run, steps, number, after)
        done = max([before, *map(int, re.findall(r"step (\d+) loss", printed))])
        if code == 0:
            break  # it was done before the signal came
        if number == signal.SIGKILL:
            assert code == -number
            assert done - survival.newest(run) <= survival.EVERY + 1
        else:
            assert code == 128 + number, printed
            assert seconds < 20
            assert survival.newest(run) >= done
            assert f"stopped by {number.name} after step {survival.newest(run)}" in printed
            assert "Traceback" not in printed
    survival.complete(data, run, steps, "--resume", "auto")
    survival.check_same(run, whole)
    assert survival.leftovers(run) == []


def test_a_log_writer_that_hangs_does_not_hold_up_the_exit(data, tmp_path):
    code = f"""
    import sys, time
    from torch.utils.tensorboard import SummaryWriter
    SummaryWriter.add_scalar = lambda *_, **__: time.sleep(1000)
    from examples.edges_to_face.task import EdgesToFace
    from examples.vid2vid.command_line import run_task
    run_task(EdgesToFace, {survival.command(data, tmp_path / "run", 100000)[3:]!r})
    """
    code, seconds, printed = survival.interrupt_command(
        [sys.executable, "-c", textwrap.dedent(code)],
        signal.SIGTERM,
        after=0,
        wait_for="step 4 loss",
    )
    assert code == 143, printed
    assert seconds < 20
    assert survival.newest(tmp_path / "run") >= 4


def test_one_training_per_folder(data, tmp_path, capsys):
    folder = RunFolder(tmp_path / "run")
    with pytest.raises(ValueError, match=r"run: another training runs in this folder; choose"):
        train(EdgesToFace, data, tmp_path / "run", TINY)
    folder.close()
    assert not (tmp_path / "run").exists()  # it was made for nothing
    train(EdgesToFace, data, tmp_path / "run", TINY)


def test_a_lock_ends_with_its_process(tmp_path):
    code = f"""
    import os
    from pathlib import Path
    from examples.vid2vid.run_folder import RunFolder
    folder = RunFolder(Path({str(tmp_path / "run")!r}))
    os.kill(os.getpid(), 9)
    """
    subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], env=survival.environment(), check=False
    )
    assert (tmp_path / "run" / ".lock").exists()
    RunFolder(tmp_path / "run").close()


def poison(monkeypatch, steps, what):
    """Make a loss, or a gradient alone, NaN at some steps."""
    take = Trainer.take_step

    def poisoned(trainer, chunk):
        if trainer.step + 1 in steps:
            terms = chunk.losses["generator"]
            weight = next(trainer.modules["generator"].parameters())
            factor = torch.tensor(torch.nan) if what == "loss" else weight.sum() * 0
            if what == "gradient":  # its value is 0, its derivative is not finite
                factor = (factor.abs() * 0 + 0).sqrt()
            terms["l1"] = terms["l1"] + factor
        return take(trainer, chunk)

    monkeypatch.setattr(Trainer, "take_step", poisoned)


@pytest.mark.parametrize("what", ["loss", "gradient"])
def test_a_step_that_is_not_finite_is_left_out(data, tmp_path, monkeypatch, capsys, what):
    poison(monkeypatch, {3}, what)
    run = tmp_path / "run"
    saved = load_checkpoint(train(EdgesToFace, data, run, TINY))
    assert saved["step"] == TINY.steps
    (event,) = survival.events(run)
    assert event["step"] == 3
    named = "not finite: l1" if what == "loss" else "not finite: gradient of generator"
    assert named in event["event"]
    assert event["files"][0].endswith(".png")
    assert "step 3 is left out" in capsys.readouterr().err
    for part in saved["modules"].values():
        assert all(value.isfinite().all() for value in part.values() if value.is_floating_point())


def test_ten_in_a_row_end_the_training_and_keep_the_checkpoints(
    data, tmp_path, monkeypatch, capsys
):
    poison(monkeypatch, set(range(4, 100)), "loss")
    run = tmp_path / "run"
    with pytest.raises(FloatingPointError, match=r"step 13 is left out.* 10 steps in a row"):
        train(EdgesToFace, data, run, replace(TINY, steps=50))
    assert survival.newest(run) <= 4 + 9
    saved = load_checkpoint(find_checkpoint(run))
    assert all(
        value.isfinite().all()
        for part in saved["modules"].values()
        for value in part.values()
        if value.is_floating_point()
    )
    assert (run / "tensorboard").is_dir()  # what went wrong can be looked at


def test_weights_that_are_not_finite_replace_no_checkpoint(data, tmp_path, monkeypatch):
    run, save = tmp_path / "run", Trainer.save

    def broken(trainer):
        if trainer.step == 4:
            with torch.no_grad():
                next(trainer.modules["image_discriminator"].parameters()).fill_(torch.inf)
        save(trainer)

    monkeypatch.setattr(Trainer, "save", broken)
    message = (
        r"step 4: modules\.image_discriminator\..* is not finite, and no checkpoint is written"
    )
    with pytest.raises(FloatingPointError, match=message):
        train(EdgesToFace, data, run, TINY)
    assert survival.newest(run) == 2


def test_a_frame_that_is_not_finite_is_named(data, tmp_path, capsys):
    """A flow file of NaN: its pixels count as unknown, so that the training goes on."""
    flow = data / "flow" / "stride1" / "walk" / "00005.flo"
    content = bytearray(flow.read_bytes())
    content[12:] = b"\xff\xff\xff\x7f" * ((len(content) - 12) // 4)
    flow.write_bytes(content)
    saved = load_checkpoint(train(EdgesToFace, data, tmp_path / "run", TINY))
    assert saved["step"] == TINY.steps
    assert not (tmp_path / "run" / "events.jsonl").exists()


def test_damaged_checkpoints_are_passed_over(data, tmp_path, capsys):
    whole, run = tmp_path / "whole", tmp_path / "run"
    train(EdgesToFace, data, whole, TINY)
    train(EdgesToFace, data, run, replace(TINY, steps=4))
    (run / "checkpoints" / "step_000000004.pt").write_bytes(b"half of it")
    (run / "checkpoints" / ".step_000000006.0123abcd.part.pt").write_bytes(b"left by a kill")
    capsys.readouterr()
    path = train(EdgesToFace, data, run, replace(TINY, steps=4), resume=True)
    printed = capsys.readouterr().err
    assert "passed over: " in printed
    assert "step_000000004.pt is damaged" in printed
    assert load_checkpoint(path)["step"] == 4
    assert survival.leftovers(run) == []


def test_a_finished_run_is_lengthened(data, tmp_path):
    run = tmp_path / "run"
    train(EdgesToFace, data, run, replace(TINY, steps=3))
    saved = load_checkpoint(train(EdgesToFace, data, run, TINY, resume=True))
    assert saved["step"] == TINY.steps
    assert sorted(survival.losses(run)["l1"]) == [*range(1, 9)]


def test_a_new_run_starts_from_weights(data, tmp_path):
    first = train(EdgesToFace, data, tmp_path / "first", replace(TINY, steps=3))
    config = replace(TINY, steps=1, learning_rate=0.0, seed=5)
    second = train(EdgesToFace, data, tmp_path / "second", config, init_from=tmp_path / "first")
    before, after = (load_checkpoint(path)["modules"] for path in (first, second))
    for name in ("generator", "image_discriminator"):
        survival.assert_equal(after[name], before[name])
    other = replace(config, model=replace(TINY.model, base_channels=6))
    with pytest.raises(ValueError, match="the run of --init-from has other networks"):
        train(EdgesToFace, data, tmp_path / "third", other, init_from=tmp_path / "first")


def test_no_room_is_found_before_the_first_step(data, tmp_path, monkeypatch):
    usage = type("Usage", (), {"free": 10_000})
    monkeypatch.setattr("examples.vid2vid.run_folder.shutil.disk_usage", lambda _: usage)
    with pytest.raises(OSError, match=r"needs about .* GB for its checkpoints, and 0\.00 GB are"):
        train(EdgesToFace, data, tmp_path / "run", TINY)
    assert not (tmp_path / "run").exists()


def test_data_that_vanish_end_the_run_in_one_line(data, tmp_path):
    run = tmp_path / "run"
    train(EdgesToFace, data, run, replace(TINY, steps=2))
    command = survival.command(data, run, 3)
    code = f"""
    import sys
    from pathlib import Path
    from examples.vid2vid.trainer import Trainer
    from examples.edges_to_face.task import EdgesToFace
    from examples.vid2vid.command_line import run_task
    take = Trainer.take_step
    def vanish(trainer, chunk):
        for file in Path({str(data / "images" / "walk")!r}).iterdir():
            file.unlink()
        return take(trainer, chunk)
    Trainer.take_step = vanish
    run_task(EdgesToFace, {survival.command(data, tmp_path / "other", 50)[3:]!r})
    """
    result = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        env=survival.environment(),
        check=False,
    )
    assert command  # the other run is not touched
    last = result.stderr.splitlines()[-1]
    assert (result.returncode, last.startswith("error: ")) == (2, True), result.stderr
    assert "walk" in last
    assert survival.newest(run) == 2


def test_a_data_folder_is_recognized_wherever_it_lies(data, make_data, tmp_path):
    identity = data_identity(data)
    moved = data.rename(tmp_path / "moved")
    os.utime(moved / "dataset.json")
    assert data_identity(moved) == identity
    facts = json.loads((moved / "dataset.json").read_text())
    (moved / "dataset.json").write_text(json.dumps({**facts, "fps": 30.0}))
    assert data_identity(moved) != identity


def test_curves_drop_what_a_slow_disk_cannot_take(tmp_path, monkeypatch):
    monkeypatch.setattr(
        "torch.utils.tensorboard.SummaryWriter.add_scalar", lambda *_: time.sleep(100)
    )
    curves = Curves(tmp_path, 1)
    began = time.monotonic()
    for step in range(2000):
        curves.add_scalar("l1", 1.0, step)
    curves.close(timeout=0.2)
    assert time.monotonic() - began < 10
