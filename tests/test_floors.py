"""Decides the floors of ``docs/architecture.md``: who may import whom in vidgan and examples."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.sources import imported_names, module_of, read_sources

FLOORS = {
    "_checks": 0,
    "_outputs": 0,
    "_scales": 0,
    "extras": 0,
    "training": 0,
    "files": 0,
    "_weight_files": 0,
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
    "metrics": 3,
    "styles": 3,
    "data": 4,
    "rollout": 4,
    "models": 5,
    "interop": 6,
    "weights": 6,
    "checkpoint": 6,
    "_cli": 7,
    "__main__": 8,
}
# The folders of examples/, whose scripts stand above them all. Nobody imports a script.
EXAMPLE_FLOORS = {
    "vid2vid": 0,
    "preparation": 0,
    "synthetic": 0,
    "edges_to_face": 1,
    "labels_to_street": 1,
    "pose_to_body": 1,
    "live": 2,
}
SCRIPTS = 2
# What the renderers may take: what writes a data folder, and the command line.
FOR_SYNTHETIC = ("examples.preparation", "examples.vid2vid.command_line")
# Scripts that read from top to bottom, with nothing to look up elsewhere in examples/.
STANDALONE_SCRIPTS = {
    "adversarial_distillation",
    "future_frames",
    "minimal_vid2vid",
    "play_onnx",
    "sim2real",
    "spade_rollout",
    "unpaired",
    "video_autoencoder",
    "video_super_resolution",
}


def part_of(module: str) -> str:
    """The file or folder right below ``vidgan`` or ``examples``; '' for the top folder itself."""
    return module.partition(".")[2].partition(".")[0]


def violations(path: str, source: str) -> list[str]:
    """What ``source``, the text of the file at ``path``, imports against the floors."""
    check = _library_violation if path.startswith("vidgan/") else _example_violation
    found = []
    for line, name in imported_names(path, ast.walk(ast.parse(source))):
        reason = check(path, name)
        if reason:
            found.append(f"{path}, line {line}, imports {name}: {reason}")
    return [*_without_floor(path), *found]


def _without_floor(path: str) -> list[str]:
    top, part = path.partition("/")[0], part_of(module_of(path))
    if top == "vidgan" and part and part not in FLOORS:
        return [
            f"vidgan/{part} has no floor: give it one in FLOORS of tests/test_floors.py and in the "
            "table of docs/architecture.md"
        ]
    if top == "examples" and path.count("/") > 1 and part not in EXAMPLE_FLOORS:
        return [
            f"examples/{part}/ has no floor: give it one in EXAMPLE_FLOORS of tests/test_floors.py"
        ]
    return []


def _library_violation(path: str, name: str) -> str:
    part, other = part_of(module_of(path)), part_of(name)
    top = name.partition(".")[0]
    if top in {"examples", "tests"}:
        return f"nothing in vidgan knows {top}/"
    if top != "vidgan" or other == "__version__" or (part and other == part):
        return ""
    if not part:
        return "vidgan/__init__.py loads none of the parts"
    if other not in FLOORS:
        return f"vidgan/{other} is on no floor"
    return _library_order(part, other) if part in FLOORS else ""


def _library_order(part: str, other: str) -> str:
    repair = "move the shared piece down, or pass the object in"
    if FLOORS[other] > FLOORS[part]:
        return f"{part} is on floor {FLOORS[part]}, {other} above it on {FLOORS[other]}; {repair}"
    if FLOORS[other] == FLOORS[part] != 0:
        return f"both are on floor {FLOORS[part]}, whose folders never import each other; {repair}"
    return ""


def _example_violation(path: str, name: str) -> str:
    part, other = part_of(module_of(path)), part_of(name)
    top = name.partition(".")[0]
    if top == "tests":
        return "nothing in examples/ knows tests/"
    if top != "examples" or (other == part and path.count("/") > 1):
        return ""
    if not part:
        return "examples/__init__.py loads nothing"
    if path.count("/") == 1 and part in STANDALONE_SCRIPTS:
        return f"{path} imports nothing of examples/"
    if other not in EXAMPLE_FLOORS:
        return f"examples/{other} is a script, or has no floor: nobody imports it"
    return _example_order(part, name)


def _example_order(part: str, name: str) -> str:
    other = part_of(name)
    if part == "synthetic":
        allowed = any(f"{name}.".startswith(f"{module}.") for module in FOR_SYNTHETIC)
        return "" if allowed else f"synthetic/ takes only {' and '.join(FOR_SYNTHETIC)}"
    floor = EXAMPLE_FLOORS.get(part, SCRIPTS)
    if EXAMPLE_FLOORS[other] < floor:
        return ""
    return (
        f"{part}/ is on floor {floor}, {other}/ on {EXAMPLE_FLOORS[other]}; a folder imports only "
        "from lower floors: pass the object in, or move the shared piece down"
    )


def test_imports_only_from_lower_floors() -> None:
    sources = read_sources("vidgan", "examples")

    wrong = [text for path, source in sources.items() for text in violations(path, source)]

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
    ("path", "source"),
    [
        ("vidgan/layers/conv.py", "from vidgan.functional import flow_warp"),
        ("vidgan/layers/conv.py", "from vidgan.layers.norm import norm_layer"),
        ("vidgan/layers/conv.py", "from .norm import norm_layer"),
        ("vidgan/protocols.py", "from vidgan.outputs import FrameOutput"),
        ("vidgan/checkpoint.py", "from vidgan import generators"),
        ("vidgan/checkpoint.py", "from vidgan import __version__"),
        ("vidgan/rollout/state.py", "import torch\nimport os.path"),
        ("examples/vid2vid/train.py", "from examples.vid2vid.task import Task"),
        (
            "examples/vid2vid/train.py",
            "from .task import Task\nfrom vidgan.data import check_data",
        ),
        ("examples/pose_to_body/__main__.py", "from examples.vid2vid.train import train"),
        ("examples/pose_to_body/task.py", "from examples.synthetic.dancer import Dancer"),
        ("examples/synthetic/street.py", "from examples.preparation.preprocessing import start"),
        ("examples/synthetic/street.py", "from examples.vid2vid import command_line"),
        ("examples/synthetic/street.py", "from examples.synthetic.street_scene import Scene"),
        ("examples/preset_costs.py", "from examples.vid2vid.presets import PRESETS"),
        ("examples/preset_costs.py", "from examples.edges_to_face.task import Faces"),
        ("examples/minimal_vid2vid.py", "import vidgan.models\nimport torch"),
    ],
)
def test_allowed_imports_pass(path: str, source: str) -> None:
    assert violations(path, source) == []


@pytest.mark.parametrize(
    ("path", "source", "text"),
    [
        ("vidgan/functional/warp.py", "from vidgan.layers import x", "layers above it on 2"),
        ("vidgan/functional/warp.py", "from vidgan import layers", "layers above it on 2"),
        ("vidgan/functional/warp.py", "import vidgan.layers.conv as c", "layers above it on 2"),
        ("vidgan/functional/warp.py", "from ..layers import x", "layers above it on 2"),
        ("vidgan/functional/warp.py", "from .. import layers", "layers above it on 2"),
        ("vidgan/functional/warp.py", "def f():\n    import vidgan.models", "line 2"),
        ("vidgan/losses/flow.py", "from vidgan.features import x", "both are on floor 3"),
        ("vidgan/checkpoint.py", "from vidgan.interop import x", "both are on floor 6"),
        ("vidgan/losses/flow.py", "from vidgan.helpers import x", "vidgan/helpers is on no floor"),
        ("vidgan/helpers/flow.py", "import torch", "vidgan/helpers has no floor"),
        ("vidgan/losses/flow.py", "from examples.vid2vid import x", "knows examples/"),
        ("vidgan/losses/flow.py", "from tests.references import x", "knows tests/"),
        ("vidgan/__init__.py", "from vidgan.functional import flow_warp", "loads none of the"),
        ("examples/vid2vid/task.py", "from examples.pose_to_body.task import x", "is on floor 0"),
        ("examples/vid2vid/task.py", "from examples import pose_to_body", "pose_to_body/ on 1"),
        ("examples/vid2vid/task.py", "from ..pose_to_body import task", "pose_to_body/ on 1"),
        ("examples/vid2vid/task.py", "def f():\n    import examples.pose_to_body.task", "line 2"),
        ("examples/vid2vid/demo.py", "from examples.synthetic.street import x", "synthetic/ on 0"),
        ("examples/vid2vid/demo.py", "from tests.networks import x", "knows tests/"),
        ("examples/synthetic/street.py", "from examples.vid2vid.train import x", "takes only"),
        ("examples/synthetic/street.py", "from examples.vid2vid import *", "takes only"),
        ("examples/synthetic/street.py", "import examples.edges_to_face.task", "takes only"),
        ("examples/edges_to_face/task.py", "from examples.pose_to_body import x", "is on floor 1"),
        ("examples/edges_to_face/task.py", "from examples.preset_costs import x", "is a script"),
        ("examples/preset_costs.py", "from examples.minimal_vid2vid import x", "is a script"),
        ("examples/minimal_vid2vid.py", "from examples.vid2vid.train import x", "imports nothing"),
        ("examples/video_autoencoder.py", "import examples.vid2vid.train", "imports nothing"),
        ("examples/__init__.py", "from examples.vid2vid.train import x", "loads nothing"),
        ("examples/sketches/task.py", "import torch", "examples/sketches/ has no floor"),
    ],
)
def test_forbidden_imports_are_found(path: str, source: str, text: str) -> None:
    wrong = violations(path, source)

    assert len(wrong) == 1
    assert text in wrong[0]


def test_relative_imports_of_a_package_start_at_the_package() -> None:
    assert violations("vidgan/layers/__init__.py", "from .norm import x") == []
    assert violations("vidgan/layers/__init__.py", "from ..models import x")
