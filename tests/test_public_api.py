"""Every public name is documented with an example, and the library keeps its manners."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
from pathlib import Path
from typing import Any

import pytest
from torch import nn

import vidgan

PACKAGES = sorted(m.name for m in pkgutil.walk_packages(vidgan.__path__, "vidgan.") if m.ispkg)
LIBRARY = Path(vidgan.__file__).parent
SOURCES = sorted(LIBRARY.rglob("*.py"))
MAX_LINES = 250


def public_objects(package: str) -> list[tuple[str, Any]]:
    """The classes and functions that ``package`` names in ``__all__``; constants need no text."""
    module = importlib.import_module(package)
    named = [(name, getattr(module, name)) for name in getattr(module, "__all__", ())]
    return [
        (name, value)
        for name, value in named
        if inspect.isroutine(value) or isinstance(value, type)
    ]


def needs_example(value: Any) -> bool:
    """Named tuples and protocols list what they hold; everything else is shown in use."""
    is_protocol = getattr(value, "_is_protocol", False)
    return not is_protocol and not (isinstance(value, type) and issubclass(value, tuple))


def own_text(value: Any) -> str:
    """The docstring written at ``value`` itself: none is inherited or made up."""
    text = (value.__dict__.get("__doc__") if isinstance(value, type) else value.__doc__) or ""
    return "" if isinstance(value, type) and text.startswith(f"{value.__name__}(") else text


def missing_documentation(name: str, value: Any) -> list[str]:
    """What the documentation of a public class or function lacks."""
    text = own_text(value)
    if not text:
        return [f"{name} has no docstring"]
    missing = []
    forward = vars(value).get("forward") if isinstance(value, type) else None
    if needs_example(value) and ">>>" not in text + ((forward and forward.__doc__) or ""):
        missing.append(f"{name} has no example (>>>) in its docstring")
    if isinstance(value, type) and issubclass(value, nn.Module):
        inherited = inspect.getattr_static(value, "forward")
        if not inherited.__doc__:
            missing.append(f"{name}.forward has no docstring")
    return missing


def bad_manners(source: str) -> list[str]:
    """Statements that do not belong in a library, as 'line: text'."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Assert):
            found.append(f"{node.lineno}: assert; raise ValueError or TypeError instead")
        elif (
            isinstance(node, ast.Attribute)
            and node.attr == "cuda"
            and not is_name(node.value, "torch")
        ):
            found.append(f"{node.lineno}: .cuda; the device comes from the inputs")
        elif isinstance(node, ast.Call) and is_name(node.func, "print"):
            found.append(f"{node.lineno}: print; the library is quiet")
    return found


def is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


@pytest.mark.parametrize("package", PACKAGES)
def test_package_names_its_public_parts(package: str) -> None:
    module = importlib.import_module(package)

    names = getattr(module, "__all__", None)

    assert names, f"{package}/__init__.py has no __all__"
    absent = [name for name in names if not hasattr(module, name)]
    assert not absent, f"{package}.__all__ names what is not there: {absent}"
    assert [name for name in names if name.startswith("_")] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_public_names_are_documented_with_an_example(package: str) -> None:
    missing = [
        text
        for name, value in public_objects(package)
        for text in missing_documentation(f"{package}.{name}", value)
    ]

    assert not missing, "\n".join(["", *missing])


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(LIBRARY)))
def test_library_has_manners(path: Path) -> None:
    source = path.read_text(encoding="utf-8")

    found = bad_manners(source)

    assert not found, "\n".join([f"{path.name}:", *found])
    assert source.count("\n") <= MAX_LINES, f"{path.name} is long: split it by what it does"


def test_bad_manners_are_found() -> None:
    source = "assert x\nprint(1)\nx.cuda()\nx = torch.cuda.is_available()\nlog.print(1)\n"

    assert [line.partition(":")[0] for line in bad_manners(source)] == ["1", "2", "3"]


def test_missing_documentation_is_found() -> None:
    class Bare(nn.Module):
        def forward(self, x: Any) -> Any:
            return x

    class Described(Bare):
        """Text."""

    def shown() -> None:
        """Text.

        >>> 1
        1
        """

    assert missing_documentation("Bare", Bare) == ["Bare has no docstring"]
    assert missing_documentation("Described", Described) == [
        "Described has no example (>>>) in its docstring",
        "Described.forward has no docstring",
    ]
    assert missing_documentation("shown", shown) == []
