"""Whatever a message of ``generate``, ``evaluate`` or ``demo`` advises, doing it succeeds."""

from __future__ import annotations

import functools
import json
import re
import shutil
from dataclasses import replace

import pytest
import torch
from PIL import Image

from examples.edges_to_face.task import EdgesToFace
from examples.labels_to_street import demo
from examples.labels_to_street import metrics as street_metrics
from examples.labels_to_street.metrics import LabelMetric
from examples.labels_to_street.task import LabelsToStreet
from examples.pose_to_body.task import PoseToBody
from examples.vid2vid import demo as steps_of_demo
from examples.vid2vid import evaluate as evaluation
from examples.vid2vid.metrics import MetricNetworks
from tests.examples.conftest import TINY as TINY_MODEL
from tests.examples.conftest import TINY_OPTIONS as TINY
from tests.examples.people_layouts import densepose
from vidgan.outputs import FlowEstimate
from vidgan.video import read_frame, read_labels, write_frame

for module in ("av", "cv2", "tqdm", "tyro"):
    pytest.importorskip(module)

IMAGE_TINY = TINY[: TINY.index("--chunk-length")]  # a single image has no clips
FIRST = "drive000"  # the sequence of the rendered street


@pytest.fixture
def street_run(make_run):
    return make_run("street_run", condition_channels=15, task="labels_to_street")


def test_a_street_is_not_driven(street, street_run, tmp_path, fails_then_works):
    other = shutil.copytree(street, tmp_path / "other")
    arguments = ["--out", tmp_path / "out", "--frames", 1]
    fails_then_works(
        LabelsToStreet,
        ["generate", street_run, street, "--drive", other, *arguments],
        r"prepare label maps like those of \S+, and generate from that folder\n",
        lambda: ["generate", street_run, other, *arguments],
    )


def test_a_folder_that_drives(make_data, make_run, tmp_path, fails_then_works):
    arguments = ["generate", make_run(), make_data(), "--out", tmp_path / "out", "--frames", 1]
    fails_then_works(
        EdgesToFace,
        [*arguments, "--drive", make_data("two", sequences=("a", "b"))],
        r"one sequence to drive with, got 2; prepare the video to drive with alone\n",
        lambda: [*arguments, "--drive", make_data("one", sequences=("a",))],
    )


def test_a_body_with_densepose_is_not_driven(tmp_path, command, fails_then_works):
    source = densepose(tmp_path / "raw").options["source"]
    shutil.rmtree(source / "images/spin")
    for kind in ("openpose", "densepose"):
        shutil.rmtree(source / kind / "spin")

    def generate(name):
        data, run = tmp_path / f"{name}_data", tmp_path / f"{name}_run"
        prepare = ["prepare", source, "--out", data, "--strides", 1, "--height", 64, "--width", 64]
        assert "error" not in command(PoseToBody, *prepare)
        train = ["train", data, run, *TINY, "--num-rates", 0]
        assert "error" not in command(PoseToBody, *train)
        return ["generate", run, data, "--out", tmp_path / name, "--frames", 1, "--drive", data]

    def without(folder):
        shutil.rmtree(source / folder)
        return generate("plain")

    pattern = r"prepare it without (\w+)/ and train on the skeletons alone\n"
    fails_then_works(PoseToBody, generate("dense"), pattern, without)


def test_first_frames(data, make_data, make_run, tmp_path, command, fails_then_works):
    run, out, image_run = make_run(), tmp_path / "out", tmp_path / "image_run"
    assert "error" not in command(EdgesToFace, "train-image", data, image_run, *IMAGE_TINY)
    arguments = ["generate", run, data, "--out", out, "--overwrite", "--frames", 1]
    both = r"(--first-frame) (image) and (--image-run) RUN belong together: give both\n"
    for wrong in (["--first-frame", "image"], ["--image-run", image_run]):
        fails_then_works(
            EdgesToFace,
            [*arguments, *wrong],
            both,
            lambda first, image, option: [*arguments, first, image, option, image_run],
        )
    other = ["--first-frames", make_data("other", frames=3)]
    fails_then_works(
        EdgesToFace,
        [*arguments, *other, "--first-frame", "generated"],
        "leave out --first-frame\n",
        lambda: [*arguments, *other],
    )
    large = make_data("large", frames=3, size=(64, 96))
    fails_then_works(
        EdgesToFace,
        [*arguments, "--first-frames", large],
        "prepare both at the same size\n",
        lambda: [*arguments, "--first-frames", make_data("large", frames=3)],
    )


def test_notes_on_first_frames(data, make_data, make_run, tmp_path, command):
    bare = make_data("bare", images=False)
    arguments = ["generate", make_run(), bare, "--out", tmp_path / "out", "--overwrite"]
    note = command(EdgesToFace, *arguments, "--frames", 1)
    option = re.search("note: .* give it real ones with (--first-frames)\n", note)[1]
    assert "note" not in command(EdgesToFace, *arguments, "--frames", 1, option, data)
    asked = ["--first-frame", "generated", "--frames", 1]
    note = command(EdgesToFace, *arguments, *asked)
    option = re.search("note: .* train with (--first-frame generated)\n", note)[1].split()
    trained = tmp_path / "trained"
    assert "error" not in command(EdgesToFace, "train", data, trained, *TINY, *option)
    printed = command(EdgesToFace, "generate", trained, *arguments[2:], *asked)
    assert "note" not in printed
    assert "error" not in printed


def test_painted_labels(street, street_run, tmp_path, fails_then_works):
    arguments = ["generate", street_run, street, "--out", tmp_path / "out", "--overwrite"]
    arguments += ["--frames", 1, "--start", 2, "--paint"]
    picture = Image.open(street / f"conditions/{FIRST}/00002.png")
    file = tmp_path / "painted.png"

    def saved(name, change=lambda picture: picture):
        change(picture).save(tmp_path / name)
        return [*arguments, tmp_path / name]

    fails_then_works(
        LabelsToStreet,
        saved("painted.png", lambda picture: picture.resize((32, 16))),
        r"must have the size \(H, W\) = \((\d+), (\d+)\)",
        lambda height, width: saved("again.png", lambda p: p.resize((int(width), int(height)))),
    )
    fails_then_works(
        LabelsToStreet,
        saved("painted.jpg"),
        r"must be a (PNG)",
        lambda kind: saved(f"painted.{kind.lower()}"),
    )
    soft = picture.copy()
    soft.putpixel((3, 4), (1, 2, 3))
    fails_then_works(
        LabelsToStreet,
        saved("soft.png", lambda _: soft),
        "save it as PNG, painted with a hard brush",
        lambda: saved("painted.png"),
    )
    ids = read_labels(street / f"labels/{FIRST}/00002.png").byte()
    write_frame(file, torch.where(ids == ids[0, 0, 0], 99, ids).byte())
    fails_then_works(
        LabelsToStreet,
        [*arguments, file],
        r"ids that are no class: 99; the classes are 0 to (\d+)\n",
        lambda last: (
            write_frame(file, torch.where(ids == ids[0, 0, 0], int(last), ids).byte())
            or [*arguments, file]
        ),
    )
    folder = tmp_path / "folder"
    folder.mkdir()
    shutil.copy(file, folder / "mine.png")
    fails_then_works(
        LabelsToStreet,
        [*arguments, folder],
        r"named like frames, such as (\d+\.png), got",
        lambda name: (folder / "mine.png").rename(folder / name) and [*arguments, folder],
    )


def test_a_painted_copy_of_a_drawing_with_pixels_of_no_class(street, tmp_path, command, make_run):
    """The drawings in ``conditions/`` are what the guide tells to paint over."""
    data = shutil.copytree(street, tmp_path / "data")
    facts = json.loads((data / "dataset.json").read_text())
    (data / "dataset.json").write_text(json.dumps({**facts, "ignore": 255}))
    run = make_run("street_run", condition_channels=15, task="labels_to_street")
    drawing = read_frame(data / f"conditions/{FIRST}/00002.png")
    drawing[:, :4] = 0  # as prepare draws them
    write_frame(tmp_path / "painted.png", drawing)
    arguments = ["generate", run, data, "--out", tmp_path / "out", "--frames", 1]
    error = command(LabelsToStreet, *arguments, "--paint", tmp_path / "painted.png")
    assert "error" not in error, error


def test_classes_to_replace(street, street_run, data, make_run, tmp_path, fails_then_works):
    arguments = ["generate", street_run, street, "--out", tmp_path / "out", "--overwrite"]
    arguments += ["--frames", 1]
    fails_then_works(
        LabelsToStreet,
        [*arguments, "--replace", "vegetation"],
        r"must read OLD=NEW, such as ([\w ]+=[\w ]+), got",
        lambda example: [*arguments, "--replace", example],
    )
    fails_then_works(
        LabelsToStreet,
        [*arguments, "--replace", "vegetaton=building"],
        r"'(\w+)=(\w+)': .* did you mean '(\w+)'\?",
        lambda _, new, old: [*arguments, "--replace", f"{old}={new}"],
    )
    fails_then_works(
        LabelsToStreet,
        [*arguments, "--replace", "vegetation=building", "vegetation=sky"],
        "is exchanged for two classes; choose one",
        lambda: [*arguments, "--replace", "vegetation=sky"],
    )
    face = ["generate", make_run(), data, "--out", tmp_path / "face", "--frames", 1]
    fails_then_works(
        EdgesToFace,
        [*face, "--replace", "car=road"],
        "--replace and --paint are for tasks with label maps",
        lambda: face,
    )


def test_kinds_of_runs(data, make_run, tmp_path, fails_then_works, command):
    image_run = tmp_path / "image_run"
    assert "error" not in command(EdgesToFace, "train-image", data, image_run, *IMAGE_TINY)
    options = [data, "--out", tmp_path / "out", "--overwrite", "--frames", 1]
    made = []

    def train(name="train"):
        made.append(tmp_path / f"run{len(made)}")
        given = IMAGE_TINY if name == "train-image" else TINY
        assert "error" not in command(EdgesToFace, name, data, made[-1], *given)
        return ["generate", made[-1], *options]

    wrote = r"give one that the command ([\w-]+) wrote\n"
    fails_then_works(EdgesToFace, ["generate", image_run, *options], wrote, train)
    image = ["generate", made[0], *options, "--first-frame", "image", "--image-run"]
    fails_then_works(
        EdgesToFace,
        [*image, made[0]],
        wrote,
        lambda name: (train(name), [*image, made[-1]])[1],
    )
    (tmp_path / "empty").mkdir()
    folder = r"give the folder that ([\w-]+) wrote\n"
    for wrong in (tmp_path / "missing", tmp_path / "empty"):
        fails_then_works(EdgesToFace, ["generate", wrong, *options], folder, train)
        fails_then_works(
            EdgesToFace,
            [*image, wrong],
            folder,
            lambda name: (train(name), [*image, made[-1]])[1],
        )
    old = make_run("old", format=1)
    fails_then_works(EdgesToFace, ["generate", old, *options], r"or (train) again\n", train)
    other = make_run("other", condition_channels=3)
    pattern = r"give a run that was trained for this task\n"
    fails_then_works(EdgesToFace, ["generate", other, *options], pattern, train)


def test_tasks_of_runs(data, street, make_run, street_run, tmp_path, command, fails_then_works):
    options = ["--out", tmp_path / "out", "--overwrite", "--frames", 1]
    fails_then_works(
        EdgesToFace,
        ["generate", street_run, data, *options],
        "give data of the same task\n",
        lambda: ["generate", make_run(), data, *options],
    )
    error = command(EdgesToFace, "generate", street_run, street, *options)
    name = re.search(r"got '(\w+)'; use the commands of that task\n", error)[1]
    (other,) = [task for task in (EdgesToFace, LabelsToStreet, PoseToBody) if task.name == name]
    assert "error" not in command(other, "generate", street_run, street, *options)


@pytest.fixture
def plain_metrics(monkeypatch):
    """Make the command use metrics that need no networks but the task's own."""

    def build(own, _):
        still = lambda now, _: FlowEstimate(torch.zeros_like(now[:, :2]), now[:, :1] * 0 + 1)  # noqa: E731
        return MetricNetworks(lambda a, b: (a - b).abs().mean((1, 2, 3)), still, own)

    pytest.importorskip("torchmetrics")
    monkeypatch.setattr(evaluation, "build_metric_networks", build)
    learner = functools.partial(LabelMetric, steps=2)
    monkeypatch.setattr(street_metrics, "LabelMetric", learner)


def test_evaluation_that_begins_before_all_real_frames(
    street, street_run, tmp_path, plain_metrics, fails_then_works
):
    data = shutil.copytree(street, tmp_path / "data")
    for time in range(5):
        (data / f"images/{FIRST}/{time:05d}.png").unlink()
    arguments = ["evaluate", street_run, data, "--start"]
    fails_then_works(
        LabelsToStreet,
        [*arguments, 5],
        r"begin later with (--start)\n",
        lambda option: [*arguments[:-1], option, 7],
    )


def test_real_frames_to_evaluate_with(
    street, make_run, street_run, tmp_path, plain_metrics, fails_then_works
):
    data = shutil.copytree(street, tmp_path / "data")
    options = {"condition_channels": 15, "task": "labels_to_street"}
    model = replace(TINY_MODEL, past_frames=3)
    arguments = ["evaluate", street_run, data, "--frames", 2]
    arguments += ["--baseline", make_run("other", model=model, **options), "--start"]
    fails_then_works(
        LabelsToStreet,
        [*arguments, 2],
        r"real frames -1 to 1, got 2 of 3; begin later with --start\n",
        lambda: [*arguments, 3],
    )
    (data / f"images/{FIRST}/00004.png").unlink()
    missing = f"images/{FIRST}/00004.png"
    fails_then_works(
        LabelsToStreet,
        [*arguments, 4],
        r"real frames 4 to 5, got 1 of 2; add the missing ones\n",
        lambda: shutil.copy(street / missing, data / missing) and [*arguments, 4],
    )


@pytest.mark.slow
def test_demo(tmp_path, monkeypatch, fails_then_works):
    for step in ("train", "generate", "evaluate"):
        monkeypatch.setattr(steps_of_demo, step, lambda *_, **__: demo)
    monkeypatch.setattr(demo, "sheet", "", raising=False)
    monkeypatch.setattr(demo, "video", "", raising=False)
    small = ["--sequences", 1, "--frames", 4, "--height", 32, "--width", 64]
    arguments = ["demo", "--out", tmp_path / "out", *small]
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "notes.txt").touch()
    fails_then_works(
        LabelsToStreet,
        ["demo", "--out", foreign, *small, "--overwrite"],
        r"give another (--out)\n",
        lambda option: ["demo", option, tmp_path / "out", *small],
    )
    pattern = r"add (--overwrite), or give another (--out)\n"
    fails_then_works(LabelsToStreet, arguments, pattern, lambda option, _: [*arguments, option])
    fails_then_works(
        LabelsToStreet, arguments, pattern, lambda _, o: ["demo", o, tmp_path / "other", *small]
    )
