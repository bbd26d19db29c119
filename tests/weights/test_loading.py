"""Loading of saved networks: what does not fit is listed, what is damaged is refused."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from vidgan.models import instance_encoder
from vidgan.weights import load_model, save_model
from vidgan.weights.description import write_sums


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save_model(instance_encoder(base_channels=2, num_downsamplings=1), tmp_path / "network")
    return tmp_path / "network"


def rewrite(folder: Path, **description: Any) -> None:
    """Change the description and its checksum, as an attacker would."""
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | description))
    write_sums(folder)


def test_every_difference_is_listed(folder: Path) -> None:
    state = load_file(folder / "model.safetensors")
    state["head.conv.weight"] = torch.zeros(4, 2, 7, 7)
    del state["head.conv.bias"]
    state["extra"] = torch.zeros(5)
    save_file(state, folder / "model.safetensors")
    write_sums(folder)
    text = (
        r"load_model: .*network/model.safetensors is refused: it does not fit instance_encoder: "
        r"1 missing: head.conv.bias \(3,\); 1 unexpected: extra \(5,\); 1 of another shape: "
        r"head.conv.weight \(4, 2, 7, 7\) in place of \(3, 2, 7, 7\)"
    )

    with pytest.raises(ValueError, match=text):
        load_model(folder)
    with pytest.warns(UserWarning, match=r"load_model: .*1 missing: head.conv.bias"):
        loaded = load_model(folder, strict=False)

    assert torch.equal(
        loaded.state_dict()["network.encoder.stem.conv.weight"],
        state["network.encoder.stem.conv.weight"],
    )


def test_no_folder(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"load_model: there is no folder .*none"):
        load_model(tmp_path / "none")
    with pytest.raises(FileNotFoundError, match=r"load_model: .* is no saved network: it has no"):
        load_model(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"load_model: there is no folder .*SHA256SUMS"):
        load_model(folder / "SHA256SUMS")


@pytest.mark.parametrize("name", ["SHA256SUMS", "config.json", "model.safetensors"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()

    with pytest.raises(FileNotFoundError, match=rf"load_model: .* it has no file {name}"):
        load_model(folder)


@pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
def test_a_swapped_file_is_named(tmp_path: Path, folder: Path, name: str) -> None:
    save_model(instance_encoder(base_channels=4, num_downsamplings=1), tmp_path / "other")
    (tmp_path / "other" / name).replace(folder / name)

    with pytest.raises(ValueError, match=rf"load_model: .*{name} is damaged, or from another netw"):
        load_model(folder)


ARGUMENTS = {"base_channels": 2, "num_downsamplings": 1}


@pytest.mark.parametrize(
    ("description", "reason"),
    [
        ({"builder": "eval"}, "vidgan.models has no builder 'eval'"),
        ({"builder": "recorded"}, "vidgan.models has no builder"),
        ({"builder": "__import__"}, "vidgan.models has no builder"),
        ({"builder": ["x"]}, "config.json is no description of a network"),
        ({"format": "vidgan model 2"}, "has the format 'vidgan model 2'"),
        ({"arguments": {"command": "rm"}}, "instance_encoder does not take its arguments"),
        ({"arguments": {"norm": "os.system"}}, "instance_encoder does not take its arguments"),
        ({"arguments": ARGUMENTS | {"base_channels": 4}}, "does not fit instance_encoder: "),
        ({"arguments": ARGUMENTS | {"base_channels": 10**6}}, "instance_encoder"),
        ({"arguments": ARGUMENTS | {"base_channels": 10**12}}, "a finite number up to 1000000"),
        ({"arguments": ARGUMENTS | {"base_channels": 2.5}}, "instance_encoder does not take"),
        ({"arguments": ARGUMENTS | {"num_downsamplings": 10**9}}, "a finite number up to 1000,"),
        ({"arguments": ARGUMENTS | {"num_downsamplings": 1000}}, "instance_encoder"),
        ({"arguments": ARGUMENTS | {"norm": float("nan")}}, "must be finite"),
        ({"arguments": ARGUMENTS | {"norm": {"a": 1}}}, "must be a text"),
        ({"arguments": ARGUMENTS | {"norm": [[1]]}}, "must be a text"),
        (
            {"builder": "composite_generator", "arguments": {"condition_channels": 35}},
            "composite_generator with these arguments has far more than the 8 weights",
        ),
        (
            {
                "builder": "composite_generator",
                "arguments": {"condition_channels": 35, "num_blocks": 1000},
            },
            "composite_generator with these arguments has far more than the 8 weights",
        ),
    ],
)
def test_hostile_descriptions(folder: Path, description: dict[str, Any], reason: str) -> None:
    rewrite(folder, **description)

    start = time.perf_counter()
    with pytest.raises(ValueError, match=rf"load_model: .*{reason}"):
        load_model(folder)
    assert time.perf_counter() - start < 5


@pytest.mark.parametrize(
    "text",
    ["", "[]", "[" * 10_000, '{"a":' * 10_000, "{" + " " * 200_000, "\udcff", "1e999", '"x"'],
    ids=range(8),
)
def test_descriptions_that_are_no_json(folder: Path, text: str) -> None:
    (folder / "config.json").write_bytes(text.encode(errors="surrogateescape"))
    write_sums(folder)

    with pytest.raises(ValueError, match=r"load_model: .*config.json is no"):
        load_model(folder)


def test_a_network_far_larger_than_its_file_is_not_built(folder: Path) -> None:
    """Without strict, what is missing would be made: so its size is bounded by the file's."""
    rewrite(folder, builder="instance_encoder", arguments={"base_channels": 900})

    with pytest.raises(ValueError, match=r"is far larger than the file|has far more than"):
        load_model(folder, strict=False)


def test_sums_in_another_order_or_case_are_refused(folder: Path) -> None:
    sums = (folder / "SHA256SUMS").read_bytes()
    first, second = sums.splitlines(keepends=True)
    for wrong in (second + first, sums.upper(), sums[:-1], sums + b"\n", b"", bytes(5000)):
        (folder / "SHA256SUMS").write_bytes(wrong)
        with pytest.raises(ValueError, match=r"load_model: .*SHA256SUMS is damaged: it must list"):
            load_model(folder)
