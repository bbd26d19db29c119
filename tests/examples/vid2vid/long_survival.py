"""Many kills and signals at random moments, and many steps; pytest runs it where its name is given:

    python -m pytest -s tests/examples/vid2vid/long_survival.py

Numbers of kills and signals: KILLS=20 KILLS_OF_TWO=10 SIGNALS=30 in the environment.
"""

import os
import re
import resource
import signal
import statistics
import sys
from pathlib import Path

import pytest

from examples.edges_to_face.task import EdgesToFace
from examples.vid2vid.command_line import run_task
from examples.vid2vid.trainer import Trainer
from tests.examples.vid2vid import survival

for module in ("tyro", "tensorboard", "filelock"):
    pytest.importorskip(module)

pytestmark = pytest.mark.timeout(7200)
STEPS = 200  # some seconds, so that most signals come before the end
_KILL = (signal.SIGKILL,)
_STOPS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@pytest.mark.parametrize(
    ("title", "numbers", "count", "processes"),
    [
        ("kills of one process", _KILL, int(os.environ.get("KILLS", "20")), 1),
        ("kills of two processes", _KILL, int(os.environ.get("KILLS_OF_TWO", "10")), 2),
        ("signals", _STOPS, int(os.environ.get("SIGNALS", "30")), 1),
    ],
)
def test_random_moments(data, tmp_path, title, numbers, count, processes):
    """Every resume goes on from a whole checkpoint, and the joined curves are the uninterrupted."""
    whole = tmp_path / "whole"
    survival.complete(data, whole, STEPS, processes=processes)
    moments = survival.moments(count, 50 * count, 1.0)
    runs, tried, lost, longest = [tmp_path / "run0"], 0, 0, 0.0
    for after in moments:
        if tried == count:
            break
        run, number = runs[-1], numbers[tried % len(numbers)]
        before = survival.newest(run) if run.exists() else 0
        to_worker = processes > 1 and tried % 2 == 1
        code, seconds, printed = survival.interrupt(
            data, run, STEPS, number, after, processes=processes, to_worker=to_worker
        )
        if code == 0:  # it was done before the signal came: another run begins
            runs.append(tmp_path / f"run{len(runs)}")
            continue
        tried += 1
        done = max([before, *map(int, re.findall(r"step (\d+) loss", printed))])
        assert survival.newest(run) >= before
        lost = max(lost, done - survival.newest(run))
        if number == signal.SIGKILL:
            assert done - survival.newest(run) <= survival.EVERY + 1, printed
        else:
            assert code == 128 + number, printed
            assert seconds < 20
            assert done <= survival.newest(run)
            longest = max(longest, seconds)
    for run in runs:
        if survival.newest(run) < STEPS:
            survival.complete(data, run, STEPS, "--resume", "auto", processes=processes)
        survival.check_same(run, whole)
        assert survival.leftovers(run) == []
    print(
        f"\n{title}: {tried} of {count} resumed from a whole checkpoint; {len(runs)} runs, all "
        f"with the curves and weights of an uninterrupted one; at most {max(lost, 0)} steps lost, "
        f"{longest:.1f} s to the exit after a signal"
    )
    assert tried == count


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is read")
def test_memory_files_and_threads_stay_constant(data, tmp_path, monkeypatch):
    """500 steps and 20 saves: no more than 0.02 MB per step, and no file or thread more."""
    seen, take = [], Trainer.take_step

    def noted(trainer, chunk):
        taken = take(trainer, chunk)
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        files, threads = (len([*Path(f"/proc/self/{kind}").iterdir()]) for kind in ("fd", "task"))
        seen.append((pages * resource.getpagesize() / 1e6, files, threads))
        return taken

    monkeypatch.setattr(Trainer, "take_step", noted)
    steps, saves = 500, 20
    arguments = survival.command(data, tmp_path / "run", steps)[3:]
    run_task(EdgesToFace, [*arguments, f"--save-every={steps // saves}", "--visualize-every=25"])
    assert len(seen) == steps
    memory, files, threads = zip(*seen[100:], strict=True)  # caches have been filled by then
    slope = statistics.linear_regression(range(len(memory)), memory).slope
    print(
        f"\n{steps} steps and {saves} saves: {slope:.4f} MB per step ({memory[0]:.0f} MB at step "
        f"101, {memory[-1]:.0f} MB at step {steps}), {min(files)} to {max(files)} open files, "
        f"{min(threads)} to {max(threads)} threads"
    )
    assert slope <= 0.02
    assert files[0] == files[-1] == max(files)
    assert threads[0] == threads[-1] == max(threads)
