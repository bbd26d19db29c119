"""A face that is driven by a file, or by pictures that are handed over."""

from __future__ import annotations

import pytest
import torch

from examples.live.faces import CameraSession, PushedSource, drive_by_file
from examples.live.faces import write_clip as write_frames
from examples.vid2vid.live_source import SourceEndedError
from vidgan.video import read_video


def level(value):
    return torch.full((3, 48, 64), value, dtype=torch.uint8)


@pytest.mark.parametrize("start", [None, 4])
def test_a_file_drives_the_face(face_studio, faces, write_clip, start):
    made = [*drive_by_file(face_studio, write_clip(), start)]

    assert [frame.time for frame, _ in made] == [*range(9)]
    assert all(frame.frame.shape == (3, 48, 64) for frame, _ in made)
    assert made[-1][1].pace().frames == 9
    assert made[-1][1].stream.source.fps == 10
    assert faces.made == 1


def test_the_first_frame_can_be_chosen(face_studio, faces, write_clip):
    frames = [next(drive_by_file(face_studio, write_clip(), start))[0].frame for start in (2, 6)]
    assert not torch.equal(*frames)


def test_bad_files(face_studio, faces, write_clip, tmp_path):
    with pytest.raises(ValueError, match="must show a face to drive the target; none was found"):
        next(drive_by_file(face_studio, write_clip(200)))
    with pytest.raises(FileNotFoundError, match="there is no file"):
        next(drive_by_file(face_studio, tmp_path / "no.mp4"))
    (tmp_path / "text.mp4").write_text("no video")
    with pytest.raises((ValueError, OSError), match=r"text\.mp4"):
        next(drive_by_file(face_studio, tmp_path / "text.mp4"))


def test_a_camera_drives_the_face(face_studio, faces):
    session = CameraSession(face_studio)

    assert session.step(level(200)) is None
    assert session.step(level(200)) is None
    made = [session.step(level(value)) for value in (0, 10, 200, 20)]

    assert [frame.time for frame in made] == [0, 1, 2, 3]
    assert session.stream.skipped == 2
    assert session.stream.repeated == 1
    assert faces.made == 1  # the detector is loaded once
    assert torch.equal(made[1].condition, made[2].condition)
    assert not torch.equal(made[2].condition, made[3].condition)


def test_a_camera_gives_the_frames_of_a_file(face_studio, faces, write_clip):
    session = CameraSession(face_studio)
    for frame, _ in drive_by_file(face_studio, write_clip(0)):
        assert torch.equal(session.step(level(0)).frame, frame.frame)


def test_a_source_keeps_the_newest_frame():
    source = PushedSource()
    with pytest.raises(SourceEndedError):
        source.read()
    source.push(level(1))
    source.push(level(2))
    assert int(source.read()[0][0, 0, 0]) == 2
    assert source.dropped == 1
    source.push(level(3))
    source.close()
    with pytest.raises(SourceEndedError):
        source.read()


def test_a_clip_without_a_known_rate(tmp_path):
    pytest.importorskip("av")
    path = write_frames([torch.zeros(3, 16, 16)] * 4, 0.0, tmp_path / "a.mp4")
    assert read_video(path).frames.shape == (4, 3, 16, 16)
