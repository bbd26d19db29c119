"""The built site as a browser sees it.

    sphinx-build -n -W --keep-going docs site && VIDGAN_SITE=site pytest tests/docs

Without ``VIDGAN_SITE`` these tests are skipped.
"""

from __future__ import annotations

import functools
import http.server
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

WIDTHS = (1280, 390)
BROWSER_OPTIONS = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
SETTLED = """
Promise.all(Array.from(document.images).map(image => {
    image.loading = 'eager';
    return image.complete || new Promise(done => { image.onload = image.onerror = done; });
}))
"""
BROKEN_IMAGES = """
Array.from(document.images).filter(i => !(i.complete && i.naturalWidth > 0)).map(i => i.src)
"""
PLAIN_EQUATIONS = """
Array.from(document.querySelectorAll('.math'))
    .filter(e => !e.querySelector('math')).map(e => e.textContent)
"""
BROKEN_CODE = """
Array.from(document.querySelectorAll('p code.short .pre, li code.short .pre'))
    .filter(e => e.getClientRects().length > 1).map(e => e.textContent)
"""


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
    page.evaluate(SETTLED)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.evaluate(SETTLED)
        if (overflow := page.evaluate(OVERFLOW)) > 0:
            faults.append(f"{overflow} pixels too wide for {width}")
        faults += [f"broken image: {source}" for source in page.evaluate(BROKEN_IMAGES)]
        faults += [f"broken over lines: {code}" for code in page.evaluate(BROKEN_CODE)]
    faults += [f"not rendered: {equation}" for equation in page.evaluate(PLAIN_EQUATIONS)]
    for event, handler in handlers.items():
        page.remove_listener(event, handler)
    return faults


def test_table_of_presets_shows_all_columns(address: str, browser: Any) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{address}/presets.html")

    table = "document.querySelector('.dense .table-wrapper')"
    assert page.evaluate(f"{table}.querySelectorAll('th').length") == 12
    assert page.evaluate(f"{table}.scrollWidth - {table}.clientWidth") <= 0


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_pages_are_sound(site: Path, address: str, browser: Any) -> None:
    pages = [
        path.relative_to(site).as_posix()
        for path in sorted(site.rglob("*.html"))
        if not {"_modules", "_static"} & set(path.relative_to(site).parts)
    ]
    assert "index.html" in pages
    page = browser.new_page()

    faults = {name: faults_of(page, address, f"{address}/{name}") for name in pages}

    assert {name: found for name, found in faults.items() if found} == {}


def test_search_finds_a_function(address: str, browser: Any) -> None:
    page = browser.new_page()
    page.goto(f"{address}/search.html?q=flow_warp")

    page.wait_for_selector("ul.search a")

    links = [link.get_attribute("href") for link in page.query_selector_all("ul.search a")]
    assert any("api/generated/functional.flow_warp.html" in link for link in links)


def test_faults_are_found(tmp_path: Path, browser: Any) -> None:
    (tmp_path / "page.html").write_text(
        "<img src='no.png'><div style='width: 3000px'>wide</div><script>nothing()</script>"
        "<p style='width: 5em'><code class='short'><span class='pre'>--long-option</span></code>"
        "<span class='math'>\\(x\\)</span>"
    )
    address = tmp_path.as_uri()

    faults = faults_of(browser.new_page(), address, f"{address}/page.html")

    for words in (
        "nothing is not defined",
        "no.png",
        "pixels too wide for 1280",
        "pixels too wide for 390",
        "broken over lines: --long-option",
        "not rendered: \\(x\\)",
    ):
        assert any(words in fault for fault in faults)
