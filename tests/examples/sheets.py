"""What the pictures of the flat scripts look like."""

from __future__ import annotations

from pathlib import Path

from vidgan.video import read_frame


def check_sheet(path: Path, *, rows: int, columns: int, size: tuple[int, int]) -> None:
    """A sheet of ``rows`` videos of ``columns`` frames each, with labels at the left."""
    height, width = (side + 2 for side in size)  # a border of 2 pixels around each tile
    sheet = read_frame(path)
    assert sheet.shape[:2] == (3, rows * height + 2)
    labels = sheet.shape[2] - (columns * width + 2)
    assert 12 < labels < 120
    for row in range(rows):
        here = slice(row * height, (row + 1) * height)
        assert sheet[:, here, :labels].max() > 128, f"row {row} has no label"
        assert len(sheet[:, here, labels:].unique()) > 2, f"row {row} is empty"
