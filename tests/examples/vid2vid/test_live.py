"""Generation from frames as they arrive, from a file and from a camera."""

from __future__ import annotations

import math
import threading

import numpy as np
import pytest
import torch

from examples.edges_to_face import retarget
from examples.edges_to_face.landmarks import Face
from examples.edges_to_face.retarget import LiveFace, retarget_landmarks
from examples.edges_to_face.task import EdgesToFace
from examples.labels_to_street.task import LabelsToStreet
from examples.vid2vid import live_source
from examples.vid2vid.generate import GenerateOptions, generate
from examples.vid2vid.live import LiveStream
from examples.vid2vid.live_source import CameraSource, FileSource, SourceEndedError
from vidgan.video import list_frames, read_frame, read_video, write_video

for module in ("av", "tqdm", "tyro"):
    pytest.importorskip(module)

ANGLE = torch.arange(68) * (2 * math.pi / 68)
CIRCLE = torch.stack([28 * ANGLE.cos(), 24 * ANGLE.sin()], 1)


def face_at(time):
    points = CIRCLE * (1 + 0.02 * math.sin(time)) + torch.tensor([50.0 + time, 40.0])
    return Face(points, (*points.amin(0).tolist(), *points.amax(0).tolist()))


class Finder:
    """Finds a face in every frame but those listed; the frame's first pixel is its time."""

    def __init__(self, without=()):
        self.without, self.times, self.after = without, [], lambda: None

    def __call__(self, frame, *, near=None, weak=False):  # noqa: ARG002 -- as in FaceFinder
        time = int(frame[0, 0, 0])
        if not weak:
            self.times.append(time)
            self.after()
        return None if time in self.without else face_at(time)


class FakeCamera:
    """Gives frames, blue of its first pixel counting up, each when it is released.

    Args:
        frames: number of frames, after which it goes away.
        is_open: whether there is a camera.
    """

    def __init__(self, frames, *, is_open=True):
        self.frames, self.is_open, self.released = frames, is_open, False
        self.given = 0
        self.asked = threading.Semaphore(0)  # released where the camera asks for the next frame
        self.ready = threading.Semaphore(0)

    def isOpened(self):
        return self.is_open

    def read(self):
        self.asked.release()
        if not self.ready.acquire(timeout=0.5) or self.given == self.frames:
            return False, None
        image = np.zeros((48, 64, 3), np.uint8)
        image[..., 2] = self.given  # red, the last of BGR
        self.given += 1
        return True, image

    def give(self, count=1):
        """Give frames, and wait until the next one is asked for."""
        for _ in range(count):
            self.asked.acquire()
            self.ready.release()
        self.asked.acquire()  # the last one has been handed over
        self.asked.release()

    def release(self):
        self.released = True


@pytest.fixture
def finder(monkeypatch):
    one = Finder()
    monkeypatch.setitem(retarget.DETECTORS, "dlib", lambda: one)
    monkeypatch.setattr(retarget, "DlibLandmarks", lambda: one)
    return one


@pytest.fixture
def camera(monkeypatch):
    """A function that puts a fake camera in place of the real ones."""

    def make(frames, **options):
        fake = FakeCamera(frames, **options)
        monkeypatch.setattr(live_source, "open_camera", lambda device: fake)
        return fake

    return make


@pytest.fixture
def clip(tmp_path):
    """A video of 9 frames."""
    write_video(tmp_path / "clip.mp4", torch.zeros(9, 3, 48, 64), fps=10)
    return tmp_path / "clip.mp4"


def test_a_file_is_played_to_its_end(make_data, make_run, tmp_path, finder, clip):
    options = GenerateOptions(live=str(clip))
    report = generate(EdgesToFace, make_run(), make_data(), out=tmp_path / "out", options=options)
    assert len(finder.times) == 9
    assert report.num_frames == report.pace.frames == 9
    assert report.pace.dropped == report.pace.repeated == 0
    assert 0 < report.pace.median <= report.pace.percentile_95
    assert report.pace.frames_per_second > 0
    assert report.video == tmp_path / "out/clip.mp4"
    video = read_video(report.video)
    assert len(video.frames) == 9
    assert video.fps == 10
    assert report.sheet.is_file()
    assert [path.stem for path in list_frames(report.frames)] == [f"{t:05d}" for t in range(9)]


def test_live_frames_are_those_of_drive(make_data, make_run, tmp_path, finder, clip, monkeypatch):
    """Once the face is measured, of a driver whose every frame is the same."""
    monkeypatch.setattr(Finder, "__call__", lambda *_, **__: face_at(3))
    run, data = make_run(), make_data()
    live = generate(
        EdgesToFace, run, data, out=tmp_path / "a", options=GenerateOptions(live=str(clip))
    )
    drive = generate(
        EdgesToFace, run, data, out=tmp_path / "b", options=GenerateOptions(drive=clip)
    )
    assert live.num_frames == drive.num_frames
    for one, other in zip(list_frames(live.frames), list_frames(drive.frames), strict=True):
        assert (read_frame(one).int() - read_frame(other).int()).abs().max() <= 1


def test_few_frames_of_a_file(make_data, make_run, tmp_path, finder, clip, command):
    del finder
    arguments = ["generate", make_run(), make_data(), "--out", tmp_path / "out", "--live", clip]
    assert "error" not in command(EdgesToFace, *arguments, "--frames", 3)
    assert len(list_frames(tmp_path / "out/frames/clip")) == 3
    assert "clip has no more frames" in command(
        EdgesToFace, *arguments, "--overwrite", "--start", 20
    )


def test_the_command_line_tells_the_pace(make_data, make_run, tmp_path, finder, clip, capsys):
    del finder
    from examples.vid2vid.command_line import run_task

    arguments = [make_run(), make_data(), "--out", tmp_path / "out", "--live", clip]
    run_task(EdgesToFace, ["generate", *map(str, arguments)])
    printed = capsys.readouterr().out
    assert "wrote 9 frames" in printed
    assert "live: " in printed
    assert "frames/s, latency " in printed
    assert "0 dropped, 0 repeated" in printed


def test_a_camera_gives_its_newest_frame(camera):
    fake = camera(9)
    source = CameraSource(0)
    fake.ready.release()
    frame, first = source.read()
    assert frame.shape == (3, 48, 64)
    assert frame.dtype == torch.uint8
    assert frame.amax((1, 2)).tolist() == [0, 0, 0]
    fake.give(4)
    frame, arrived = source.read()
    assert frame.amax((1, 2)).tolist() == [4, 0, 0]  # RGB
    assert source.dropped == 3
    assert arrived > first
    fake.ready.release(2)
    source.close()
    assert fake.released


def test_a_camera_drives(make_data, make_run, tmp_path, finder, camera):
    """As many frames as asked for; the rate of the video is that of the data."""
    fake = camera(200)
    fake.ready.release()
    finder.after = lambda: fake.ready.release(3)  # faster than they are generated
    options = GenerateOptions(live="0", frames=4)
    report = generate(EdgesToFace, make_run(), make_data(), out=tmp_path / "out", options=options)
    assert report.num_frames == 4
    assert report.video.name == "camera0.mp4"
    assert read_video(report.video).fps == 25
    assert finder.times == sorted({*finder.times})
    left_out = finder.times[-1] - finder.times[0] + 1 - len(finder.times)
    assert left_out <= report.pace.dropped
    assert fake.released


def test_a_camera_that_goes_away(make_data, make_run, tmp_path, finder, camera, command):
    """What was generated until then is kept."""
    fake = camera(5)
    fake.ready.release(6)
    error = command(
        EdgesToFace, "generate", make_run(), make_data(), "--out", tmp_path / "out", "--live", "0"
    )
    kept = len(list_frames(tmp_path / "out/frames/camera0"))
    assert 1 <= kept <= 5
    assert kept == len(finder.times)
    assert f"the camera 0 went away after {kept} frames" in error
    assert f"the {kept} frames until then are in" in error
    assert len(read_video(tmp_path / "out/camera0.mp4").frames) == kept
    assert fake.released


def test_a_camera_that_gives_nothing(camera):
    fake = camera(5)
    source = CameraSource("/dev/video7", patience=0.01)
    with pytest.raises(OSError, match="camera /dev/video7 gave no frame for"):
        source.read()
    fake.ready.release(2)
    source.close()


def test_no_camera(make_data, make_run, tmp_path, finder, camera, command):
    del finder
    arguments = ["generate", make_run(), make_data(), "--out", tmp_path / "out", "--live"]
    fake = camera(0, is_open=False)
    assert "there is no camera 0, or another program uses it" in command(
        EdgesToFace, *arguments, "0"
    )
    assert fake.released
    assert not (tmp_path / "out").exists()


def test_opencv_without_a_camera(capfd):
    pytest.importorskip("cv2")
    source = CameraSource("/dev/video_none")
    with pytest.raises(OSError, match="there is no camera /dev/video_none"):
        source.read()
    source.close()
    assert capfd.readouterr().err == ""


def test_other_errors(make_data, make_run, tmp_path, finder, clip, command):
    arguments = ["generate", make_run(), make_data(), "--out", tmp_path / "out", "--live"]
    assert "there is no file" in command(EdgesToFace, *arguments, tmp_path / "no.mp4")
    assert "not both" in command(EdgesToFace, *arguments, clip, "--drive", clip)
    finder.without = range(256)
    error = command(EdgesToFace, *arguments, clip)
    assert "clip must show a face to drive the target; none was found in 9 frames" in error
    assert not (tmp_path / "out").exists()


def test_a_street_has_no_detector(street, make_run, tmp_path, camera, command):
    fake = camera(0, is_open=False)  # which is not even asked for
    run = make_run("street_run", condition_channels=15, task="labels_to_street")
    arguments = ["generate", run, street, "--out", tmp_path / "out", "--live", "0"]
    assert "a street is not driven by a video" in command(LabelsToStreet, *arguments)
    assert not fake.released


class Frames:
    """A source of numbered frames."""

    name, fps, dropped, is_camera = "numbers", 25.0, 0, False

    def __init__(self, count):
        self.count, self.time, self.stopped = count, 0, False

    def read(self):
        if self.stopped or self.time == self.count:
            raise SourceEndedError
        self.time += 1
        return torch.full((3, 4, 4), (self.time - 1) % 256, dtype=torch.uint8), float(self.time)

    def close(self):
        pass


def test_frames_without_the_subject_repeat_the_last():
    def find(frame):
        time = int(frame[0, 0, 0])
        return None if time in (0, 1, 4, 5) else torch.tensor(time)

    stream = LiveStream(Frames(8), find, "a number")
    assert [int(stream.load("numbers", index)) for index in range(6)] == [2, 3, 3, 3, 6, 7]
    assert int(stream.load("numbers", 5)) == 7  # the newest again
    assert stream.skipped == 2
    assert stream.repeated == 2
    with pytest.raises(SourceEndedError):
        stream.load("numbers", 6)


def test_a_camera_that_never_shows_the_subject():
    source = Frames(10_000)
    source.is_camera = True
    with pytest.raises(ValueError, match="none was found in 300 frames"):
        LiveStream(source, lambda _: None, "a face").load("numbers", 0)


def test_a_live_face_is_that_of_the_whole_video_once_it_is_measured():
    target = torch.stack([face_at(t).landmarks * 0.5 for t in range(60)])
    find = LiveFace(Finder(), target)
    moved = [find(torch.full((3, 4, 4), t % 25, dtype=torch.uint8)) for t in range(50)]
    driver = torch.stack([face_at(t).landmarks for t in range(25)])
    torch.testing.assert_close(torch.stack(moved[25:]), retarget_landmarks(driver, target))


def test_a_stopped_file_ends(clip):
    source = FileSource(clip)
    source.read()
    source.stopped = True
    with pytest.raises(SourceEndedError):
        source.read()
    source.close()
