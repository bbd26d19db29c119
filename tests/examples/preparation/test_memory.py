"""Memory stays flat where small results stay between large buffers."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

from examples.preparation.memory import return_large_buffers


def resident_megabytes() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 // 2**20


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_small_results_between_frames_do_not_keep_their_memory() -> None:
    return_large_buffers()
    kept, before = [], resident_megabytes()
    for index in range(200):
        # Frames of slightly different sizes, as a detector's pyramids are.
        frame = torch.zeros(3, 720, 1280 - index % 7, dtype=torch.uint8)
        kept.append(frame[0, :68, :2].float() + 1)
        del frame
    assert len(kept) == 200
    assert resident_megabytes() - before < 30  # 200 frames are 530 MB
