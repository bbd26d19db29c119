"""The gallery's scripts: what a build of the site would find too late, or not at all."""

import ast
import importlib.util
import re
from importlib import import_module
from pathlib import Path
from pydoc import locate

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "gallery_scripts"
SCRIPTS = sorted(FOLDER.glob("plot_*.py"))

ROLE = re.compile(r":(?:func|class|meth|data|attr):`~?([\w.]+)`")
SINGLE_BACKTICKS = re.compile(r"(?<![`:])`[^`\n]+`(?![`_])")


def test_the_folder_is_found():
    assert len(SCRIPTS) >= 9


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
class TestScript:
    def test_begins_with_a_title_and_a_text(self, script):
        docstring = ast.get_docstring(ast.parse(script.read_text()))
        title, underline, blank, text = docstring.split("\n", 3)
        assert underline == "=" * len(title)
        assert blank == ""
        assert text

    def test_imports_public_names(self, script):
        for node in ast.walk(ast.parse(script.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module.startswith("vidgan"):
                assert node.module.count(".") == 1
                names = import_module(node.module).__all__
                assert {alias.name for alias in node.names} <= set(names)

    def test_refers_to_what_there_is(self, script):
        for name in ROLE.findall(script.read_text()):
            assert name.startswith("vidgan.")
            assert locate(name) is not None, name

    def test_has_no_single_backticks_outside_of_roles(self, script):
        text = ROLE.sub("", script.read_text())
        assert SINGLE_BACKTICKS.findall(text) == []

    def test_shows_its_figures_when_it_runs_by_itself(self, script):
        code = [line for line in script.read_text().splitlines() if not line.startswith("#")]
        assert code[-1] == "plt.show()"


def test_pages_stand_in_the_order_of_their_numbers():
    path = FOLDER.parent / "_ext" / "gallery_order.py"
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    names = ["plot_10_a.py", "plot_2_c.py", "plot_1_b.py"]
    assert sorted(names, key=module.NumberSortKey("")) == names[::-1]
