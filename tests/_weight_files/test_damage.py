"""Files that vidgan wrote, damaged: the short set of ``tests/_weight_files/damage.py``."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from tests._weight_files import damage
from vidgan._weight_files import RefusedFileError, read_weights


def test_damage_is_found(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")

    assert damage.run(tmp_path, share=0.2) == []
    assert sum(damage.COUNTS.values()) >= 200
    assert damage.REFUSED["exchanges"] == damage.TOTALS["exchanges"] >= 50


def mutated(content: bytes, rng: random.Random) -> bytes:
    """``content`` with a few bytes replaced, removed, inserted or copied."""
    damaged = bytearray(content)
    for _ in range(rng.choice([1, 2, 4, 8])):
        i, j = rng.randrange(len(damaged)), rng.randrange(len(damaged))
        match rng.randrange(5):
            case 0:
                damaged[i] = rng.randrange(256)
            case 1:
                damaged[i : i + 8] = rng.choice([b"\xff" * 8, bytes(8), b"\xff" * 7 + b"\x7f"])
            case 2:
                del damaged[i : i + rng.randrange(20)]
            case 3:
                damaged[i:i] = rng.randbytes(8)
            case 4:
                damaged[i : i + 16] = damaged[j : j + 16]
    return bytes(damaged)


@pytest.mark.parametrize("kind", ["zip", "older", "safetensors"])
def test_whatever_is_damaged_the_error_is_typed(tmp_path: Path, kind: str) -> None:
    state = {"w": torch.arange(4.0), "o": torch.ones(2, 3)}
    path, rng = tmp_path / "a.pth", random.Random(0)
    if kind == "safetensors":
        save_file(state, path)
    else:
        torch.save(state, path, _use_new_zipfile_serialization=kind == "zip")
    whole = path.read_bytes()
    refused = 0
    for _ in range(300):
        path.write_bytes(mutated(whole, rng))
        try:
            read_weights(path)
        except RefusedFileError:
            refused += 1

    assert refused > 200  # the rest is changed in its numbers, where there is no checksum
