from __future__ import annotations

import os

import pytest
import torch

from vidgan.video import VideoWriter, read_video, to_uint8, write_video

av = pytest.importorskip("av")


def gradient(frames: int, height: int, width: int) -> torch.Tensor:
    """Smooth colors that yuv420p and H.264 keep, in [-1, 1]."""
    rows = torch.linspace(-0.9, 0.7, height)[:, None].expand(height, width)
    columns = torch.linspace(-0.8, 0.8, width).expand(height, width)
    return torch.stack((rows, columns, -columns)).expand(frames, -1, -1, -1)


@pytest.mark.parametrize("suffix", [".mp4", ".m4v", ".mov", ".mkv"])
def test_colors_survive(tmp_path, suffix):
    frames = gradient(6, 48, 64)
    path = tmp_path / f"a{suffix}"

    write_video(path, frames, 10)
    video = read_video(path)

    error = video.frames.float() - to_uint8(frames).float()
    assert error.abs().mean() < 1.5
    assert error.mean(dim=(0, 2, 3)).abs().max() < 0.3  # no channel darker or brighter
    assert video.fps == 10


def test_bytes_and_floats_give_the_same_file(tmp_path):
    frames = gradient(3, 32, 48)

    write_video(tmp_path / "float.mp4", frames, 10)
    write_video(tmp_path / "bytes.mp4", to_uint8(frames), 10)

    assert (tmp_path / "float.mp4").read_bytes() == (tmp_path / "bytes.mp4").read_bytes()


@pytest.mark.parametrize("size", [(15, 32), (16, 31), (15, 31), (1, 1), (2, 3)])
def test_odd_sizes_repeat_the_last_row_and_column(tmp_path, size):
    frames = gradient(2, 48, 64)[..., : size[0], : size[1]]
    path = tmp_path / "a.mp4"

    write_video(path, frames, 10)
    got = read_video(path).frames

    assert got.shape[2:] == (size[0] + size[0] % 2, size[1] + size[1] % 2)
    inside = got[..., : size[0], : size[1]].float() - to_uint8(frames).float()
    assert inside.abs().mean() < 6
    if size[1] == 31:
        border = got[..., -1].float() - got[..., -2].float()
        assert border.abs().mean() < 6


@pytest.mark.parametrize("fps", [30000 / 1001, 24000 / 1001, 25, 7.5, 1])
def test_frame_rate_is_exact(tmp_path, fps):
    path = tmp_path / "a.mp4"

    write_video(path, gradient(4, 16, 32), fps)
    video = read_video(path)

    assert video.fps == fps
    torch.testing.assert_close(
        video.times, torch.arange(4, dtype=torch.float64) / fps, atol=1e-4, rtol=0
    )


def test_one_frame_makes_a_video(tmp_path):
    write_video(tmp_path / "a.mp4", gradient(1, 16, 32), 25)

    assert read_video(tmp_path / "a.mp4").frames.shape == (1, 3, 16, 32)


def test_mpeg4_where_x264_is_missing(tmp_path, monkeypatch):
    monkeypatch.setattr(av, "codecs_available", av.codecs_available - {"libx264"})
    path, frames = tmp_path / "a.mp4", gradient(4, 48, 64)

    write_video(path, frames, 10)

    with av.open(str(path)) as container:
        assert container.streams.video[0].codec_context.name == "mpeg4"
    error = read_video(path).frames.float() - to_uint8(frames).float()
    assert error.abs().mean() < 4


def test_nothing_is_left_when_the_block_fails(tmp_path):
    path = tmp_path / "a.mp4"
    path.write_bytes(b"the old file")

    def fail_after_one_frame():
        with VideoWriter(path, 10) as writer:
            writer.write(torch.zeros(3, 16, 32))
            raise KeyError("stop")

    with pytest.raises(KeyError, match="stop"):
        fail_after_one_frame()

    assert path.read_bytes() == b"the old file"
    assert list(tmp_path.iterdir()) == [path]


def test_file_appears_at_the_end_only(tmp_path):
    path = tmp_path / "a.mp4"

    with VideoWriter(path, 10) as writer:
        writer.write(torch.zeros(3, 16, 32))
        assert not path.exists()

    assert list(tmp_path.iterdir()) == [path]


def test_file_has_the_usual_permissions(tmp_path):
    (tmp_path / "other").touch()
    write_video(tmp_path / "a.mp4", gradient(1, 16, 32), 25)

    assert (tmp_path / "a.mp4").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_frames_of_different_sizes(tmp_path):
    frames = [torch.zeros(3, 16, 32), torch.zeros(3, 16, 34)]
    with pytest.raises(
        ValueError, match=r"VideoWriter: every frame .* \(16, 32\).*\(16, 34\) in f"
    ):
        write_video(tmp_path / "a.mp4", frames, 10)
    frames[1] = torch.zeros(3, 18, 32)
    with pytest.raises(
        ValueError, match=r"VideoWriter: every frame .* \(16, 32\).*\(18, 32\) in f"
    ):
        write_video(tmp_path / "a.mp4", frames, 10)
    assert list(tmp_path.iterdir()) == []


def test_frames_of_wrong_shape_or_type(tmp_path):
    path = tmp_path / "a.mp4"
    with pytest.raises(
        ValueError, match=r"VideoWriter: frame must have shape \(3, H, W\), got \(1"
    ):
        write_video(path, torch.zeros(2, 1, 16, 32), 10)
    with pytest.raises(
        ValueError, match=r"VideoWriter: frame must have shape \(3, H, W\), got \(16"
    ):
        write_video(path, torch.zeros(3, 16, 32), 10)
    with pytest.raises(TypeError, match="to_uint8: frames must be uint8, or floating-point"):
        write_video(path, torch.zeros(2, 3, 16, 32, dtype=torch.int64), 10)
    broken = torch.zeros(3, 16, 32)
    broken[0, 1, 2] = float("nan")
    with pytest.raises(ValueError, match="1 values that are NaN or infinite"):
        write_video(path, [broken], 10)
    with pytest.raises(TypeError, match=r"VideoWriter: frame must be a torch\.Tensor, got list"):
        write_video(path, [[0, 0, 0]], 10)
    assert list(tmp_path.iterdir()) == []


def test_no_frames(tmp_path):
    with pytest.raises(ValueError, match=r"VideoWriter: .*a\.mp4 must get at least one frame"):
        write_video(tmp_path / "a.mp4", [], 10)
    assert list(tmp_path.iterdir()) == []


def test_wrong_arguments(tmp_path):
    with pytest.raises(
        ValueError, match=r"path must end in \.mp4, \.m4v, \.mov, \.mkv, got 'a\.gif'"
    ):
        VideoWriter(tmp_path / "a.gif", 10)
    for fps in (0, -1, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="VideoWriter: fps must be positive and finite"):
            VideoWriter(tmp_path / "a.mp4", fps)
    with pytest.raises(ValueError, match="VideoWriter: fps must be at least 1/1001"):
        VideoWriter(tmp_path / "a.mp4", 1e-9)
    with pytest.raises(ValueError, match="write must be called inside"):
        VideoWriter(tmp_path / "a.mp4", 10).write(torch.zeros(3, 16, 32))


def test_folder_missing_or_a_file(tmp_path):
    frames = torch.zeros(2, 3, 16, 32)
    with pytest.raises(
        FileNotFoundError, match=r"VideoWriter: the folder .*none of a\.mp4 does not"
    ):
        write_video(tmp_path / "none" / "a.mp4", frames, 10)
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError, match=r"VideoWriter: .*file must be a folder"):
        write_video(tmp_path / "file" / "a.mp4", frames, 10)
    (tmp_path / "b.mp4").mkdir()
    with pytest.raises(IsADirectoryError, match=r"VideoWriter: .*b\.mp4 must be a file"):
        write_video(tmp_path / "b.mp4", frames, 10)


@pytest.mark.skipif(getattr(os, "geteuid", lambda: 0)() == 0, reason="root may write anywhere")
def test_unwritable_folder(tmp_path):
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o500)
    with pytest.raises(PermissionError, match=r"VideoWriter: cannot write to the folder .*locked"):
        write_video(folder / "a.mp4", torch.zeros(2, 3, 16, 32), 10)
