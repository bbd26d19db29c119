import pytest
import torch

from examples.preparation.cuts import CutFinder

for module in ("cv2", "scenedetect"):
    pytest.importorskip(module)


def find(*scenes):
    finder = CutFinder()
    for frame in torch.cat(scenes):
        finder.add(frame)
    return finder.cuts()


@pytest.mark.parametrize("size", [(72, 96), (300, 200)])
@pytest.mark.parametrize("lengths", [(20, 15), (3, 12), (12, 4), (8, 8, 8), (40, 30, 50)])
def test_a_cut_is_found_where_it_is(pan, lengths, size):
    scenes = [pan(length, seed=seed, size=size) for seed, length in enumerate(lengths)]

    wanted = torch.tensor(lengths).cumsum(0)[:-1].tolist()
    assert find(*scenes) == wanted


def test_a_cut_between_still_pictures(pan):
    assert find(pan(1).expand(9, -1, -1, -1), pan(1, seed=1).expand(9, -1, -1, -1)) == [9]


@pytest.mark.parametrize("step", [0, 1, 8, 24, 48])
def test_a_moving_camera_is_no_cut(pan, step):
    assert find(pan(24, step)) == []


def test_a_camera_that_starts_and_stops_is_no_cut(pan):
    moving = pan(12, 24)

    assert find(moving[:1].expand(8, -1, -1, -1), moving, moving[-1:].expand(8, -1, -1, -1)) == []


@pytest.mark.parametrize("frames", [1, 2, 5])
@pytest.mark.parametrize("level", [0, 255])
def test_a_flash_is_no_cut(pan, frames, level):
    video = pan(30)
    video[12 : 12 + frames] = level

    assert find(video) == []


def test_a_cross_fade_is_no_cut(pan):
    weight = torch.linspace(0, 1, 25)[:, None, None, None]
    fade = (pan(1) * (1 - weight) + pan(1, seed=1) * weight).byte()

    assert find(pan(1).expand(9, -1, -1, -1), fade, pan(1, seed=1).expand(9, -1, -1, -1)) == []


def test_a_cut_right_after_a_flash_is_found(pan):
    video = pan(20)
    video[10] = 255

    assert find(video, pan(12, seed=1)) == [20]


@pytest.mark.parametrize("count", [1, 2, 4])
def test_short_videos(pan, count):
    assert find(pan(count)) == []


def test_few_frames_are_kept(pan):
    finder = CutFinder()
    for frame in pan(40):
        finder.add(frame)
    assert len(finder._thumbnails) <= 12
