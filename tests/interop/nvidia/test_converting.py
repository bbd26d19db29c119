"""The command ``vidgan convert-weights``: there, and back again."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from tests.interop.nvidia.released import Discriminator, Global, GlobalFeatures, Local, Scale
from vidgan._cli import main
from vidgan.interop.nvidia.converting import load_released
from vidgan.weights import load_model

NETWORKS = {
    "generator": [Scale(2, scale=i, g=8) for i in range(2)],
    "discriminator": [Discriminator(5, kind="batch")],
    "image-generator": [Global(5, g=2, d=2, n=1, kind="batch")],
    "image-generator, features": [GlobalFeatures(5, z=2, g=2, d=2, n=0, kind="batch")],
    "image-generator, local": [Local(5, g=2, d=2, n=0, kind="batch", local=1)],
    "instance-encoder": [Global(3, g=2, d=2, n=0, kind="batch")],
}


@pytest.mark.parametrize("kind", NETWORKS)
def test_there_and_back(tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str) -> None:
    parts: list[nn.Module] = NETWORKS[kind]
    files = [str(tmp_path / f"{i}.pth") for i in range(len(parts))]
    for part, file in zip(parts, files, strict=True):
        torch.save(part.state_dict(), file)
    there, back = str(tmp_path / "there"), str(tmp_path / "back")

    assert main(["convert-weights", *files, "--out", there]) == 0
    assert main(["convert-weights", there, "--out", back]) == 0

    written = sorted((tmp_path / "back").iterdir())
    names = ["network.pth"] if len(parts) == 1 else ["scale0.pth", "scale1.pth"]
    assert [file.name for file in written] == names
    for part, file in zip(parts, written, strict=True):
        state = torch.load(file, weights_only=True)
        assert state.keys() == part.state_dict().keys()
        assert all(torch.equal(state[key], value) for key, value in part.state_dict().items())
    output = capsys.readouterr()
    assert output.err == ""
    first, second = output.out.splitlines()
    assert first.startswith(f"{there}: {type(load_model(there)).__name__} with ")
    assert second == f"{back}: {', '.join(names)}, in the released layout"


def test_problems_take_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bad.pth").write_bytes(b"PK\3\4 and so on")
    torch.save(NETWORKS["discriminator"][0].state_dict(), tmp_path / "D.pth")
    torch.save({"x": torch.zeros(1)}, tmp_path / "other.pth")
    bad, good, other = (str(tmp_path / name) for name in ("bad.pth", "D.pth", "other.pth"))
    out = ["--out", str(tmp_path / "out")]
    for arguments, text in (
        ([bad, *out], "bad.pth cannot be read as torch weights"),
        ([str(tmp_path / "none.pth"), *out], "none.pth"),
        ([other, *out], "the weights are not those of a released single-image generator"),
        ([good, good, *out], "a discriminator is one file, got 2"),
        ([good, "--kind", "generator", *out], "not those of scale 0 of a released generator"),
        ([str(tmp_path), *out], "is no saved network: it has no file SHA256SUMS"),
        ([str(tmp_path), good, *out], "SOURCE must be one folder or files"),
    ):
        assert main(["convert-weights", *arguments]) == 2
        error = capsys.readouterr().err
        assert error.startswith("error: ")
        assert error.count("\n") == 1
        assert text in error
    assert not (tmp_path / "out").exists()
    assert main(["convert-weights", good, *out]) == 0
    assert main(["convert-weights", good, *out]) == 2
    assert "exists already" in capsys.readouterr().err
    assert main(["convert-weights", good, *out, "--overwrite"]) == 0


def test_unknown_kind(tmp_path: Path) -> None:
    torch.save({"x": torch.zeros(1)}, tmp_path / "x.pth")
    with pytest.raises(ValueError, match=r"convert-weights: kind must be one of 'generator', "):
        load_released([tmp_path / "x.pth"], "network")
