"""Links to other sites stand in one file, so that they can be checked where there is a network."""

from __future__ import annotations

import re
from pathlib import Path

LINK = re.compile(r"https?://[^\s)>\"'`\]|]+")


def external_links(root: Path) -> set[str]:
    """Every link in the pages, the READMEs and the docstrings."""
    files = [
        *root.glob("*.md"),
        *(path for path in (root / "docs").rglob("*.*") if path.suffix in {".md", ".rst"}),
        root / "docs" / "conf.py",
        *(root / "docs" / "gallery_scripts").glob("*.py"),
        *(root / "examples").rglob("*.md"),
        *(root / "vidgan").rglob("*.py"),
    ]
    made = {root / "docs" / "gallery", root / "docs" / "api" / "generated"}
    texts = (file.read_text(encoding="utf-8") for file in files if not made & {*file.parents})
    return {link.rstrip(".,;:") for text in texts for link in LINK.findall(text)}


def test_external_links_are_listed(root: Path) -> None:
    listed = (root / "docs" / "external_links.txt").read_text(encoding="utf-8").split()

    assert listed == sorted(external_links(root))


def test_links_are_found() -> None:
    text = 'see <https://a.org/b>, [c](https://d.org/e#f). "http://g.org"'

    assert LINK.findall(text) == ["https://a.org/b", "https://d.org/e#f", "http://g.org"]
