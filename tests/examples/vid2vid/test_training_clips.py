import pytest

from examples.vid2vid import training_clips
from examples.vid2vid.training_clips import Waiting


class Clock:
    now = 5.0

    def monotonic(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(training_clips, "time", clock)
    return clock


def test_share_of_the_time_inside_the_block(clock):
    wait = Waiting()
    assert wait.share == 0
    with wait.measure():
        clock.now += 1
    clock.now += 3
    assert wait.share == 0.25
    wait.restart()
    clock.now += 1
    assert wait.share == 0


def test_a_block_that_fails_counts_too(clock):
    wait = Waiting()

    def fail():
        with wait.measure():
            clock.now += 1
            raise OSError("no such file")

    with pytest.raises(OSError, match="no such file"):
        fail()
    assert wait.share == 1
