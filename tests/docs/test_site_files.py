"""The files of the built site: links, sidebar, highlighting, notebooks.

    sphinx-build -n -W --keep-going docs site && VIDGAN_SITE=site pytest tests/docs

Without ``VIDGAN_SITE`` these tests are skipped.
"""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

import pytest


class Anchors(HTMLParser):
    """The links and the targets of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.targets: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if value is not None and name in {"id", "name"}:
                self.targets.add(value)
            elif value is not None and (name == "src" or (name == "href" and tag == "a")):
                self.links.add(value)


def broken_links(site: Path) -> list[str]:
    """Links inside the site that lead nowhere, as 'page: link'."""
    pages = {path: Anchors(path.read_text(encoding="utf-8")) for path in site.rglob("*.html")}
    broken = []
    for page, anchors in pages.items():
        for link in sorted(anchors.links):
            if urlsplit(link).scheme or link.startswith("//"):
                continue
            path, fragment = urldefrag(link)
            target = (page.parent / unquote(urlsplit(path).path)).resolve() if path else page
            known = pages.get(target)
            is_there = target.is_file() and (
                not fragment or known is None or unquote(fragment) in known.targets
            )
            if not is_there:
                broken.append(f"{page.relative_to(site)}: {link}")
    return broken


def test_internal_links_lead_somewhere(site: Path) -> None:
    assert broken_links(site) == []


def test_page_of_a_name_is_marked_in_the_sidebar(site: Path) -> None:
    page = (site / "api" / "generated" / "functional.flow_warp.html").read_text(encoding="utf-8")

    sidebar = page.partition('class="sidebar-tree"')[2].partition("<article")[0]
    sidebar = re.sub("<wbr/?>", "", sidebar)
    assert re.findall(r'<li class="[^"]*\bcurrent\b.*?>([^<]*)</a>', sidebar) == [
        "API reference",
        "Warp and composite",
        "flow_warp",
    ]


def test_page_of_a_name_shows_where_it_is_used(site: Path) -> None:
    page = Anchors(
        (site / "api" / "generated" / "functional.flow_warp.html").read_text(encoding="utf-8")
    )

    assert {"../../concepts/frame.html", "../../gallery/plot_1_warp.html"} <= page.links


def test_only_python_is_highlighted_as_python(site: Path) -> None:
    guessed = [
        f"{page.relative_to(site)}: {block}"
        for page in site.rglob("*.html")
        for block in re.findall(r'<div class="([^"]*highlight-default[^"]*)"', page.read_text())
        if "doctest" not in block
    ]

    assert guessed == []


def test_every_gallery_page_is_a_notebook_too(site: Path) -> None:
    pages = sorted((site / "gallery").glob("plot_*.html"))
    assert len(pages) >= 9
    for page in pages:
        links = Anchors(page.read_text(encoding="utf-8")).links
        files = {
            link.rpartition(".")[2]: page.parent / link for link in links if "_downloads" in link
        }
        assert set(files) == {"ipynb", "py"}, page
        cells = json.loads(files["ipynb"].read_text(encoding="utf-8"))["cells"]
        texts = {kind: [] for kind in ("code", "markdown")}
        for cell in cells:
            texts[cell["cell_type"]].append("".join(cell["source"]))
        script = ast.parse(files["py"].read_text(encoding="utf-8"))
        assert ast.dump(ast.parse("\n".join(texts["code"]))) == ast.dump(
            ast.Module(script.body[1:], type_ignores=[])
        )
        assert not re.search(r":\w+:`|``", "".join(texts["markdown"])), page


@pytest.mark.slow
def test_notebook_runs(site: Path, root: Path) -> None:
    (file,) = site.glob("_downloads/*/plot_8_temporal_groups.ipynb")
    cells = json.loads(file.read_text(encoding="utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    run = "import json, sys\nnames = {}\nfor cell in json.load(sys.stdin): exec(cell, names)"
    options = {"cwd": root, "env": {**os.environ, "MPLBACKEND": "agg"}, "text": True}

    subprocess.run([sys.executable, "-c", run], input=json.dumps(code), check=True, **options)


def test_broken_links_are_found(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(
        "<p id='here'><a href='#here'><a href='#there'><a href='b.html'><a href='a.html#here'>"
        "<a href='https://arxiv.org'><img src='c.png'>"
    )

    assert broken_links(tmp_path) == ["a.html: #there", "a.html: b.html", "a.html: c.png"]
