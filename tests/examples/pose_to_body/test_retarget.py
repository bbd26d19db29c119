import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from examples.pose_to_body.retarget import retarget, stature
from examples.synthetic.dancer.keypoints import dancer_keypoints
from examples.synthetic.dancer.render import Dancer

# x, y of a standing person of BODY_25 with the neck at (0, 0), 100 high to the ankles.
STANDING = {
    0: (0, -20), 1: (0, 0), 2: (-15, 0), 5: (15, 0), 8: (0, 40), 9: (-8, 40), 10: (-8, 70),
    11: (-8, 100), 12: (8, 40), 13: (8, 70), 14: (8, 100),
}  # fmt: skip


def person(frames=5, scale=1.0, x=100.0, y=50.0, walk=0.0, without=()):
    """A stiff person whose neck is at (x, y), walking ``walk`` pixels per frame."""
    keypoints = torch.zeros(frames, 137, 3)
    for index, (dx, dy) in STANDING.items():
        if index in without:
            continue
        keypoints[:, index, 0] = x + scale * dx + walk * torch.arange(frames)
        keypoints[:, index, 1] = y + scale * dy
        keypoints[:, index, 2] = 0.9
    return keypoints


def test_stature_by_hand():
    found = stature(person(scale=2.0, x=60.0, y=30.0))
    # Torso 40 and leg 60, twice as large; ankles 200 below the neck.
    assert found == (200.0, 60.0, 230.0, True)
    assert stature(person(without=(10, 13))) == (40.0, 100.0, 50.0, False)


def test_person_of_another_size_and_place():
    moved = retarget(person(scale=3.0, x=500.0, y=20.0), (400, 900), person(x=90.0), (200, 160))
    assert torch.allclose(moved, person(x=90.0), atol=1e-3)


def test_person_becomes_itself():
    keypoints = person(walk=2.0)
    assert torch.allclose(
        retarget(keypoints, (200, 260), keypoints, (200, 260)), keypoints, atol=1e-3
    )


@given(
    scale=st.floats(0.2, 5.0),
    x=st.floats(-100, 100),
    y=st.floats(-100, 100),
    seed=st.integers(0, 1000),
)
def test_driver_s_own_size_and_place_do_not_matter(scale, x, y, seed):
    noise = torch.rand(4, 137, 2, generator=torch.Generator().manual_seed(seed)) * 6
    driver = person(4, x=120.0)
    driver[..., :2] += noise * (driver[..., 2:] > 0)
    other = driver.clone()
    other[..., :2] = (driver[..., :2] * scale + torch.tensor([x, y])) * (driver[..., 2:] > 0)
    target = person(3, scale=0.8, x=100.0, y=30.0)
    expected = retarget(driver, (300, 300), target, (200, 200))
    moved = retarget(other, (300, 300), target, (200, 200))
    assert torch.allclose(moved, expected, atol=0.05)


def test_bent_knees_and_jumps_stay_what_they_are():
    driver = person(20, scale=2.0, y=60.0)
    driver[4, :, 1] -= 30 * (driver[4, :, 2] > 0)  # a jump in one frame
    driver[7, [0, 1, 2, 5, 8, 9, 12], 1] += 24  # a squat: the hips and everything above move down
    moved = retarget(driver, (300, 300), person(), (200, 200))
    assert moved[4, 11, 1] == pytest.approx(150 - 15, abs=0.1)
    assert moved[7, 1, 1] == pytest.approx(50 + 12, abs=0.1)
    assert moved[7, 11, 1] == pytest.approx(150, abs=0.1)


def test_a_long_walk_is_narrowed_and_the_body_is_not():
    driver = person(41, x=100.0, walk=10.0)  # from 100 to 500, the middle at 300
    moved = retarget(driver, (200, 600), person(x=60.0), (200, 120))
    neck = moved[:, 1, 0]
    assert neck.median() == pytest.approx(60, abs=0.01)
    assert neck[0] == pytest.approx(0.02 * 120 + 8, abs=0.01)  # legs keep clear of the border
    assert neck[-1] == pytest.approx(0.98 * 120 - 8, abs=0.01)
    steps = neck[1:] - neck[:-1]
    assert torch.allclose(steps, steps[:1].expand(40), atol=1e-3)
    assert torch.allclose(moved[:, 5, 0] - moved[:, 2, 0], torch.full((41,), 30.0), atol=1e-3)


def test_without_legs_torso_and_neck_decide():
    driver = person(scale=2.0, without=(10, 11, 13, 14))
    moved = retarget(driver, (300, 300), person(x=80.0, y=60.0), (200, 200))
    assert moved[0, 1].tolist() == pytest.approx([80, 60, 0.9], abs=1e-3)
    assert moved[0, 8].tolist() == pytest.approx([80, 100, 0.9], abs=1e-3)
    assert not moved[:, 11].any()


def test_missing_points_stay_missing_and_a_lost_frame_does_no_harm():
    driver = person(6, scale=2.0)
    driver[3] = 0
    driver[2, 4] = torch.tensor([9000.0, 50.0, 0.9])  # an error of the detector
    moved = retarget(driver, (300, 300), person(), (200, 200))
    assert not moved[3].any()
    assert not moved[2, 4].any()
    assert torch.allclose(moved[5], person()[0], atol=1e-3)
    assert moved.isfinite().all()


def test_dancer_drives_a_dancer_of_another_picture():
    driver, target = Dancer((128, 160), seed=0), Dancer((96, 64), seed=1)
    first, second = driver.dance(0), target.dance(1)
    theirs = torch.stack([dancer_keypoints(driver.render(first.pose(t))) for t in range(0, 120, 4)])
    own = torch.stack([dancer_keypoints(target.render(second.pose(t))) for t in range(0, 120, 4)])
    moved = retarget(theirs, driver.size, own, target.size)
    assert stature(moved).size == pytest.approx(stature(own).size, rel=1e-3)
    assert stature(moved).ground == pytest.approx(stature(own).ground, abs=0.1)
    hips = moved[:, 8]
    assert (hips[:, 0] > 0).all()
    assert (hips[:, 0] < 64).all()
    # The same pose: limbs have the same directions.
    for start, end in ((2, 3), (10, 11), (1, 8)):
        old, new = (p[:, start, :2] - p[:, end, :2] for p in (theirs, moved))
        assert torch.cosine_similarity(old, new).min() > 0.9999


def test_nobody_to_measure():
    with pytest.raises(ValueError, match="the driver's neck and mid-hip must be seen in one frame"):
        retarget(torch.zeros(3, 137, 3), (9, 9), person(), (9, 9))
    with pytest.raises(ValueError, match="the target's neck and mid-hip must be seen in one frame"):
        retarget(person(), (9, 9), torch.zeros(3, 137, 3), (9, 9))


@pytest.mark.parametrize("shape", [(137, 3), (2, 136, 3), (2, 137, 2)])
def test_wrong_shape(shape):
    with pytest.raises(ValueError, match=r"retarget: driver must have shape \(T, 137, 3\), got"):
        retarget(torch.zeros(shape), (9, 9), person(), (9, 9))
    with pytest.raises(ValueError, match=r"retarget: target must have shape \(T, 137, 3\), got"):
        retarget(person(), (9, 9), torch.zeros(shape), (9, 9))


def test_wrong_size():
    with pytest.raises(ValueError, match=r"retarget: driver_size must be \(H, W\), got \(9,\)"):
        retarget(person(), (9,), person(), (9, 9))
    with pytest.raises(ValueError, match=r"retarget: target_size must be \(H, W\), got \(0, 9\)"):
        retarget(person(), (9, 9), person(), (0, 9))
