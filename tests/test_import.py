"""Importing vidgan and all its folders is quiet and loads no extra."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

LIBRARY = Path(__file__).parents[1] / "vidgan"
SOURCES = sorted(LIBRARY.rglob("*.py"))
EXTRAS = (
    "av",
    "cv2",
    "dlib",
    "matplotlib",
    "skvideo",
    "sklearn",
    "tensorboard",
    "torchmetrics",
    "tqdm",
    "tyro",
)

# What the run-time dependencies themselves load is theirs; from then on an extra cannot be found.
EVERY_MODULE = f"""
import importlib
import pkgutil
import sys

import einops, numpy, safetensors.torch, torch, torchvision

extras = {EXTRAS!r}
theirs = set(sys.modules)
sys.modules.update({{name: None for name in extras if name not in theirs}})

import vidgan

for module in pkgutil.walk_packages(vidgan.__path__, "vidgan."):
    importlib.import_module(module.name)
loaded = [name for name in extras if name not in theirs and sys.modules[name] is not None]
print("extras loaded:", loaded)
"""

NOTHING_HEAVY = """
import sys

import vidgan

print("loaded:", sorted({"torch", "torchvision", "numpy", "einops"} & set(sys.modules)))
"""


def run_python(code: str, root: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *options, "-c", code],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )


def imported_at_once(source: str) -> set[str]:
    """Top-level names of the packages that ``source`` imports outside of functions."""
    found = set()
    nodes: list[ast.AST] = [ast.parse(source)]
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add((node.module or "").partition(".")[0])
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            nodes += ast.iter_child_nodes(node)
    return found


# torch itself loads tqdm where it is installed, so that a look at the loaded modules is not enough.
@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(LIBRARY)))
def test_no_extra_is_imported_before_it_is_used(path: Path) -> None:
    early = imported_at_once(path.read_text(encoding="utf-8")) & set(EXTRAS)

    assert not early, f"{path.name} imports {early}; use import_extra where it is needed"


def test_early_imports_are_found() -> None:
    source = "try:\n    import cv2.utils\nexcept ImportError:\n    from av import open\n"

    assert imported_at_once(source) == {"cv2", "av"}
    assert imported_at_once("def f():\n    import cv2\n") == set()


@pytest.mark.slow
def test_every_module_imports_without_extras_or_warnings(root: Path) -> None:
    result = run_python(EVERY_MODULE, root, "-W", "error")

    assert result.returncode == 0, result.stderr
    assert result.stdout == "extras loaded: []\n"
    assert result.stderr == ""


def test_top_level_import_loads_nothing_heavy(root: Path) -> None:
    result = run_python(NOTHING_HEAVY, root, "-W", "error")

    assert result.returncode == 0, result.stderr
    assert result.stdout == "loaded: []\n"
    assert result.stderr == ""
