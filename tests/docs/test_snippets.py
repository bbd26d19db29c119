"""The code on the pages of the documentation runs as it stands, and prints what they show."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
NEEDS_DATA = {"data.md"}  # tests/test_data_page.py makes the folder that it works on
NEEDS_PACKAGE = {
    "accelerate.md": ("accelerate",),
    "augmentation.md": ("kornia",),
    "fabric.md": ("lightning_fabric",),
}
# A text block right behind a Python block is what that prints.
FENCE = re.compile(r"^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", re.DOTALL | re.MULTILINE)
PAGES = [
    page
    for page in sorted(DOCS.rglob("*.md"))
    if page.name not in NEEDS_DATA and FENCE.search(page.read_text(encoding="utf-8"))
]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))
def test_snippets_run(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for package in ("cv2", "sklearn", *NEEDS_PACKAGE.get(page.name, ())):
        pytest.importorskip(package)
    text = page.read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    names = {"__name__": "__page__"}

    for match in FENCE.finditer(text):
        before = "\n" * (text.count("\n", 0, match.start()) + 1)  # for the lines of a traceback
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(before + match.group(1), str(page), "exec"), names)
        if match.group(2) is not None:
            assert printed.getvalue() == match.group(2)
