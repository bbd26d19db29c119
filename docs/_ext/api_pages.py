"""A page for each public name, and tables of them: ``.. public-names:: vidgan.functional``.

The directive's content lists names, one per line. It becomes a table of links and summaries; each
name has its own page in ``docs/api/generated/``, written before the build reads its sources.
Such a page ends with the guides, concepts and gallery pages that use the name.

The pages of names are in no table of contents: furo would repeat all of them in the navigation of
every page, which takes longer than all else. The sidebar lists those of the current folder instead.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from functools import cache
from pathlib import Path
from typing import Any

from api_names import listed_names, names_used, uses
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.pycode import ModuleAnalyzer
from sphinx.util.docutils import SphinxDirective

NOT_LISTED = {"index.md", "architecture.md", "changelog.md", "contributing.md"}
"""Pages that name many parts without showing how to use them."""
LONGEST_VALUE = 450
"""Characters of a constant that its page shows; a longer one is described only."""
FOLDERS: dict[str, list[str]] = {}
"""Page of a folder -> the pages of its names, in their order."""


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
    """The page of a name; were it called by its full name, `any` would find page and object."""
    return "api/generated/" + name.removeprefix("vidgan.")


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


def page_text(name: str, folder: str, pages: list[str], scripts: list[str]) -> str:
    """The reStructuredText of a name's page; ``pages`` and ``scripts`` use the name."""
    module, _, short = name.rpartition(".")
    value = getattr(importlib.import_module(module), short)
    kind = kind_of(value)
    lines = [":orphan:", "", ".. rst-class:: folder", "", f":doc:`/{folder}`", ""]
    lines += [short, "=" * len(short), "", f".. currentmodule:: {module}", ""]
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
    FOLDERS.clear()
    for page in sorted((docs / "api").glob("*.rst")):
        names = listed_names(page.read_text(encoding="utf-8"))
        FOLDERS[f"api/{page.stem}"] = [docname(name) for name in names]
        for name in names:
            users = [path.relative_to(docs) for path in uses(name, used)]
            in_pages = [path.with_suffix("").as_posix() for path in users if path.suffix == ".md"]
            in_scripts = [path.as_posix() for path in users if path.suffix == ".py"]
            texts[docname(name)] = page_text(name, f"api/{page.stem}", in_pages, in_scripts)
    for path in folder.glob("*.rst"):
        if f"api/generated/{path.stem}" not in texts:
            path.unlink()
    for name, text in texts.items():
        path = docs / f"{name}.rst"
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")  # what has not changed is not read again


def with_names(tree: str, index: str, folder: str, names: list[dict[str, Any]]) -> str:
    """Open the navigation tree at a folder, and list names there; ``index`` is above it."""
    items = [
        f'<li class="toctree-l3{" current" if name["current"] else ""}"><a class="'
        f'{"current " if name["current"] else ""}reference internal" href="{name["link"]}">'
        f"{name['title'].replace('_', '_<wbr>')}</a></li>"
        for name in names
    ]
    for target, below in ((index, ""), (folder, f"<ul>{''.join(items)}</ul>")):
        entry = re.compile(rf'<li class="(toctree-l\d)[^"]*"><a ([^>]*href="{target}">[^<]*)</a>')
        tree = entry.sub(rf'<li class="\1 current"><a \2</a>{below}', tree)
    return tree


def add_navigation(
    app: Sphinx, page: str, _template: str, context: dict[str, Any], _doctree: object
) -> None:
    """List the names of a page's folder in the sidebar, and link from name to name."""

    def link(target: str) -> dict[str, Any]:
        uri = "#" if target == page else app.builder.get_relative_uri(page, target)
        title = app.env.titles[target].astext()
        return {"link": uri, "title": title, "current": target == page}

    folder = next((each for each, names in FOLDERS.items() if page in {each, *names}), None)
    if not folder or not FOLDERS[folder]:
        return
    links = [link(name) for name in FOLDERS[folder]]
    above = link("api/index")["link"], link(folder)["link"]
    toctree = context["toctree"]
    context["toctree"] = lambda **options: with_names(toctree(**options), *above, links)
    if page != folder:
        at = FOLDERS[folder].index(page)
        context["prev"] = links[at - 1] if at else link(folder)
        context["next"] = links[at + 1] if at + 1 < len(links) else None


class PublicNames(SphinxDirective):
    """A table of public names, each a link to its page, with their summaries."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the table."""
        module = self.arguments[0]
        names = [f"{module}.{line.strip()}" for line in self.content if line.strip()]
        source = inspect.getsourcefile(importlib.import_module(module))
        self.env.note_dependency(str(source))
        lines = [".. list-table::", "   :class: public-names"]
        for name in names:
            lines += ["", f"   * - :py:obj:`~{name}`", f"     - {summary(name)}"]
        return self.parse_text_to_nodes("\n".join(lines))


def describe_attribute(
    _app: Sphinx, what: str, name: str, _value: object, _options: object, lines: list[str]
) -> None:
    """Replace the docstring of a constant, which is that of its type."""
    if what == "data":
        lines[:] = attribute_texts().get(name.rpartition(".")[2], [])


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive and the handlers."""
    app.setup_extension("sphinx.ext.autodoc")
    app.add_directive("public-names", PublicNames)
    app.connect("builder-inited", write_pages)
    app.connect("html-page-context", add_navigation, priority=400)  # before furo reads the tree
    # after napoleon, which would take what stands before a colon for a type
    app.connect("autodoc-process-docstring", describe_attribute, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
