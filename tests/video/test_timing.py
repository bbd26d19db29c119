from __future__ import annotations

import pytest
import torch

from vidgan.video import VideoReader, find_gaps, frame_rate, read_video

NTSC = 30000 / 1001
PAUSE = [*range(15), *range(105, 120)]  # 3 seconds at 30 frames per second


@pytest.mark.parametrize("rate", [15, 24, NTSC, 30, 60, 120])
@pytest.mark.parametrize("digits", [3, 9])  # Matroska rounds to milliseconds
def test_a_pause_and_lost_frames_do_not_change_the_rate(rate, digits):
    kept = [*range(200), *range(205, 400), *range(401, 600), *range(5000, 5200)]
    times = [round(index / rate, digits) for index in kept]

    assert frame_rate(times) == pytest.approx(rate, rel=1e-3 if digits == 3 else 1e-6)
    assert frame_rate(torch.tensor(times, dtype=torch.float64)) == frame_rate(times)
    assert find_gaps(times) == [200, 200 + 195 + 199]


def test_steps_of_two_lengths_have_their_mean_rate():
    ticks = [0, 2, 5, 7, 10, 12, 15]  # 24 frames per second at 60 Hz

    assert frame_rate([tick / 60 for tick in ticks]) == pytest.approx(24)
    assert frame_rate([round(tick / 60, 3) for tick in ticks]) == pytest.approx(24)
    assert find_gaps([tick / 60 for tick in ticks]) == []


def test_few_frames():
    assert frame_rate([1.0, 1.25]) == 4.0
    assert frame_rate([0.0, 0.25, 10.0]) == 4.0
    assert find_gaps([0.0, 0.25, 10.0]) == [2]
    assert find_gaps([0.5]) == find_gaps([]) == []


def test_wrong_times():
    with pytest.raises(ValueError, match="frame_rate: times must have at least 2 entries, got 1"):
        frame_rate([0.5])
    for function in (frame_rate, find_gaps):
        with pytest.raises(
            ValueError,
            match=rf"{function.__name__}: times must increase, got 0\.1 and 0\.1 at 1 an",
        ):
            function([0.0, 0.1, 0.1])


@pytest.mark.parametrize("name", ["a.mp4", "a.mov", "a.mkv", "a.ts", "a.flv"])
def test_a_pause_in_a_video(make_video, name):
    path = make_video(name, times=[round(1000 * index / 30) for index in PAUSE])
    video = read_video(path)

    assert video.fps == pytest.approx(30, rel=5e-3)
    assert video.gaps == [15]
    assert float(video.times[15] - video.times[0]) == pytest.approx(3.5, abs=2e-3)
    with VideoReader(path) as reader:
        assert reader.fps == pytest.approx(video.fps)
        assert sum(1 for _ in reader) == 30  # asking for the rate does not disturb reading


def test_a_pause_in_an_avi(make_video):
    # The times of an AVI are counted in frames; a pause is a run of empty ones.
    video = read_video(make_video("a.avi", times=PAUSE))

    assert video.fps == 1000.0  # make_video's
    assert video.gaps == [15]
    steps = (video.times.diff() * 1000).round().tolist()
    assert steps == [1.0] * 14 + [91.0] + [1.0] * 14
    assert video.times[0] == 0


def test_the_first_frames_before_a_pause(make_video):
    path = make_video("a.mp4", times=[100 * index for index in PAUSE])

    assert read_video(path, max_frames=10).fps == pytest.approx(10)
    assert read_video(path, max_frames=10).gaps == []
    with VideoReader(path) as reader:
        assert reader.fps == pytest.approx(10)
        assert reader.declared_fps != pytest.approx(10, rel=0.5)
