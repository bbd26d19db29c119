"""Whatever a message of ``prepare`` advises, doing it succeeds."""

from __future__ import annotations

import json
import re
import shutil

import numpy as np
import pytest
import torch
from PIL import Image

from examples.edges_to_face import prepare as face
from examples.edges_to_face.task import EdgesToFace
from examples.labels_to_street.classes import KNOWN_SETS, find_class
from examples.labels_to_street.task import LabelsToStreet
from examples.pose_to_body.task import PoseToBody
from tests.examples.people_layouts import (
    FACE_SIZE,
    KnownFace,
    face_frames,
    face_points,
    openpose_beside_frames,
    openpose_of_a_video,
)
from tests.label_files import write_ids
from vidgan.data import SyntheticVideo, check_data, open_data_folder
from vidgan.video import read_labels, to_uint8, write_frames

for module in ("av", "cv2", "tqdm", "tyro"):
    pytest.importorskip(module)

LAST = torch.tensor([FACE_SIZE[1] - 1.0, FACE_SIZE[0] - 1])
QUICK = ["--strides", "1"]


@pytest.fixture
def faces(tmp_path):
    """A function that writes 8 frames of faces and their landmarks, changed and enlarged."""

    def make(*names, change=lambda points: points, scale=1):
        for seed, name in enumerate(names or ("walk",)):
            frames = face_frames(seed).repeat_interleave(scale, 2).repeat_interleave(scale, 3)
            write_frames(tmp_path / "raw" / "images" / name, frames)
            (tmp_path / "raw" / "landmarks" / name).mkdir(parents=True, exist_ok=True)
            for t in range(len(frames)):
                points = change(torch.tensor(face_points(t))) * scale
                file = tmp_path / "raw" / "landmarks" / name / f"{t:05d}.json"
                file.write_text(json.dumps(points.tolist()))
        return tmp_path / "raw"

    return make


@pytest.fixture
def fails_then_prepares(tmp_path, command):
    """A function that expects an error of ``prepare``, follows it, and expects a good folder."""

    def check(task, arguments, pattern, follow=lambda *_: None):
        out = tmp_path / "out"
        error = command(task, "prepare", *arguments, "--out", out, *QUICK)
        advice = re.search(pattern, error)
        assert advice, error
        assert not out.exists()
        changed = follow(*advice.groups())
        repaired = arguments if changed is None else changed
        error = command(task, "prepare", *repaired, "--out", out, *QUICK)
        assert not error.startswith("error"), error
        assert check_data(out, clip_length=1, strides=(1,)).is_good

    return check


def rewrite(folder, change):
    for file in sorted(folder.rglob("*.json")):
        points = torch.tensor(json.loads(file.read_text()))
        file.write_text(json.dumps(change(points).tolist()))


UNITS = {
    "convert them to pixels": (lambda points: points / LAST * 1.6, lambda p: p / 1.6 * LAST),
    "write x before y": (lambda points: points.flip(-1), lambda p: p.flip(-1)),
    "scale them to the size of the frames": (lambda points: points * 4, lambda p: p / 4),
}


@pytest.mark.parametrize("advice", UNITS)
def test_units_of_points(faces, fails_then_prepares, advice):
    wrong, repaired = UNITS[advice]
    raw = faces(change=wrong)
    fails_then_prepares(
        EdgesToFace, [raw], f"; {advice}\n", lambda: rewrite(raw / "landmarks", repaired)
    )


def test_small_faces(faces, fails_then_prepares):
    small = lambda points: (points - 48) / 6 + 48  # noqa: E731
    fails_then_prepares(
        EdgesToFace,
        [faces(change=small)],
        "use frames of a higher resolution",
        lambda: [faces(change=small, scale=4)],
    )


@pytest.mark.parametrize(
    ("task", "kind", "text"),
    [(EdgesToFace, "landmarks", "null"), (PoseToBody, "openpose", '{"people": []}')],
)
def test_no_frames_in_a_row(faces, tmp_path, fails_then_prepares, task, kind, text):
    raw = faces() if task is EdgesToFace else openpose_beside_frames(tmp_path / "raw").options
    raw = raw if task is EdgesToFace else raw["source"]
    for number, file in enumerate(sorted((raw / kind).rglob("*.json"))):
        if number % 3 == 2:
            file.write_text(text)
    fails_then_prepares(
        task,
        [raw, "--missing", "drop"],
        r"use (--missing) (interpolate)",
        lambda option, value: [raw, option, value],
    )


def test_a_frame_without_landmarks(faces, fails_then_prepares):
    raw = faces()
    (raw / "landmarks/walk/00007.json").unlink()
    fails_then_prepares(
        EdgesToFace,
        [raw],
        r"one file for each frame, got 8 and 7; (\w+) is in one of them alone",
        lambda name: (raw / "images/walk" / f"{name}.png").unlink(),
    )


def test_frames_of_two_sizes(faces, fails_then_prepares):
    raw = faces()
    file = raw / "images/walk/00003.png"
    picture = Image.open(file)
    picture.resize((50, 40)).save(file)
    fails_then_prepares(
        EdgesToFace,
        [raw],
        r"(\S+\.png) must have the size \(H, W\) = \((\d+), (\d+)\)",
        lambda path, height, width: picture.resize((int(width), int(height))).save(path),
    )


@pytest.mark.parametrize("kind", ["images", "landmarks"])
def test_a_folder_that_is_missing(faces, fails_then_prepares, kind):
    raw = faces()
    (raw / kind).rename(raw / "other")
    # Without images it could be a folder of videos, and has none.
    fails_then_prepares(
        EdgesToFace,
        [raw],
        r"must contain the folders images and landmarks, .*; it has no (\w+)",
        lambda name: (raw / "other").rename(raw / name) and None,
    )


@pytest.mark.parametrize("task", [EdgesToFace, PoseToBody])
def test_parts_of_one_name(faces, tmp_path, fails_then_prepares, task):
    """The parts between missing frames are numbered, as another folder may be already."""
    if task is EdgesToFace:
        raw, kinds = faces("walk", "walk_000"), ("images", "landmarks")
    else:
        raw, kinds = openpose_beside_frames(tmp_path / "raw").options["source"], ("images",)
        for file in [*(raw / "openpose/walk").iterdir(), *(raw / "openpose/spin").iterdir()]:
            number = int(file.stem.split("_")[1]) + 1
            file.rename(file.parent / f"{number:05d}_keypoints.json")
        kinds = ("images", "openpose")
        for kind in kinds:
            (raw / kind / "spin").rename(raw / kind / "walk_000")
    for kind in kinds:
        (file,) = (raw / kind / "walk").glob("00004*")
        file.unlink()

    def rename(name):
        for kind in kinds:
            (raw / kind / name).rename(raw / kind / "another")

    fails_then_prepares(
        task, [raw], r"two sequences would have the name (\w+); rename the folders", rename
    )


@pytest.mark.parametrize("paused", [False, True])
def test_videos_of_one_name(tmp_path, monkeypatch, write_timed_video, fails_then_prepares, paused):
    monkeypatch.setattr(face, "open_detector", lambda *_: KnownFace())
    (tmp_path / "raw/a").mkdir(parents=True)
    names = ["a_000.mp4", "a.mp4"] if paused else ["a_talk.mp4", "a/talk.mp4"]
    times = [[40 * t for t in range(8)], [40 * t + 2000 * (paused and t > 3) for t in range(8)]]
    for name, shown in zip(names, times, strict=True):
        write_timed_video(tmp_path / "raw" / name, to_uint8(face_frames(0)), shown)
    fails_then_prepares(
        EdgesToFace,
        [tmp_path / "raw", "--no-cuts"],
        r"two sequences would have the name (\w+); rename one of the videos",
        lambda name: (tmp_path / f"raw/{name}.mp4").rename(tmp_path / "raw/b.mp4") and None,
    )


def test_a_folder_that_exists(faces, tmp_path, fails_then_works):
    arguments = ["prepare", faces(), *QUICK, "--out", tmp_path / "out"]
    fails_then_works(
        EdgesToFace,
        [*arguments, "--size", 16],
        r"size must be at least (\d+)",
        lambda least: [*arguments, "--size", least],
    )
    pattern = "choose another (--out), or (--overwrite) it"
    fails_then_works(EdgesToFace, arguments, pattern, lambda _, option: [*arguments, option])
    fails_then_works(
        EdgesToFace, arguments, pattern, lambda option, _: [*arguments, option, tmp_path / "other"]
    )


@pytest.mark.parametrize(
    ("option", "wrong"), [("size", 31), ("max-frames", 0), ("margin", -1), ("strides", 3)]
)
def test_options_of_faces(faces, tmp_path, fails_then_works, option, wrong):
    pattern = r"\w+ must be (?:at least|positive and contain) (\d+)"
    arguments = ["prepare", faces(), "--out", tmp_path / "out"]
    fails_then_works(
        EdgesToFace,
        [*arguments, f"--{option}", wrong],
        pattern,
        lambda least: [*arguments, f"--{option}", least],
    )


@pytest.mark.parametrize("option", ["height", "width", "max-frames"])
def test_options_of_people(tmp_path, fails_then_works, option):
    source = openpose_beside_frames(tmp_path / "raw").options["source"]
    arguments = ["prepare", source, *QUICK, "--out", tmp_path / "out"]
    fails_then_works(
        PoseToBody,
        [*arguments, f"--{option}", 0],
        r"\w+ must be at least (\d+)",
        lambda least: [*arguments, f"--{option}", least],
    )


def test_keypoints_of_a_folder(tmp_path, fails_then_prepares):
    source = openpose_beside_frames(tmp_path / "raw").options["source"]
    fails_then_prepares(
        PoseToBody,
        [source, "--keypoints", source / "openpose"],
        r"keypoints is for videos; .* has its keypoints in openpose/",
        lambda: [source],
    )


@pytest.mark.parametrize("change", ["fewer", "more", "gap"])
def test_keypoints_of_videos(tmp_path, fails_then_prepares, change):
    options = openpose_of_a_video(tmp_path / "raw").options
    folder = options["keypoints"] / "walk"
    files = sorted(folder.iterdir())
    complete = shutil.copytree(folder, tmp_path / "complete")
    if change == "fewer":
        files[-1].unlink()
    else:
        shutil.copy(files[-1], folder / f"walk_{8:012d}_keypoints.json")
    if change == "gap":
        files[4].unlink()

    def give_all():
        shutil.rmtree(folder)
        complete.rename(folder)

    pattern = "must have one file for each frame of walk.mp4.*; give all files of this video"
    arguments = [options["source"], "--keypoints", options["keypoints"], "--no-cuts"]
    fails_then_prepares(PoseToBody, arguments, pattern, give_all)


def test_sequences_without_keypoints(tmp_path, fails_then_prepares):
    source = openpose_beside_frames(tmp_path / "raw").options["source"]
    (source / "openpose/spin").rename(tmp_path / "elsewhere")
    fails_then_prepares(
        PoseToBody,
        [source],
        r"must have the same sequences; only one of them has (\w+)",
        lambda name: shutil.rmtree(source / "images" / name),
    )


NAMES = ["background", "ground", "disc", "traffic light", "triangle"]


@pytest.fixture
def labels(tmp_path):
    """A function that writes frames and label maps of 4 frames; the options that read them."""

    def make(*, frames=4, sequences=("a", "b"), names=NAMES, kind="{}"):
        raw = tmp_path / "raw"
        for seed, name in enumerate(sequences):
            clip = SyntheticVideo((40, 64), seed=seed).render(frames)
            write_frames(raw / "images" / name, clip.frames)
            write_ids(raw / "labels" / kind.format(name), clip.labels)
        (raw / "names.json").write_text(json.dumps(names))
        return options(raw)

    return make


def options(raw, **changes):
    places = {"images": raw / "images", "labels": raw / "labels", "classes": raw / "names.json"}
    return [part for name, value in (places | changes).items() for part in (f"--{name}", value)]


def paint(raw, change):
    for file in sorted((raw / "labels").rglob("*.png")):
        ids = read_labels(file)[0].numpy()
        Image.fromarray(change(ids).astype(np.uint8)).save(file)


def test_one_folder_for_both(labels, tmp_path, fails_then_prepares):
    labels()
    raw = tmp_path / "raw"
    fails_then_prepares(
        LabelsToStreet,
        options(raw, labels=raw / "images"),
        r"--images and --labels must be told apart, .*; give the folder of each kind",
        lambda: options(raw),
    )


def test_frames_of_other_names(labels, tmp_path, fails_then_prepares):
    given = labels(sequences=("0001", "0002"))
    raw = tmp_path / "raw"
    for name in ("0001", "0002"):
        (raw / "labels" / name).rename(raw / "labels" / f"1{name}")

    def rename():
        for name in ("0001", "0002"):
            (raw / "labels" / f"1{name}").rename(raw / "labels" / name)

    pattern = "give folders whose files have the same numbers and the same names of sequences"
    fails_then_prepares(LabelsToStreet, given, pattern, rename)


@pytest.mark.parametrize("way", ["name", "move"])
@pytest.mark.parametrize("kind", ["{}/ids", "{}"])
def test_several_files_of_a_frame(labels, tmp_path, command, fails_then_prepares, kind, way):
    given = labels(kind=kind)
    raw = tmp_path / "raw"
    moved = []
    for file in sorted((raw / "labels").rglob("*.png")):
        other = file.parent.parent / "x" / file.name
        if kind == "{}":
            other = file.with_name(f"{file.stem}_x.png")
        other.parent.mkdir(exist_ok=True)
        shutil.copy(file, other)
        moved.append(other)
    if way == "move":

        def move():
            for file in moved:
                file.unlink()

        fails_then_prepares(LabelsToStreet, given, "move one of them out of it", move)
    elif kind == "{}":  # no folder has one of the two alone
        assert "name the folders" not in command(LabelsToStreet, "prepare", *given)
    else:
        fails_then_prepares(
            LabelsToStreet,
            given,
            r"or name the folders to read, such as '(\S+)'",
            lambda pattern: options(raw, labels=pattern),
        )


@pytest.mark.parametrize("void", [False, True])
def test_an_id_that_is_no_class(labels, tmp_path, fails_then_prepares, void):
    """255 is no class either, whatever --ignore says."""
    given = labels()

    def change(ids):
        ids[:2] = 77
        ids[2:4] = 255 if void else 77
        return ids

    paint(tmp_path / "raw", change)
    fails_then_prepares(
        LabelsToStreet,
        given,
        r"name more, or (--ignore) (\d+)\n",
        lambda option, value: [*given, option, value],
    )
    written = read_labels(tmp_path / "out/labels/a/00000.png")
    assert (written[:, :4] == 77).all()
    assert open_data_folder(tmp_path / "out").facts["ignore"] == 77


def test_ids_that_are_no_class(labels, tmp_path, fails_then_prepares):
    given = labels(names=NAMES[:2])
    file = tmp_path / "raw/names.json"
    pattern = r"has ids that are no class: [\d, .]+; the 2 classes .* are 0 to 1; name more\n"
    fails_then_prepares(
        LabelsToStreet, given, pattern, lambda: file.write_text(json.dumps(NAMES)) and None
    )


def test_label_maps_in_color(labels, tmp_path, fails_then_prepares):
    labels()
    raw = tmp_path / "raw"
    colors = np.array([[90 + 30 * i, 7, 2 * i] for i in range(5)])
    paint(raw, lambda ids: colors[ids])
    lines = [f"{name} {r} {g} {b}" for name, (r, g, b) in zip(NAMES, colors, strict=True)]

    def name_colors(kind):
        (raw / "colors.txt").write_text("\n".join(lines).replace("traffic light", "light"))
        return options(raw, **{kind: raw / "colors.txt"})

    fails_then_prepares(
        LabelsToStreet,
        options(raw, classes="cityscapes"),
        r"give --(classes) a file with a name and red, green and blue per line",
        name_colors,
    )


def test_single_frames(labels, tmp_path, fails_then_prepares):
    given = labels(frames=1)

    def give_more():
        shutil.rmtree(tmp_path / "raw")
        return labels()

    pattern = "give label maps of consecutive frames, not of single ones"
    fails_then_prepares(LabelsToStreet, given, pattern, give_more)


def test_labels_of_another_size(labels, tmp_path, fails_then_prepares):
    given = labels()
    file = tmp_path / "raw/labels/a/00002.png"
    picture = Image.open(file)
    picture.resize((32, 20), Image.Resampling.NEAREST).save(file)
    fails_then_prepares(
        LabelsToStreet,
        given,
        r"(\S+\.png) must have the size \(H, W\) = \((\d+), (\d+)\) of",
        lambda path, height, width: picture.resize((int(width), int(height))).save(path),
    )
    Image.open(file).resize((32, 20), Image.Resampling.NEAREST).save(file)
    shutil.rmtree(tmp_path / "out")

    def resize_all():
        image = tmp_path / "raw/images/a/00002.png"
        Image.open(image).resize((32, 20)).save(image)

    fails_then_prepares(LabelsToStreet, given, "or all files of its frame another", resize_all)


@pytest.mark.parametrize("option", ["width", "height", "max-frames"])
def test_options_of_streets(labels, tmp_path, fails_then_works, option):
    arguments = ["prepare", *labels(), "--out", tmp_path / "out"]
    fails_then_works(
        LabelsToStreet,
        [*arguments, f"--{option}", 2],
        r"\w+ must be at least (\d+)",
        lambda least: [*arguments, f"--{option}", least],
    )


def test_classes(labels, tmp_path, fails_then_prepares):
    given = labels()
    raw = tmp_path / "raw"
    pattern = r"classes must be one of ([\w, -]+), or a JSON or text file with the names"
    known = []
    fails_then_prepares(
        LabelsToStreet,
        options(raw, classes=raw / "none.txt"),
        pattern,
        lambda names: known.append(names) or given,
    )
    assert {*known[0].split(", ")} == {*KNOWN_SETS}
    shutil.rmtree(tmp_path / "out")
    (raw / "names.txt").write_text("\n".join(NAMES))
    fails_then_prepares(
        LabelsToStreet,
        options(raw, classes=raw / "none.txt"),
        pattern,
        lambda _: options(raw, classes=raw / "names.txt"),
    )
    shutil.rmtree(tmp_path / "out")
    fails_then_prepares(
        LabelsToStreet,
        [*given, "--foreground", "trafic-light"],
        r"(foreground): .* did you mean '(.*)'\?",
        lambda option, name: [*given, f"--{option}", name],
    )
    shutil.rmtree(tmp_path / "out")
    fails_then_prepares(
        LabelsToStreet,
        [*given, "--foreground", "5"],
        r"the ids are 0 to (\d+)",
        lambda last: [*given, "--foreground", last],
    )
    assert open_data_folder(tmp_path / "out").facts["foreground"] == [find_class("4", NAMES)]
