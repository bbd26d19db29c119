"""Fixtures and settings that all tests share."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import numpy as np
import pytest
import torch

# Laws hold for 200 cases, however long each takes: new cases at every run, or always the same ones.
hypothesis.settings.register_profile("local", deadline=None, max_examples=200)
hypothesis.settings.register_profile(
    "repeatable", deadline=None, max_examples=200, derandomize=True, database=None
)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or "local")

# No test needs this seed: the suite passes with any other one.
BASE_SEED = int(os.environ.get("VIDGAN_TEST_SEED") or 0)


def seed_everything(seed: int = BASE_SEED) -> None:
    """Seed the global generators of torch, NumPy and Python."""
    torch.manual_seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - the global generator is what is seeded here
    random.seed(seed)


class TorchRandom:
    """torch's global generator as hypothesis wants it: seeded again for every case of a law."""

    def seed(self, seed: int) -> None:
        torch.manual_seed(BASE_SEED + seed)

    def getstate(self) -> Any:
        return torch.get_rng_state()

    def setstate(self, state: Any) -> None:
        torch.set_rng_state(state)


TORCH_RANDOM = TorchRandom()  # hypothesis keeps a weak reference only
hypothesis.register_random(TORCH_RANDOM)


@pytest.fixture(autouse=True)
def _seeded() -> None:
    """Every test draws the same numbers, whichever tests ran before it."""
    seed_everything()


@pytest.fixture(autouse=True, scope="session")
def _interruptible() -> None:
    """Python's own handler for SIGINT, which is ignored where the tests run in the background.

    Trainings that tests start and interrupt inherit what is ignored.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[Any]) -> Iterator[None]:
    """Seed before a fixture that several tests share: any of them may be the first."""
    if fixturedef.scope != "function":
        seed_everything()
    return (yield)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what is marked ``gpu`` where there is no CUDA device."""
    marked = [item for item in items if item.get_closest_marker("gpu")]
    if not marked:
        return
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
