"""The code on the pages of the documentation runs as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
NEEDS_DATA = {"data.md"}  # tests/test_data_page.py makes the folder that it works on
FENCE = re.compile(r"^```python\n(.*?)^```", flags=re.DOTALL | re.MULTILINE)
PAGES = [
    page
    for page in sorted(DOCS.rglob("*.md"))
    if page.name not in NEEDS_DATA and FENCE.search(page.read_text(encoding="utf-8"))
]



@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))
def test_snippets_run(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = page.read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    names = {"__name__": "__page__"}

    for match in FENCE.finditer(text):
        before = "\n" * (text.count("\n", 0, match.start()) + 1)  # for the lines of a traceback
        exec(compile(before + match.group(1), str(page), "exec"), names)
