"""The order of the gallery's pages."""

from __future__ import annotations

import re


class NumberSortKey:
    """Sorts ``plot_2_b.py`` before ``plot_10_a.py``."""

    def __init__(self, src_dir: str) -> None:
        self.src_dir = src_dir

    def __call__(self, filename: str) -> tuple[int, str]:
        """Return the number in the file's name, and the name."""
        number = re.search(r"\d+", filename)
        return (int(number[0]) if number else 0, filename)

    def __repr__(self) -> str:
        return "NumberSortKey"  # the same in each build
