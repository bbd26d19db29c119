"""The texts of constants and type aliases: what stands below their assignments."""

from __future__ import annotations

import ast
import doctest
import importlib.util
from pathlib import Path
from typing import Any


def attribute_texts(source: str) -> dict[str, str]:
    """The names that are assigned in ``source``, each with the string literal right below it."""
    body = ast.parse(source).body
    texts = {}
    for statement, after in zip(body, [*body[1:], None], strict=True):
        targets: list[ast.expr] = []
        if isinstance(statement, ast.Assign):
            targets = statement.targets
        elif isinstance(statement, ast.AnnAssign):
            targets = [statement.target]
        is_text = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
        text = after.value.value if is_text else ""
        for target in targets:
            if isinstance(target, ast.Name):
                texts[target.id] = text if isinstance(text, str) else ""
    return texts


def imported_from(source: str, name: str) -> str | None:
    """The module that ``source`` imports ``name`` from, if it does."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.ImportFrom) and name in [alias.name for alias in node.names]:
            return node.module
    return None


def attribute_text(module: str, name: str) -> str:
    """The text of a constant or alias of ``module``, from the file that assigns it."""
    spec = importlib.util.find_spec(module)
    assert spec, module
    source = Path(str(spec.origin)).read_text(encoding="utf-8")
    texts = attribute_texts(source)
    if name in texts:
        return texts[name]
    elsewhere = imported_from(source, name)
    assert elsewhere, f"{module} neither assigns nor imports {name}"
    return attribute_text(elsewhere, name)


def failed_examples(text: str, names: dict[str, Any], title: str) -> str:
    """Run the examples (>>>) in ``text``, and say what is wrong with them."""
    test = doctest.DocTestParser().get_doctest(text, dict(names), title, title, 0)
    report: list[str] = []
    doctest.DocTestRunner(verbose=False).run(test, out=report.append)
    return "".join(report)
