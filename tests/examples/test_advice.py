"""Whatever a message advises, doing it succeeds: each repair is read from the message and tried."""

from __future__ import annotations

import json
import re
import shutil

import pytest
import torch

from examples.edges_to_face.task import EdgesToFace
from examples.labels_to_street.task import LabelsToStreet
from examples.synthetic.street.data_folder import StreetConfig, make_street
from examples.vid2vid.checkpoint import find_checkpoint
from examples.vid2vid.command_line import run_task
from examples.vid2vid.networks import check_fit
from tests.examples.conftest import TINY_OPTIONS as TINY
from vidgan.checkpoint import load_checkpoint
from vidgan.data import ClipDataset, TensorStream, check_data

for module in ("av", "cv2", "tyro", "tensorboard"):
    pytest.importorskip(module)

pytestmark = pytest.mark.slow

TRAIN = [
    # options of the training, the advice in the message
    (["--clip-length", "30"], r"use a (--clip-length) of at most (\d+)\n"),
    (
        ["--clip-length", "8", "--num-train-frames", "9"],
        r"; or use a (--clip-length) of .* (\d+)\n",
    ),
    (
        ["--clip-length", "8", "--num-train-frames", "9"],
        r"(num_train_frames) must be at least (\d+)",
    ),
    (["--num-train-frames", "2"], r"(num_train_frames) must be at least (\d+)"),
    (["--past-frames", "12"], r"or use (--past-frames) of at most (\d+)\n"),
    (
        ["--num-downsamplings", "2", "--num-rates", "0", "--foreground"],
        r"add (--no-foreground)()\n",
    ),
    (["--feature-channels", "3"], r"use (--feature-channels) (0)"),
    (["--region-size", "16"], r"(region_size) must be (0)"),
    (["--video-frames", "2"], r"or use (--num-rates) (\d+)\n"),
]


@pytest.mark.parametrize(("options", "pattern"), TRAIN, ids=lambda value: str(value)[:40])
def test_train(data, tmp_path, fails_then_works, options, pattern):
    arguments = ["train", data, tmp_path / "run", *TINY]

    def follow(name, value):
        option = name if name.startswith("--") else f"--{name.replace('_', '-')}"
        kept = list(options)
        if option in kept:
            at = kept.index(option)
            del kept[at : at + 2]
        if option == "--no-foreground":
            kept.remove("--foreground")
        return [*arguments, *kept, option, *([value] if value else [])]

    fails_then_works(EdgesToFace, [*arguments, *options], pattern, follow)
    assert find_checkpoint(tmp_path / "run").is_file()


def test_the_default_clip_length_is_reduced_and_resumes(data, tmp_path, command):
    run = tmp_path / "run"
    note = command(EdgesToFace, "train", data, run, *TINY)
    assert "clip_length is 10 (choose another with --clip-length)" in note
    saved = load_checkpoint(find_checkpoint(run))
    assert json.loads(saved["config"])["clip_length"] == 10
    resume = ["--resume", "auto", "--steps", 3]
    assert "error" not in command(EdgesToFace, "train", data, run, *TINY, *resume)
    error = command(EdgesToFace, "train", data, run, *TINY, *resume, "--clip-length", 9)
    value = re.search(r"clip_length (\d+) \(now 9\)", error)[1]
    again = [*TINY, *resume, "--clip-length", value]
    assert "error" not in command(EdgesToFace, "train", data, run, *again)


def test_a_folder_with_a_run(data, tmp_path, fails_then_works):
    arguments = ["train", data, tmp_path / "run", *TINY]
    run_task(EdgesToFace, [str(part) for part in arguments])
    resumed = "already contains a run: add (--resume) (auto), or choose another folder"
    fails_then_works(EdgesToFace, arguments, resumed, lambda *option: [*arguments, *option])
    other = ["train", data, tmp_path / "other", *TINY]
    fails_then_works(EdgesToFace, arguments, resumed, lambda *_: other)


def test_other_data_to_resume(data, make_data, tmp_path, fails_then_works):
    arguments = [data, tmp_path / "run", *TINY]
    run_task(EdgesToFace, ["train", *map(str, arguments)])
    (data / "images" / "walk" / "00003.png").write_bytes(
        (data / "images" / "walk" / "00004.png").read_bytes()
    )
    fails_then_works(
        EdgesToFace,
        ["train", *arguments, "--resume", "auto"],
        r"begin another run with (--init-from)",
        lambda option: ["train", data, tmp_path / "new", *TINY, option, tmp_path / "run"],
    )


def test_sizes_that_fit(make_data, tmp_path, command):
    """Both sides are named, since the other one may change with the first."""
    make_data(size=(50, 66), frames=4)
    tiny = [*TINY, "--num-downsamplings", 2]
    error = command(EdgesToFace, "train", tmp_path / "data", tmp_path / "run", *tiny)
    heights, widths = re.search(r"again with the height (.*) and the width (.*)\n", error).groups()
    for height in heights.split(" or "):
        for width in widths.split(" or "):
            data = make_data(size=(int(height), int(width)), frames=4)
            error = command(EdgesToFace, "train", data, tmp_path / "run", *tiny)
            assert "flow/stride1" in error  # the next thing that this folder lacks


def test_settings_that_fit(street, tmp_path, command):
    error = command(LabelsToStreet, "train", street, tmp_path / "run", "--setting", "street-512")
    names, height, width = re.search(r"or use (.*); (\d+)x(\d+) fits", error).groups()
    for name in names.split(" or "):
        run = tmp_path / name
        options = ["--setting", name, *TINY]
        assert "error" not in command(LabelsToStreet, "train", street, run, *options)
    data = LabelsToStreet.open(street).data._replace(size=(int(height), int(width)))
    LabelsToStreet(data).check_setting("street-512")
    check_fit(LabelsToStreet.settings()["street-512"].model, data)


def test_foreground_of_a_street(street, tmp_path, fails_then_works):
    data = shutil.copytree(street, tmp_path / "data")
    facts = json.loads((data / "dataset.json").read_text())
    (data / "dataset.json").write_text(json.dumps({**facts, "foreground": []}))
    arguments = ["train", data, tmp_path / "run", *TINY]
    prepare = ["prepare", "--images", street / "images", "--labels", street / "labels"]
    classes = tmp_path / "classes.json"
    classes.write_text(json.dumps(facts["classes"]))
    out = ["--classes", classes, "--out", tmp_path / "again"]
    failing = [*arguments, "--foreground"]
    pattern = r"add (--no-foreground), or prepare it again with (--foreground)\n"
    fails_then_works(LabelsToStreet, failing, pattern, lambda no, _: [*arguments, no])
    fails_then_works(
        LabelsToStreet, failing, pattern, lambda _, option: [*prepare, *out, option, "car"]
    )
    again = ["train", tmp_path / "again", tmp_path / "second", *TINY, "--foreground"]
    run_task(LabelsToStreet, [str(part) for part in again])


def test_strides_that_are_missing(street, tmp_path, fails_then_works):
    data = shutil.copytree(street, tmp_path / "data")
    shutil.rmtree(data / "flow" / "stride3")
    arguments = ["train", data, tmp_path / "run", *TINY, "--num-rates", 2]
    pattern = r"prepare again with --strides ([\d ]+), or use --num-rates (\d+)\n"

    def fewer(_, rates):
        return [*arguments[:-1], rates]

    def prepared(strides, _):
        numbers = tuple(map(int, strides.split()))
        options = {"sequences": 1, "frames": 12, "height": 32, "width": 64}
        make_street(StreetConfig(tmp_path / "again", strides=numbers, **options))
        return ["train", tmp_path / "again", tmp_path / "second", *arguments[3:]]

    fails_then_works(LabelsToStreet, arguments, pattern, fewer)
    fails_then_works(
        LabelsToStreet, [*arguments[:2], tmp_path / "x", *arguments[3:]], pattern, prepared
    )


def test_features_and_styles(street, data, make_run, tmp_path, fails_then_works, command):
    plain = tmp_path / "plain"
    tiny = ["--clip-length", 3, *TINY]
    assert "error" not in command(LabelsToStreet, "train", street, plain, *tiny)
    styled = tmp_path / "styled"
    fails_then_works(
        LabelsToStreet,
        ["generate", plain, street, "--out", tmp_path / "out", "--style", "mean"],
        r"train another run with (--feature-channels) (3)\n",
        lambda option, value: ["train", street, styled, *tiny, option, value],
    )
    arguments = ["generate", styled, street, "--out", tmp_path / "out", "--frames", 1]
    fails_then_works(
        LabelsToStreet,
        arguments,
        r"make it with: python -m examples\.(\w+) (fit-styles) (\S+) DATA",
        lambda _, name, run: [name, run, street],
    )
    fails_then_works(
        LabelsToStreet,
        [*arguments, "--style", "random"],
        r"such as (sample:3)",
        lambda style: [*arguments, "--style", style],
    )
    # A face has no instances: a training with features is no way out.
    face = ["generate", make_run(), data, "--out", tmp_path / "face", "--frames", 1]
    fails_then_works(EdgesToFace, [*face, "--style", "mean"], "leave out --style", lambda: face)


@pytest.mark.parametrize(
    "options",
    [
        ["--start", 1],
        ["--start", 12],
        ["--start", 9, "--frames", 5],
        ["--frames", 0],
        ["--start", -1, "--frames", 2],
    ],
)
def test_frames_to_generate(data, make_run, tmp_path, fails_then_works, options):
    arguments = ["generate", make_run(), data, "--out", tmp_path / "out"]
    fails_then_works(
        EdgesToFace,
        [*arguments, *options],
        r"use --start (\d+) and --frames (\d+)\n",
        lambda start, frames: [*arguments, "--start", start, "--frames", frames],
    )


def test_generate(make_data, make_run, tmp_path, fails_then_works):
    several = make_data("several", sequences=("a", "b"))
    arguments = ["generate", make_run(), several, "--out", tmp_path / "out", "--frames", 1]
    fails_then_works(
        EdgesToFace,
        arguments,
        r"name one with (--sequence): (\w+),",
        lambda option, name: [*arguments, option, name],
    )
    fails_then_works(
        EdgesToFace,
        [*arguments, "--sequence", "c"],
        r"has no sequence 'c'; it has a, (b)",
        lambda name: [*arguments, "--sequence", name],
    )
    again = [*arguments, "--sequence", "b"]
    pattern = "give another --out, or (--overwrite)"
    fails_then_works(EdgesToFace, again, pattern, lambda option: [*again, option])
    other = ["generate", *again[1:4], tmp_path / "other", *again[5:]]
    fails_then_works(
        EdgesToFace, again, pattern, lambda _: [*again[:4], tmp_path / "x", *other[5:]]
    )


def test_check_data_and_train(data, tmp_path, command):
    (problem,) = check_data(data, clip_length=30).problems
    length = re.search(r"choose a clip length of at most (\d+)", problem.message)[1]
    assert check_data(data, clip_length=int(length)).is_good
    tiny = [*TINY, "--clip-length", length]
    assert "error" not in command(EdgesToFace, "train", data, tmp_path / "run", *tiny)


@pytest.mark.parametrize("frames", [1, 2, 5, 9])
@pytest.mark.parametrize(("length", "stride"), [(2, 5), (4, 3), (10, 1)])
def test_clips_of_a_data_set(frames, length, stride):
    streams = {"a": TensorStream("image", {"walk": torch.zeros(frames, 3, 4, 6)})}
    try:
        ClipDataset(streams, clip_length=length, stride=stride)
    except ValueError as error:
        shorter = re.search(r"clip_length of at most (\d+)", str(error))[1]
        assert len(ClipDataset(streams, clip_length=int(shorter), stride=stride)) > 0
        if smaller := re.search(r"stride of at most (\d+)", str(error)):
            assert len(ClipDataset(streams, clip_length=length, stride=int(smaller[1]))) > 0
    else:
        assert frames > (length - 1) * stride
