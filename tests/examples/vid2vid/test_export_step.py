"""An exported step computes what PyTorch computes, at any size, without the recipe."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.optim.swa_utils import AveragedModel

from examples.edges_to_face.task import EdgesToFace
from examples.labels_to_street.task import LabelsToStreet
from examples.vid2vid.checkpoint import find_checkpoint
from examples.vid2vid.networks import build_generator
from examples.vid2vid.players import open_player, open_session, read_card
from tests.examples.conftest import TINY
from vidgan.checkpoint import load_checkpoint
from vidgan.rollout import StreamingGenerator

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxscript")
runtime = pytest.importorskip("onnxruntime")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


@pytest.mark.parametrize("kind", ["onnx", "pt2"])
def test_command(tmp_path, data, make_run, capsys, command, kind):
    run = make_run()
    out = tmp_path / "out"
    arguments = ["export", run, "--format", kind, "--out", out]

    assert "--format" in command(EdgesToFace, *arguments)
    assert command(EdgesToFace, *arguments, "--data", data) == ""

    card = read_card(out / f"model.{kind}")
    assert {tuple(each["size"]) for each in card["parity"]} == {(48, 64), (52, 68)}
    assert all(each["difference"] < 1e-3 for each in card["parity"])
    assert card["condition_channels"] == 15
    assert card["training"]["model"]["base_channels"] == 4
    assert "RGB" in (out / "model.md").read_text()
    assert "overwrite" in command(EdgesToFace, *arguments, "--data", data)


def test_oracle(tmp_path, data, make_run, command):
    """Three frames from nothing, beside `StreamingGenerator`, with a batch of two."""
    run = make_run()
    assert not command(
        EdgesToFace, "export", run, "--format", "onnx", "--data", data, "--out", tmp_path / "out"
    )
    generator = build_generator(TINY, 15).eval()
    averaged = AveragedModel(generator)
    averaged.load_state_dict(load_checkpoint(find_checkpoint(run))["modules"]["averaged"])
    stream = StreamingGenerator(averaged.module.eval())
    session = open_session(tmp_path / "out" / "model.onnx", "CPUExecutionProvider")
    names = [each.name for each in session.get_outputs()]
    assert {node.op_type for node in onnx.load(tmp_path / "out/model.onnx").graph.node} >= {
        "GridSample"
    }
    conditions = torch.rand(3, 2, 15, 32, 40, generator=torch.Generator().manual_seed(1))
    inputs = {
        "past_frames": np.zeros((2, 2, 3, 32, 40), np.float32),
        "past_conditions": conditions[0][:, None].repeat(1, 2, 1, 1, 1).numpy(),
        "first": np.ones(2, np.float32),
    }
    for condition in conditions:
        got = dict(
            zip(names, session.run(None, {"condition": condition.numpy(), **inputs}), strict=True)
        )
        assert abs(got["frame"] - stream.step(condition).numpy()).max() < 1e-3
        inputs = {name: got[f"next_{name}"] for name in ("past_frames", "past_conditions")}
        inputs["first"] = np.zeros(2, np.float32)


@pytest.mark.parametrize("kind", ["onnx", "pt2"])
def test_the_fast_generator(tmp_path, data, make_run, command, kind):
    run = make_run(model=replace(TINY, generator="fast", fast_channels=8))
    out = tmp_path / "out"

    assert command(EdgesToFace, "export", run, "--format", kind, "--data", data, "--out", out) == ""

    card = read_card(out / f"model.{kind}")
    assert {tuple(each["size"]) for each in card["parity"]} == {(48, 64), (56, 72)}
    assert all(each["difference"] < 1e-3 for each in card["parity"])


@pytest.mark.parametrize("foreground", [False, True])
def test_street_of_two_scales(tmp_path, street, make_run, command, foreground):
    facts = json.loads((street / "dataset.json").read_text())
    channels = len(facts["classes"]) + bool(facts.get("instances"))
    model = replace(TINY, num_scales=2, foreground=foreground)
    run = make_run(model=model, condition_channels=channels, task="labels_to_street")

    error = command(
        LabelsToStreet, "export", run, "--format", "pt2", "--data", street, "--out", tmp_path / "o"
    )

    assert error == ""
    card = read_card(tmp_path / "o" / "model.pt2")
    assert ("foreground_mask" in card["inputs"]) == foreground
    assert "coarser_1" in card["inputs"]
    assert card["classes"] == facts["classes"]
    assert all(each["difference"] < 1e-3 for each in card["parity"])


def test_bad_input(tmp_path, data, make_run, command):
    out = tmp_path / "out"
    arguments = ["export", make_run(), "--data", data, "--out", out, "--format", "onnx"]
    assert "opset must be one of 18 to " in command(EdgesToFace, *arguments, "--opset", "99")
    assert not out.exists() or not list(out.iterdir())
    state = load_checkpoint(find_checkpoint(make_run()))["modules"]
    arguments[1] = make_run(modules={"generator": state["generator"]})
    assert "no averaged weights" in command(EdgesToFace, *arguments)
    arguments[1] = make_run(model=replace(TINY, recurrent=False))
    assert "frame-by-frame baseline" in command(EdgesToFace, *arguments)
    with pytest.raises(FileNotFoundError, match="does not exist"):
        open_player(out / "model.onnx")
    (tmp_path / "x.onnx").write_bytes(b"no model")
    with pytest.raises(ValueError, match="cannot run"):
        open_player(tmp_path / "x.onnx")
    with pytest.raises(ValueError, match=re.escape("provider must be one that")):
        open_player(tmp_path / "x.onnx", "NoSuchProvider")
    (tmp_path / "x.bin").write_bytes(b"")
    with pytest.raises(ValueError, match=r"must be an .onnx or .pt2 file"):
        open_player(tmp_path / "x.bin")
    with pytest.raises(ValueError, match="must be the card"):
        read_card(tmp_path / "x.onnx")
