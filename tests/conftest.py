"""Fixtures and settings that all tests share."""

from __future__ import annotations

import os
from pathlib import Path

import hypothesis
import pytest

# Laws hold for any case: 200 of them, however long each takes; the same ones at every run of CI.
hypothesis.settings.register_profile("local", deadline=None, max_examples=200)
hypothesis.settings.register_profile(
    "repeatable", deadline=None, max_examples=200, derandomize=True, database=None
)
hypothesis.settings.load_profile("repeatable" if os.environ.get("CI") else "local")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what is marked ``gpu`` where there is no CUDA device."""
    marked = [item for item in items if item.get_closest_marker("gpu")]
    if not marked:
        return
    import torch

    if not torch.cuda.is_available():
        for item in marked:
            item.add_marker(pytest.mark.skip(reason="needs a CUDA device"))


@pytest.fixture(scope="session")
def root(pytestconfig: pytest.Config) -> Path:
    """The project's root folder."""
    return pytestconfig.rootpath


@pytest.fixture(scope="session")
def shared(root: Path) -> Path:
    """The folder with recorded numbers and real frames, which lies beside a checkout."""
    folder = root.parent / "shared"
    if not folder.is_dir():
        reason = "there is no folder 'shared' beside the project (recorded numbers, real frames)"
        if os.environ.get("VIDGAN_REQUIRE_SHARED", "0") not in {"", "0"}:
            pytest.fail(f"{reason}, and VIDGAN_REQUIRE_SHARED is set")
        pytest.skip(reason)
    return folder
