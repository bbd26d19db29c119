import sys
from dataclasses import dataclass

import pytest

from examples.vid2vid.command_line import parse, require, run_cli


@pytest.mark.parametrize(
    "error",
    [ValueError("size must\n be 3"), OSError("size must be 3"), ImportError("size must be 3")],
)
def test_wrong_input_is_one_line_and_code_2(error, capsys):
    def fail():
        raise error

    with pytest.raises(SystemExit) as stop:
        run_cli(fail)
    assert stop.value.code == 2
    assert capsys.readouterr().err == "error: size must be 3\n"


def test_interrupt_is_code_130(capsys):
    def stop():
        raise KeyboardInterrupt

    with pytest.raises(SystemExit) as stopped:
        run_cli(stop)
    assert stopped.value.code == 130
    assert capsys.readouterr().err == "interrupted\n"


def test_a_fault_of_the_program_stays_visible():
    def fail():
        raise TypeError("a bug")

    with pytest.raises(TypeError, match="a bug"):
        run_cli(fail)


def test_success_says_nothing(capsys):
    run_cli(lambda: None)
    assert capsys.readouterr() == ("", "")


def test_missing_module_names_the_extra():
    with pytest.raises(ImportError, match=r"no_such_module is needed here; .*'vidgan\[examples\]'"):
        require("no_such_module")


@dataclass
class Options:
    """How to run."""

    name: str
    size: int = 3


def test_fields_without_default_are_positional(monkeypatch):
    pytest.importorskip("tyro")
    monkeypatch.setattr(sys, "argv", ["prog", "Ann", "--size", "4"])
    assert parse(Options) == Options("Ann", 4)
