"""Many kills and signals at random moments; pytest runs it where its name is given:

    python -m pytest -s tests/examples/vid2vid/long_survival.py

Numbers of kills and signals: KILLS=20 KILLS_OF_TWO=10 SIGNALS=30 in the environment.
"""

import os
import re
import signal

import pytest

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
