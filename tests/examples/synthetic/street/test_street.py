import json
import sys

import numpy as np
import pytest
import torch

from examples.labels_to_street.task import LabelsToStreet
from examples.synthetic.street import data_folder as recipe
from examples.synthetic.street.atlas import Atlas
from examples.synthetic.street.builder import CLASSES, FOREGROUND
from examples.synthetic.street.camera import Camera
from examples.synthetic.street.data_folder import StreetConfig, make_street
from examples.synthetic.street.drive import StreetDrive
from examples.synthetic.street.motion import true_flow, visibility
from examples.synthetic.street.renderer import cast, centers
from examples.synthetic.street.surfaces import Scene, Surface, X, Y, Z
from examples.vid2vid.clips import open_clips, to_clip
from examples.vid2vid.command_line import run_cli
from vidgan.conditions import CITYSCAPES_NAMES, CITYSCAPES_TRAIN_IDS
from vidgan.functional import flow_warp
from vidgan.video import read_frame, read_frames, read_labels, to_float

for module in ("tqdm", "tyro"):
    pytest.importorskip(module)

SIZE = (48, 80)


@pytest.fixture(scope="module")
def drives():
    return [StreetDrive(SIZE, 12, (seed,)) for seed in (0, 1, 2)]


@pytest.fixture(scope="module")
def videos(drives):
    return [[drive.render(t) for t in range(12)] for drive in drives]


def test_classes_are_the_first_training_classes_of_cityscapes():
    assert tuple(CITYSCAPES_NAMES[index] for index in CITYSCAPES_TRAIN_IDS[:14]) == CLASSES
    assert set(FOREGROUND) < set(CLASSES)


def test_frames_labels_and_instances(videos):
    found = set()
    for video in videos:
        for frame, labels, instances in video:
            assert (frame.shape, frame.dtype) == ((3, *SIZE), torch.uint8)
            assert (labels.shape, labels.dtype) == ((1, *SIZE), torch.int64)
            assert frame.float().std() > 20
            found |= set(labels.unique().tolist())
            things = torch.isin(labels, torch.tensor([CLASSES.index(n) for n in FOREGROUND]))
            assert torch.equal(instances[~things], labels[~things])
            assert torch.equal(instances[things] // 1000, labels[things])
            assert (instances[things] % 1000 > 0).all()
    assert {"road", "sidewalk", "building", "vegetation", "sky", "car", "pole"} <= {
        CLASSES[index] for index in found
    }


def test_road_lies_below_and_the_sky_above(videos):
    for video in videos:
        labels = torch.cat([step.labels for step in video])
        road, sky = labels == CLASSES.index("road"), labels == CLASSES.index("sky")
        assert not road[:, : SIZE[0] // 3].any()
        assert not sky[:, SIZE[0] // 2 + 2 :].any()
        assert road[:, -SIZE[0] // 3 :].float().mean() > 0.25


def test_same_seed_same_video(videos):
    again = StreetDrive(SIZE, 12, (1,))
    for expected, step in zip(videos[1], (again.render(0), again.render(1)), strict=False):
        for one, other in zip(expected, step, strict=True):
            assert torch.equal(one, other)


def test_other_seeds_give_other_streets(videos):
    first = [video[0].frame.float() for video in videos]
    assert (first[0] - first[1]).abs().mean() > 15
    assert (first[1] - first[2]).abs().mean() > 15


def test_frame_does_not_depend_on_those_rendered_before(videos):
    assert torch.equal(StreetDrive(SIZE, 12, (2,)).render(9).frame, videos[2][9].frame)


@pytest.mark.parametrize("stride", [1, 3, 9])
def test_flow_warps_the_earlier_frame_onto_the_later(drives, videos, stride):
    for drive, video in zip(drives, videos, strict=True):
        flow, confidence = drive.flow(11, stride)
        assert (flow.shape, confidence.shape) == ((2, *SIZE), (1, *SIZE))
        assert confidence.unique().tolist() == [0, 1]
        now, before = (to_float(video[t].frame)[None] for t in (11, 11 - stride))
        known = confidence[None].expand(-1, 3, -1, -1) > 0
        errors = [
            (flow_warp(before, way) - now).abs()[known].mean()
            for way in (flow[None], 0 * flow[None], -flow[None])
        ]
        assert errors[0] < 0.07  # the error of interpolation and of closer textures
        assert errors[0] < 0.5 * errors[1]
        assert errors[0] < 0.5 * errors[2]


@pytest.mark.parametrize("stride", [1, 3])
def test_labels_and_instances_agree_along_the_flow(drives, videos, stride):
    for drive, video in zip(drives, videos, strict=True):
        flow, confidence = drive.flow(11, stride)
        known = confidence[0] > 0
        assert known.float().mean() > 0.3
        rows, columns = known.nonzero(as_tuple=True)
        x = (columns + flow[0][known]).round().long()
        y = (rows + flow[1][known]).round().long()
        for kind in ("labels", "instances"):
            now, before = (getattr(video[t], kind)[0] for t in (11, 11 - stride))
            assert torch.equal(now[known], before[y, x])


def test_what_appears_has_no_confidence(drives):
    flow, confidence = drives[0].flow(11, 9)
    x = torch.arange(SIZE[1]) + flow[0]
    y = torch.arange(SIZE[0])[:, None] + flow[1]
    outside = (x < -0.01) | (x > SIZE[1] - 0.99) | (y < -0.01) | (y > SIZE[0] - 0.99)
    assert outside.any()
    assert not confidence[0][outside].any()


def plain_scene(*surfaces):
    atlas = Atlas()
    atlas.add(np.full((4, 4, 4), 200, np.uint8))
    atlas.close()
    return Scene(atlas, 0, list(surfaces), sky_label=10, haze=(200, 210, 220), fog=300)


def surface(axis, place, low, high, **options):
    return Surface(axis, place, low, high, 0, (1, 1), (0, 0), 1, 1, **options)


def eye(**changes):
    plain = {"x": 0, "y": 1.5, "z": 0, "yaw": 0, "horizon": 20, "focal": 50, "size": (41, 61)}
    return Camera(**(plain | changes))


def look(scene, camera, time=0):
    return centers(scene, camera, time, cast(scene, camera, time, samples=2))


def test_flow_of_the_ground_by_hand():
    scene, now, before = plain_scene(surface(Y, 0, (-99, 1), (99, 99))), eye(z=1), eye(z=0)
    hits = look(scene, now)
    # Row 30 is 10 below the horizon: depth 1.5 * 50 / 10 = 7.5. A meter back it is 8.5, which is
    # seen at row 20 + 1.5 * 50 / 8.5, and column 40, 10 off the middle, at 30 + 10 * 7.5 / 8.5.
    assert hits.depth[30, 40] == pytest.approx(7.5)
    flow = true_flow(scene, hits, now, before, 1)
    assert flow[:, 30, 40] == pytest.approx([10 * 7.5 / 8.5 - 10, 75 / 8.5 - 10], abs=1e-4)
    assert np.abs(flow[:, :20]).max() < 1e-5  # the sky does not move closer


def test_flow_of_a_turn_by_hand():
    scene = plain_scene(surface(Z, 1e5, (-1e6, -1e6), (1e6, 1e6)))
    now, before = eye(yaw=0.1), eye()
    flow = true_flow(scene, look(scene, now), now, before, 1)
    # Turned right by 0.1: the middle of the image shows what was at 30 + 50 * tan(0.1).
    assert flow[:, 20, 30] == pytest.approx([50 * np.tan(0.1), 0], abs=1e-3)


def test_flow_of_what_moves_by_hand():
    board = surface(Z, 10, (-1, 0.5), (1, 2.5), velocity=(0.2, -1))
    scene = plain_scene(board)
    hits = look(scene, eye(), time=2)
    # At frame 2 the board has come to z = 8, and moved 0.4 to the right: columns 26.25 to 38.75.
    shown = hits.surface[20] == 1
    assert shown.nonzero()[0].tolist() == list(range(27, 39))
    assert hits.depth[20, 30] == 8
    flow = true_flow(scene, hits, eye(), eye(), 1)
    # The middle (x = 0) was at x = -0.2, z = 9.
    assert flow[:, 20, 30] == pytest.approx([-0.2 * 50 / 9, 0], abs=1e-4)
    assert flow[:, 20, 34] == pytest.approx([(0.64 - 0.2) * 50 / 9 - 4, 0], abs=1e-4)


def test_nearer_surfaces_hide_farther_ones_whatever_their_order():
    near, far = surface(Z, 5, (-1, 0), (1, 3)), surface(Z, 9, (-2, 0), (2, 3))
    wall = surface(X, -1, (1, 9), (0, 3))
    wall = wall._replace(low=(1, 0), high=(9, 3), facing=1)
    for order in ([near, far, wall], [wall, far, near]):
        scene = plain_scene(*order)
        hits = look(scene, eye())
        assert hits.depth[20, 30] == 5
        assert hits.depth[20, 30 + 11] == 9  # x = 0.22 * 9 = 1.98; the near one ends at x = 1
        assert hits.depth[20, 30 - 20] == pytest.approx(2.5)  # the wall at x = -1
        assert hits.surface[20, 30 + 20] == 0
    turned = plain_scene(wall._replace(facing=-1))
    assert not look(turned, eye()).surface.any()


def test_visibility_by_hand():
    now = np.array([[1, 1, 2, 2, -1, 3]], np.int32)
    before = np.array([[1, 1, 1, 2, 2, 2]], np.int32)
    still = np.zeros((2, 1, 6), np.float32)
    assert visibility(still, now, before).tolist() == [[1, 1, 0, 1, 0, 0]]
    moved = still.copy()
    moved[0] = 0.5  # between two pixels, both of which must show the surface
    assert visibility(moved, now, before).tolist() == [[1, 1, 0, 1, 0, 0]]
    moved[0] = 1
    assert visibility(moved, now, before).tolist() == [[1, 1, 1, 1, 0, 0]]
    moved[0] = -1  # the first has come in from outside
    assert visibility(moved, now, before).tolist() == [[0, 1, 0, 0, 0, 0]]
    moved[0], moved[1] = 0, 0.5
    assert not visibility(moved, now, before).any()


def test_texture_repeats_and_is_interpolated():
    atlas = Atlas()
    picture = np.zeros((2, 4, 4), np.uint8)
    picture[..., 0], picture[..., 3] = [[0, 40, 80, 120], [0, 40, 80, 120]], 255
    picture[1, 3, 3] = 0
    number = atlas.add(picture)
    atlas.close()

    def red(x, level=0.0):
        numbers = np.full(len(x), number, np.int32)
        x, y = np.array(x, np.float32), np.full(len(x), 0.5, np.float32)
        return atlas.colors(numbers, x, y, np.full(len(x), level, np.float32))[:, 0].tolist()

    assert red([0.5, 1.5, 2, 4.5, -2.5]) == [0, 40, 60, 0, 40]
    assert red([4, 0]) == [60, 60]  # half-way between the last and the first
    assert red([1, 3], level=1) == pytest.approx([20, 93.3], abs=1)  # transparent: less weight
    opaque = atlas.opaque(number, np.array([3.5, 2.5, 7.9], np.float32), np.float32([[1.5]]), 0)
    assert opaque.tolist() == [[False, True, False]]


@pytest.mark.parametrize("size", [(32, 32), (96, 40), (33, 61)])
def test_any_size(size):
    drive = StreetDrive(size, 2)
    assert drive.render(1).frame.shape == (3, *size)
    assert drive.flow(1)[0].isfinite().all()


@pytest.mark.parametrize(
    ("size", "frames", "text"),
    [((31, 64), 3, "at least 32 each"), ((64, 31), 3, "at least 32 each"), ((32, 32), 0, "frames")],
)
def test_wrong_arguments(size, frames, text):
    with pytest.raises(ValueError, match=text):
        StreetDrive(size, frames)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    out = tmp_path_factory.mktemp("world") / "new" / "street"
    return make_street(StreetConfig(out, sequences=2, frames=5, height=48, width=80, seed=3))


def files(folder):
    return sorted(file.name for file in folder.iterdir())


def test_folder_is_laid_out_as_documented(data):
    every = [f"{t:05d}" for t in range(5)]
    assert files(data.parent) == ["street"]
    for kind in ("images", "labels", "instances", "conditions"):
        assert files(data / kind) == ["drive000", "drive001"]
        assert files(data / kind / "drive001") == [f"{t}.png" for t in every]
    assert files(data / "flow") == files(data / "confidence") == ["stride1", "stride3"]
    assert files(data / "flow" / "stride3" / "drive000") == ["00003.flo", "00004.flo"]
    assert files(data / "confidence" / "stride1" / "drive000") == [f"{t}.png" for t in every[1:]]
    description = json.loads((data / "dataset.json").read_text())
    assert description["task"] == "labels_to_street"
    assert description["classes"] == list(CLASSES)
    assert description["foreground"] == [11, 12, 13]
    assert description["strides"] == [1, 3]
    assert description["sequences"] == {n: {"frames": 5} for n in ("drive000", "drive001")}
    assert read_frame(data / "contact_sheet.png").shape == (3, 3 * 50 + 2, 8 * 82 + 2)


def test_files_hold_what_was_rendered(data):
    drive = StreetDrive((48, 80), 5, (3, 1))
    step = drive.render(4)
    assert torch.equal(read_frame(data / "images/drive001/00004.png"), step.frame)
    assert torch.equal(read_labels(data / "labels/drive001/00004.png"), step.labels)
    assert torch.equal(read_labels(data / "instances/drive001/00004.png"), step.instances)


def test_street_is_read_for_training(data):
    task = LabelsToStreet.open(data)
    clips = open_clips(task, 4, [1, 3])
    clip = to_clip(task, [clips[0], clips[3]], 0, 4, [1, 3])
    assert clip.conditions.shape == (2, 4, 15, 48, 80)
    assert clip.frames.shape == (2, 4, 3, 48, 80)
    assert clip.foreground_masks.shape == (2, 4, 1, 48, 80)
    warped = flow_warp(clip.frames[0, :-1], clip.flows[1][0, 1:])
    error = ((warped - clip.frames[0, 1:]).abs() * clip.confidence[0, 1:]).mean()
    still = ((clip.frames[0, :-1] - clip.frames[0, 1:]).abs() * clip.confidence[0, 1:]).mean()
    assert error < 0.6 * still


def run(monkeypatch, capsys, *arguments):
    monkeypatch.setattr(sys, "argv", ["street", *map(str, arguments)])
    capsys.readouterr()
    with pytest.raises(SystemExit) as stop:
        run_cli(recipe.main)
    return stop.value.code, capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (["--height", "31"], "height and width must be at least 32, got 31 and 128"),
        (["--width", "16"], "height and width must be at least 32, got 64 and 16"),
        (["--frames", "2"], "frames must be at least 3, got 2"),
        (["--sequences", "0"], "sequences must be at least 1, got 0"),
        (["--seed", "-1"], "seed must be at least 0, got -1"),
        (["--strides", "3"], "strides must be positive and contain 1, got (3,)"),
    ],
)
def test_wrong_option(tmp_path, monkeypatch, capsys, options, text):
    code, error = run(monkeypatch, capsys, "--out", tmp_path / "out", *options)
    assert code == 2
    assert text in error
    assert error.count("\n") == 1
    assert files(tmp_path) == []


def test_existing_folder_is_kept(tmp_path, monkeypatch, capsys):
    (tmp_path / "notes").touch()
    code, error = run(monkeypatch, capsys, "--out", tmp_path)
    assert code == 2
    assert "exists already; choose another --out" in error
    assert files(tmp_path) == ["notes"]


def test_interrupt_leaves_nothing(tmp_path, monkeypatch, capsys):
    def interrupt(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(StreetDrive, "flow", interrupt)
    code, error = run(monkeypatch, capsys, "--out", tmp_path / "new" / "out", "--frames", "3")
    assert (code, error) == (130, "interrupted\n")
    assert files(tmp_path) == []


def test_command_says_what_was_rendered(tmp_path, monkeypatch, capsys):
    arguments = ["--out", str(tmp_path / "out"), "--sequences", "1", "--frames", "3"]
    monkeypatch.setattr(sys, "argv", ["street", *arguments, "--height", "32", "--width", "48"])
    run_cli(recipe.main)
    assert "1 drives of 3 frames, 48x32" in capsys.readouterr().out
    assert len(read_frames(tmp_path / "out" / "images" / "drive000")) == 3
