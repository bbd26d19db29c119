import math

import pytest
import torch

from vidgan.data import point_units, points_to_pixels

SIZE = (96, 128)  # H, W


def head(center, scale=1.0, turn=0.0):
    """An upright face of 68 points, turned by an angle: brows and eyes above the mouth."""
    angles = torch.linspace(0, 2 * math.pi, 69)[:68]
    points = 20 * torch.stack([angles.cos(), angles.sin()], 1)
    points[17:27] = torch.tensor([0.0, -15])
    points[36:42] = torch.tensor([-8.0, -8])
    points[42:48] = torch.tensor([8.0, -8])
    points[8] = torch.tensor([0.0, 20])
    rotation = torch.tensor([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    return scale * points @ rotation.T + torch.tensor(center)


def frames(**options):
    return torch.stack([head((60.0 + t, 45.0), **options) for t in range(5)])


@pytest.mark.parametrize("turn", [0, 0.5, -0.5, math.pi / 2, -math.pi / 2, math.pi])
def test_pixels_of_a_head_turned_in_the_plane(turn):
    assert point_units(frames(turn=turn), SIZE) == (
        "pixels",
        *point_units(frames(turn=turn), SIZE)[1:],
    )


@pytest.mark.parametrize("turn", [0, 0.4, -0.4])
def test_y_before_x(turn):
    assert point_units(frames(turn=turn).flip(-1), (200, 200)).unit == "swapped"


def test_mirrored_frames_are_not_swapped():
    mirrored = frames() * torch.tensor([-1.0, 1]) + torch.tensor([127.0, 0])
    assert point_units(mirrored, SIZE).unit == "pixels"


def test_shares_and_back():
    last = torch.tensor([127.0, 95])
    pixels = frames()
    units = point_units(pixels / last, SIZE)
    assert units.unit == "unit"
    assert units.found.startswith("x 0.3")
    assert "multiply" in units.repair
    assert torch.allclose(points_to_pixels(pixels / last, SIZE, "unit"), pixels, atol=1e-4)
    signed = pixels / last * 2 - 1
    assert point_units(signed, SIZE).unit == "signed"
    assert torch.allclose(points_to_pixels(signed, SIZE, "signed"), pixels, atol=1e-4)


def test_all_frames_decide_together():
    shares = frames() / torch.tensor([127.0, 95])
    shares[3] = shares[3] * 2 - 1
    assert point_units(shares, SIZE).unit == "signed"


def test_points_without_confidence_do_not_count():
    points = torch.cat([frames() / 128, torch.ones(5, 68, 1)], 2)
    points[:, 3] = torch.tensor([400.0, 400, 0])
    assert point_units(points, SIZE).unit == "unit"
    moved = points_to_pixels(points, SIZE, "unit")
    assert moved[0, 3].tolist() == [400, 400, 0]
    assert moved[..., 2].equal(points[..., 2])


def test_frames_without_a_face_do_not_count():
    points = frames() * 0.5 + 30
    points[2] = 0
    assert point_units(points, SIZE).unit == "pixels"
    assert point_units(torch.zeros(3, 68, 2), SIZE).unit == "pixels"


@pytest.mark.parametrize("shift", [-0.6, 0.7])
def test_shares_that_leave_the_frame_are_unclear(shift):
    shares = frames(scale=0.5) / 128 + torch.tensor([shift, 0])
    assert point_units(shares, SIZE).unit == "unclear"


def test_points_of_larger_frames():
    units = point_units(frames() * 4, SIZE)
    assert (units.unit, units.repair) == ("outside", "scale them to the size of the frames")


def test_a_body_of_a_swapped_file_and_one_that_lies():
    body = torch.zeros(3, 137, 3)
    body[:, [0, 1, 15, 16], 2] = 0.9
    body[:, [0, 1, 15, 16], :2] = torch.tensor([[60.0, 20], [60, 32], [58, 18], [62, 18]])
    assert point_units(body, SIZE).unit == "pixels"
    swapped = body.clone()
    swapped[..., :2] = body[..., :2].flip(-1)
    assert point_units(swapped, SIZE).unit == "swapped"
    lying = body.clone()  # turned by 90 degrees, head to the left: (x, y) -> (y, -x)
    lying[..., 0], lying[..., 1] = body[..., 1], 90 - body[..., 0]
    assert point_units(lying, SIZE).unit == "pixels"


def test_wrong_unit():
    with pytest.raises(ValueError, match=r"points_to_pixels: unit must be .* got 'swapped'"):
        points_to_pixels(torch.zeros(1, 2), SIZE, "swapped")
