"""Gallery pages as notebooks: what sphinx-gallery leaves of reStructuredText becomes Markdown."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

SHORT_ROLE = re.compile(r":[\w:]+:`~(?:\w+\.)*(\w+)`")  # shows a name's last part
ROLE = re.compile(r":[\w:]+:`([\w.]+)`")
LITERAL = re.compile(r"``([^`\n]+)``")


def to_markdown(text: str) -> str:
    """Replace roles and doubled backticks by Markdown's inline code."""
    for pattern in (SHORT_ROLE, ROLE, LITERAL):
        text = pattern.sub(r"`\1`", text)
    return text


def mend_notebooks(app: Sphinx) -> None:
    """Rewrite the texts of the notebooks that the gallery has written."""
    for path in (Path(app.srcdir) / "gallery").glob("*.ipynb"):
        notebook: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        for cell in notebook["cells"]:
            if cell["cell_type"] == "markdown":
                cell["source"] = [to_markdown(line).strip() for line in cell["source"]]
        path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False), encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Run after the gallery has been made."""
    app.connect("builder-inited", mend_notebooks, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
