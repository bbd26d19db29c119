import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from scipy.ndimage import distance_transform_edt

from vidgan.conditions import (
    BODY_LIMBS,
    POSE_STROKES,
    densepose_maps,
    pose_condition_maps,
    pose_line_widths,
    pose_skeleton,
    read_openpose,
)

SIZE = (96, 112)  # H, W


def read_keypoints(shared, frame):
    name = f"frame{frame:06d}.json"
    return read_openpose(shared / "realdata" / "pose" / "openpose" / "seq0001" / name).keypoints


def read_golden(shared, name):
    picture = np.array(Image.open(shared / "golden" / f"{name}.png"))
    return torch.from_numpy(picture).permute(2, 0, 1)


def share_near(drawn, other):
    """Share of the drawn pixels within 1.5 pixels of a drawn pixel of the other."""
    distance = torch.from_numpy(distance_transform_edt(~other.numpy()))
    return (distance[drawn] <= 1.5).double().mean().item()


def person(scale=1.0, shift=(56.0, 48.0)):
    """Keypoints of all 137 kinds, x -40 to 40 and y -40 to 40 about its center."""
    noise = torch.Generator().manual_seed(4)
    places = torch.rand(137, 2, generator=noise, dtype=torch.float64) * 80 - 40
    places = (places * scale + torch.tensor(shift)).round()
    return torch.cat([places, torch.full((137, 1), 0.9, dtype=torch.float64)], dim=1)


def limb(start, end, points=(1, 8)):
    """Keypoints of which two count."""
    keypoints = torch.zeros(137, 3)
    keypoints[points[0]] = torch.tensor([*start, 1.0])
    keypoints[points[1]] = torch.tensor([*end, 1.0])
    return keypoints


@pytest.mark.parametrize(
    ("frame", "name", "parts"),
    [
        (100, "pose_skeleton_frame000100", ("head", "body", "hands", "face")),
        (103, "pose_skeleton_body_only_frame000103", ("body",)),
    ],
)
def test_skeleton_as_recorded(shared, frame, name, parts):
    drawn = pose_skeleton(read_keypoints(shared, frame), (1080, 1920), parts=parts)
    recorded = read_golden(shared, name)
    ours, theirs = drawn.amax(0) > 0, recorded.amax(0) > 0
    assert share_near(ours, theirs) >= 0.99
    assert share_near(theirs, ours) >= 0.99
    both = ours & theirs
    assert both.sum() > 0.95 * (ours | theirs).sum()
    difference = (drawn[:, both].int() - recorded[:, both].int()).abs()
    assert difference.double().mean() < 4  # gray levels
    assert (difference.amax(0) <= 8).double().mean() > 0.9


def test_each_limb_has_its_color():
    for start, end, color in BODY_LIMBS:
        drawn = pose_skeleton(limb((20, 30), (80, 60), (start, end)), SIZE)
        assert drawn[:, drawn.amax(0) > 0].T.unique(dim=0).tolist() == [list(color)]


def test_widths_by_hand():
    assert pose_line_widths((1080, 1920)) == (6, 2)
    assert pose_line_widths((512, 512)) == (3, 1)
    assert pose_line_widths((1024, 512)) == (3, 1)
    assert pose_line_widths((128, 96)) == (2, 1)
    assert pose_line_widths((2160, 3840)) == (12, 4)


@pytest.mark.parametrize("width", [1, 2, 5, 6])
def test_limb_is_as_wide_as_asked(width):
    drawn = pose_skeleton(limb((20, 10), (20, 80)), SIZE, limb_width=width).amax(0)
    assert (drawn[45] > 0).sum() == width
    assert (drawn > 0).nonzero()[:, 0].min() == 10 - max(width - 1, width // 2)


def test_fingers_and_face_lines_are_as_wide_as_asked():
    for points in ((95, 96), (116, 133)):
        drawn = pose_skeleton(limb((20, 10), (20, 80), points), SIZE, line_width=4).amax(0)
        assert (drawn[45] > 0).sum() == 4
    nose = torch.zeros(137, 3)
    nose[25 + 27 : 25 + 31] = torch.tensor([[20.0, 10.0 + 20 * i, 1.0] for i in range(4)])
    drawn = pose_skeleton(nose, SIZE, line_width=3)
    assert drawn[:, 20].T.unique(dim=0).tolist() == [[0, 0, 0], [255, 255, 255]]
    # The second piece meets the first, so it is mixed with black: a quarter of that remains.
    assert drawn[:, 45].T.unique(dim=0).tolist() == [[0, 0, 0], [191, 191, 191]]
    assert (drawn[0, 45] > 0).sum() == 3


def test_limb_needs_both_its_points():
    keypoints = limb((20, 10), (20, 80))
    for confidence, shown in ((0.011, True), (0.0099, False), (0.0, False)):
        keypoints[8, 2] = confidence
        assert bool(pose_skeleton(keypoints, SIZE).any()) == shown


def test_face_line_needs_all_its_points():
    keypoints = torch.zeros(137, 3)
    keypoints[25 + 17 : 25 + 22] = torch.tensor([[20.0 + 10 * i, 30.0, 0.2] for i in range(5)])
    assert pose_skeleton(keypoints, SIZE).any()
    keypoints[25 + 21, 2] = 0.09
    assert not pose_skeleton(keypoints, SIZE).any()


def test_finger_goes_on_after_a_missing_joint():
    keypoints = torch.zeros(137, 3)
    keypoints[95:100] = torch.tensor([[10.0 + 20 * i, 30.0, 1.0] for i in range(5)])
    keypoints[97, 2] = 0
    columns = pose_skeleton(keypoints, SIZE, line_width=1)[0, 30].nonzero().flatten().tolist()
    assert columns == [*range(10, 31), *range(70, 91)]


def test_parts_are_drawn_where_asked():
    keypoints = person()
    whole = pose_skeleton(keypoints, SIZE).amax(0) > 0
    alone = [pose_skeleton(keypoints, SIZE, parts=[part]).amax(0) > 0
             for part in ("head", "body", "hands", "face")]  # fmt: skip
    assert torch.equal(torch.stack(alone).any(0), whole)
    assert all(part.any() for part in alone)
    assert not pose_skeleton(keypoints, SIZE, parts=[]).any()


@given(x=st.integers(-20, 20), y=st.integers(-20, 20), scale=st.floats(0.3, 1.0))
def test_moving_the_person_moves_the_drawing(x, y, scale):
    wide, widths = (160, 180), {"limb_width": 3, "line_width": 1}
    still = person(scale, (90.0, 80.0))
    moved = still + torch.tensor([x, y, 0])
    expected = pose_skeleton(still, wide, **widths).roll((y, x), dims=(-2, -1))
    assert torch.equal(pose_skeleton(moved, wide, **widths), expected)


def test_person_cut_by_the_border_is_cut_off():
    keypoints = person() + torch.tensor([50.0, 0.0, 0.0])
    wide = pose_skeleton(keypoints, (SIZE[0], 2 * SIZE[1]), limb_width=2, line_width=1)
    alone = pose_skeleton(keypoints, SIZE, limb_width=2, line_width=1)
    # Where a stroke meets another one outside, its color inside differs; the place does not.
    assert torch.equal(alone.amax(0) > 0, wide[..., : SIZE[1]].amax(0) > 0)


def test_person_wholly_outside_leaves_the_image_black():
    assert not pose_skeleton(person() + torch.tensor([115.0, 0.0, 0.0]), SIZE).any()


def test_batch_is_the_frames_one_by_one():
    video = torch.stack([person(0.5), person(1.0), person(0.9, (40.0, 50.0))])
    for draw in (pose_skeleton, pose_condition_maps):
        assert torch.equal(draw(video, SIZE), torch.stack([draw(frame, SIZE) for frame in video]))


def test_no_frames_give_no_maps():
    assert pose_condition_maps(torch.zeros(0, 137, 3), SIZE).shape == (0, 3, *SIZE)


def test_integer_keypoints_are_drawn_like_floats():
    keypoints = person().ceil()
    assert torch.equal(pose_skeleton(keypoints.int(), SIZE), pose_skeleton(keypoints, SIZE))


def test_strokes_are_dropped_alike_in_all_frames_and_as_the_generator_says():
    video = person(0.9).expand(3, -1, -1)
    drawn = [
        pose_skeleton(
            video, SIZE, drop_probability=0.5, generator=torch.Generator().manual_seed(seed)
        )
        for seed in (1, 1, 2)
    ]
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])
    assert torch.equal(drawn[0][0], drawn[0][2])
    assert not pose_skeleton(
        video, SIZE, drop_probability=1, generator=torch.Generator().manual_seed(0)
    ).any()


def test_each_stroke_is_dropped_by_itself():
    generator = torch.Generator().manual_seed(0)
    seen = torch.zeros(len(POSE_STROKES))
    for _ in range(400):
        kept = torch.rand(len(POSE_STROKES), generator=generator.clone_state()) >= 0.3
        keypoints = limb((20, 10), (20, 80))
        drawn = pose_skeleton(keypoints, SIZE, drop_probability=0.3, generator=generator)
        assert bool(drawn.any()) == bool(kept[5])  # neck to hip is the sixth stroke
        seen += ~kept
    assert (seen / 400 - 0.3).abs().max() < 0.1


def test_condition_maps_are_the_skeleton_in_minus_one_to_one():
    maps = pose_condition_maps(person(), SIZE)
    assert (maps.shape, maps.dtype) == ((3, *SIZE), torch.float32)
    expected = pose_skeleton(person(), SIZE).double() / 127.5 - 1
    assert torch.allclose(maps.double(), expected, atol=1e-6)
    assert maps.min() == -1


def test_condition_maps_have_densepose_first():
    densepose = torch.randint(25, (2, 3, *SIZE), dtype=torch.uint8)
    video = person().expand(2, -1, -1)
    maps = pose_condition_maps(video, SIZE, densepose=densepose)
    assert torch.equal(maps[:, :3], densepose_maps(densepose))
    assert torch.equal(maps[:, 3:], pose_condition_maps(video, SIZE))


def test_condition_maps_drop_parts_of_both():
    densepose = torch.full((3, *SIZE), 9, dtype=torch.uint8)
    generator = torch.Generator().manual_seed(0)
    maps = pose_condition_maps(
        person(), SIZE, densepose=densepose, drop_probability=1, generator=generator
    )
    assert maps.unique().tolist() == [-1]


@pytest.mark.parametrize("shape", [(4, *SIZE), (3, 95, 112), (3, 96, 111), (1, 3, *SIZE)])
def test_densepose_that_does_not_fit(shape):
    with pytest.raises(ValueError, match=r"densepose must have shape \(3, 96, 112\) to fit the sk"):
        pose_condition_maps(person(), SIZE, densepose=torch.zeros(shape, dtype=torch.uint8))


@pytest.mark.parametrize("draw", [pose_skeleton, pose_condition_maps])
@pytest.mark.parametrize("shape", [(136, 3), (137, 2), (3, 137), (1, 1, 137, 3), (411,)])
def test_wrong_shape(draw, shape):
    with pytest.raises(ValueError, match=r"pose_skeleton: keypoints must have shape \(137, 3\) or"):
        draw(torch.zeros(shape), SIZE)


@pytest.mark.parametrize("value", [torch.nan, torch.inf])
def test_not_finite(value):
    keypoints = person()
    keypoints[30, 1] = value
    with pytest.raises(ValueError, match="keypoints has 1 values that are NaN or infinite"):
        pose_skeleton(keypoints, SIZE)


@pytest.mark.parametrize("place", [(225.0, 20.0), (-113.0, 20.0), (20.0, 193.0), (20.0, -97.0)])
def test_point_far_outside(place):
    video = torch.stack([person(), person()])
    video[1, 7, :2] = torch.tensor(place)
    with pytest.raises(ValueError, match=r"\(96, 112\), got .* for point 7 in frame 1; give keypo"):
        pose_skeleton(video, SIZE)
    video[1, 7, 2] = 0  # a point that does not count may lie anywhere
    pose_skeleton(video, SIZE)


@pytest.mark.parametrize("dtype", [torch.bool, torch.complex64])
def test_wrong_dtype(dtype):
    with pytest.raises(TypeError, match="keypoints must be real numbers, got torch"):
        pose_skeleton(person().to(dtype), SIZE)


def test_no_tensor():
    with pytest.raises(TypeError, match=r"keypoints must be a torch.Tensor, got list"):
        pose_skeleton([[0, 0, 0]] * 137, SIZE)


@pytest.mark.parametrize("size", [(0, 5), (5, 0), (5,), (5, 5, 5), (5.5, 5)])
def test_wrong_size(size):
    with pytest.raises(ValueError, match=r"size must be \(H, W\) of at least 1 pixel"):
        pose_skeleton(person(), size)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"parts": ["legs"]}, "parts must be one of 'body', 'head', 'hands', 'face', got 'legs'"),
        ({"limb_width": 0}, "limb_width must be at least 1, got 0"),
        ({"line_width": 0}, "line_width must be at least 1, got 0"),
        ({"drop_probability": 2.0}, r"drop_probability must lie in \[0, 1\], got 2.0"),
        ({"drop_probability": 0.5}, "generator must be given"),
    ],
)
def test_wrong_option(options, text):
    with pytest.raises(ValueError, match=f"pose_skeleton: {text}"):
        pose_skeleton(person(), SIZE, **options)
