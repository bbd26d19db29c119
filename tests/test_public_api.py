"""Every public name is documented with an example, and the library keeps its manners."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol, get_origin

import pytest
from torch import nn

import vidgan
from tests.attributes import attribute_text, attribute_texts, failed_examples, imported_from

MODULES = sorted(  # what users import from: the sub-packages, and the modules beside them
    module.name
    for module in pkgutil.iter_modules(vidgan.__path__, "vidgan.")
    if not module.name.startswith("vidgan._")
)
LIBRARY = Path(vidgan.__file__).parent
SOURCES = sorted(LIBRARY.rglob("*.py"))
MAX_LINES = 250


def public_objects(module: str) -> list[tuple[str, Any]]:
    """What ``module`` names in ``__all__``."""
    imported = importlib.import_module(module)
    return [(name, getattr(imported, name)) for name in getattr(imported, "__all__", ())]


def has_docstring_of_its_own(value: Any) -> bool:
    """Classes and functions; the text of a constant or an alias stands below its assignment."""
    return inspect.isroutine(value) or isinstance(value, type)


CONSTANTS = [
    (module, name)
    for module in MODULES
    for name, value in public_objects(module)
    if not has_docstring_of_its_own(value)
]


def own_text(value: Any) -> str:
    """The docstring written at ``value`` itself: none is inherited or made up."""
    text = (value.__dict__.get("__doc__") if isinstance(value, type) else value.__doc__) or ""
    return "" if isinstance(value, type) and text.startswith(f"{value.__name__}(") else text


def has_example(text: str) -> bool:
    """Whether ``text`` has an example that runs."""
    return any(">>>" in line and "+SKIP" not in line for line in text.splitlines())


def missing_documentation(name: str, value: Any) -> list[str]:
    """What the documentation of a public class or function lacks."""
    text = own_text(value)
    if not text:
        return [f"{name} has no docstring"]
    missing = []
    forward = vars(value).get("forward") if isinstance(value, type) else None
    if not has_example(text + ((forward and forward.__doc__) or "")):
        missing.append(f"{name} has no example (>>>) in its docstring")
    if re.search(r">>> .*\bvidgan(\.\w+)*\._", text):
        missing.append(f"{name} has an example that imports what is not public")
    if isinstance(value, type) and issubclass(value, nn.Module):
        inherited = inspect.getattr_static(value, "forward")
        if not inherited.__doc__:
            missing.append(f"{name}.forward has no docstring")
    return missing


def missing_attribute_text(name: str, value: Any, text: str) -> list[str]:
    """What the text of a public constant or type alias lacks; an alias needs no example."""
    if not text:
        return [f"{name} has no docstring: a string right below its assignment"]
    if get_origin(value) is None and not has_example(text):
        return [f"{name} has no example (>>>) in its docstring"]
    return []


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


@pytest.mark.parametrize("name", MODULES)
def test_module_names_its_public_parts(name: str) -> None:
    module = importlib.import_module(name)

    names = getattr(module, "__all__", None)

    assert names, f"{name} has no __all__"
    absent = [public for public in names if not hasattr(module, public)]
    assert not absent, f"{name}.__all__ names what is not there: {absent}"
    assert [public for public in names if public.startswith("_")] == []


@pytest.mark.parametrize("module", MODULES)
def test_public_names_are_documented_with_an_example(module: str) -> None:
    missing = [
        text
        for name, value in public_objects(module)
        if has_docstring_of_its_own(value)
        for text in missing_documentation(f"{module}.{name}", value)
    ]

    assert not missing, "\n".join(["", *missing])


@pytest.mark.parametrize(("module", "name"), CONSTANTS)
def test_constants_and_aliases_are_documented(module: str, name: str) -> None:
    imported = importlib.import_module(module)
    text = attribute_text(module, name)

    missing = missing_attribute_text(f"{module}.{name}", getattr(imported, name), text)

    assert not missing, missing
    # what is public is enough for the example
    assert failed_examples(text, dict(public_objects(module)), f"{module}.{name}") == ""


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

    class Pair(NamedTuple):
        """Text."""

        left: int

    class BarePair(NamedTuple):
        left: int

    class Interface(Protocol):
        """Text."""

    def shown() -> None:
        """Text.

        >>> 1
        1
        """

    def skipped() -> None:
        """Text.

        >>> 1  # doctest: +SKIP
        1
        """

    def private() -> None:
        """Text.

        >>> from vidgan.layers._private import name
        """

    no_example = "has no example (>>>) in its docstring"
    assert missing_documentation("Bare", Bare) == ["Bare has no docstring"]
    assert missing_documentation("BarePair", BarePair) == ["BarePair has no docstring"]
    assert missing_documentation("Described", Described) == [
        f"Described {no_example}",
        "Described.forward has no docstring",
    ]
    assert missing_documentation("Pair", Pair) == [f"Pair {no_example}"]
    assert missing_documentation("Interface", Interface) == [f"Interface {no_example}"]
    assert missing_documentation("skipped", skipped) == [f"skipped {no_example}"]
    assert missing_documentation("private", private) == [
        "private has an example that imports what is not public"
    ]
    assert missing_documentation("shown", shown) == []


def test_missing_attribute_text_is_found() -> None:
    alias = Literal["a", "b"]

    assert missing_attribute_text("X", 1, "") == [
        "X has no docstring: a string right below its assignment"
    ]
    assert missing_attribute_text("X", 1, "Text.") == ["X has no example (>>>) in its docstring"]
    assert missing_attribute_text("X", 1, "Text.\n\n>>> X\n1\n") == []
    assert missing_attribute_text("Alias", alias, "") != []
    assert missing_attribute_text("Alias", alias, "Text.") == []


def test_attribute_texts_are_those_right_below_an_assignment() -> None:
    source = '"""Of the module."""\nA = 1\n"""Of A."""\nB: int = 2\nC = D = 3\n"""Of both."""\n'

    texts = attribute_texts(source)

    assert texts == {"A": "Of A.", "B": "", "C": "Of both.", "D": "Of both."}


def test_attribute_texts_are_found_where_a_name_comes_from() -> None:
    source = "from a.b import x, y\nfrom a.c import z\n"

    assert [imported_from(source, name) for name in "xz"] == ["a.b", "a.c"]
    assert imported_from(source, "absent") is None
    assert "DensePose" in attribute_text("vidgan.conditions", "NUM_DENSEPOSE_PARTS")


def test_failed_examples_are_found() -> None:
    assert failed_examples("Text.\n\n>>> X + 1\n2\n", {"X": 1}, "X") == ""
    assert "Expected:\n    3" in failed_examples(">>> X + 1\n3\n", {"X": 1}, "X")
    assert "NameError" in failed_examples(">>> Y\n3\n", {"X": 1}, "X")
