"""Trainings that are killed, stopped and resumed; used by the tests and by the long script."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from vidgan.checkpoint import CheckpointManager, load_checkpoint

_OPTIONS = """
--base-channels 4 --num-downsamplings 1 --num-blocks 1 --discriminator-channels 4
--perceptual none --precision float32 --clip-length 6 --first-clip-length 3 --log-every 1
--visualize-every 1000 --ema-decay 0.5
"""
OPTIONS = _OPTIONS.split()
EVERY = 3
"""Steps between checkpoints."""


def command(
    data: Path,
    run: Path,
    steps: int,
    *more: str,
    processes: int = 1,
    launch: Sequence[str] = ("--standalone",),
) -> list[str]:
    """Return the command of a tiny training, under `torchrun` with several processes.

    Args:
        data, run, steps: of the training.
        more: options of it.
        processes: number of processes in all.
        launch: options of `torchrun`, which may also say that the processes are on several nodes.
    """
    options = [*OPTIONS, "--steps", str(steps), "--save-every", str(EVERY), *more]
    launcher: list[str] = []
    if processes > 1:
        launcher = ["-m", "torch.distributed.run", f"--nproc-per-node={processes}", *launch]
    train = ["-m", "examples.edges_to_face", "train", str(data), str(run)]
    return [sys.executable, *launcher, *train, *options]


def environment() -> dict[str, str]:
    """Return the environment of a training that is the same bit for bit."""
    return {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path)}


def complete(data: Path, run: Path, steps: int, *more: str, processes: int = 1) -> str:
    """Train to the end, and return what was printed on stderr."""
    result = subprocess.run(
        command(data, run, steps, *more, processes=processes),
        capture_output=True,
        text=True,
        env=environment(),
        timeout=600,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stderr


def interrupt(
    data: Path,
    run: Path,
    steps: int,
    number: signal.Signals,
    after: float,
    *,
    processes: int = 1,
    to_worker: bool = False,
) -> tuple[int, float, str]:
    """Start or resume a training, and send it a signal ``after`` seconds of its first steps.

    Returns:
        The exit code, the seconds from the signal to the exit, and what was printed on stderr.
    """
    return interrupt_command(
        command(data, run, steps, "--resume", "auto", processes=processes),
        number,
        after=after,
        wait_for=" loss ",
        to_worker=to_worker,
    )


def interrupt_command(
    arguments: list[str],
    number: signal.Signals,
    *,
    after: float,
    wait_for: str,
    to_worker: bool = False,
) -> tuple[int, float, str]:
    """Start a command, and send it a signal ``after`` seconds after it has printed a text.

    With ``to_worker`` its last child gets the signal. What is printed is read to its end, so that
    this returns when the children have ended as well.

    Returns:
        As `interrupt`.
    """
    with subprocess.Popen(
        arguments, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment()
    ) as process:
        assert process.stderr is not None
        printed = ""
        while wait_for not in printed and (character := process.stderr.read(1)):
            printed += character
        time.sleep(after)
        sent = time.monotonic()
        if to_worker:
            with suppress(ProcessLookupError):
                os.kill(children(process.pid)[-1], number)
        else:
            process.send_signal(number)
        printed += process.stderr.read()
        code = process.wait(timeout=120)
        return code, time.monotonic() - sent, printed


def children(process: int) -> list[int]:
    """List the children of a process, oldest first."""
    listed = Path(f"/proc/{process}/task/{process}/children")
    return [int(each) for each in listed.read_text().split()]


def newest(run: Path) -> int:
    """Return the step of the newest whole checkpoint; 0 if there is none."""
    found = CheckpointManager(run / "checkpoints").find_newest()
    return 0 if found is None else found.step


def leftovers(run: Path) -> list[str]:
    """List what a run that has ended must not leave."""
    files = [path.name for path in (run / "checkpoints").iterdir()]
    return [name for name in files if not name.startswith("step_")]


def losses(run: Path) -> dict[str, dict[int, float]]:
    """Read every curve: name -> step -> value, the last one written where there are several."""
    events = EventAccumulator(str(run / "tensorboard"), size_guidance={"scalars": 0}).Reload()
    return {
        name: {event.step: event.value for event in events.Scalars(name)}
        for name in events.Tags()["scalars"]
    }


def check_same(run: Path, whole: Path) -> None:
    """Assert that a run has the curves and the last weights of an uninterrupted one."""
    assert losses(run) == losses(whole)
    states = []
    for folder in (run, whole):
        found = CheckpointManager(folder / "checkpoints").find_newest()
        assert found is not None
        saved = load_checkpoint(found.path)
        states.append({part: saved[part] for part in ("modules", "optimizers", "step", "random")})
    assert_equal(*states)


def assert_equal(one: object, other: object) -> None:
    """Assert that nested dicts and lists have the same tensors, bit for bit."""
    if isinstance(one, dict):
        assert isinstance(other, dict)
        assert one.keys() == other.keys()
        for key in one:
            assert_equal(one[key], other[key])
    elif isinstance(one, list | tuple):
        for pair in zip(one, other, strict=True):  # type: ignore[arg-type]
            assert_equal(*pair)
    elif hasattr(one, "equal"):
        assert one.equal(other)
    else:
        assert one == other


def events(run: Path) -> list[dict[str, object]]:
    """Read the notes of a run."""
    return [json.loads(line) for line in (run / "events.jsonl").read_text().splitlines()]


def moments(seed: int, count: int, longest: float) -> list[float]:
    """Return random moments in seconds."""
    rng = random.Random(seed)
    return [rng.uniform(0, longest) for _ in range(count)]
