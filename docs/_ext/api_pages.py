"""A page for each public name, and tables of them: ``.. public-names:: vidgan.functional``.

The directive's content lists names, one a line. It becomes a table of links and summaries; each name
gets a page of its own in ``docs/api/generated/``, written before the build reads its sources. Such a
page ends with the guides, concepts and gallery pages that use the name.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from functools import cache
from pathlib import Path
from typing import Any

from docutils import nodes
from name_uses import names_used, uses
from sphinx.application import Sphinx
from sphinx.pycode import ModuleAnalyzer
from sphinx.util.docutils import SphinxDirective

BLOCK = re.compile(r"^\.\. public-names:: (\S+)\n\n((?:   \S+\n)+)", re.M)
NOT_LISTED = {"index.md", "architecture.md", "changelog.md", "contributing.md"}
"""Pages that name many parts without showing how to use them."""
LONGEST_VALUE = 450
"""Characters of a constant that its page shows; a longer one is described only."""


def listed_names(text: str) -> list[str]:
    """The full names that a page of the API reference lists."""
    return [f"{module}.{name}" for module, block in BLOCK.findall(text) for name in block.split()]


@cache
def attribute_texts() -> dict[str, list[str]]:
    """Name of a constant or type alias -> the lines of the text below its assignment."""
    found = {}
    package = importlib.import_module("vidgan")
    for info in pkgutil.walk_packages(package.__path__, "vidgan."):
        texts = ModuleAnalyzer.for_module(info.name).find_attr_docs()
        found.update({name: lines for (scope, name), lines in texts.items() if not scope})
    return found


def docname(name: str) -> str:
    """The file of a name's page; were it the full name, `any` would find page and object."""
    return name.removeprefix("vidgan.")


def kind_of(value: object) -> str:
    """Which of autodoc's directives documents ``value``."""
    if inspect.isclass(value):
        return "class"
    return "function" if inspect.isroutine(value) else "data"


def summary(name: str) -> str:
    """The first paragraph of what a public name is documented with, in one line."""
    module, _, short = name.rpartition(".")
    value = getattr(importlib.import_module(module), short)
    if kind_of(value) == "data":
        lines = attribute_texts().get(short, [])
    else:
        lines = (inspect.getdoc(value) or "").splitlines()
    return " ".join("\n".join(lines).strip().partition("\n\n")[0].split())


def page_text(name: str, pages: list[str], scripts: list[str]) -> str:
    """The reStructuredText of a name's page; ``pages`` and ``scripts`` use the name."""
    module, _, short = name.rpartition(".")
    value = getattr(importlib.import_module(module), short)
    kind = kind_of(value)
    lines = [short, "=" * len(short), "", f".. currentmodule:: {module}", ""]
    lines += [f".. auto{kind}:: {short}"]
    if kind == "data" and len(repr(value)) > LONGEST_VALUE:
        lines += ["   :no-value:"]
    if pages or scripts:
        lines += ["", "Where it is used", "----------------", ""]
    lines += [f"- :doc:`/{page}`" for page in pages]
    if scripts:
        lines += ["", ".. minigallery::", "", *(f"   {script}" for script in scripts)]
    return "\n".join(lines) + "\n"


def write_pages(app: Sphinx) -> None:
    """Write the page of each listed name, and delete those of names that are gone."""
    docs = Path(app.srcdir)
    folder = docs / "api" / "generated"
    folder.mkdir(exist_ok=True)
    made = (docs / "gallery", folder)
    sources = [
        path
        for path in sorted(docs.rglob("*.md"))
        if path.name not in NOT_LISTED and not set(made) & set(path.parents)
    ]
    scripts = sorted((docs / "gallery_scripts").glob("plot_*.py"))
    used = {path: names_used(path) for path in [*sources, *scripts]}
    texts = {}
    for page in sorted((docs / "api").glob("*.rst")):
        for name in listed_names(page.read_text(encoding="utf-8")):
            users = [path.relative_to(docs) for path in uses(name, used)]
            in_pages = [path.with_suffix("").as_posix() for path in users if path.suffix == ".md"]
            in_scripts = [path.as_posix() for path in users if path.suffix == ".py"]
            texts[f"{docname(name)}.rst"] = page_text(name, in_pages, in_scripts)
    for path in folder.glob("*.rst"):
        if path.name not in texts:
            path.unlink()
    for file, text in texts.items():
        path = folder / file
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")  # what has not changed is not read again


class PublicNames(SphinxDirective):
    """A table of public names, each a link to its page, with their summaries."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the table, and a table of contents that is not shown."""
        module = self.arguments[0]
        names = [f"{module}.{line.strip()}" for line in self.content if line.strip()]
        source = inspect.getsourcefile(importlib.import_module(module))
        self.env.note_dependency(str(source))
        lines = [".. list-table::", "   :class: public-names", "   :width: 100%"]
        for name in names:
            lines += ["", f"   * - :py:obj:`~{name}`", f"     - {summary(name)}"]
        lines += ["", ".. toctree::", "   :hidden:", ""]
        lines += [f"   /api/generated/{docname(name)}" for name in names]
        return self.parse_text_to_nodes("\n".join(lines))


def describe_attribute(
    _app: Sphinx, what: str, name: str, _value: object, _options: object, lines: list[str]
) -> None:
    """Say what a constant is, whose own docstring is that of its type."""
    if what == "data":
        lines[:] = attribute_texts().get(name.rpartition(".")[2], [])


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive and the handlers."""
    app.setup_extension("sphinx.ext.autodoc")
    app.add_directive("public-names", PublicNames)
    app.connect("builder-inited", write_pages)
    # after napoleon, which would take what stands before a colon for a type
    app.connect("autodoc-process-docstring", describe_attribute, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
