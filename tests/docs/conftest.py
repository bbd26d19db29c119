"""Fixtures of the tests of the documentation."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def site() -> Path:
    """The folder of the built site."""
    folder = os.environ.get("VIDGAN_SITE")
    if folder is None:
        pytest.skip("VIDGAN_SITE does not name a built site")
    return Path(folder).resolve()
