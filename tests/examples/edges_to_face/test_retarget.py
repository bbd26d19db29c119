"""One face's motion on another face."""

from __future__ import annotations

import math
import weakref

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from examples.edges_to_face import retarget
from examples.edges_to_face.landmarks import Face
from examples.edges_to_face.retarget import decompose, drive_face, retarget_landmarks
from vidgan.video import write_video

SHAPES = torch.randn(2, 68, 2, generator=torch.Generator().manual_seed(0)) * 10


def moved(shape, *, scale=1.0, angle=0.0, place=(0.0, 0.0)):
    turn = torch.tensor([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    return scale * shape @ turn.T + torch.tensor(place)


def video(shape, frames=9):
    """A face that nods, turns, moves closer and opens its mouth."""
    result = []
    for t in range(frames):
        talking = shape.clone()
        talking[57] += torch.tensor([0.0, 2.0 * math.sin(t)])
        wave = {"scale": 1 + 0.05 * math.sin(t), "angle": 0.1 * math.cos(t)}
        result.append(moved(talking, **wave, place=(60.0 + t, 50.0 - t)))
    return torch.stack(result)


@given(scale=st.floats(0.3, 3), angle=st.floats(-3, 3), x=st.floats(-50, 50), y=st.floats(-50, 50))
def test_parts_make_the_video(scale, angle, x, y):
    faces = moved(video(SHAPES[0]), scale=scale, angle=angle, place=(x, y))
    parts = decompose(faces)
    inner = torch.einsum("tij,tnj->tni", parts.rotation, parts.shape + parts.deviation)
    again = parts.scale[:, None, None] * inner + parts.position[:, None]
    torch.testing.assert_close(again, faces, rtol=1e-4, atol=1e-3)
    assert float(parts.shape.norm()) == pytest.approx(1, abs=1e-4)


@given(scale=st.floats(0.3, 3), x=st.floats(-50, 50), y=st.floats(-50, 50))
def test_the_same_face_elsewhere_comes_back(scale, x, y):
    """A driver that is the target itself, filmed larger and elsewhere, gives the target."""
    target = video(SHAPES[0])
    driver = moved(target, scale=scale, place=(x, y))
    torch.testing.assert_close(retarget_landmarks(driver, target), target, rtol=1e-3, atol=2e-2)


def test_the_target_keeps_its_shape_and_takes_the_motion():
    target, driver = video(SHAPES[0])[:1].expand(5, -1, -1), video(SHAPES[1])
    result = decompose(retarget_landmarks(driver, target))
    want, motion = decompose(target), decompose(driver)
    # The mean faces have the orientation of their first frame: compare rotated ones.
    assert float(result.scale.median()) == pytest.approx(float(want.scale.median()), rel=0.05)
    torch.testing.assert_close(result.position.median(0).values, want.position.median(0).values)
    torch.testing.assert_close(
        result.scale / result.scale[0], motion.scale / motion.scale[0], rtol=0.02, atol=0.02
    )
    mouth = (result.deviation[:, 57] - result.deviation.mean(0)[57]).norm(dim=1)
    nose = (result.deviation[:, 30] - result.deviation.mean(0)[30]).norm(dim=1)
    assert mouth.mean() > 5 * nose.mean()


def test_a_face_that_stands_still_stays_so():
    still = SHAPES[1][None].expand(4, -1, -1)
    result = retarget_landmarks(still, video(SHAPES[0]))
    torch.testing.assert_close(result, result[:1].expand(4, -1, -1))


def test_few_frames_of_a_driving_video_are_held(pan, tmp_path, monkeypatch):
    """However long the video."""
    pytest.importorskip("av")
    pytest.importorskip("tqdm")
    alive, most = weakref.WeakSet(), []

    def find(frame, *, near=None, weak=False):
        alive.add(frame)
        most.append(len(alive))
        points = video(SHAPES[0])[len(most) % 9]
        return Face(points, (*points.amin(0).tolist(), *points.amax(0).tolist()))

    monkeypatch.setitem(retarget.DETECTORS, "mine", lambda: find)
    write_video(tmp_path / "long.mp4", pan(120), fps=25)

    driver = drive_face(tmp_path / "long.mp4", video(SHAPES[1]), "mine")

    assert driver.streams["landmarks"].sequences() == {"long": 120}
    assert driver.fps == 25
    assert len(most) == 120
    assert max(most) <= 3
