"""The command lines of the recipes: one per task, with the same commands.

A task's ``__main__.py`` calls `run_task`; the code of a command is imported only when it runs.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, NoReturn, TextIO, TypeVar

from examples.vid2vid.config import ImageConfig, TrainConfig
from examples.vid2vid.task import Task
from vidgan.extras import import_extra

Config = TypeVar("Config")

_COMMANDS = {
    "prepare": "turn videos, or frames with annotations, into a data folder",
    "train": "train a video generator on a data folder",
    "train-image": "train a single-image generator, for first frames",
    "fit-styles": "fit the styles of instances, after a training with instance features",
    "generate": "generate a video with a trained run",
    "export": "write a run as folders for vidgan.load_model, as ONNX or for torch.export.load",
    "evaluate": "compare generated frames with real ones, alongside baselines",
    "demo": "run all of the above on data that need no download",
}


class _OneLineParser(argparse.ArgumentParser):
    """Reports an error as `run_cli` does, without the usage."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"error: {message}\n")


@dataclass(frozen=True)
class TrainCommand:
    """Train a video generator on a prepared data folder."""

    data: Path
    """The prepared folder."""
    out: Path
    """The run folder to write: checkpoints, curves, images."""
    config: TrainConfig
    resume: Literal["never", "auto"] = "never"
    """auto: continue from the newest whole checkpoint of the run folder, with the same options, or
    train from the start if it has none. More steps lengthen a run."""
    init_from: Path | None = None
    """A run, or a checkpoint, whose weights a new training starts from."""
    setting: str = "recommended"
    """Sets the defaults of all options below; docs/presets.md describes each."""


@dataclass(frozen=True)
class TrainImageCommand:
    """Train a single-image generator, which generates first frames where real ones are unknown.

    Use it with: generate ... --first-frame image --image-run OUT
    """

    data: Path
    """The prepared folder."""
    out: Path
    """The run folder to write: checkpoints, curves, images."""
    config: ImageConfig
    resume: Literal["never", "auto"] = "never"
    """auto: continue from the newest whole checkpoint of the run folder, with the same options, or
    train from the start if it has none. More steps lengthen a run."""
    init_from: Path | None = None
    """A run, or a checkpoint, whose weights a new training starts from."""


def run_task(task: type[Task], arguments: Sequence[str] | None = None) -> None:
    """Run the command of a task that the command line names.

    Args:
        task: the task; its package ``examples.NAME`` has the modules ``prepare`` and ``demo``,
            each with a function ``main(arguments, prog)``.
        arguments: the command and its options; None uses those of the process.
    """
    prog = f"python -m examples.{task.name}"
    parser = _OneLineParser(prog, description=task.__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, text in _COMMANDS.items():
        commands.add_parser(name, help=text, add_help=False)
    given = sys.argv[1:] if arguments is None else [*arguments]
    command: str = parser.parse_args(given[:1]).command
    run_cli(partial(_run_command, task, command, given[1:], f"{prog} {command}"))


def _run_command(task: type[Task], command: str, arguments: list[str], prog: str) -> None:
    if command in ("prepare", "demo"):
        import_module(f"examples.{task.name}.{command}").main(arguments, prog)
    elif command == "train":
        _train(task, arguments, prog)
    elif command == "train-image":
        from examples.vid2vid.train_image import train_image

        default = TrainImageCommand(_missing(), _missing(), ImageConfig())
        image = parse(TrainImageCommand, arguments, prog, default=default)
        path = train_image(
            task,
            image.data,
            image.out,
            image.config,
            resume=image.resume == "auto",
            init_from=image.init_from,
        )
        _print_once(f"wrote {path}")
    elif command == "fit-styles":
        from examples.vid2vid.styles import fit_styles

        path, bank = parse(partial(fit_styles, task), arguments, prog)
        print(f"wrote {path}: the styles of {len(bank.mixtures)} classes")
    elif command == "generate":
        from examples.vid2vid.generate import generate

        report = parse(partial(generate, task), arguments, prog)
        print(f"wrote {report.num_frames} frames: {report.video}, {report.sheet}, {report.frames}")
        if report.pace is not None:
            print(f"live: {report.pace}")
    elif command == "export":
        from examples.vid2vid.export import export_run

        print(parse(partial(export_run, task), arguments, prog))
    else:
        from examples.vid2vid.evaluate import evaluate

        print(parse(partial(evaluate, task), arguments, prog), end="")


def _train(task: type[Task], arguments: list[str], prog: str) -> None:
    from examples.vid2vid.clips import fit_clip_length
    from examples.vid2vid.train import train

    # The setting is read first, since it gives the other options their defaults.
    settings = task.settings()
    first = _OneLineParser(prog, add_help=False, allow_abbrev=False)
    first.add_argument("--setting", choices=settings, default="recommended")
    setting = first.parse_known_args(arguments)[0].setting
    default = TrainCommand(_missing(), _missing(), settings[setting], setting=setting)
    command = parse(TrainCommand, arguments, prog, default=default)
    bound, config = task.open(command.data), command.config
    bound.check_setting(setting)
    if not any(re.match(r"--clip[-_]length(=|$)", argument) for argument in arguments):
        config = fit_clip_length(bound, config)
    if config.clip_length < command.config.clip_length:
        _print_once(
            f"note: no sequence is long enough for clips of {command.config.clip_length} frames; "
            f"clip_length is {config.clip_length} (choose another with --clip-length)",
            file=sys.stderr,
        )
    path = train(
        task,
        command.data,
        command.out,
        config,
        resume=command.resume == "auto",
        init_from=command.init_from,
    )
    _print_once(f"wrote {path}")


def parse(
    config: Callable[..., Config],
    arguments: Sequence[str] | None = None,
    prog: str | None = None,
    *,
    default: Any = None,
    description: str | None = None,
) -> Config:
    """Fill a dataclass, or call a function, with the options of a command line.

    Args:
        config: the dataclass or function; fields without a default are positional.
        arguments: the options; None uses those of the process.
        prog: name of the command, for the help text.
        default: an instance of the dataclass with the default values.
        description: of the command, for the help text; None uses the docstring.
    """
    tyro = import_extra("tyro", "examples")
    options = (tyro.conf.PositionalRequiredArgs, tyro.conf.OmitArgPrefixes)
    if not isinstance(config, type):  # a function has positional-only parameters of its own
        options = (tyro.conf.OmitArgPrefixes,)
    given = {} if default is None else {"default": default}
    result: Config = tyro.cli(
        config, args=arguments, prog=prog, description=description, config=options, **given
    )
    return result


def run_cli(main: Callable[[], object]) -> None:
    """Run a command, and report invalid input in one line, without a traceback.

    Errors in the input (ValueError, OSError, a missing extra) and weights that are no longer finite
    (FloatingPointError) exit with code 2, Ctrl-C with 130. Any other exception is a bug and keeps
    its traceback.

    Args:
        main: the command; called without arguments.

    Raises:
        SystemExit: the command failed; its code is the exit code.
    """
    try:
        main()
    except (ValueError, OSError, ImportError, FloatingPointError) as error:
        text = " ".join(str(error).split()) or type(error).__name__
        where = f"rank {os.environ['RANK']}: " if "RANK" in os.environ else ""  # set by torchrun
        print(f"error: {where}{text}", file=sys.stderr)
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        raise SystemExit(130) from None


def _print_once(text: str, file: TextIO | None = None) -> None:
    """Print, on one of the processes that `torchrun` started."""
    if os.environ.get("RANK", "0") == "0":
        print(text, file=file)


def _missing() -> Any:
    return import_extra("tyro", "examples").MISSING
