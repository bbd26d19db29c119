"""Damages the files that vidgan writes: bits flipped, ends cut off, files missing or swapped.

Run it from the root of the repository for the long set: ``python -m tests._weight_files.damage``.
Nothing of it may be read, and every error must name a file.
"""

from __future__ import annotations

import os
import random
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import torch

from vidgan.checkpoint import CheckpointManager, load_checkpoint, save_checkpoint
from vidgan.models import instance_encoder
from vidgan.styles import StyleBank
from vidgan.weights import load_model, save_model

Damage = Callable[[Path], None]


class Kind(NamedTuple):
    """Something that vidgan writes and reads: a file, or a folder of files."""

    write: Callable[[Path, int], None]
    read: Callable[[Path], Any]


def _encoder(seed: int, feature_channels: int | None = None) -> torch.nn.Module:
    torch.manual_seed(seed)
    channels = feature_channels or 1 + seed
    return instance_encoder(base_channels=1, feature_channels=channels, num_downsamplings=1)


def _write_checkpoints(path: Path, seed: int) -> None:
    for step in (1, 2):
        weights = _encoder(10 * seed + step, 1).state_dict()
        CheckpointManager(path).save(step, {"step": step, "model": weights})


def _read_checkpoints(path: Path) -> None:
    for step in (1, 2):
        CheckpointManager(path).check(step)


def _bank(seed: int) -> StyleBank:
    draw = torch.Generator().manual_seed(seed)
    return StyleBank.fit({i: torch.rand(6, 3, generator=draw) for i in range(2)}, components=2)


KINDS = {
    "checkpoint": Kind(
        lambda path, seed: save_checkpoint(
            path, {"step": seed, "model": _encoder(seed).state_dict(), "name": "a"}
        ),
        load_checkpoint,
    ),
    "network": Kind(lambda path, seed: save_model(_encoder(seed), path), load_model),
    "twin": Kind(  # all networks have the same shapes, and the same description
        lambda path, seed: save_model(_encoder(seed, 1), path), load_model
    ),
    "manager": Kind(_write_checkpoints, _read_checkpoints),
    "styles": Kind(lambda path, seed: _bank(seed).save(path), StyleBank.load),
}


def files(path: Path) -> list[Path]:
    return sorted(path.iterdir()) if path.is_dir() else [path]


def flip(file: Path, bit: int) -> None:
    content = bytearray(file.read_bytes())
    content[bit // 8] ^= 1 << bit % 8
    file.write_bytes(content)


def flips(path: Path, number: int, rng: random.Random) -> Iterator[tuple[str, Damage]]:
    """Flips of bits anywhere in the files of ``path``."""
    sizes = {file.relative_to(path): file.stat().st_size for file in files(path)}
    for _ in range(number):
        name = rng.choice(list(sizes))
        bit = rng.randrange(8 * sizes[name])
        yield f"bit {bit} of {name}", lambda path, name=name, bit=bit: flip(path / name, bit)


def directory_flips(path: Path) -> Iterator[tuple[str, Damage]]:
    """Flips of every bit of a zip file's directory and of its end."""
    content = path.read_bytes()
    for bit in range(8 * content.index(b"PK\1\2"), 8 * len(content)):
        yield f"bit {bit} of the directory", lambda path, bit=bit: flip(path, bit)


def truncations(path: Path, number: int, rng: random.Random) -> Iterator[tuple[str, Damage]]:
    """Files that are cut off anywhere, at least by one byte."""
    sizes = {file.relative_to(path): file.stat().st_size for file in files(path)}
    for _ in range(number):
        name = rng.choice(list(sizes))
        size = rng.choice([0, 1, sizes[name] - 1, rng.randrange(sizes[name])])
        yield (
            f"{name} cut to {size}",
            lambda path, name=name, size=size: os.truncate(path / name, size),
        )


def exchanges(path: Path, other: Path) -> Iterator[tuple[str, Damage]]:
    """Files that are missing, empty, folders, or those of another network."""
    names = [file.relative_to(path) for file in files(path)]
    for name in names:
        yield f"{name} missing", lambda path, name=name: (path / name).unlink()
        yield f"{name} empty", lambda path, name=name: (path / name).write_bytes(b"")

        def folder(path: Path, name: Path = name) -> None:
            (path / name).unlink()
            (path / name).mkdir()

        yield f"{name} a folder", folder
        is_other = (path / name).read_bytes() != (other / name).read_bytes()
        if len(names) > 1 and is_other:
            yield (
                f"{name} of another",
                lambda path, name=name: shutil.copyfile(other / name, path / name),
            )
    for one in names:
        for two in names:
            if one != two:

                def copy(path: Path, one: Path = one, two: Path = two) -> None:
                    shutil.copyfile(path / one, path / two)

                yield f"{two} a copy of {one}", copy


def check(kind: str, original: Path, damages: Iterator[tuple[str, Damage]]) -> list[str]:
    """Damage copies, and return those that were read, or whose error names no file."""
    wrong = []
    copy = original.with_name("damaged")
    for name, damage in damages:
        shutil.rmtree(copy, ignore_errors=True)
        copy.unlink(missing_ok=True)
        (shutil.copytree if original.is_dir() else shutil.copyfile)(original, copy)
        damage(copy)
        COUNTS[kind] += 1
        try:
            KINDS[kind].read(copy)
        except (ValueError, OSError) as error:
            if str(copy) not in str(error):
                wrong.append(f"{kind}, {name}: no file is named: {error}")
        else:
            wrong.append(f"{kind}, {name}: it was read")
    return wrong


COUNTS: Counter[str] = Counter()
TOTALS: Counter[str] = Counter()
REFUSED: Counter[str] = Counter()


def run(folder: Path, *, share: float = 1.0, seed: int = 0) -> list[str]:
    """Damage all kinds of files, and return what went wrong.

    Args:
        folder: an empty folder to work in.
        share: of the long set, except for the flips of a whole directory, which are all or none.
        seed: of the choice of bits and lengths.
    """
    rng, wrong = random.Random(seed), []
    for kind, (write, read) in KINDS.items():
        original, other = folder / kind, folder / "other"
        shutil.rmtree(other, ignore_errors=True)
        other.unlink(missing_ok=True)
        write(original, 0)
        write(other, 1)
        read(original)
        groups = {
            "flips": flips(original, int(300 * share), rng),
            "truncations": truncations(original, int(100 * share), rng),
            "exchanges": exchanges(original, other),
        }
        if kind == "checkpoint" and share == 1:
            groups["directory"] = directory_flips(original)
        for name, damages in groups.items():
            before = COUNTS[kind]
            found = check(kind, original, damages)
            wrong += found
            TOTALS[name] += COUNTS[kind] - before
            REFUSED[name] += COUNTS[kind] - before - len(found)
            if share == 1:
                print(
                    f"{kind:10} {name:12} {COUNTS[kind] - before - len(found)} of "
                    f"{COUNTS[kind] - before} refused with an error that names the file"
                )
    return wrong


if __name__ == "__main__":
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as temporary:
        problems = run(Path(temporary))
    print(*problems, sep="\n")
    for name, number in TOTALS.items():
        print(f"{name}: {REFUSED[name]} of {number}")
    total = sum(COUNTS.values())
    print(f"{total - len(problems)} of {total} refused in {time.perf_counter() - start:.0f} s")
    raise SystemExit(bool(problems))
