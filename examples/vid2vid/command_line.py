"""What the command lines of the examples share."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import TypeVar

Config = TypeVar("Config")


def require(module: str, extra: str = "examples") -> ModuleType:
    """Import a module that an extra of vidgan installs.

    Raises:
        ImportError: it is missing; the text names the extra.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise ImportError(
            f"{module} is needed here; install it with: pip install 'vidgan[{extra}]'",
            name=module,
        ) from error


def parse(config: type[Config], *, description: str | None = None) -> Config:
    """Read a dataclass from the command line; fields without a default are positional."""
    tyro = require("tyro")
    options = (tyro.conf.PositionalRequiredArgs,)
    result: Config = tyro.cli(config, description=description, config=options)
    return result


def run_cli(main: Callable[[], object]) -> None:
    """Run a command; say what was wrong with its input in one line, without a traceback.

    Errors in what the user gave (ValueError, OSError, a missing extra) end with exit code 2,
    Ctrl-C with 130. Any other exception is a fault of the program and keeps its traceback.

    Args:
        main: the command, called without arguments.

    Raises:
        SystemExit: the command failed; its code is the exit code.
    """
    try:
        main()
    except (ValueError, OSError, ImportError) as error:
        text = " ".join(str(error).split()) or type(error).__name__
        print(f"error: {text}", file=sys.stderr)
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        raise SystemExit(130) from None
