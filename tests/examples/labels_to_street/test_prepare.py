import json
import sys

import numpy as np
import pytest
import torch
from PIL import Image

from examples.labels_to_street import prepare as recipe
from examples.labels_to_street.classes import find_class, read_classes
from examples.labels_to_street.frame_files import find_frames
from examples.labels_to_street.prepare import PrepareConfig, prepare
from examples.labels_to_street.task import LabelsToStreet
from examples.vid2vid.clips import open_clips, to_clip
from examples.vid2vid.command_line import run_task
from tests.label_files import write_ids
from vidgan.conditions import CITYSCAPES_FOREGROUND, CITYSCAPES_NAMES
from vidgan.data import SyntheticVideo
from vidgan.functional import flow_warp
from vidgan.video import read_frames, read_labels, write_frame, write_frames

for module in ("cv2", "tqdm", "tyro"):
    pytest.importorskip(module)

SIZE = (40, 64)  # H, W
NAMES = ["background", "ground", "disc", "traffic light", "triangle"]


@pytest.fixture
def raw(tmp_path):
    """A function that writes frames, labels and instances of synthetic sequences."""

    def make(*, frames=4, sequences=("a", "b"), instances=True, size=SIZE):
        folder = tmp_path / "raw"
        for seed, name in enumerate(sequences):
            clip = SyntheticVideo(size, seed=seed).render(frames)
            write_frames(folder / "images" / name, clip.frames)
            write_ids(folder / "labels" / name, clip.labels)
            if instances:
                write_ids(folder / "instances" / name, clip.instances * 1000)
        (folder / "names.json").write_text(json.dumps(NAMES))
        return folder

    return make


def settings(folder, **changes):
    plain = {"images": folder / "images", "labels": folder / "labels", "out": folder / "out"}
    return PrepareConfig(**(plain | {"classes": str(folder / "names.json")} | changes))


def files(folder):
    return sorted(file.name for file in folder.iterdir())


def rename(folder, pattern):
    """Move every <sequence>/<number>.png of a folder to the path given by ``pattern``."""
    for file in sorted(folder.rglob("*.png")):
        target = folder / pattern(file.parent.name, int(file.stem))
        target.parent.mkdir(parents=True, exist_ok=True)
        file.rename(target)


@pytest.fixture(scope="module")
def street(shared, tmp_path_factory):
    real = shared / "realdata" / "street"
    out = tmp_path_factory.mktemp("street") / "new" / "out"
    return prepare(PrepareConfig(real / "images", real / "labels", out=out, width=256))


def test_street_of_cityscapes(street, shared):
    folder = street.folder
    assert street.sequences == {"aachen_000001": 4}
    assert (street.size, street.num_classes, street.too_short) == ((128, 256), 35, [])
    assert files(folder.parent) == ["out"]
    every = [f"{t:05d}" for t in range(4)]
    for kind in ("images", "labels", "conditions"):
        assert files(folder / kind / "aachen_000001") == [f"{t}.png" for t in every]
    assert files(folder / "flow") == files(folder / "confidence") == ["stride1", "stride3"]
    assert files(folder / "flow/stride1/aachen_000001") == [f"{t}.flo" for t in every[1:]]
    facts = json.loads((folder / "dataset.json").read_text())
    assert facts["classes"] == list(CITYSCAPES_NAMES)
    assert facts["foreground"] == list(CITYSCAPES_FOREGROUND)
    assert (facts["task"], facts["size"], facts["strides"]) == (
        *("labels_to_street", [128, 256], [1, 3]),
    )
    assert (facts["instances"], facts["ignore"], facts["fps"]) == (False, None, 17.0)

    source = shared / "realdata/street/labels/seq0001/aachen_000001_000002_leftImg8bit.png"
    labels = read_labels(folder / "labels/aachen_000001/00002.png")
    assert torch.equal(labels, read_labels(source)[:, 4::8, 4::8])  # the nearest of 8 x 8 pixels


def test_street_is_read_for_training(street):
    task = LabelsToStreet.open(street.folder)
    clips = open_clips(task, 4, [1, 3])
    clip = to_clip(task, [clips[0]], 0, 4, [1, 3])
    assert clip.conditions.shape == (1, 4, 35, 128, 256)
    assert (clip.conditions.sum(2) == 1).all()
    assert clip.foreground_masks.mean() > 0.01
    now, before = clip.frames[0, 1:], clip.frames[0, :-1]
    known = clip.confidence[0, 1:]
    assert known.mean() > 0.7
    warped = flow_warp(before, clip.flows[1][0, 1:])
    assert ((warped - now).abs() * known).mean() < 0.8 * ((before - now).abs() * known).mean()


def test_sequences_by_folder(raw):
    folder = raw()
    report = prepare(settings(folder, instances=folder / "instances", foreground=("disc", "4")))
    assert report.sequences == {"a": 4, "b": 4}
    assert (report.size, report.foreground) == (SIZE, ["disc", "triangle"])
    assert report.instances == "instance edges"
    clip = SyntheticVideo(SIZE, seed=1).render(4)
    out = folder / "out"
    assert torch.equal(read_labels(out / "labels/b/00003.png"), clip.labels[3])
    assert torch.equal(read_labels(out / "instances/b/00003.png"), clip.instances[3] * 1000)
    assert read_frames(out / "images" / "a").shape == (4, 3, *SIZE)
    task = LabelsToStreet.open(out)
    drawn = to_clip(task, [open_clips(task, 3, [1])[0]], 0, 3, [1])
    assert drawn.conditions.shape == (1, 3, 6, *SIZE)


def test_sequences_by_name_as_in_cityscapes(raw):
    folder = raw(frames=6)
    numbers = [19, 20, 21, 30, 31, 32]  # a gap in the numbers: another sequence begins
    rename(folder / "images", lambda s, t: f"{s}x/{s}_000007_{numbers[t]:06d}_leftImg8bit.png")
    for kind, name in (("labels", "labelIds"), ("instances", "instanceIds")):
        rename(
            folder / kind, lambda s, t, n=name: f"{s}x/{s}_000007_{numbers[t]:06d}_gtFine_{n}.png"
        )
    for file in (folder / "instances").rglob("*.png"):  # one folder with both, and colors
        file.rename(folder / "labels" / file.parent.name / file.name)
    write_frame(
        folder / "labels" / "ax" / "a_000007_000019_gtFine_color.png", torch.zeros(3, *SIZE)
    )
    (folder / "labels" / "ax" / "a_000007_000019_gtFine_polygons.json").write_text("{}")
    found = find_frames(folder / "images", folder / "labels", folder / "labels").sequences
    assert {name: len(frames) for name, frames in found.items()} == {
        "a_000007": 3, "a_000007_000030": 3, "b_000007": 3, "b_000007_000030": 3,
    }  # fmt: skip
    last = found["b_000007_000030"][-1]
    assert last.image.name == "b_000007_000032_leftImg8bit.png"
    assert last.labels.name == "b_000007_000032_gtFine_labelIds.png"
    assert last.instances.name == "b_000007_000032_gtFine_instanceIds.png"


def test_frames_right_in_the_folder_are_one_sequence_in_the_order_of_numbers(raw):
    folder = raw(frames=11, sequences=("a",), instances=False)
    for kind in ("images", "labels"):
        rename(folder / kind, lambda _, t: f"{t}.png")
    found = find_frames(folder / "images", folder / "labels").sequences
    assert list(found) == ["sequence"]
    assert [frame.image.stem for frame in found["sequence"]] == [str(t) for t in range(11)]


def test_palette_png_is_read_by_its_indices(raw):
    folder = raw(sequences=("a",), instances=False)
    expected = read_labels(folder / "labels/a/00001.png")
    for file in (folder / "labels" / "a").iterdir():
        image = Image.open(file)
        image.putpalette([90, 1, 2, 3, 90, 5, 6, 7, 90, 90, 90, 7, 1, 90, 4])
        assert image.mode == "P"
        image.save(file)
    prepare(settings(folder))
    assert torch.equal(read_labels(folder / "out/labels/a/00001.png"), expected)


@pytest.mark.parametrize(
    ("options", "size"),
    [
        ({"width": 128}, (80, 128)),
        ({"height": 80}, (80, 128)),
        ({"width": 40}, (24, 40)),  # 25 rows: the multiple of 8 next to it
        ({"width": 48, "height": 50}, (50, 48)),
    ],
)
def test_resizing(raw, options, size):
    folder = raw(sequences=("a",))
    instances = folder / "instances"
    report = prepare(settings(folder, strides=(1,), instances=instances, **options))
    assert report.size == size
    for kind in ("labels", "instances"):
        before = read_labels(folder / kind / "a" / "00000.png")
        after = read_labels(folder / "out" / kind / "a" / "00000.png")
        assert after.shape == (1, *size)
        assert set(after.unique().tolist()) <= set(before.unique().tolist())  # none between ids
    if size == (80, 128):
        assert torch.equal(after[:, ::2, ::2], before)
        assert torch.equal(after[:, 1::2, 1::2], before)


def test_ignored_id_is_kept_and_has_no_class(raw):
    folder = raw(sequences=("a",), instances=False)
    file = folder / "labels/a/00002.png"
    labels = read_labels(file)[0].numpy().astype(np.uint8)
    labels[:5] = 255
    Image.fromarray(labels).save(file)
    prepare(settings(folder, ignore=255))
    task = LabelsToStreet.open(folder / "out")
    clip = to_clip(task, [open_clips(task, 4, [1])[0]], 0, 4, [1])
    hot = clip.conditions[0].sum(1)
    assert not hot[2, :5].any()
    assert (hot[2, 5:] == 1).all()
    assert (hot[[0, 1, 3]] == 1).all()


def test_255_is_no_class_unless_it_is_one(raw):
    folder = raw(sequences=("a",), instances=False)
    file = folder / "labels/a/00002.png"
    labels = read_labels(file)[0].numpy().astype(np.uint8)
    labels[:5] = 255
    Image.fromarray(labels).save(file)
    report = prepare(settings(folder))
    assert report.notes == ["pixels of the id 255, which is none of the classes, have no class"]
    assert LabelsToStreet.open(folder / "out").data.facts["ignore"] == 255
    (folder / "many.json").write_text(json.dumps([f"class {index}" for index in range(256)]))
    many = {"classes": str(folder / "many.json"), "out": folder / "many"}
    assert prepare(settings(folder, **many)).notes == []
    assert LabelsToStreet.open(folder / "many").data.facts["ignore"] is None


def test_instance_maps_of_zeros_work_and_are_reported(raw, monkeypatch, capsys):
    folder = raw(sequences=("a",))
    for file in (folder / "instances" / "a").iterdir():
        Image.fromarray(np.zeros(SIZE, np.uint8)).save(file)
    arguments = [f"--{kind}={folder / kind}" for kind in ("images", "labels", "instances")]
    arguments += [f"--out={folder / 'out'}", f"--classes={folder / 'names.json'}"]
    monkeypatch.setattr(sys, "argv", ["examples", "prepare", *arguments])
    run_task(LabelsToStreet)
    said = capsys.readouterr().out
    assert "4 frames" in said
    assert "instance maps that are 0 everywhere: no edges, as if there were none" in said
    task = LabelsToStreet.open(folder / "out")
    clip = to_clip(task, [open_clips(task, 4, [1])[0]], 0, 4, [1])
    assert clip.conditions.shape[2] == 6
    assert not clip.conditions[:, :, 5].any()


def test_short_sequences_are_left_out(raw):
    folder = raw(instances=False)
    for kind in ("images", "labels"):
        for number in (2, 3):
            (folder / kind / "a" / f"{number:05d}.png").unlink()
    report = prepare(settings(folder))
    assert (report.sequences, report.too_short) == ({"b": 4}, ["a"])
    assert files(folder / "out" / "images") == ["b"]


def test_max_frames(raw):
    folder = raw(sequences=("a",), instances=False)
    assert prepare(settings(folder, max_frames=3)).sequences == {"a": 3}
    assert files(folder / "out" / "flow") == ["stride1"]


# Names of classes.


def test_classes_by_name_and_id():
    names = ["road", "Traffic Light", "car"]
    texts = ("road", "traffic_light", "TRAFFIC-light", " 2 ")
    assert [find_class(text, names) for text in texts] == [0, 1, 1, 2]
    with pytest.raises(ValueError, match="no class 'trafic light': did you mean 'Traffic Light'"):
        find_class("trafic light", names)
    with pytest.raises(ValueError, match="no class 'zzz': road, Traffic Light, car"):
        find_class("zzz", names)
    with pytest.raises(ValueError, match="no class 3: the ids are 0 to 2"):
        find_class("3", names)


def test_files_of_classes(tmp_path):
    (tmp_path / "a.txt").write_text("road\n\n  traffic light \ncar\n")
    (tmp_path / "a.json").write_text('["road", "traffic light", "car"]')
    for name in ("a.txt", "a.json"):
        assert read_classes(str(tmp_path / name)) == ("road", "traffic light", "car")
    assert read_classes("cityscapes") == CITYSCAPES_NAMES


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.txt", "\n", "must name each class once, got none"),
        ("a.txt", "car\nCar\n", "must name each class once, got 'car' twice"),
        ("a.json", '{"0": "car"}', "must be a JSON list of names, one per class"),
        ("a.json", "[1]", "must be a JSON list of names, one per class"),
        ("a.json", "car", "must be a JSON list of names"),
    ],
)
def test_bad_files_of_classes(tmp_path, name, text, message):
    (tmp_path / name).write_text(text)
    with pytest.raises(ValueError, match=message):
        read_classes(str(tmp_path / name))


# Wrong input, from the command line: one line on stderr, exit code 2, nothing left behind.


def fail(monkeypatch, capsys, folder, *options, **kinds):
    """Run the command on a folder; return the one line that it wrote to stderr."""
    places = {"images": folder / "images", "labels": folder / "labels", "out": folder / "new/out"}
    places |= {"classes": folder / "names.json"} | kinds
    arguments = [f"--{name}={place}" for name, place in places.items()]
    monkeypatch.setattr(sys, "argv", ["examples", "prepare", *arguments, *map(str, options)])
    before = files(folder)
    capsys.readouterr()
    with pytest.raises(SystemExit) as stop:
        run_task(LabelsToStreet)
    error = capsys.readouterr().err
    assert stop.value.code == 2
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert files(folder) == before
    return error


def test_ids_out_of_range(raw, monkeypatch, capsys):
    folder = raw(instances=False)
    file = folder / "labels/b/00003.png"
    labels = read_labels(file)[0].numpy().astype(np.uint8)
    labels[:2], labels[2:4] = 77, 255
    Image.fromarray(labels).save(file)
    error = fail(monkeypatch, capsys, folder)
    assert "b/00003.png has ids that are no class: 77, 255; the 5 classes of" in error
    assert "are 0 to 4; name more, or --ignore 77" in error


def test_unknown_foreground(raw, monkeypatch, capsys):
    folder = raw(instances=False)
    error = fail(monkeypatch, capsys, folder, "--foreground", "disc", "trafficlight")
    assert "foreground: there is no class 'trafficlight': did you mean 'traffic light'?" in error


@pytest.mark.parametrize(("kind", "other"), [("labels", "images"), ("images", "labels")])
def test_unpaired_files_are_left_out_by_name_and_number(raw, capsys, kind, other):
    folder = raw(instances=False)
    for number in range(4):
        (folder / kind / "a" / f"{number:05d}.png").unlink()
    report = prepare(settings(folder))
    assert report.sequences == {"b": 4}
    assert report.notes == [
        f"--{other}: 4 files are left out, as there is none in --{kind} ({folder / kind}) for "
        "a/00000.png, a/00001.png, a/00002.png and 1 more"
    ]


def test_unpaired_instances(raw):
    folder = raw()
    (folder / "instances/b/00003.png").unlink()
    report = prepare(settings(folder, instances=folder / "instances"))
    assert report.sequences == {"a": 4, "b": 3}
    assert report.notes == [
        "--images: 1 file is left out, as there is none in --instances "
        f"({folder / 'instances'}) for b/00003.png"
    ]


def test_no_pairs_at_all(raw, monkeypatch, capsys):
    folder = raw(instances=False)
    for name in ("a", "b"):
        for file in (folder / "labels" / name).iterdir():
            file.rename(file.with_stem(f"{int(file.stem) + 100:05d}"))
    error = fail(monkeypatch, capsys, folder)
    assert "every frame of --images must have its file in --labels" in error
    assert "there is none for a/00000.png, a/00001.png, a/00002.png and 5 more" in error


@pytest.mark.parametrize("kind", ["images", "labels", "instances"])
@pytest.mark.parametrize("size", [(40, 60), (44, 64)])
def test_other_size(raw, monkeypatch, capsys, kind, size):
    folder = raw()
    Image.fromarray(np.zeros(size, np.uint8)).save(folder / kind / "b" / "00002.png")
    error = fail(monkeypatch, capsys, folder, instances=folder / "instances")
    assert f"{kind}/b/00002.png must have the size (H, W) = (40, 64) of" in error
    assert f"got {size}" in error


def test_sequences_of_two_frames(raw, monkeypatch, capsys):
    error = fail(monkeypatch, capsys, raw(frames=2, instances=False))
    assert "sequences must have at least 3 frames, the longest of 2 (a) has 2" in error


def test_labels_in_color(raw, monkeypatch, capsys):
    folder = raw(sequences=("a",), instances=False)
    write_frame(folder / "labels/a/00001.png", torch.zeros(3, *SIZE))
    error = fail(monkeypatch, capsys, folder)
    assert "00001.png must be a PNG with one channel of ids, got a PNG of mode RGB" in error


def test_two_files_for_one_frame(raw, monkeypatch, capsys):
    folder = raw(sequences=("a",), instances=False)
    for kind in ("x", "y"):
        write_frame(folder / "images" / "a" / f"a_000001_000002_{kind}.png", torch.zeros(3, *SIZE))
    write_ids(folder / "labels" / "new", torch.zeros(1, 1, *SIZE, dtype=torch.int64))
    (folder / "labels/new/00000.png").rename(folder / "labels/a/a_000001_000002.png")
    error = fail(monkeypatch, capsys, folder)
    assert "must contain one file per frame, got a_000001_000002_x.png and" in error


def test_missing_folders_and_files(raw, monkeypatch, capsys):
    folder = raw(sequences=("a",), instances=False)
    none = folder / "none"
    assert "no such folder" in fail(monkeypatch, capsys, folder, images=none)
    assert "no such folder" in fail(monkeypatch, capsys, folder, instances=none)
    assert "there is no such file" in fail(monkeypatch, capsys, folder, classes="citiscapes")
    none.mkdir()
    assert "must contain files ending in .png, found none" in fail(
        monkeypatch, capsys, folder, labels=none
    )


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (["--width", "16"], "width must be at least 32, got 16"),
        (["--height", "31"], "height must be at least 32, got 31"),
        (["--strides", "3"], "strides must be positive and contain 1, got (3,)"),
        (["--max-frames", "2"], "max_frames must be at least 3, got 2"),
        (["--fps", "0"], "fps must be positive, got 0.0"),
        (["--ignore", "-1"], "ignore must be 0 to 65535, got -1"),
    ],
)
def test_wrong_option(raw, monkeypatch, capsys, options, text):
    assert text in fail(monkeypatch, capsys, raw(sequences=("a",), instances=False), *options)


def test_existing_output_is_kept(raw, monkeypatch, capsys):
    folder = raw(sequences=("a",), instances=False)
    error = fail(monkeypatch, capsys, folder, out=folder / "images")
    assert "exists already; choose another --out" in error


def test_interrupt_leaves_nothing(raw, monkeypatch, capsys):
    folder = raw(sequences=("a",), instances=False)

    def interrupt(*frames):
        raise KeyboardInterrupt

    monkeypatch.setitem(recipe.ESTIMATORS, "dis", lambda: interrupt)
    with pytest.raises(KeyboardInterrupt):
        prepare(settings(folder))
    assert files(folder) == ["images", "labels", "names.json"]


def test_write_ids_chooses_the_depth(tmp_path):
    for top, mode in ((255, "L"), (256, "I;16"), (65535, "I;16")):
        ids = torch.tensor([[[[0, 7, top]]]])
        write_ids(tmp_path / str(top), ids)
        with Image.open(tmp_path / str(top) / "00000.png") as image:
            assert image.mode == mode
        assert torch.equal(read_labels(tmp_path / str(top) / "00000.png"), ids[0])
    with pytest.raises(ValueError, match="ids must be 0 to 65535, got 0 to 65536"):
        write_ids(tmp_path / "more", torch.tensor([[[[0, 65536]]]]))
