"""Decides the floors of ``docs/architecture.md``: who may import whom inside vidgan."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

FLOORS = {
    "_checks": 0,
    "extras": 0,
    "training": 0,
    "files": 0,
    "_weights": 0,
    "outputs": 0,
    "protocols": 0,
    "functional": 1,
    "layers": 2,
    "generators": 3,
    "discriminators": 3,
    "losses": 3,
    "flow_estimators": 3,
    "features": 3,
    "conditions": 3,
    "video": 2,
    "data": 3,
    "metrics": 3,
    "styles": 3,
    "rollout": 4,
    "models": 5,
    "interop": 6,
    "checkpoint": 6,
    "_cli": 7,
    "__main__": 8,
}
LIBRARY = Path(__file__).parents[1] / "vidgan"
SOURCES = sorted(LIBRARY.rglob("*.py"))


def part_of(module: str) -> str:
    """The file or folder right below ``vidgan`` that a module belongs to; '' for vidgan itself."""
    return module.partition(".")[2].partition(".")[0]


def imported_modules(module: str, source: str, *, is_package: bool) -> list[tuple[int, str]]:
    """Every import in ``source`` as (line, full name); ``from a import b`` gives ``a.b``."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = module.split(".")
                up = node.level - 1 if is_package else node.level
                base = ".".join([*parents[: len(parents) - up], *([base] if base else [])])
            found += [(node.lineno, f"{base}.{alias.name}") for alias in node.names]
    return found


def violations(module: str, source: str, *, is_package: bool = False) -> list[str]:
    """What ``source``, the text of ``module``, imports against the floors."""
    part = part_of(module)
    if part and part not in FLOORS:
        return [
            f"vidgan/{part} has no floor: give it one in FLOORS of tests/test_floors.py and in the "
            "table of docs/architecture.md"
        ]
    wrong = []
    for line, name in imported_modules(module, source, is_package=is_package):
        here = f"{module}, line {line}, imports {name}"
        top, other = name.partition(".")[0], part_of(name)
        if top in {"examples", "tests"}:
            wrong.append(f"{here}: nothing in vidgan knows {top}/")
        if top != "vidgan" or other == "__version__" or (part and other == part):
            continue
        if not part:
            wrong.append(f"{here}: vidgan/__init__.py loads none of the parts")
        elif other not in FLOORS:
            wrong.append(f"{here}: vidgan/{other} is on no floor")
        elif FLOORS[other] > FLOORS[part]:
            wrong.append(
                f"{here}: {part} is on floor {FLOORS[part]}, {other} above it on {FLOORS[other]}; "
                "move the shared piece down, or pass the object in"
            )
        elif FLOORS[other] == FLOORS[part] != 0:
            wrong.append(
                f"{here}: both are on floor {FLOORS[part]}, whose folders never import each other; "
                "move the shared piece down, or pass the object in"
            )
    return wrong


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(LIBRARY)))
def test_imports_only_from_lower_floors(path: Path) -> None:
    names = path.relative_to(LIBRARY.parent).with_suffix("").parts
    is_package = names[-1] == "__init__"
    module = ".".join(names[:-1] if is_package else names)

    wrong = violations(module, path.read_text(encoding="utf-8"), is_package=is_package)

    assert not wrong, "\n".join(["", *wrong])


def test_architecture_page_names_the_same_floors(root: Path) -> None:
    page = (root / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d) \| ([^|]+) \|", page, flags=re.MULTILINE)

    on_page = {
        name.removesuffix("/").removesuffix(".py"): int(floor)
        for floor, cell in rows
        for name in re.findall(r"`([^`]+)`", cell)
    }

    assert on_page == FLOORS


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("vidgan.layers.conv", "from vidgan.functional import flow_warp"),
        ("vidgan.layers.conv", "from vidgan.layers.norm import norm_layer"),
        ("vidgan.layers.conv", "from .norm import norm_layer"),
        ("vidgan.protocols", "from vidgan.outputs import FrameOutput"),
        ("vidgan.checkpoint", "from vidgan import generators"),
        ("vidgan.checkpoint", "from vidgan import __version__"),
        ("vidgan.rollout.state", "import torch\nimport os.path"),
    ],
)
def test_allowed_imports_pass(module: str, source: str) -> None:
    assert violations(module, source) == []


@pytest.mark.parametrize(
    ("module", "source", "text"),
    [
        ("vidgan.functional.warp", "from vidgan.layers import x", "layers above it on 2"),
        ("vidgan.functional.warp", "from vidgan import layers", "layers above it on 2"),
        ("vidgan.functional.warp", "import vidgan.layers.conv as c", "layers above it on 2"),
        ("vidgan.functional.warp", "from ..layers import x", "layers above it on 2"),
        ("vidgan.functional.warp", "from .. import layers", "layers above it on 2"),
        ("vidgan.functional.warp", "def f():\n    import vidgan.models", "line 2"),
        ("vidgan.losses.flow", "from vidgan.features import x", "both are on floor 3"),
        ("vidgan.checkpoint", "from vidgan.interop import x", "both are on floor 6"),
        ("vidgan.losses.flow", "from vidgan.helpers import x", "vidgan/helpers is on no floor"),
        ("vidgan.helpers.flow", "import torch", "vidgan/helpers has no floor"),
        ("vidgan.losses.flow", "from examples.vid2vid import x", "knows examples/"),
        ("vidgan.losses.flow", "from tests.references import x", "knows tests/"),
        ("vidgan", "from vidgan.functional import flow_warp", "loads none of the parts"),
    ],
)
def test_forbidden_imports_are_found(module: str, source: str, text: str) -> None:
    wrong = violations(module, source)

    assert len(wrong) == 1
    assert text in wrong[0]


def test_relative_imports_of_a_package_start_at_the_package() -> None:
    assert violations("vidgan.layers", "from .norm import x", is_package=True) == []
    assert violations("vidgan.layers", "from ..models import x", is_package=True)
