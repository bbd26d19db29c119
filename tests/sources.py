"""The project's own source files: what they import, how long they are, and cycles among them."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[1]


def read_sources(*folders: str) -> dict[str, str]:
    """The text of every Python file below ``folders``, by its path from the project's root."""
    return {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
        for folder in folders
        for path in sorted((ROOT / folder).rglob("*.py"))
    }


def module_of(path: str) -> str:
    """The name to import ``path`` by: ``vidgan/layers/__init__.py`` is ``vidgan.layers``."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def is_package(path: str) -> bool:
    """Whether ``path`` is the ``__init__.py`` of a folder."""
    return path.endswith("/__init__.py")


def nodes_outside_functions(source: str) -> Iterator[ast.AST]:
    """Every node of ``source`` that runs when it is imported."""
    nodes: list[ast.AST] = [ast.parse(source)]
    while nodes:
        node = nodes.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            nodes += ast.iter_child_nodes(node)


def imported_names(path: str, nodes: Iterable[ast.AST]) -> list[tuple[int, str]]:
    """Every import among ``nodes`` as (line, full name); ``from a import b`` gives ``a.b``."""
    found = []
    for node in nodes:
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = module_of(path).split(".")
                up = node.level - 1 if is_package(path) else node.level
                base = ".".join([*parents[: len(parents) - up], *([base] if base else [])])
            found += [(node.lineno, f"{base}.{alias.name}") for alias in node.names]
    return sorted(found)


def import_graph(sources: Mapping[str, str]) -> dict[str, set[str]]:
    """The files that each file imports while it is imported itself."""
    files = {module_of(path): path for path in sources}
    graph: dict[str, set[str]] = {path: set() for path in sources}
    for path, source in sources.items():
        for _, name in imported_names(path, nodes_outside_functions(source)):
            while name and name not in files:  # a.b.Class is found in a/b.py
                name = name.rpartition(".")[0]  # noqa: PLW2901
            if name:
                graph[path].add(files[name])
    return graph


def cycles(graph: Mapping[str, set[str]]) -> list[list[str]]:
    """The groups of nodes that reach one another, and the nodes that reach themselves."""
    reached = {node: _reachable(graph, node) for node in graph}
    groups = {
        tuple(sorted(other for other in reached[node] if node in reached.get(other, ())))
        for node in graph
        if node in reached[node]
    }
    return sorted(list(group) for group in groups)


def _reachable(graph: Mapping[str, set[str]], start: str) -> set[str]:
    found: set[str] = set()
    ahead = list(graph[start])
    while ahead:
        node = ahead.pop()
        if node not in found:
            found.add(node)
            ahead += graph.get(node, ())
    return found


def function_lengths(source: str) -> dict[str, int]:
    """The lines of every function and method, from ``def`` to the last, by its dotted name."""
    lengths: dict[str, int] = {}

    def visit(node: ast.AST, prefix: str) -> None:
        for child in ast.iter_child_nodes(node):
            name = prefix
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                name = f"{prefix}{child.name}."
                if not isinstance(child, ast.ClassDef):
                    lengths[name[:-1]] = (child.end_lineno or child.lineno) - child.lineno + 1
            visit(child, name)

    visit(ast.parse(source), "")
    return lengths
