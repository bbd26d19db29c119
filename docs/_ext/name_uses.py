"""Which public names a page, a README or a gallery script uses. Needs no Sphinx."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

REFERENCE = re.compile(r"(?:\{[\w:]+\}|:[\w:]+:)`(?:[^`<]*<)?[~!]?(vidgan(?:\.\w+)+)>?`")
FENCE = re.compile(r"^(`{3,})python\n(.*?)^\1`*$", re.M | re.S)
INCLUDED = re.compile(r"^`{3,}\{(include|literalinclude)\} (\S+)", re.M)


def names_in_python(source: str) -> set[str]:
    """The names that Python code imports from vidgan or reads as attributes of its modules."""
    try:
        tree = ast.parse(source)
    except SyntaxError:  # a fragment
        return set()
    names = set()
    modules = {"vidgan": "vidgan"}  # as the code calls them
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "vidgan":
            for alias in node.names:
                names.add(f"{node.module}.{alias.name}")
                modules[alias.asname or alias.name] = f"{node.module}.{alias.name}"
        elif isinstance(node, ast.Import):
            modules.update({a.asname: a.name for a in node.names if a.asname})
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            first, _, rest = ast.unparse(node).partition(".")
            if modules.get(first, "").split(".")[0] == "vidgan":
                names.add(f"{modules[first]}.{rest}")
    return names


def texts_of(page: Path) -> Iterator[tuple[str, str]]:
    """The texts that a Markdown page is made of, with ``"markdown"`` or ``"python"`` for each."""
    text = page.read_text(encoding="utf-8")
    yield "markdown", text
    for _, code in FENCE.findall(text):
        yield "python", code
    for directive, name in INCLUDED.findall(text):
        included = page.parent / name
        if directive == "include":
            yield from texts_of(included)
        elif included.suffix == ".py":
            yield "python", included.read_text(encoding="utf-8")


def names_used(page: Path) -> set[str]:
    """What a Markdown page or a gallery script refers to, imports or calls of vidgan."""
    if page.suffix == ".py":
        source = page.read_text(encoding="utf-8")
        return names_in_python(source) | set(REFERENCE.findall(source))
    names = set()
    for kind, text in texts_of(page):
        names |= names_in_python(text) if kind == "python" else set(REFERENCE.findall(text))
    return names


def uses(name: str, used: dict[Path, set[str]]) -> list[Path]:
    """The pages of ``used`` (page: its names) that use ``name`` or one of its attributes."""
    return [
        page
        for page, names in used.items()
        if any(each == name or each.startswith(f"{name}.") for each in names)
    ]
