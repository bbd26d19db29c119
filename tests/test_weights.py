"""Weight files: what is read, and what is refused with a clear message."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any
from urllib.error import URLError

import pytest
import torch
from torch import nn

from vidgan._weights import download_state, load_strictly, read_state


class Released:
    """Stands for a member of a torchvision weights enum."""

    url = "https://example.org/network.pth"

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error

    def get_state_dict(self, **options: Any) -> dict[str, torch.Tensor]:
        assert options["weights_only"]
        assert options["check_hash"]
        if self.error is not None:
            raise self.error
        return {"weight": torch.ones(1)}


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])
def test_reads_what_torch_saved(tmp_path: Path, zipped: bool) -> None:
    state = {"weight": torch.arange(6.0).reshape(2, 3)}
    torch.save(state, tmp_path / "a.pth", _use_new_zipfile_serialization=zipped)

    read = read_state(str(tmp_path / "a.pth"), "f")

    assert read.keys() == state.keys()
    assert torch.equal(read["weight"], state["weight"])


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"VGG: no such file: .*none.pth"):
        read_state(tmp_path / "none.pth", "VGG")


@pytest.mark.parametrize("content", [b"", b"hello world", b"PK\x03\x04broken", bytes(300)])
def test_other_files_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.pth").write_bytes(content)

    with pytest.raises(ValueError, match=r"VGG: .*a.pth cannot be read as torch weights"):
        read_state(tmp_path / "a.pth", "VGG")


def test_truncated_file_is_refused(tmp_path: Path) -> None:
    torch.save({"weight": torch.rand(1000)}, tmp_path / "whole.pth")
    content = (tmp_path / "whole.pth").read_bytes()
    (tmp_path / "cut.pth").write_bytes(content[: len(content) // 2])

    with pytest.raises(ValueError, match=r"cut.pth cannot be read as torch weights"):
        read_state(tmp_path / "cut.pth", "VGG")


def test_code_in_a_file_does_not_run(tmp_path: Path) -> None:
    torch.save({"weight": tmp_path}, tmp_path / "a.pth")  # a pickled pathlib.Path

    with pytest.raises(ValueError, match=r"cannot be read as torch weights"):
        read_state(tmp_path / "a.pth", "VGG")


def test_compressed_entries_are_refused(tmp_path: Path) -> None:
    torch.save({"weight": torch.zeros(1000)}, tmp_path / "plain.pth")
    with (
        zipfile.ZipFile(tmp_path / "plain.pth") as plain,
        zipfile.ZipFile(tmp_path / "bomb.pth", "w", zipfile.ZIP_DEFLATED) as bomb,
    ):
        for name in plain.namelist():
            bomb.writestr(name, plain.read(name))

    with pytest.raises(
        ValueError,
        match=r"VGG: .*bomb.pth cannot be read as torch weights: its entry \S+ is compressed",
    ):
        read_state(tmp_path / "bomb.pth", "VGG")


@pytest.mark.parametrize("content", [[torch.ones(1)], {"weight": 1}], ids=["list", "number"])
def test_other_content_is_refused(tmp_path: Path, content: Any) -> None:
    torch.save(content, tmp_path / "a.pth")

    with pytest.raises(ValueError, match=r"VGG: .*a.pth must hold a state dict"):
        read_state(tmp_path / "a.pth", "VGG")


def test_download_returns_the_state() -> None:
    assert download_state(Released(), "VGG").keys() == {"weight"}


@pytest.mark.parametrize("error", [URLError("no route"), TimeoutError("too late"), OSError("full")])
def test_failed_download_names_the_file_option(error: Exception) -> None:
    with pytest.raises(
        ConnectionError,
        match=r"VGG: cannot download https://example.org/network.pth .*VGG\(weights='path",
    ):
        download_state(Released(error), "VGG")


@pytest.mark.parametrize(
    "state",
    [
        {"weight": torch.ones(2, 3)},
        {"weight": torch.ones(2, 4), "bias": torch.ones(2)},
        {"weight": torch.ones(2, 3), "bias": torch.ones(2), "scale": torch.ones(1)},
    ],
    ids=["missing", "shape", "unknown"],
)
def test_every_name_and_shape_must_agree(state: dict[str, torch.Tensor]) -> None:
    with pytest.raises(ValueError, match=r"VGG: some.pth holds another network's weights"):
        load_strictly(nn.Linear(3, 2), state, "some.pth", "VGG")
