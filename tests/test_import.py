"""Importing vidgan and all its folders is quiet and loads no extra."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.sources import imported_names, nodes_outside_functions, read_sources

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

# Their classes derive from torchmetrics' own, so that importing them needs that extra.
NEED_EXTRA = {"vidgan.metrics": "metrics"}

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
    if module.name not in {tuple(NEED_EXTRA)!r}:
        importlib.import_module(module.name)
loaded = [name for name in extras if name not in theirs and sys.modules[name] is not None]
print("extras loaded:", loaded)
"""

NOTHING_HEAVY = """
import sys

import vidgan

print("loaded:", sorted({"torch", "torchvision", "numpy", "einops"} & set(sys.modules)))
"""


# torchvision takes over a second to import, most of it for models that vidgan does not use; so does
# torch's compiler. What is light is named.
LIGHT = {"PIL", "einops", "numpy", "safetensors", "vidgan"}
NOTHING_SLOW = f"""
import importlib
import pkgutil
import sys

import torch

theirs = set(sys.modules)

import vidgan

for package in pkgutil.iter_modules(vidgan.__path__, "vidgan."):
    if package.name not in {("vidgan.__main__", *NEED_EXTRA)!r}:
        importlib.import_module(package.name)
found = set(sys.modules) - theirs
others = {{name.partition(".")[0] for name in found}} - set(sys.stdlib_module_names)
others |= {{"torch._dynamo", "torch._inductor", "torch._export"}} & found
print("loaded:", sorted(others - {LIGHT!r}))
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


def early_imports(path: str, source: str) -> list[str]:
    """Extras that ``source`` imports outside of functions, as 'path, line: text'."""
    return [
        f"{path}, line {line}: imports {name}; use import_extra where it is needed"
        for line, name in imported_names(path, nodes_outside_functions(source))
        if name.partition(".")[0] in EXTRAS
    ]


# torch itself loads tqdm where it is installed, so that a look at the loaded modules is not enough.
def test_no_extra_is_imported_before_it_is_used() -> None:
    sources = read_sources("vidgan")

    early = [text for path, source in sources.items() for text in early_imports(path, source)]

    assert not early, "\n".join(["", *early])


def test_early_imports_are_found() -> None:
    source = "try:\n    import cv2.utils\nexcept ImportError:\n    from av import open\n"

    assert [text.partition(";")[0] for text in early_imports("a.py", source)] == [
        "a.py, line 2: imports cv2.utils",
        "a.py, line 4: imports av.open",
    ]
    assert early_imports("a.py", "def f():\n    import cv2\n") == []
    assert early_imports("p/a.py", "import cv2_like\nfrom .av import open\n") == []


@pytest.mark.slow
def test_every_module_imports_without_extras_or_warnings(root: Path) -> None:
    result = run_python(EVERY_MODULE, root, "-W", "error")

    assert result.returncode == 0, result.stderr
    assert result.stdout == "extras loaded: []\n"
    assert result.stderr == ""


@pytest.mark.parametrize(("module", "extra"), NEED_EXTRA.items())
def test_a_module_that_needs_an_extra_names_it(root: Path, module: str, extra: str) -> None:
    code = f"import sys\nsys.modules['torchmetrics'] = None\nimport {module}"

    result = run_python(code, root, "-W", "error")

    assert result.returncode == 1
    last = result.stderr.splitlines()[-1]
    assert last.startswith("ImportError: torchmetrics is needed here; install it with: ")
    assert last.endswith(f"pip install 'vidgan[{extra}]'")


def test_top_level_import_loads_nothing_heavy(root: Path) -> None:
    result = run_python(NOTHING_HEAVY, root, "-W", "error")

    assert result.returncode == 0, result.stderr
    assert result.stdout == "loaded: []\n"
    assert result.stderr == ""


def test_the_packages_load_nothing_slow(root: Path) -> None:
    result = run_python(NOTHING_SLOW, root, "-W", "error")

    assert result.returncode == 0, result.stderr
    assert result.stdout == "loaded: []\n"
