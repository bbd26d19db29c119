"""The flat recipe trains on both of its sources; ``tests/test_readme.py`` compares its loop."""

import ast
import importlib
import re
import runpy
import sys
from pathlib import Path

import pytest
import torch

from vidgan import load_model
from vidgan.video import read_frame, write_flow, write_frame

pytest.importorskip("tqdm")

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "examples" / "minimal_vid2vid.py"
NETWORKS = ("generator", "d_image", "d_video")


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A function that runs the script; it returns the folder written and the script's variables."""

    def run(name, *arguments):
        out = tmp_path / name
        monkeypatch.setattr(sys, "argv", [str(SCRIPT), *map(str, arguments), "--out", str(out)])
        return out, runpy.run_path(str(SCRIPT), run_name="__main__")

    return run


@pytest.fixture
def face(make_data):
    """A function that writes a prepared face with the given number of frames."""

    def make(frames):
        folder = make_data(frames=frames, size=(32, 64))
        for kind in ("flow", "confidence"):
            (folder / kind / "stride1" / "walk").mkdir(parents=True)
        for t in range(1, frames):
            flow = torch.tensor([-1.0, 0.0]).view(2, 1, 1).expand(2, 32, 64)
            write_flow(folder / "flow" / "stride1" / "walk" / f"{t:05d}.flo", flow)
            mask = torch.full((1, 32, 64), 255, dtype=torch.uint8)
            write_frame(folder / "confidence" / "stride1" / "walk" / f"{t:05d}.png", mask)
        return folder

    return make


def weights_of(script):
    networks = {"generator": script["averaged"].module} | {key: script[key] for key in NETWORKS[1:]}
    return {name: network.state_dict() for name, network in networks.items()}


def check_training(run, source, size):
    """A contact sheet is written, every network learns, and the seed determines the weights."""
    (_, first), (folder, last) = (run(f"{steps}", *source, "--steps", steps) for steps in (1, 3))
    height, width = (side + 2 for side in size)  # a border of 2 pixels around each tile
    sheet = read_frame(folder / "contact_sheet.png")
    assert sheet.shape[:2] == (3, 5 * height + 2)
    assert 12 * width + 2 < sheet.shape[2] < 12 * width + 102  # labels at the left
    before, after = weights_of(first), weights_of(last)
    for name in NETWORKS:
        for key, value in after[name].items():
            # A bias before an instance norm has no effect, and so no gradient.
            if value.dim() > 1:
                assert not torch.equal(before[name][key], value), (name, key)
    saved = load_model(folder / "generator").state_dict()
    torch.testing.assert_close(saved, after["generator"], rtol=0, atol=0)
    again = weights_of(run("again", *source, "--steps", 3)[1])
    other = weights_of(run("other", *source, "--steps", 3, "--seed", 1)[1])
    for name in NETWORKS:
        torch.testing.assert_close(again[name], after[name], rtol=0, atol=0)
        assert any(not torch.equal(other[name][key], after[name][key]) for key in after[name])


def test_it_trains_on_moving_shapes(run, capsys):
    check_training(run, (), (64, 96))
    printed = re.findall(r"^held-out L1: (\d\.\d{4})$", capsys.readouterr().out, re.MULTILINE)
    one, three, again, _ = map(float, printed)
    assert one > three == again > 0


def test_it_trains_on_a_prepared_face(run, face):
    check_training(run, (face(30),), (32, 64))


def test_no_clip_that_is_trained_on_shares_a_frame_with_the_held_out_one(run, face):
    _, script = run("out", face(29), "--steps", 1)
    clips, others = script["clips"], script["others"]
    assert list(others) == [0, 1]
    held_out = set(clips.clip(len(clips) - 1).frames)
    assert held_out == set(range(15, 29))
    assert all(held_out.isdisjoint(clips.clip(index).frames) for index in others)
    torch.testing.assert_close(script["held_out"]["frames"], clips[-1]["frames"])


def test_a_sequence_that_is_too_short_is_refused(run, face, capsys):
    folder = face(27)
    with pytest.raises(SystemExit, match="2"):
        run("out", folder)
    assert f"error: {folder} must have at least 28 frames" in capsys.readouterr().err


def test_a_folder_that_is_not_prepared_is_refused(run, tmp_path):
    with pytest.raises(ValueError, match=r"it has no dataset\.json; run prepare"):
        run("out", tmp_path)


def test_it_imports_public_names_alone_and_nothing_of_examples():
    names = []
    for node in ast.walk(ast.parse(SCRIPT.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names += [(alias.name, None) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            names += [(node.module, alias.name) for alias in node.names]
    assert {module.partition(".")[0] for module, _ in names} <= {
        "argparse",
        "pathlib",
        "torch",
        "torchvision",
        "tqdm",
        "vidgan",
    }
    for module, name in names:
        if module.startswith("vidgan."):
            assert name in importlib.import_module(module).__all__, (module, name)
