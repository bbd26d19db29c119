"""Landmarks and keypoints as public tools write them: prepared, checked, and in the right place."""

import json

import numpy as np
import pytest
import torch

from examples.edges_to_face.prepare import PrepareConfig as FaceConfig
from examples.edges_to_face.prepare import prepare as prepare_face
from examples.pose_to_body.prepare import PrepareConfig as PoseConfig
from examples.pose_to_body.prepare import prepare as prepare_pose
from vidgan.data import KeypointStream, PointStream, check_data
from vidgan.video import write_frames

for module in ("cv2", "tqdm", "tyro"):
    pytest.importorskip(module)

LENGTH, HEIGHT, WIDTH = 5, 100, 160
WHOLE = torch.zeros(133, 2)  # a person of about 80 pixels at x = 60
WHOLE[:17] = torch.tensor(
    # nose, eyes, ears, shoulders, elbows, wrists, hips, knees, ankles; left before right
    (
        (60, 12),
        (62, 10),
        (58, 10),
        (64, 11),
        (56, 11),
        (70, 24),
        (50, 24),
        (75, 38),
        (45, 38),
        (77, 50),
        (43, 50),
        (66, 50),
        (54, 50),
        (67, 68),
        (53, 68),
        (67, 88),
        (53, 88),
    )
)
WHOLE[17:23] = torch.tensor([[70, 91], [72, 90], [66, 91], [50, 91], [48, 90], [54, 91]])
WHOLE[23:91] = torch.stack([55 + torch.arange(68) % 10, 5 + torch.arange(68) // 7], 1)
WHOLE[91:112] = torch.tensor([77.0, 52]) + torch.arange(21)[:, None] * 0.2
WHOLE[112:] = torch.tensor([43.0, 52]) + torch.arange(21)[:, None] * 0.2


def face(t):
    """68 points of an upright face of 60 pixels around (80 + t, 50)."""
    angles = torch.linspace(torch.pi, 0, 17)
    points = torch.zeros(68, 2)
    points[:17] = torch.stack([30 * angles.cos(), 30 * angles.sin()], 1)
    points[17:27] = torch.stack([torch.linspace(-20, 20, 10), torch.full((10,), -20.0)], 1)
    points[27:36, 1] = torch.linspace(-10, 5, 9)
    points[36:42] = torch.tensor([-12.0, -10])
    points[42:48] = torch.tensor([12.0, -10])
    points[48:] = torch.tensor([0.0, 16])
    return points + torch.tensor([80.0 + t, 50])


def source(folder, first=0):
    generator = torch.Generator().manual_seed(0)
    frames = torch.randint(0, 256, (LENGTH, 3, HEIGHT, WIDTH), generator=generator)
    files = write_frames(folder / "images/walk", frames.byte())
    for number, file in reversed([*enumerate(files)]):
        file.rename(file.with_name(f"{number + first:05d}.png"))
    return folder


def write_landmarks(folder, layout, change=lambda points: points):
    """Write all frames but the third, which has no face."""
    every = torch.stack([change(face(t)) for t in range(LENGTH)]).numpy().astype(float)
    place = folder / "landmarks/walk"
    place.mkdir(parents=True)
    if layout == "array":
        place.rmdir()
        every[2] = np.nan
        np.save(folder / "landmarks/walk.npy", every)
        return folder
    for t, points in enumerate(every):
        file = place / f"{t:05d}.{layout}"
        if t == 2:
            file.write_text("")
        elif layout == "json":
            file.write_text(json.dumps(points.tolist()))
        elif layout == "npy":
            np.save(file, points)
        else:
            first = 1 if layout == "pts" else 0
            lines = "\n".join(f"{x + first} {y + first}" for x, y in points)
            head = f"version: 1\nn_points: 68\n{{\n{lines}\n}}" if first else lines
            file.write_text(head)
    return folder


def moved_back(data, points, length):
    crop = json.loads((data / "dataset.json").read_text())["sequences"]["walk"]["crop"]
    left, top, height, width = crop
    return (points + 0.5) * torch.tensor([width, height]) / length + torch.tensor([left, top]) - 0.5


@pytest.mark.parametrize("layout", ["json", "txt", "pts", "npy", "array"])
def test_landmarks(tmp_path, layout):
    folder = write_landmarks(source(tmp_path / "raw"), layout)
    report = prepare_face(FaceConfig(folder, tmp_path / "out", size=64, strides=(1,)))
    assert (report.sequences[0].detected, report.sequences[0].interpolated) == (4, 1)
    stream = PointStream(tmp_path / "out/landmarks")
    for t in range(LENGTH):  # the third lies between its neighbors
        got = moved_back(tmp_path / "out", stream.load("walk", t), 64)
        assert torch.allclose(got, face(t), atol=0.02)
    assert check_data(tmp_path / "out", clip_length=1).is_good


LAST = torch.tensor([WIDTH - 1.0, HEIGHT - 1])


@pytest.mark.parametrize("signed", [False, True])
def test_shares_of_the_frame_are_converted(tmp_path, capsys, signed):
    change = lambda points: points / LAST * 2 - 1 if signed else points / LAST  # noqa: E731
    folder = write_landmarks(source(tmp_path / "raw"), "json", change)
    report = prepare_face(FaceConfig(folder, tmp_path / "out", size=64, strides=(1,)))
    got = moved_back(tmp_path / "out", PointStream(tmp_path / "out/landmarks").load("walk", 1), 64)
    assert torch.allclose(got, face(1), atol=0.02)
    shares = "[-1, 1]" if signed else "[0, 1]"
    (note,) = report.notes
    assert note == f"walk: the points are shares of the frame in {shares}; converted to pixels"
    assert capsys.readouterr().out == ""  # the command prints the notes


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda points: points.flip(-1), r"must be \[x, y\], .* as if y came first"),
        (lambda points: points / LAST * 1.6, "must be in pixels of frames of 160 x 100"),
        (lambda points: points * 4, "must lie in frames of 160 x 100 .* most of them outside"),
        (lambda points: (points - 80) / 6 + 80, "face of more than 32 pixels, got a crop of 1"),
    ],
)
def test_landmarks_that_are_refused(tmp_path, change, text):
    folder = write_landmarks(source(tmp_path / "raw"), "json", change)
    with pytest.raises(ValueError, match=text) as error:
        prepare_face(FaceConfig(folder, tmp_path / "out", size=64, strides=(1,)))
    assert "\n" not in str(error.value)
    assert not (tmp_path / "out").exists()


def test_landmarks_of_confidence_0_are_interpolated(tmp_path, capsys):
    folder = source(tmp_path / "raw")
    (folder / "landmarks/walk").mkdir(parents=True)
    for t in range(LENGTH):
        points = torch.cat([face(t), torch.ones(68, 1)], 1)
        if t == 3:
            points[:17] = torch.tensor([999.0, 999, 0])
        rows = points.tolist() if t != 1 else [[0, 0, 0]] * 68
        (folder / f"landmarks/walk/{t:05d}.json").write_text(json.dumps(rows))
    report = prepare_face(FaceConfig(folder, tmp_path / "out", size=64, strides=(1,)))
    assert (report.sequences[0].detected, report.sequences[0].interpolated) == (4, 1)
    assert report.notes == ["walk: points of confidence 0 are interpolated in 1 frames"]
    assert capsys.readouterr().out == ""
    stream = PointStream(tmp_path / "out/landmarks")
    for t in range(LENGTH):
        got = moved_back(tmp_path / "out", stream.load("walk", t), 64)
        assert torch.allclose(got, face(t), atol=0.02)


def test_frames_counted_from_1_beside_keypoints_of_a_video(tmp_path, capsys):
    """OpenPose's name and number from 0, the layout of DWPose, a bystander listed first."""
    folder = source(tmp_path / "raw", first=1)
    (folder / "openpose/walk").mkdir(parents=True)
    for t in range(LENGTH):
        dancer, small = WHOLE + torch.tensor([2.0 * t, 0]), WHOLE / 3 + torch.tensor([120.0, 60])
        people = [small, dancer] if t % 2 else [dancer, small]
        rows = [{"keypoints": p.tolist(), "keypoint_scores": [0.9] * 133} for p in people]
        name = f"walk_{t:012d}_keypoints.json"
        (folder / "openpose/walk" / name).write_text(json.dumps({"instance_info": rows}))
    assert check_data(folder, clip_length=1).is_good
    raw = KeypointStream(folder / "openpose")
    assert raw.load("walk", 3)[0, :2].tolist() == [66, 12]
    report = prepare_pose(PoseConfig(folder, tmp_path / "out", height=64, width=64, strides=(1,)))
    assert (report.sequences[0].others, report.sequences[0].jumps) == (LENGTH, 0)
    (note,) = report.notes
    assert note.startswith("walk: openpose and images are paired by their order, walk_000000000000")
    assert capsys.readouterr().out == ""
    stream = KeypointStream(tmp_path / "out/keypoints")
    for t in range(LENGTH):
        got = moved_back(tmp_path / "out", stream.load("walk", t)[:, :2], 64)
        assert torch.allclose(got[0], torch.tensor([60.0 + 2 * t, 12]), atol=0.03)
        assert torch.allclose(got[136], WHOLE[132] + torch.tensor([2.0 * t, 0]), atol=0.03)
    assert check_data(tmp_path / "out", clip_length=1).is_good


def test_inds_beside_iuv_are_instances(tmp_path):
    folder = source(tmp_path / "raw")
    (folder / "openpose/walk").mkdir(parents=True)
    rows = [{"keypoints": WHOLE.tolist(), "keypoint_scores": [0.9] * 133}]
    files = []
    for ending, channels in (("IUV", 3), ("INDS", 1)):
        maps = torch.full((LENGTH, channels, HEIGHT, WIDTH), channels, dtype=torch.uint8)
        files += write_frames(folder / ending, maps)
    (folder / "densepose/walk").mkdir(parents=True)
    for file in files:
        file.rename(folder / f"densepose/walk/{file.stem}_{file.parent.name}.png")
    for ending in ("IUV", "INDS"):
        (folder / ending).rmdir()
    for t in range(LENGTH):
        (folder / f"openpose/walk/{t:05d}_keypoints.json").write_text(json.dumps(rows))
    assert check_data(folder, clip_length=1).is_good
    prepare_pose(PoseConfig(folder, tmp_path / "out", height=64, width=64, strides=(1,)))
    kinds = check_data(tmp_path / "out", clip_length=1).kinds
    assert kinds["densepose"].files == kinds["instances"].files == LENGTH


def test_person_that_becomes_another_one_is_reported(tmp_path, capsys):
    folder = source(tmp_path / "raw")
    (folder / "openpose/walk").mkdir(parents=True)
    for t in range(LENGTH):
        place = WHOLE + torch.tensor([0.0 if t < 3 else 85.0, 0])
        rows = [{"keypoints": place.tolist(), "keypoint_scores": [0.9] * 133}]
        (folder / f"openpose/walk/{t:05d}.json").write_text(json.dumps(rows))
    report = prepare_pose(PoseConfig(folder, tmp_path / "out", height=64, width=64, strides=(1,)))
    assert report.sequences[0].jumps == 1
    assert (
        json.loads((tmp_path / "out/dataset.json").read_text())["sequences"]["walk"]["jumps"] == 1
    )
