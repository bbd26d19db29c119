import json

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from scipy.ndimage import distance_transform_cdt, distance_transform_edt, label

from vidgan.conditions import (
    FACE_EDGE_LISTS,
    face_condition_maps,
    face_distance_maps,
    face_edges,
    face_part_ids,
)

SIZE = (96, 112)  # H, W
DRAWINGS = [face_edges, face_part_ids, face_distance_maps, face_condition_maps]


def read_landmarks(shared, frame):
    file = shared / "realdata" / "face" / "landmarks" / "seq0001" / f"{frame:05d}.json"
    return torch.tensor(json.loads(file.read_text()))


def read_golden(shared, name):
    image = Image.open(shared / "golden" / f"{name}.png")
    return torch.tensor(list(image.tobytes()), dtype=torch.uint8).view(image.height, image.width)


def share_near(drawn, other):
    """Share of the drawn pixels within 1.5 pixels of a drawn pixel of the other."""
    distance = torch.from_numpy(distance_transform_edt(~other.numpy()))
    return (distance[drawn] <= 1.5).double().mean().item()


def plain_face(scale=1.0, center=(56.0, 54.0)):
    """A hand-made face, x -30 to 30 and y -15 to 30 about its center."""
    jaw = [(-30 + 3.75 * i, 30 - 0.035 * (3.75 * (i - 8)) ** 2) for i in range(17)]
    brows = [
        (x + dx, -14 - dy)
        for x in (-12, 12)
        for dx, dy in ((-5, 0), (-3, 1), (0, 1), (3, 1), (5, 0))
    ]
    nose = [(0, -8), (0, -5), (0, -2), (0, 1), (-4, 4), (-2, 5), (0, 6), (2, 5), (4, 4)]
    eyes = [
        (x + dx, -8 + dy)
        for x in (-12, 12)
        for dx, dy in ((-5, 0), (-2, -2), (2, -2), (5, 0), (2, 2), (-2, 2))
    ]
    mouth = [(-9, 14), (-6, 12), (-3, 11), (0, 12), (3, 11), (6, 12), (9, 14)]
    mouth += [(6, 17), (3, 18), (0, 18), (-3, 18), (-6, 17)]
    inner = [(-7, 14), (-3, 13), (0, 14), (3, 13), (7, 14), (3, 16), (0, 16), (-3, 16)]
    points = torch.tensor([*jaw, *brows, *nose, *eyes, *mouth, *inner], dtype=torch.float64)
    return points * scale + torch.tensor(center, dtype=torch.float64)


@pytest.mark.parametrize("frame", [0, 4])
def test_edges_as_recorded(shared, frame):
    drawn = face_edges(read_landmarks(shared, frame), (480, 640))
    recorded = read_golden(shared, f"face_edges_{frame:05d}")
    assert drawn.unique().tolist() == [0, 255]
    assert share_near(drawn[0] > 0, recorded > 0) >= 0.99
    assert share_near(recorded > 0, drawn[0] > 0) >= 0.99


@pytest.mark.parametrize("frame", [0, 4])
def test_parts_as_recorded(shared, frame):
    drawn = face_part_ids(read_landmarks(shared, frame), (480, 640))[0]
    recorded = read_golden(shared, f"face_parts_{frame:05d}")
    assert drawn.unique().tolist() == [0, 1, 2, 3, 4, 5, 6]
    for part in range(1, 7):
        assert share_near(drawn == part, recorded == part) >= 0.99
        assert share_near(recorded == part, drawn == part) >= 0.99
    assert (drawn == recorded).double().mean() > 0.999


def test_distance_maps_as_recorded(shared):
    maps = face_distance_maps(read_landmarks(shared, 0), (480, 640))
    recorded = read_golden(shared, "face_distance_maps_00000").view(14, 480, 640)
    error = (maps.double() - recorded).abs().mean(dim=(1, 2))
    assert error.max() < 0.5  # 2 gray levels are asked for


def test_distance_maps_are_thirds_of_the_l1_distance_to_the_edges():
    maps = face_distance_maps(plain_face(), (300, 1000))
    for drawn in maps:
        away = distance_transform_cdt((drawn > 0).numpy(), "taxicab")
        # Pixels 1 and 2 away count 0 thirds as well, so the distance to level 0 is 2 too little.
        expected = ((torch.from_numpy(away) + 2) // 3).clamp(max=255)
        assert torch.equal(drawn.int(), expected.int())
    assert maps.max() == 255


def test_edges_are_where_the_distance_is_least():
    edges = face_edges(plain_face(), SIZE)[0] > 0
    nearest = face_distance_maps(plain_face(), SIZE).amin(dim=0) == 0
    assert (nearest | ~edges).all()
    away = torch.from_numpy(distance_transform_cdt((~edges).numpy(), "taxicab"))
    assert torch.equal(nearest, away < 3)


def test_condition_maps_are_edges_and_distances_over_255():
    maps = face_condition_maps(plain_face(), SIZE)
    assert (maps.shape, maps.dtype) == ((15, *SIZE), torch.float32)
    parts = torch.cat([face_edges(plain_face(), SIZE), face_distance_maps(plain_face(), SIZE)])
    assert torch.equal(maps, parts.float() / 255)
    assert maps.min() == 0
    assert maps.max() == 1


def test_straight_brow_is_two_pixels_wide():
    landmarks = plain_face()
    landmarks[17:22] = torch.tensor([[10.0 + 5 * i, 40.0] for i in range(5)])
    brow = face_distance_maps(landmarks, SIZE)[1]
    on_row = [(brow[:, 20] == 0).nonzero().flatten().tolist()]
    # Rows 39 and 40 are the stroke, two more on each side are less than 3 pixels away.
    assert on_row == [[37, 38, 39, 40, 41, 42]]
    assert face_edges(landmarks, SIZE)[0, 39:41, 9:31].unique().tolist() == [255]


def test_curve_passes_through_its_points_as_a_parabola():
    landmarks = plain_face()
    landmarks[31:36] = torch.tensor([[40.0 + 5 * i, 60.0 - i * (4 - i) * 2] for i in range(5)])
    stroke = face_distance_maps(landmarks, SIZE)[4]
    for x, y in landmarks[31:36].long().tolist():
        assert stroke[y, x] == 0
    # 2.5 pixels after the first point the parabola through (0,0), (5,-6), (10,-8) is at -3.5; a
    # straight stroke would be at -3: the parabola y = -1.6 u + 0.08 u^2 bulges.
    edges = face_edges(landmarks, SIZE)[0]
    assert edges[60 - 4, 42] == 255


def test_forehead_mirrors_the_outline_at_two_thirds():
    landmarks = plain_face()
    edges = face_edges(landmarks, SIZE)[0]
    base = landmarks[[0, 16], 1].mean()  # 54 + 30 - 0.035 * 30^2 = 52.5
    assert base == pytest.approx(52.5)
    top = 52.5 + (2 * (52.5 - 84) / 3)  # the chin, point 8, is at y = 84
    assert top == 31.5
    assert edges[:, 56].nonzero().flatten().tolist()[:2] == [30, 31]


@given(
    x=st.integers(-20, 20),
    y=st.integers(-20, 20),
    scale=st.floats(0.3, 1.0),
)
def test_moving_the_face_moves_the_drawing(x, y, scale):
    wide = (160, 180)
    still = plain_face(scale, (90.0, 80.0))
    moved = still + torch.tensor([x, y])
    for draw in (face_edges, face_part_ids):
        assert torch.equal(draw(moved, wide), draw(still, wide).roll((y, x), dims=(-2, -1)))


@given(seed=st.integers(0, 2**31), scale=st.floats(0.05, 30))
def test_every_stroke_is_whole_and_meets_its_landmarks(seed, scale):
    noise = torch.Generator().manual_seed(seed)
    landmarks = plain_face(0.8) + scale * torch.randn(68, 2, generator=noise)
    landmarks = landmarks.clamp(0, 100) + 120  # far from the border, where strokes are cut
    maps = face_distance_maps(landmarks, (340, 360))
    for index, points in enumerate(FACE_EDGE_LISTS):
        real = landmarks[[p for p in points if p < 68]].floor().long()
        assert (maps[index][real[:, 1], real[:, 0]] == 0).all()
        assert label((maps[index] == 0).numpy())[1] == 1


def test_batch_is_the_frames_one_by_one():
    video = torch.stack([plain_face(0.5), plain_face(1.2), plain_face(0.9, (40.0, 50.0))])
    for draw in DRAWINGS:
        frames = torch.stack([draw(frame, SIZE) for frame in video])
        assert torch.equal(draw(video, SIZE), frames)


def test_no_frames_give_no_maps():
    assert face_condition_maps(torch.zeros(0, 68, 2), SIZE).shape == (0, 15, *SIZE)


def test_integer_landmarks_are_drawn_like_floats():
    landmarks = plain_face().round()
    for draw in DRAWINGS:
        assert torch.equal(draw(landmarks.int(), SIZE), draw(landmarks.float(), SIZE))


def test_face_cut_by_the_border_is_cut_off():
    landmarks = plain_face() + torch.tensor([60.0, 0.0])  # the right half is outside
    wide = (SIZE[0], 2 * SIZE[1])
    for draw in (face_edges, face_part_ids):
        assert torch.equal(draw(landmarks, SIZE), draw(landmarks, wide)[..., : SIZE[1]])


def test_edge_list_outside_the_image_is_as_far_as_can_be():
    landmarks = plain_face() + torch.tensor([60.0, 0.0])
    assert (landmarks[22:27, 0] > SIZE[1]).all()
    assert (face_distance_maps(landmarks, SIZE)[2] == 255).all()


@pytest.mark.parametrize("draw", DRAWINGS)
def test_face_of_one_point(draw):
    assert draw(torch.full((68, 2), 20.0), SIZE).shape[1:] == SIZE


@pytest.mark.parametrize("draw", DRAWINGS)
@pytest.mark.parametrize("shape", [(67, 2), (68, 3), (2, 68), (1, 1, 68, 2), (136,)])
def test_wrong_shape(draw, shape):
    with pytest.raises(ValueError, match=rf"{draw.__name__}: landmarks must have shape \(68, 2\)"):
        draw(torch.zeros(shape), SIZE)


@pytest.mark.parametrize("value", [torch.nan, torch.inf])
def test_not_finite(value):
    landmarks = plain_face()
    landmarks[30, 1] = value
    with pytest.raises(ValueError, match=r"face_edges: landmarks has 1 values that are NaN or inf"):
        face_edges(landmarks, SIZE)


@pytest.mark.parametrize("shift", [(112, 0), (-112, 0), (0, 96), (0, -96), (1e9, 0)])
def test_face_outside_the_image(shift):
    video = torch.stack([plain_face(), plain_face() + torch.tensor(shift)])
    with pytest.raises(ValueError, match=r"partly beside it, \(H, W\) = \(96, 112\), .* frame 1"):
        face_condition_maps(video, SIZE)


def test_one_wild_point_far_outside():
    landmarks = plain_face()
    landmarks[8, 1] = 1e7
    with pytest.raises(ValueError, match="y 39 to 10000000 in frame 0; give landmarks in pixels"):
        face_edges(landmarks, SIZE)


@pytest.mark.parametrize("dtype", [torch.bool, torch.complex64])
def test_wrong_dtype(dtype):
    with pytest.raises(TypeError, match="landmarks must be real numbers, got torch"):
        face_edges(plain_face().to(dtype), SIZE)


def test_no_tensor():
    with pytest.raises(TypeError, match=r"landmarks must be a torch.Tensor, got list"):
        face_edges([[0, 0]] * 68, SIZE)


@pytest.mark.parametrize("size", [(0, 5), (5, 0), (5,), (5, 5, 5), (5.5, 5)])
def test_wrong_size(size):
    with pytest.raises(ValueError, match=r"face_edges: size must be \(H, W\) of at least 1 pixel"):
        face_edges(plain_face(), size)


def test_oversampled_maps_are_large_ones_averaged():
    landmarks = plain_face(0.5, center=(30.0, 24.0))

    maps = face_condition_maps(landmarks, (48, 64), oversampling=3)

    large = face_condition_maps((landmarks + 0.5) * 3 - 0.5, (144, 192))
    torch.testing.assert_close(maps, large.unflatten(2, (64, 3)).unflatten(1, (48, 3)).mean((2, 4)))
    both = face_condition_maps(torch.stack([landmarks, landmarks]), (48, 64), oversampling=3)
    assert torch.equal(both, torch.stack([maps, maps]))


def test_oversampled_edges_stay_in_place():
    landmarks = plain_face(0.5, center=(30.0, 24.0))
    small, fine = (
        face_condition_maps(landmarks, (48, 64), oversampling=oversampling)[0] > 0.1
        for oversampling in (1, 4)
    )
    assert share_near(fine, small) == 1
    assert share_near(small, fine) > 0.95  # the small strokes are wider


def test_oversampling_below_one_raises():
    with pytest.raises(ValueError, match="oversampling must be at least 1, got 0"):
        face_condition_maps(plain_face(0.3, center=(20.0, 20.0)), (48, 64), oversampling=0)


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("oversampling", [1, 3])
def test_maps_of_other_precisions(dtype, oversampling):
    video = torch.stack([plain_face(0.5), plain_face(0.9)])
    maps = face_condition_maps(video, SIZE, oversampling=oversampling, dtype=dtype)
    exact = face_condition_maps(video, SIZE, oversampling=oversampling, dtype=torch.float64)
    assert maps.dtype == dtype
    torch.testing.assert_close(maps, exact.to(dtype), rtol=2 * torch.finfo(dtype).eps, atol=0)


def test_bytes_are_the_maps_before_the_division():
    maps = face_condition_maps(plain_face(), SIZE, dtype=torch.uint8)
    assert torch.equal(maps.float() / 255, face_condition_maps(plain_face(), SIZE))


@pytest.mark.parametrize("oversampling", [2, 17])  # sums of 16 bits and of more
def test_oversampled_bytes_are_rounded(oversampling):
    landmarks = plain_face(0.3, center=(20.0, 16.0))
    options = {"oversampling": oversampling}
    maps = face_condition_maps(landmarks, (32, 40), **options, dtype=torch.uint8)
    exact = 255 * face_condition_maps(landmarks, (32, 40), **options, dtype=torch.float64)
    assert ((maps.double() - exact).abs() <= 0.5 + 1e-9).all()


@pytest.mark.parametrize("oversampling", [1, 2])
@pytest.mark.parametrize("dtype", [torch.float32, torch.uint8])
def test_memory_of_the_caller(dtype, oversampling):
    out = torch.full((2, 15, *SIZE), 7, dtype=dtype)
    video = torch.stack([plain_face(0.5), plain_face(0.9)])
    for frames in (video, video.flip(0)):
        maps = face_condition_maps(frames, SIZE, oversampling=oversampling, out=out)
        assert maps is out
        new = face_condition_maps(frames, SIZE, oversampling=oversampling, dtype=dtype)
        assert torch.equal(maps, new)


def test_integers_other_than_bytes_raise():
    with pytest.raises(TypeError, match=r"dtype must be torch.uint8 or floating-point, got torch"):
        face_condition_maps(plain_face(), SIZE, dtype=torch.int32)


@pytest.mark.parametrize(
    "out",
    [
        torch.empty(1, 15, *SIZE),
        torch.empty(14, *SIZE),
        torch.empty(15, *SIZE, 2)[..., 0],
        torch.empty(15, *SIZE, device="meta"),
    ],
)
def test_memory_that_does_not_fit(out):
    message = r"face_condition_maps: out must have shape \(15, 96, 112\), be contiguous, and be on "
    with pytest.raises(ValueError, match=message):
        face_condition_maps(plain_face(), SIZE, out=out)


def test_memory_of_another_dtype():
    with pytest.raises(TypeError, match=r"out must have dtype torch.uint8, got torch.float32"):
        face_condition_maps(plain_face(), SIZE, dtype=torch.uint8, out=torch.empty(15, *SIZE))
    with pytest.raises(TypeError, match=r"out must be a torch.Tensor, got list"):
        face_condition_maps(plain_face(), SIZE, out=[])
