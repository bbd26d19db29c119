"""Every public name stands on a page of the API reference, once."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections import Counter
from pathlib import Path

import vidgan

PAGES = Path(__file__).parents[2] / "docs" / "api"
DIRECTIVE = re.compile(r"^\.\. (currentmodule|autoclass|autofunction|autodata):: (\S+)", re.M)


def names_on(text: str) -> list[str]:
    """The full names that a page documents."""
    module, names = "", []
    for directive, name in DIRECTIVE.findall(text):
        if directive == "currentmodule":
            module = name
        else:
            names.append(f"{module}.{name}")
    return names


def public_names() -> list[str]:
    """What the packages list in ``__all__``, and what the public modules define."""
    found = []
    for info in pkgutil.iter_modules(vidgan.__path__, "vidgan."):
        if info.name.rpartition(".")[2].startswith("_"):
            continue
        module = importlib.import_module(info.name)
        defined = [
            name
            for name, value in vars(module).items()
            if not name.startswith("_")
            and (inspect.isclass(value) or inspect.isroutine(value))
            and value.__module__ == info.name
        ]
        found += [f"{info.name}.{name}" for name in getattr(module, "__all__", defined)]
    return found


def test_every_public_name_stands_on_a_page_once() -> None:
    documented = Counter(
        name for page in PAGES.glob("*.rst") for name in names_on(page.read_text(encoding="utf-8"))
    )

    assert documented == Counter(public_names())


def test_names_are_read_from_a_page() -> None:
    page = ".. currentmodule:: vidgan.a\n\n.. autoclass:: B\n   :members:\n.. autodata:: C\n"

    assert names_on(page) == ["vidgan.a.B", "vidgan.a.C"]
