"""Files that vidgan wrote, damaged: the short set of ``tests/_weight_files/damage.py``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests._weight_files import damage


def test_damage_is_found(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")

    assert damage.run(tmp_path, share=0.2) == []
    assert sum(damage.COUNTS.values()) >= 200
