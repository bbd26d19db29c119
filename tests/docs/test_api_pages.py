"""Every public name is listed on a page of the API reference, once, and leads to its uses."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import pkgutil
from collections import Counter
from pathlib import Path
from types import ModuleType

import vidgan

DOCS = Path(__file__).parents[2] / "docs"


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


api_names = _load(DOCS / "_ext" / "api_names.py")


def public_names() -> list[str]:
    """What the packages list in ``__all__``, and what the public modules define."""
    found = []
    for info in pkgutil.iter_modules(vidgan.__path__, "vidgan."):
        if info.name.rpartition(".")[2].startswith("_"):
            continue
        # the parts of vidgan.interop are named for whose weights they are
        name = "vidgan.interop.nvidia" if info.name == "vidgan.interop" else info.name
        module = importlib.import_module(name)
        defined = [
            each
            for each, value in vars(module).items()
            if not each.startswith("_")
            and (inspect.isclass(value) or inspect.isroutine(value))
            and value.__module__ == name
        ]
        found += [f"{name}.{each}" for each in getattr(module, "__all__", defined)]
    return found


def test_every_public_name_is_listed_once() -> None:
    listed = Counter(
        name
        for page in (DOCS / "api").glob("*.rst")
        for name in api_names.listed_names(page.read_text(encoding="utf-8"))
    )
    public = Counter(public_names())

    assert sorted(public - listed) == [], "not listed in docs/api/"
    assert sorted(listed - public) == [], "listed twice in docs/api/, or not public"


def test_every_page_is_in_the_index() -> None:
    index = (DOCS / "api" / "index.rst").read_text(encoding="utf-8").split()

    pages = {page.stem for page in (DOCS / "api").glob("*.rst")} - {"index"}
    assert pages - set(index) == set()


def test_names_are_read_from_a_page() -> None:
    page = (
        "A\n=\n\n.. public-names:: vidgan.a\n\n   B\n   c\n\n"
        "Text\n\n.. public-names:: vidgan.d\n\n   E\n"
    )

    assert api_names.listed_names(page) == ["vidgan.a.B", "vidgan.a.c", "vidgan.d.E"]


def test_uses_are_found_in_references_fences_and_included_files(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("{py:obj}`the warp <vidgan.a.warp>`\n")
    (tmp_path / "script.py").write_text("import vidgan.b as b\n\nb.C().run()\n")
    page = tmp_path / "page.md"
    page.write_text(
        "{py:obj}`~vidgan.a.B.forward`, `Plain(1)`, `frames`, `vidgan.a.to_x`\n\n"
        "```python\nfrom vidgan.a import (\n    D,\n    e as f,\n)\n```\n"
        "```bash\nfrom vidgan.a import no\n```\n```python\n... fragment (\n```\n"
        "```{include} README.md\n```\n```{literalinclude} script.py\n```\n"
    )
    used = {page: api_names.names_used(page)}

    assert used[page] == {
        "Plain",
        "to_x",
        "vidgan.a.B.forward",
        "vidgan.a.D",
        "vidgan.a.e",
        "vidgan.a.warp",
        "vidgan.b.C",
    }
    assert api_names.uses("vidgan.a.B", used) == [page]
    assert api_names.uses("vidgan.b.Plain", used) == [page]
    assert api_names.uses("vidgan.a.frames", used) == []


def test_uses_are_found_in_a_gallery_script(tmp_path: Path) -> None:
    script = tmp_path / "plot.py"
    script.write_text("from vidgan.a import b\n\n# See :func:`~vidgan.a.c` and :doc:`/data`.\n")

    assert api_names.names_used(script) == {"vidgan.a.b", "vidgan.a.c"}
