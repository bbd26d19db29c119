"""A data folder for the tests to spoil."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.data.check.folders import write_folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A prepared folder of labels_to_street without a fault: one sequence "walk" of 5 frames."""
    return write_folder(tmp_path / "data")
