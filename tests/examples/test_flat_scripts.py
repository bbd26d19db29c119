"""The flat scripts: short, of public names alone, with nothing to look up elsewhere."""

import ast
import importlib
from pathlib import Path

import pytest

from tests.examples.learning import PRINTED, promised

EXAMPLES = Path(__file__).parents[2] / "examples"
SCRIPTS = [
    "adversarial_distillation",
    "future_frames",
    "minimal_vid2vid",
    "sim2real",
    "spade_rollout",
    "unpaired",
    "video_autoencoder",
    "video_super_resolution",
]


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_flat_script_has_at_most_100_lines_of_public_names(script):
    text = (EXAMPLES / f"{script}.py").read_text("utf-8")
    assert len(text.splitlines()) <= 100
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom):
            assert node.module.partition(".")[0] != "examples"
            if node.module.startswith("vidgan"):
                public = importlib.import_module(node.module).__all__
                for name in {alias.name for alias in node.names} - {*public}:  # a subpackage
                    assert not name.startswith("_")
                    importlib.import_module(f"{node.module}.{name}")


def test_every_flat_script_promises_how_far_its_error_falls():
    """``python -m tests.examples.learning`` trains them all and compares."""
    assert sorted(PRINTED) == SCRIPTS
    assert all(0 < promised(script) < 2 for script in SCRIPTS)
