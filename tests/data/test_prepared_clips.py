"""Clips of prepared folders, whose conditions are drawn from what the folder has."""

import json

import pytest
import torch

from vidgan.conditions import face_condition_maps, pose_condition_maps
from vidgan.data import SyntheticVideo, open_clips
from vidgan.functional import one_hot_labels
from vidgan.video import write_flow, write_frame, write_frames

SIZE, FRAMES = (32, 48), 6
VIDEO = SyntheticVideo(SIZE).render(FRAMES)


@pytest.fixture
def prepare(tmp_path):
    """A function that writes a prepared folder of a rendered video, without annotations."""

    def prepare(**facts):
        known = {"task": "x", "fps": 25, "size": SIZE, "sequences": {"walk": {"frames": FRAMES}}}
        (tmp_path / "dataset.json").write_text(json.dumps(known | facts))
        write_frames(tmp_path / "images" / "walk", VIDEO.frames)
        for kind in ("flow", "confidence"):
            (tmp_path / kind / "stride1" / "walk").mkdir(parents=True)
        for t in range(1, FRAMES):
            flow = VIDEO.flow[t].clone()
            flow[:, :4] = torch.nan  # unknown at the top
            write_flow(tmp_path / "flow" / "stride1" / "walk" / f"{t:05d}.flo", flow)
            mask = torch.full((1, *SIZE), 255, dtype=torch.uint8)
            write_frame(tmp_path / "confidence" / "stride1" / "walk" / f"{t:05d}.png", mask)
        return tmp_path

    return prepare


def write_points(folder, points):
    folder.mkdir(parents=True)
    for t in range(FRAMES):
        (folder / f"{t:05d}.json").write_text(json.dumps(points))


def check_videos(clip):
    """Frames, flow and confidence are those of the video from frame 2 on."""
    torch.testing.assert_close(clip["frames"], VIDEO.frames[2:5], rtol=0, atol=1 / 127)
    torch.testing.assert_close(clip["flow"][:, :, 4:], VIDEO.flow[2:5, :, 4:])
    assert (clip["confidence"][:, :, :4] == 0).all()
    assert (clip["confidence"][:, :, 4:] == 1).all()
    assert clip["preview"].shape == (3, 3, *SIZE)
    assert clip["preview"].amin() >= -1
    assert clip["preview"].amax() <= 1


def test_landmarks(prepare):
    folder, points = prepare(), 30 * torch.rand(68, 2, generator=torch.Generator().manual_seed(0))
    write_points(folder / "landmarks" / "walk", points.tolist())
    clip = open_clips(folder, 3)[2]
    check_videos(clip)
    maps = face_condition_maps(points[None], SIZE, oversampling=11)  # 512 / 48
    torch.testing.assert_close(clip["conditions"], maps.expand(3, -1, -1, -1))


@pytest.mark.parametrize("instances", [True, False])
def test_labels(prepare, instances):
    names = ["background", "ground", "disc", "rectangle", "triangle"]
    folder = prepare(classes=names, ignore=1)
    write_frames(folder / "labels" / "walk", VIDEO.labels.to(torch.uint8))
    if instances:
        write_frames(folder / "instances" / "walk", VIDEO.instances.to(torch.uint8))
    clip = open_clips(folder, 3)[2]
    check_videos(clip)
    assert clip["conditions"].shape[1] == 5 + instances
    expected = one_hot_labels(VIDEO.labels[2:5], 5)
    expected[:, 1] = 0
    torch.testing.assert_close(clip["conditions"][:, :5], expected)
    assert (clip["preview"].amax(1, keepdim=True)[VIDEO.labels[2:5] == 1] == -1).all()


def test_keypoints(prepare):
    folder = prepare()
    points = torch.rand(25, 3, generator=torch.Generator().manual_seed(0)) * 30
    points[:, 2] = 1
    people = {"people": [{"pose_keypoints_2d": points.flatten().tolist()}]}
    write_points(folder / "keypoints" / "walk", people)
    clip = open_clips(folder, 3)[2]
    check_videos(clip)
    maps = pose_condition_maps(clip["keypoints"], SIZE)
    torch.testing.assert_close(clip["conditions"], maps)
    torch.testing.assert_close(clip["preview"], maps)


def test_no_annotation_and_two(prepare):
    folder = prepare(classes=["a"])
    with pytest.raises(ValueError, match=r"exactly one of landmarks, labels, keypoints, got none"):
        open_clips(folder, 3)
    (folder / "labels").mkdir()
    (folder / "keypoints").mkdir()
    with pytest.raises(ValueError, match="got labels and keypoints"):
        open_clips(folder, 3)


def test_labels_without_classes(prepare):
    folder = prepare()
    (folder / "labels").mkdir()
    with pytest.raises(ValueError, match=r"must have a list of names 'classes', got None"):
        open_clips(folder, 3)
