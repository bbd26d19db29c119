"""How much of a training's time passes until its data are there."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Waiting:
    """Measures the share of time spent inside `measure`, in this process."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Forget what was measured; the time begins now."""
        self._began, self._waited = time.monotonic(), 0.0

    @contextmanager
    def measure(self) -> Iterator[None]:
        """Count the time of a ``with`` block as waiting."""
        start = time.monotonic()
        try:
            yield
        finally:
            self._waited += time.monotonic() - start

    @property
    def share(self) -> float:
        """Fraction of the time since the beginning, in [0, 1]."""
        passed = time.monotonic() - self._began
        return self._waited / passed if passed > 0 else 0.0
