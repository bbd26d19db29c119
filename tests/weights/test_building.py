"""Networks on the meta device, through the command estimate-memory that asks for them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from vidgan._cli import main
from vidgan.models import fast_generator, global_generator
from vidgan.rollout import estimate_memory
from vidgan.weights import save_model

SMALL = {"base_channels": 8, "num_blocks": 1, "num_branch_blocks": 1}
SIZE = ["--size", "32", "48"]


def test_builder_and_folder_give_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    generator = fast_generator(4, **SMALL)
    save_model(generator, tmp_path / "saved")
    options = [*SIZE, "--frames", "5", "--batch", "2", "--dtype", "bfloat16", "--json"]
    arguments = json.dumps({"condition_channels": 4} | SMALL)

    assert main(["estimate-memory", str(tmp_path / "saved"), *options]) == 0
    of_folder = json.loads(capsys.readouterr().out)
    assert main(["estimate-memory", "fast_generator", "--arguments", arguments, *options]) == 0
    of_builder = json.loads(capsys.readouterr().out)

    estimate = estimate_memory(generator, (32, 48), batch=2, num_frames=5, dtype=torch.bfloat16)
    sums = {"total": estimate.total, "checkpointed_total": estimate.checkpointed_total}
    assert of_folder == of_builder == estimate._asdict() | sums


def test_table(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = json.dumps({"condition_channels": 4} | SMALL)

    assert main(["estimate-memory", "fast_generator", "--arguments", arguments, *SIZE]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[0] for line in lines] == [
        "parameters",
        "gradients",
        "Adam's moments",
        "activations of a frame",
        "the same, checkpointed",
        "all, chunk of 1 frame",
        "all, checkpointed",
    ]


@pytest.mark.parametrize(
    ("network", "arguments", "text"),
    [
        ("no/folder", None, "no/folder must be a folder, or one of coarse_to_fine_generator, "),
        ("fast_generator", None, "missing 1 required positional argument: 'condition_channels'"),
        ("fast_generator", "{", "arguments must be a JSON object, got '{'"),
        ("fast_generator", "[4]", "arguments must be a JSON object, got '[4]'"),
        ("fast_generator", '{"condition_channels": 1e99}', "a finite number up to"),
        ("fast_generator", '{"condition_channels": 0}', "condition_channels must be at least 1"),
        ("fast_generator", '{"condition_channels": 4}', "height 28 or 32 would work"),
        ("global_generator", '{"condition_channels": 4}', "must be a frame generator"),
    ],
)
def test_one_line_for_what_is_wrong(
    capsys: pytest.CaptureFixture[str], network: str, arguments: str | None, text: str
) -> None:
    given = [] if arguments is None else ["--arguments", arguments]

    assert main(["estimate-memory", network, *given, "--size", "30", "48"]) == 2

    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert text in error


def test_folder_of_another_network(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save_model(global_generator(3, base_channels=4, num_blocks=1), tmp_path / "image")
    (tmp_path / "empty").mkdir()

    for folder, text in (("image", "must be a frame generator"), ("empty", "no saved network")):
        assert main(["estimate-memory", str(tmp_path / folder), *SIZE]) == 2
        assert text in capsys.readouterr().err
    given = ["estimate-memory", str(tmp_path / "image"), "--arguments", "{}", *SIZE]
    assert main(given) == 2
    assert "arguments are for a builder" in capsys.readouterr().err
