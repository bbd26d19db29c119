"""The first signal is noted, the second ends the process at once."""

import signal
import subprocess
import sys
import textwrap
import threading

import pytest

from vidgan.training import GracefulStop

SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


@pytest.fixture(autouse=True)
def hung_up():
    """The default of SIGHUP, also where the tests run under nohup, which ignores it."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_is_noted_and_the_handlers_come_back(number):
    before = [signal.getsignal(each) for each in SIGNALS]
    with GracefulStop() as stop:
        assert (stop.requested, stop.exit_code) == (None, 0)
        signal.raise_signal(number)
        assert (stop.requested, stop.exit_code) == (number, 128 + number)
    assert [signal.getsignal(each) for each in SIGNALS] == before


@pytest.mark.parametrize("second", SIGNALS)
def test_a_second_signal_exits_at_once(second):
    code = f"""
    import signal, time
    from vidgan.training import GracefulStop
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with GracefulStop() as stop:
        signal.raise_signal(signal.SIGTERM)
        print("saving", flush=True)
        signal.raise_signal({int(second)})
        time.sleep(60)
        print("not reached")
    """
    result = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert (result.returncode, result.stdout) == (128 + second, "saving\n")


def test_a_signal_that_is_ignored_stays_ignored():
    """Such as SIGHUP under nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with GracefulStop() as stop:
            signal.raise_signal(signal.SIGHUP)
            assert stop.requested is None
    finally:
        signal.signal(signal.SIGHUP, before)


def test_outside_the_main_thread_nothing_is_changed():
    seen = []

    def run():
        with GracefulStop() as stop:
            seen.append(stop.requested)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert seen == [None]
