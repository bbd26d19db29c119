"""Label maps and instance maps as files."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from examples.preparation.label_maps import IdWriter


def write_ids(folder: Path, ids: Tensor) -> None:
    """Write ids (T, 1, H, W) as 00000.png, ..."""
    writer = IdWriter(folder)
    for frame in ids:
        writer.write(frame)
