from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from vidgan.data import SyntheticVideo
from vidgan.functional import flow_warp


@settings(max_examples=30)
@given(
    size=st.tuples(st.integers(16, 40), st.integers(16, 40)),
    num_shapes=st.integers(0, 5),
    max_speed=st.integers(1, 4),
    seed=st.integers(0, 1000),
)
def test_warping_the_previous_frame_gives_the_frame_where_visible(
    size, num_shapes, max_speed, seed
):
    video = SyntheticVideo(size, num_shapes=num_shapes, max_speed=max_speed, seed=seed)

    clip = video.render(4)

    warped = flow_warp(clip.frames[:-1].double(), clip.flow[1:].double())
    error = (warped - clip.frames[1:]).abs() * clip.visibility[1:]
    assert error.max() < 1e-6
    assert clip.visibility[1:].mean() > 0.5


def test_invisible_points_do_differ():
    clip = SyntheticVideo((48, 64), seed=0).render(6)

    warped = flow_warp(clip.frames[:-1], clip.flow[1:])
    error = (warped - clip.frames[1:]).abs().mean(dim=1, keepdim=True)
    hidden = 1 - clip.visibility[1:]

    assert hidden.sum() > 100
    assert (error * hidden).sum() / hidden.sum() > 0.1


def test_shapes_ranges_and_first_frame():
    clip = SyntheticVideo((20, 30), seed=1).render(3)

    assert clip.frames.shape == (3, 3, 20, 30)
    assert clip.labels.shape == clip.instances.shape == clip.visibility.shape == (3, 1, 20, 30)
    assert clip.flow.shape == (3, 2, 20, 30)
    assert clip.labels.dtype == clip.instances.dtype == torch.int64
    assert clip.frames.abs().max() <= 1
    assert clip.frames.std() > 0.1
    assert clip.flow[0].abs().max() == 0
    assert clip.visibility[0].max() == 0
    assert set(clip.visibility.unique().tolist()) == {0.0, 1.0}


def test_labels_and_instances_agree():
    clip = SyntheticVideo((48, 64), num_shapes=5, seed=2).render(8)

    assert clip.instances.max() == 5
    for instance in range(1, 6):
        labels = clip.labels[clip.instances == instance].unique().tolist()
        assert labels == [2 + (instance - 1) % 3]
    assert set(clip.labels[clip.instances == 0].unique().tolist()) == {0, 1}
    assert clip.labels.max() < SyntheticVideo.num_labels


def test_an_instance_moves_as_one_within_its_speed():
    clip = SyntheticVideo((48, 64), num_shapes=3, max_speed=2, seed=3).render(30)

    moved = False
    for t in range(1, 30):
        for instance in clip.instances[t].unique().tolist():
            inside = (clip.instances[t, 0] == instance) & (clip.labels[t, 0] != 1)
            vectors = clip.flow[t][:, inside].T.unique(dim=0)
            assert len(vectors) <= 1
            assert vectors.abs().max() <= 2 if len(vectors) else True
            moved |= bool(instance and vectors.abs().max() > 0)
    assert moved


def test_ground_moves_faster_than_the_background():
    clip = SyntheticVideo((48, 64), num_shapes=0, max_speed=2).render(2)

    assert clip.flow[1, 0][clip.labels[1, 0] == 0].unique().tolist() == [-1]
    assert clip.flow[1, 0][clip.labels[1, 0] == 1].unique().tolist() == [-3]


def test_the_seed_decides():
    one, same, other = (SyntheticVideo((20, 30), seed=seed).render(2) for seed in (5, 5, 6))

    assert all(torch.equal(a, b) for a, b in zip(one, same, strict=True))
    assert not torch.equal(one.frames, other.frames)


def test_a_longer_video_starts_alike_and_rendering_twice_too():
    video = SyntheticVideo((20, 30), seed=5)

    short, long, again = video.render(2), video.render(5), video.render(2)

    assert torch.equal(long.frames[:2], short.frames)
    assert torch.equal(short.flow, again.flow)


def test_global_random_state_is_left_alone():
    torch.manual_seed(0)
    expected = torch.rand(1)
    torch.manual_seed(0)
    SyntheticVideo((20, 30)).render(2)

    assert torch.equal(torch.rand(1), expected)


def test_wrong_arguments():
    for size in ((15, 30), (20, 15)):
        with pytest.raises(
            ValueError, match=r"SyntheticVideo: size must be \(H, W\), each at least"
        ):
            SyntheticVideo(size)
    with pytest.raises(ValueError, match="SyntheticVideo: num_shapes must be at least 0, got -1"):
        SyntheticVideo((20, 30), num_shapes=-1)
    with pytest.raises(ValueError, match="SyntheticVideo: max_speed must be at least 1, got 0"):
        SyntheticVideo((20, 30), max_speed=0)
    with pytest.raises(ValueError, match=r"SyntheticVideo\.render: num_frames must be at least 1"):
        SyntheticVideo((20, 30)).render(0)


def test_clips_are_parts_of_the_rendered_video():
    video = SyntheticVideo((24, 32), seed=3)
    rendered, clips = video.render(9), video.clips(9, 4)
    assert len(clips) == 6
    clip = clips[5]
    for name, tensor in {"frames": rendered.frames, "flow": rendered.flow}.items():
        torch.testing.assert_close(clip[name], tensor[5:])
    torch.testing.assert_close(clip["confidence"], rendered.visibility[5:])
    torch.testing.assert_close(clip["conditions"].argmax(1, keepdim=True), rendered.labels[5:])
    assert clip["conditions"].shape[1] == SyntheticVideo.num_labels
    assert clip["preview"].shape == clip["frames"].shape
    assert len(clip["preview"].permute(0, 2, 3, 1).flatten(0, 2).unique(dim=0)) == 5


def test_a_video_shorter_than_a_clip_is_refused():
    with pytest.raises(ValueError, match="needs 4 frames"):
        SyntheticVideo((24, 32)).clips(3, 4)
