import subprocess
import sys
from dataclasses import dataclass

import pytest

from examples.vid2vid.command_line import TrainCommand, parse, run_cli
from examples.vid2vid.config import TrainConfig


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


@dataclass
class Options:
    """How to run."""

    name: str
    size: int = 3


def test_fields_without_default_are_positional(monkeypatch):
    pytest.importorskip("tyro")
    monkeypatch.setattr(sys, "argv", ["prog", "Ann", "--size", "4"])
    assert parse(Options) == Options("Ann", 4)


LOADED = """
import contextlib, io, sys
from importlib import import_module

task = getattr(import_module("examples.{package}.task"), "{task}")
import_module("examples.{package}.__main__")
from examples.vid2vid.command_line import run_task

with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
    run_task(task, ["{command}", "--help"])
print(*sorted(name for name in sys.modules if name.startswith("examples.")))
"""


@pytest.mark.parametrize(
    ("package", "task"),
    [
        ("edges_to_face", "EdgesToFace"),
        ("labels_to_street", "LabelsToStreet"),
        ("pose_to_body", "PoseToBody"),
    ],
)
@pytest.mark.parametrize(("command", "most"), [("train", 18), ("generate", 18), ("evaluate", 18)])
def test_a_command_loads_few_files_and_no_training(package, task, command, most, root):
    pytest.importorskip("tyro")
    code = LOADED.format(package=package, task=task, command=command)
    run = [sys.executable, "-c", code]
    done = subprocess.run(run, cwd=root, capture_output=True, text=True, check=True, timeout=120)
    modules = done.stdout.split()
    engine = [name for name in modules if name.startswith("examples.vid2vid.")]
    training = {f"examples.vid2vid.{name}" for name in ("train", "trainer", "objective")}
    print(f"{package} {command}: {len(engine)} files of the engine, {len(modules)} modules in all")
    assert len(engine) <= most
    assert bool(training & {*modules}) == (command == "train")
    assert all(name.split(".")[1] in (package, "vid2vid") for name in modules)


@pytest.mark.parametrize("norm", ["batch", "group", "instance_tracked"])
def test_norms_are_options(norm):
    tyro = pytest.importorskip("tyro")
    default = TrainCommand(tyro.MISSING, tyro.MISSING, TrainConfig())
    options = ["a", "b", "--norm", norm, "--discriminator-norm", norm]
    model = parse(TrainCommand, options, default=default).config.model
    assert (model.norm, model.discriminator_norm) == (norm, norm)
