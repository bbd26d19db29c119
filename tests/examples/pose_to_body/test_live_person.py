"""A person's motion from frames as they arrive."""

from __future__ import annotations

import torch

from examples.pose_to_body.live_person import LivePerson
from examples.pose_to_body.people import Person, person_box
from examples.pose_to_body.retarget import retarget
from tests.examples.pose_to_body.test_retarget import person

FRAME = torch.zeros(3, 300, 300, dtype=torch.uint8)


def found(keypoints):
    return Person(keypoints, person_box(keypoints))


def test_a_live_person_is_that_of_the_video_up_to_now():
    driver, target = person(30, scale=2.0, y=60.0, walk=1.0), person()
    times = iter(range(30))
    find = LivePerson(lambda _: [found(driver[next(times)])], target, (200, 200))
    moved = [find(FRAME) for _ in range(30)]
    for time in (0, 7, 24):
        expected = retarget(driver[: time + 1], (300, 300), target, (200, 200))[-1]
        torch.testing.assert_close(moved[time], expected)
    seen = torch.cat([driver[:25], driver[29:]])  # the first 25 and the frame itself
    torch.testing.assert_close(moved[29], retarget(seen, (300, 300), target, (200, 200))[-1])


def test_the_person_nearest_to_the_last_is_followed():
    small, large = person(x=60.0)[0], person(x=220.0, scale=2.0)[0]
    seen = iter([[small], [large, small], []])
    find = LivePerson(lambda _: [found(points) for points in next(seen)], person(), (200, 200))
    torch.testing.assert_close(find(FRAME), find(FRAME))
    assert find(FRAME) is None


def test_a_person_without_neck_and_hips_is_not_found():
    find = LivePerson(lambda _: [found(person(without=(1, 8))[0])], person(), (200, 200))
    assert find(FRAME) is None
