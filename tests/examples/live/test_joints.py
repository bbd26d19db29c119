"""Joints that are moved, with what hangs on them."""

from __future__ import annotations

import pytest
import torch

from examples.live.joints import (
    JOINTS,
    PushedStream,
    between,
    draw_joints,
    enlargement,
    move_joint,
    moves_along,
    nearest_joint,
)

SIZE = (96, 96)


@pytest.fixture
def pose():
    generator = torch.Generator().manual_seed(0)
    points = 20 + 50 * torch.rand(137, 2, generator=generator)
    return torch.cat([points, torch.ones(137, 1)], 1)


@pytest.mark.parametrize(
    ("joint", "expected"),
    [
        ("left elbow", [6, 7, *range(95, 116)]),
        ("right wrist", [4, *range(116, 137)]),
        ("right knee", [10, 11, 22, 23, 24]),
        ("nose", [0, 15, 16, 17, 18, *range(25, 95)]),
        ("middle of the hips", [*range(137)]),
    ],
)
def test_what_hangs_on_a_joint(joint, expected):
    assert moves_along(JOINTS[joint]) == expected


def test_a_joint_moves_with_what_hangs_on_it_alone(pose):
    moved = move_joint(pose, "left elbow", 30.0, 40.0, SIZE)

    shift = moved[:, :2] - pose[:, :2]
    along = moves_along(JOINTS["left elbow"])
    rest = [point for point in range(137) if point not in along]
    torch.testing.assert_close(moved[6, :2], torch.tensor([30.0, 40.0]))
    torch.testing.assert_close(shift[along], shift[[6]].expand(len(along), 2))
    assert not bool(shift[rest].any())
    assert torch.equal(moved[:, 2], pose[:, 2])


def test_a_joint_stays_inside_the_frame(pose):
    moved = move_joint(pose, "left wrist", -20.0, 300.0, SIZE)
    assert moved[7, :2].tolist() == [0.0, 95.0]


def test_points_that_do_not_count_stay_zero(pose):
    pose[100] = 0.0
    assert move_joint(pose, "left wrist", 50.0, 50.0, SIZE)[100].tolist() == [0.0, 0.0, 0.0]


def test_bad_input(pose):
    with pytest.raises(ValueError, match=r"joint must be one of nose, neck, .* got 'tail'"):
        move_joint(pose, "tail", 1.0, 1.0, SIZE)
    pose[JOINTS["left wrist"]] = 0.0
    with pytest.raises(ValueError, match="the pose does not show the left wrist"):
        move_joint(pose, "left wrist", 1.0, 1.0, SIZE)


def test_the_nearest_joint_is_one_that_counts(pose):
    x, y = (pose[13, :2] + 0.01).tolist()
    assert nearest_joint(pose, x, y) == "left knee"
    pose[13] = 0.0
    assert nearest_joint(pose, x, y) != "left knee"
    assert nearest_joint(pose, 0.0, 0.0) != "left knee"


def test_a_motion_is_even_and_ends_at_the_pose(pose):
    end = move_joint(pose, "left wrist", 50.0, 50.0, SIZE)
    poses = torch.stack([pose, *between(pose, end, 4)])
    steps = poses.diff(dim=0)
    torch.testing.assert_close(steps, steps[:1].expand_as(steps), atol=1e-4, rtol=0)
    assert torch.equal(poses[-1], end)


def test_the_drawing_marks_joints(pose):
    drawn = draw_joints(pose, "left wrist", SIZE)

    factor = enlargement(SIZE)
    assert drawn.shape == (3, 512, 512)
    for joint in JOINTS.values():
        x, y = (pose[joint, :2] * factor).round().int().tolist()
        assert drawn[:, y, x].tolist() == [255, 255, 255]
    other = draw_joints(pose, "right wrist", SIZE)
    assert not torch.equal(drawn, other)


def test_a_stream_gives_what_was_pushed_last(pose):
    stream = PushedStream("points", pose)
    stream.value = pose + 1
    assert torch.equal(stream.load("live", 5), pose + 1)
    assert stream.sequences()["live"] > 10**9
    assert stream.size("live") is None
