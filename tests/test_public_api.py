"""Every public name is documented with an example, and the library keeps its manners."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
from types import ModuleType
from typing import Any, Literal, NamedTuple, Protocol, get_origin

from torch import nn

import vidgan
from tests.attributes import attribute_text, failed_examples
from tests.sources import read_sources

MODULES = sorted(  # what users import from: the sub-packages, and the modules beside them
    module.name
    for module in pkgutil.iter_modules(vidgan.__path__, "vidgan.")
    if not module.name.startswith("vidgan._")
)
MODULES[MODULES.index("vidgan.interop")] = "vidgan.interop.nvidia"  # named for whose weights


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


def wrong_public_names(module: ModuleType) -> list[str]:
    """What is wrong with the ``__all__`` of ``module``."""
    names = getattr(module, "__all__", None)
    if not names:
        return [f"{module.__name__} has no __all__"]
    all_of_it = f"{module.__name__}.__all__"
    absent = [name for name in names if not hasattr(module, name)]
    private = [name for name in names if name.startswith("_")]
    return [
        *(f"{all_of_it} names what is not there: {name}" for name in absent),
        *(f"{all_of_it} names what is not public: {name}" for name in private),
    ]


def test_modules_name_their_public_parts() -> None:
    wrong = [text for name in MODULES for text in wrong_public_names(importlib.import_module(name))]

    assert not wrong, "\n".join(["", *wrong])


def test_public_names_are_documented_with_an_example() -> None:
    missing = [
        text
        for module in MODULES
        for name, value in public_objects(module)
        if has_docstring_of_its_own(value)
        for text in missing_documentation(f"{module}.{name}", value)
    ]

    assert not missing, "\n".join(["", *missing])


def test_constants_and_aliases_are_documented() -> None:
    wrong = []
    for module, name in CONSTANTS:
        value, text = getattr(importlib.import_module(module), name), attribute_text(module, name)
        wrong += missing_attribute_text(f"{module}.{name}", value, text)
        # what is public is enough for the example
        wrong += [failed_examples(text, dict(public_objects(module)), f"{module}.{name}")]

    assert not any(wrong), "\n".join(["", *wrong])


def test_library_has_manners() -> None:
    wrong = [
        f"{path}, line {text}"
        for path, source in read_sources("vidgan").items()
        for text in bad_manners(source)
    ]

    assert not wrong, "\n".join(["", *wrong])


def test_bad_manners_are_found() -> None:
    source = "assert x\nprint(1)\nx.cuda()\nx = torch.cuda.is_available()\nlog.print(1)\n"

    assert [line.partition(":")[0] for line in bad_manners(source)] == ["1", "2", "3"]


def test_wrong_public_names_are_found() -> None:
    module = ModuleType("m")
    assert wrong_public_names(module) == ["m has no __all__"]

    module.__dict__.update(__all__=["here", "absent", "_private"], here=1, _private=2)
    assert wrong_public_names(module) == [
        "m.__all__ names what is not there: absent",
        "m.__all__ names what is not public: _private",
    ]


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
