"""The built site as a browser sees it.

    sphinx-build -n -W --keep-going docs site && VIDGAN_SITE=site pytest tests/docs/test_site.py

Without ``VIDGAN_SITE`` these tests are skipped.
"""

from __future__ import annotations

import functools
import http.server
import os
import shutil
import threading
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag, urlsplit

import pytest

WIDTHS = {"desktop": 1280, "phone": 390}
BROWSER_OPTIONS = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
BROKEN_IMAGES = """
Array.from(document.images).filter(i => !(i.complete && i.naturalWidth > 0)).map(i => i.src)
"""


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


@pytest.fixture(scope="module")
def site() -> Path:
    """The folder of the built site."""
    folder = os.environ.get("VIDGAN_SITE")
    if folder is None:
        pytest.skip("VIDGAN_SITE does not name a built site")
    return Path(folder).resolve()


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    """Where the site is served."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Quiet, directory=str(site))
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def browser(site: Path) -> Iterator[Any]:
    """Headless Chromium."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no Chromium is installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=BROWSER_OPTIONS)
        yield browser
        browser.close()


def faults_of(page: Any, address: str, url: str) -> list[str]:
    """Open a page, and list what is wrong with it."""
    faults: list[str] = []
    handlers = {
        "console": lambda text: faults.append(text.text) if text.type == "error" else None,
        "pageerror": lambda error: faults.append(str(error)),
        "requestfailed": lambda request: faults.append(f"failed: {request.url}"),
        "response": lambda answer: (
            faults.append(f"{answer.status}: {answer.url}") if answer.status >= 400 else None
        ),
        "request": lambda request: (
            None
            if request.url.startswith((address, "data:"))
            else faults.append(f"another site: {request.url}")
        ),
    }
    for event, handler in handlers.items():
        page.on(event, handler)
    page.goto(url, wait_until="load")
    page.evaluate("document.querySelectorAll('img').forEach(i => i.loading = 'eager')")
    page.wait_for_load_state("networkidle")
    if (overflow := page.evaluate(OVERFLOW)) > 0:
        faults.append(f"{overflow} pixels too wide")
    faults += [f"broken image: {source}" for source in page.evaluate(BROKEN_IMAGES)]
    for event, handler in handlers.items():
        page.remove_listener(event, handler)
    return faults


def test_internal_links_lead_somewhere(site: Path) -> None:
    assert broken_links(site) == []


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("device", WIDTHS)
def test_pages_are_sound(device: str, site: Path, address: str, browser: Any) -> None:
    pages = [
        path.relative_to(site).as_posix()
        for path in sorted(site.rglob("*.html"))
        if not {"_modules", "_static"} & set(path.relative_to(site).parts)
    ]
    assert "index.html" in pages
    page = browser.new_page(viewport={"width": WIDTHS[device], "height": 900})

    faults = {name: faults_of(page, address, f"{address}/{name}") for name in pages}

    assert {name: found for name, found in faults.items() if found} == {}


def test_search_finds_a_function(address: str, browser: Any) -> None:
    page = browser.new_page()
    page.goto(f"{address}/search.html?q=flow_warp")

    page.wait_for_selector("ul.search a")

    links = [link.get_attribute("href") for link in page.query_selector_all("ul.search a")]
    assert any("api/warp_and_composite.html" in link for link in links)


def test_faults_are_found(tmp_path: Path, browser: Any) -> None:
    (tmp_path / "page.html").write_text(
        "<img src='no.png'><div style='width: 3000px'>wide</div><script>nothing()</script>"
    )
    address = tmp_path.as_uri()

    faults = faults_of(browser.new_page(), address, f"{address}/page.html")

    for words in ("nothing is not defined", "no.png", "pixels too wide"):
        assert any(words in fault for fault in faults)


def test_broken_links_are_found(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(
        "<p id='here'><a href='#here'><a href='#there'><a href='b.html'><a href='a.html#here'>"
        "<a href='https://arxiv.org'><img src='c.png'>"
    )

    assert broken_links(tmp_path) == ["a.html: #there", "a.html: b.html", "a.html: c.png"]
