"""The folder of a training run."""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from examples.vid2vid.staging import make_folder

CHECKPOINT = "checkpoint.pt"


@contextmanager
def run_folder(out: Path, checkpoint: Path) -> Iterator[None]:
    """Make the run folder; a new one goes again when the run fails before its first checkpoint."""
    is_new = not out.exists()
    make_folder(out, out, "train")
    try:
        yield
    except BaseException:
        if is_new and not checkpoint.exists():
            shutil.rmtree(out)
        raise


def check_finite(named: Mapping[str, float], step: int) -> None:
    """Stop a training whose losses are no numbers any more.

    Raises:
        ValueError: a loss is NaN or infinite.
    """
    bad = [name for name, value in named.items() if not math.isfinite(value)]
    if bad:
        raise ValueError(
            f"step {step}: {', '.join(bad)} became NaN or infinite; train anew with a lower "
            "--learning-rate or with --precision float32 (a run is resumed with its own options)"
        )
