"""Hostile weight files: every one is refused by every reader, at once and in little memory."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from tests._weight_files.hostile import archive, good, hostile_files, state, storage, tensor
from vidgan._weights import read_state
from vidgan.checkpoint import load_checkpoint, save_checkpoint
from vidgan.models import instance_encoder
from vidgan.styles import StyleBank
from vidgan.weights import load_model, save_model
from vidgan.weights.description import write_sums

CANARY = Path(f"canary-{os.getpid()}").absolute()
FILES = hostile_files(CANARY)
MEMORY = """
import resource, sys
from pathlib import Path
import torch
from vidgan._weights import read_state
from vidgan.checkpoint import load_checkpoint

small = max(Path(sys.argv[1]).iterdir(), key=lambda path: path.stat().st_size)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for path in sorted(Path(sys.argv[1]).iterdir()):
    for read in (load_checkpoint, lambda path: read_state(path, "f")):
        try:
            read(path)
        except ValueError:
            pass
        else:
            print("READ", path.name)
        size = path.stat().st_size / 1e6
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1e3
        if grown > 2 * size + 100:
            print(path.name, f"{size:.1f} MB, memory {grown:.0f} MB")
print("done")
"""


def test_there_are_many() -> None:
    assert len(FILES) >= 56


@pytest.mark.parametrize("name", FILES)
def test_it_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "weights.pth"
    path.write_bytes(FILES[name])

    with pytest.raises(ValueError, match=r"load_checkpoint: .*weights\.pth is ") as first:
        load_checkpoint(path)
    with pytest.raises(ValueError, match=r"VGG: .*weights\.pth cannot be read as") as second:
        read_state(path, "VGG")

    assert type(first.value) is type(second.value) is ValueError
    assert not CANARY.exists()
    assert len(str(second.value)) < len(str(path)) + 300


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("saved") / "network"
    save_model(instance_encoder(base_channels=2, num_downsamplings=1), folder)
    return folder


@pytest.mark.parametrize("name", FILES)
def test_it_is_refused_as_a_network_or_styles(tmp_path: Path, network: Path, name: str) -> None:
    """Whoever changes the weights can change their checksum."""
    path = network / "model.safetensors"
    path.write_bytes(FILES[name])
    write_sums(network)

    with pytest.raises(ValueError, match=r"load_model: .*model\.safetensors is refused: "):
        load_model(network)
    with pytest.raises(ValueError, match=r"StyleBank\.load: .*model\.safetensors is "):
        StyleBank.load(path)
    assert not CANARY.exists()


def test_expanded_tensors_are_read(tmp_path: Path) -> None:
    """Such as a first frame that stands for several past ones."""
    frames = torch.rand(1, 1, 3, 4, 6).expand(-1, 2, -1, -1, -1)
    save_checkpoint(tmp_path / "a.pt", {"frames": frames})
    assert torch.equal(load_checkpoint(tmp_path / "a.pt")["frames"], frames)

    with pytest.raises(TypeError, match="a tensor in it is larger than its storage 0"):
        save_checkpoint(tmp_path / "b.pt", {"frames": torch.zeros(1).expand(2**30)})


@pytest.mark.slow
def test_they_take_little_memory(tmp_path: Path, root: Path) -> None:
    for index, (name, content) in enumerate(FILES.items()):
        (tmp_path / f"{index:03} {name.replace('/', ' ')}").write_bytes(content)

    result = subprocess.run(
        [sys.executable, "-c", MEMORY, str(tmp_path)],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )

    assert result.stderr == ""
    assert result.stdout == "done\n"
    assert not CANARY.exists()


def test_the_files_are_wrong_in_what_they_say_alone(tmp_path: Path) -> None:
    """The same bytes without what is wrong are read: so the checks refuse nothing else."""
    (tmp_path / "a.pth").write_bytes(good())
    assert load_checkpoint(tmp_path / "a.pth")["w"].tolist() == [0] * 4

    scalar = archive(state(tensor(storage(items=1), shape=(), stride=())), {"data/0": bytes(4)})
    (tmp_path / "b.pth").write_bytes(scalar)
    assert read_state(tmp_path / "b.pth", "f")["w"].shape == ()
