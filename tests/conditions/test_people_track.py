import pytest
import torch

from vidgan.conditions import track_people

# fmt: off
POSE = torch.tensor(
    [
        (0, -40),
        (0, -28),
        (-10, -28),
        (-16, -12),
        (-18, 2),
        (10, -28),
        (16, -12),
        (18, 2),
        (0, 0),
        (-6, 0),
        (-7, 18),
        (-8, 38),
        (6, 0),
        (7, 18),
        (8, 38),
        (-2, -42),
        (2, -42),
        (-5, -41),
        (5, -41),
        (10, 42),
        (12, 41),
        (7, 40),
        (-10, 42),
        (-12, 41),
        (-7, 40),
    ],
    dtype=torch.float32,
)
# fmt: on


def person(x, scale=1.0, y=100.0):
    keypoints = torch.zeros(137, 3)
    keypoints[:25, :2] = torch.tensor([x, y]) + scale * POSE
    keypoints[:25, 2] = 0.9
    return keypoints


def follow(frames):
    """Frames are lists of people, whose neck is returned."""
    none = torch.zeros(0, 137, 3)
    track = track_people([torch.stack(people) if people else none for people in frames])
    return track, track.keypoints[:, 1, 0].tolist()


def test_size_and_order_change_from_frame_to_frame():
    frames = [[person(60, 1 + 0.04 * (t % 2)), person(190, 0.99)] for t in range(12)]
    track, necks = follow([people[:: -1 if t % 3 else 1] for t, people in enumerate(frames)])
    assert necks == [60] * 12
    assert track.others.all()
    assert track.found.all()
    assert not track.jumps


def test_people_who_cross():
    walk = [[person(20 + 10 * t), person(220 - 10 * t, 0.9)] for t in range(21)]
    _, necks = follow([people[:: -1 if t % 2 else 1] for t, people in enumerate(walk)])
    assert necks == [20 + 10 * t for t in range(21)]


def test_people_who_cross_at_the_same_size_one_hidden_behind_the_other():
    walk = [[person(20 + 10 * t), person(225 - 10 * t, 0.99)] for t in range(21)]
    for t in (9, 10, 11):
        walk[t] = walk[t][:1]  # only the one in front is found
    track, necks = follow(walk)
    assert necks == [20 + 10 * t for t in range(21)]
    assert not track.jumps


def test_larger_for_one_frame_only():
    frames = [[person(60), person(300, 0.6)] for _ in range(10)]
    frames[4][1] = person(300, 1.5)
    frames[0] = [person(300, 1.4), person(60)]
    assert follow(frames)[1] == [60] * 10


def test_person_who_leaves_for_some_frames_and_comes_back():
    frames = [[person(100), person(400, 0.7)] for _ in range(20)]
    for t in range(6, 11):
        frames[t] = frames[t][1:]
    track, necks = follow(frames)
    assert necks == [100] * 6 + [0] * 5 + [100] * 9
    assert track.found.tolist() == [not 6 <= t < 11 for t in range(20)]
    assert track.others.all()
    assert not track.jumps


def test_person_who_comes_back_elsewhere_is_a_jump():
    frames = [[person(100)] for _ in range(5)] + [[]] + [[person(500, 1.1)] for _ in range(5)]
    track, necks = follow(frames)
    assert necks == [100] * 5 + [0] + [500] * 5
    assert track.jumps == (6,)


def test_somebody_of_another_size_does_not_fill_a_gap():
    frames = [[person(100)] for _ in range(5)] + [[person(500, 0.5)] for _ in range(3)]
    track, necks = follow(frames)
    assert necks == [100] * 5 + [0] * 3
    assert track.others.tolist() == [False] * 5 + [True] * 3


def test_points_that_come_and_go_do_not_change_the_size():
    frames = [[person(100 + 2 * t), person(300, 0.9)] for t in range(9)]
    for t in (2, 3, 7):
        frames[t][0][[10, 11, 13, 14, *range(19, 25)]] = 0  # legs hidden
    assert follow(frames)[1] == [100 + 2 * t for t in range(9)]


def test_nobody():
    track, necks = follow([[], [torch.zeros(137, 3)]])
    assert necks == [0, 0]
    assert not track.found.any()


@pytest.mark.parametrize(
    ("people", "text"), [([], "at least one frame"), ([torch.zeros(137, 3)], "must have shape")]
)
def test_wrong_people(people, text):
    with pytest.raises(ValueError, match=f"track_people: .*{text}"):
        track_people(people)
