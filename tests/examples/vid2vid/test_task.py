"""A fourth task is added without touching the engine: this one lives in the test."""

from __future__ import annotations

import json

import pytest
import torch

from examples.edges_to_face.task import EdgesToFace
from examples.vid2vid.command_line import run_task
from examples.vid2vid.task import ConditionMaps, Task
from vidgan.data import MaskStream
from vidgan.video import read_frames, write_flow, write_frame, write_frames

SIZE = (32, 48)


class Silhouettes(Task):
    """Generate a textured disc from its silhouette."""

    name = "silhouettes"

    @property
    def condition_channels(self):
        return 1

    def streams(self):
        return {"masks": MaskStream(self.data.path / "masks")}

    def draw(self, annotations, *, rng=None, jitter=0.0):  # noqa: ARG002 -- as in Task
        return ConditionMaps(annotations["masks"] * 2 - 1)

    def visualize(self, condition):
        return (condition / 2 + 0.5).expand(3, -1, -1)


class _Share:
    legend = "- Share: of the white pixels."

    def __call__(self, frames, annotations):  # noqa: ARG002
        return {"share": float(annotations["masks"].mean())}


class MeasuredSilhouettes(Silhouettes):
    """Generate a textured disc from its silhouette, with a metric."""

    def metric(self, num_train_frames):  # noqa: ARG002
        return _Share()


@pytest.fixture
def folder(tmp_path):
    out = tmp_path / "data"
    y, x = torch.meshgrid(torch.arange(SIZE[0]), torch.arange(SIZE[1]), indexing="ij")
    frames, masks = [], []
    for t in range(10):
        inside = ((x - 12 - 2 * t) ** 2 + (y - 16) ** 2 < 64).float()
        masks.append(inside[None] * 2 - 1)
        frames.append(torch.stack([inside, (x - t).div(5).sin(), y.div(7).cos()]) * 0.9)
    write_frames(out / "images" / "a", frames)
    write_frames(out / "masks" / "a", masks)
    for t in range(1, 10):
        for kind in ("flow", "confidence"):
            (out / kind / "stride1" / "a").mkdir(parents=True, exist_ok=True)
        write_flow(out / "flow/stride1/a" / f"{t:05d}.flo", torch.zeros(2, *SIZE))
        write_frame(
            out / "confidence/stride1/a" / f"{t:05d}.png",
            torch.full((1, *SIZE), 255, dtype=torch.uint8),
        )
    facts = {"format": 1, "task": "silhouettes", "fps": 10, "size": SIZE}
    (out / "dataset.json").write_text(json.dumps({**facts, "sequences": {"a": {"frames": 10}}}))
    return out


@pytest.mark.slow
def test_a_task_of_ones_own_trains_generates_and_is_evaluated(folder, tmp_path, capsys):
    for module in ("av", "cv2", "tyro", "torchmetrics", "tensorboard"):
        pytest.importorskip(module)
    run, tiny = tmp_path / "run", "--base-channels 4 --num-downsamplings 1 --num-blocks 2"
    options = f"{tiny} --num-rates 1 --discriminator-channels 4 --perceptual none --steps 2"
    lengths = "--clip-length 6 --first-clip-length 6 --num-train-frames 8"
    arguments = [str(folder), str(run), *options.split(), *lengths.split()]
    run_task(Silhouettes, ["train", *arguments])
    run_task(Silhouettes, ["generate", str(run), str(folder), "--out", str(tmp_path / "video")])
    assert read_frames(tmp_path / "video" / "frames" / "a").shape == (2, 3, *SIZE)
    capsys.readouterr()
    run_task(MeasuredSilhouettes, ["evaluate", str(run), str(folder)])
    printed = capsys.readouterr().out
    assert "| run " in printed
    assert "share" in printed.splitlines()[0]
    assert "- Share: of the white pixels." in printed


def test_folder_of_another_task(folder, make_data):
    with pytest.raises(ValueError, match="task must be 'edges_to_face', got 'silhouettes'; use"):
        EdgesToFace.open(folder)
    with pytest.raises(ValueError, match="task must be 'silhouettes', got 'edges_to_face'; use"):
        Silhouettes.open(make_data())


def test_what_a_task_does_not_do_is_refused(folder):
    task = Silhouettes.open(folder)
    with pytest.raises(ValueError, match="'silhouettes' cannot be driven by another video"):
        task.drive(folder, {})
    with pytest.raises(ValueError, match="'silhouettes' cannot be driven by another video"):
        task.points({})
    with pytest.raises(ValueError, match=r"has no labels to edit \(task 'silhouettes'\)"):
        task.edit(["a=b"], None)
    assert task.edit([], None) is None
    assert task.metric(3) is None


def test_unknown_command(capsys):
    with pytest.raises(SystemExit) as stop:
        run_task(Silhouettes, ["trian"])
    assert stop.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith("error: argument COMMAND: invalid choice: 'trian' (choose from")
    assert error.count("\n") == 1


def test_help_lists_all_commands(capsys):
    with pytest.raises(SystemExit) as stop:
        run_task(Silhouettes, ["--help"])
    assert stop.value.code == 0
    printed = capsys.readouterr().out
    assert "Generate a textured disc from its silhouette." in printed
    for command in ("prepare", "train-image", "fit-styles", "generate", "evaluate", "demo"):
        assert command in printed
