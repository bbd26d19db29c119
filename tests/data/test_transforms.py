from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from tests.assertions import rand
from vidgan.data import (
    ClipTransforms,
    RandomCrop,
    RandomHorizontalFlip,
    RandomScale,
    Resize,
    SyntheticVideo,
)
from vidgan.functional import flow_warp

KINDS = {"image": "image", "mask": "mask", "labels": "labels", "flow": "flow", "points": "points"}


def make_clip(height: int, width: int, frames: int = 2) -> dict[str, Tensor]:
    """Every stream holds the pixel's own x (and y), so that each says where it comes from."""
    x = torch.arange(width).expand(frames, 1, height, width)
    y = torch.arange(height)[:, None].expand(frames, 1, height, width)
    points = torch.tensor([[0.0, 0.0], [width - 1, height - 1], [1.0, 2.0]])
    return {
        "image": torch.cat((x, y, x + y), dim=1).float(),
        "mask": x / (width - 1),
        "labels": x + width * y,
        "flow": torch.cat((x, y), dim=1).float(),
        "points": points.expand(frames, 3, 2),
    }


def smooth(*shape: int, seed: int) -> Tensor:
    """A smooth image: coarse noise, enlarged."""
    coarse = rand(shape[0], shape[1], 4, 5, seed=seed, dtype=torch.float64)
    return torch.nn.functional.interpolate(coarse, shape[2:], mode="bicubic", align_corners=True)


@given(
    size=st.tuples(st.integers(5, 12), st.integers(5, 12)),
    window=st.tuples(st.integers(2, 5), st.integers(2, 5)),
    seed=st.integers(0, 2**31),
)
def test_crop_cuts_all_streams_at_one_place(size, window, seed):
    torch.manual_seed(seed)
    clip = make_clip(*size)

    got = RandomCrop(window)(clip, KINDS)

    left, top = got["image"][0, :2, 0, 0].int().tolist()
    assert 0 <= top <= size[0] - window[0]
    assert 0 <= left <= size[1] - window[1]
    rows, columns = slice(top, top + window[0]), slice(left, left + window[1])
    for name in ("image", "mask", "labels", "flow"):
        assert torch.equal(got[name], clip[name][..., rows, columns])
    assert torch.equal(got["points"], clip["points"] - torch.tensor([left, top]))


def test_crop_reaches_every_place():
    clip = make_clip(3, 4)
    places = {
        tuple(RandomCrop((2, 2))(clip, KINDS)["image"][0, :2, 0, 0].int().tolist())
        for _ in range(300)
    }
    assert places == {(x, y) for x in range(3) for y in range(2)}


def test_flip_mirrors_all_streams():
    clip = make_clip(4, 6)

    got = RandomHorizontalFlip(1.0)(clip, KINDS)

    for name in ("image", "mask", "labels"):
        assert torch.equal(got[name], clip[name].flip(-1))
    assert torch.equal(got["flow"][:, 0], -clip["flow"][:, 0].flip(-1))
    assert torch.equal(got["flow"][:, 1], clip["flow"][:, 1].flip(-1))
    assert got["points"][0].tolist() == [[5, 0], [0, 3], [4, 2]]


def test_flip_twice_is_the_identity():
    clip = make_clip(4, 6)
    flip = RandomHorizontalFlip(1.0, permutation=[1, 0, 2])

    twice = flip(flip(clip, KINDS), KINDS)

    for name, value in clip.items():
        assert torch.equal(twice[name], value)


def test_flip_permutes_points():
    clip = make_clip(4, 6)

    got = RandomHorizontalFlip(1.0, permutation=[1, 0, 2])(clip, KINDS)

    assert got["points"][1].tolist() == [[0, 3], [5, 0], [4, 2]]


def test_flip_leaves_the_clip_alone_with_the_other_probability():
    clip = make_clip(4, 6)
    flips = [
        not torch.equal(RandomHorizontalFlip(0.3)(clip, KINDS)["image"], clip["image"])
        for _ in range(400)
    ]

    assert 0.2 < sum(flips) / len(flips) < 0.4
    assert RandomHorizontalFlip(0.0)(clip, KINDS) is clip


@given(
    size=st.tuples(st.integers(3, 12), st.integers(3, 12)),
    new=st.tuples(st.integers(2, 20), st.integers(2, 20)),
)
def test_resize_moves_all_streams_alike(size, new):
    clip = make_clip(*size)
    x_factor, y_factor = (new[1] - 1) / (size[1] - 1), (new[0] - 1) / (size[0] - 1)

    got = Resize(new)(clip, KINDS)

    for name in ("image", "mask", "labels", "flow"):
        assert got[name].shape[-2:] == new
        assert got[name].dtype == clip[name].dtype
    x, y = torch.arange(new[1]) / x_factor, torch.arange(new[0])[:, None] / y_factor
    # the flow holds each pixel's own place, in pixels of the new size after the resize
    torch.testing.assert_close(got["flow"][0, 0], (x * x_factor).expand(new), atol=1e-4, rtol=0)
    torch.testing.assert_close(got["flow"][0, 1], (y * y_factor).expand(new), atol=1e-4, rtol=0)
    factors = torch.tensor([x_factor, y_factor])
    torch.testing.assert_close(got["points"], clip["points"] * factors)
    rows, columns = got["labels"][0, 0] // size[1], got["labels"][0, 0] % size[1]
    assert (columns - x).abs().max() <= 0.5 + 1e-5
    assert (rows - y).abs().max() <= 0.5 + 1e-5
    if min(new[0] - size[0], new[1] - size[1]) >= 0:
        torch.testing.assert_close(got["image"][0, 0], x.expand(new), atol=1e-4, rtol=0)


def warp_and_resize(
    size: tuple[int, int], new: tuple[int, int], seed: int
) -> tuple[Tensor, Tensor]:
    """Mean error of a warp after the resize, and mean difference that the motion makes.

    Motion grows with the size, so that a larger picture is the same one with finer pixels.
    """
    image, motion = smooth(1, 3, *size, seed=seed), smooth(1, 2, *size, seed=seed + 1000)
    motion = motion * (size[1] - 1) / 21
    streams = {"image": image, "flow": motion}
    warped = {"image": flow_warp(image, motion)}
    resize = Resize(new)

    before = resize(streams, KINDS)

    after = resize(warped, KINDS)["image"]
    rows, columns = new[0] // 7, new[1] // 5  # the flow reaches from here to the border at most
    inside = (..., slice(rows, -rows), slice(columns, -columns))
    error = flow_warp(before["image"], before["flow"])[inside] - after[inside]
    moved = before["image"][inside] - after[inside]
    return error.abs().mean(), moved.abs().mean()


@pytest.mark.parametrize("new", [(81, 59), (47, 127), (179, 219), (95, 127)])
def test_warp_after_resize_is_resize_after_warp(new):
    error, moved = warp_and_resize((95, 127), new, seed=0)
    assert error < 0.01
    assert error < 0.02 * moved


def test_error_of_a_warp_after_a_resize_is_of_second_order():
    """With pixels half as large it is a quarter; a resize that moves the picture halves it only."""
    coarse, _ = warp_and_resize((95, 127), (81, 59), seed=0)
    fine, _ = warp_and_resize((189, 253), (161, 117), seed=0)
    assert fine < 0.3 * coarse


def test_warp_after_flip_is_flip_after_warp():
    image, motion = smooth(1, 3, 24, 36, seed=0), 3 * smooth(1, 2, 24, 36, seed=1)
    flip = RandomHorizontalFlip(1.0)

    flipped = flip({"image": image, "flow": motion}, KINDS)

    expected = flip({"image": flow_warp(image, motion)}, KINDS)["image"]
    torch.testing.assert_close(flow_warp(flipped["image"], flipped["flow"]), expected)


def test_warp_after_crop_is_crop_after_warp_inside():
    image, motion = smooth(1, 3, 24, 36, seed=0), 2 * smooth(1, 2, 24, 36, seed=1)
    crop = RandomCrop((14, 20))
    torch.manual_seed(0)
    cropped = crop({"image": image, "flow": motion}, KINDS)
    torch.manual_seed(0)
    expected = crop({"image": flow_warp(image, motion)}, KINDS)["image"]

    inside = (..., slice(4, -4), slice(4, -4))
    warped = flow_warp(cropped["image"], cropped["flow"])
    torch.testing.assert_close(warped[inside], expected[inside])


def test_synthetic_truth_survives_a_chain_of_transforms():
    video = SyntheticVideo((32, 48), seed=4).render(4)
    clip = {"image": video.frames, "flow": video.flow, "mask": video.visibility}
    transforms = ClipTransforms([RandomHorizontalFlip(1.0), RandomCrop((24, 32))])

    got = transforms(clip, KINDS)

    inside = (slice(1, None), slice(None), slice(6, -6), slice(6, -6))
    warped = flow_warp(got["image"][:-1], got["flow"][1:])
    error = (warped - got["image"][1:]).abs() * got["mask"][1:]
    assert error[..., 6:-6, 6:-6].max() < 1e-4
    assert got["mask"][inside].mean() > 0.5


def test_scale_keeps_the_aspect_and_the_range():
    torch.manual_seed(0)
    clip = {"image": torch.zeros(2, 3, 40, 60)}
    sizes = {tuple(RandomScale(0.5, 1.5)(clip, KINDS)["image"].shape[-2:]) for _ in range(100)}

    assert len(sizes) > 20
    for height, width in sizes:
        assert 20 <= height <= 60
        assert abs(width - 1.5 * height) <= 1.5


def test_masks_stay_in_their_range():
    mask = (torch.rand(4, 1, 61, 97, generator=torch.Generator().manual_seed(0)) > 0.05).float()
    for factor in (0.3, 0.45, 0.6, 0.77):
        scaled = RandomScale(factor, factor)({"mask": mask}, {"mask": "mask"})["mask"]
        assert scaled.max() == 1
        assert scaled.min() >= 0


def test_tiny_scale_keeps_two_pixels():
    got = RandomScale(0.01, 0.01)({"image": torch.zeros(1, 3, 20, 30)}, KINDS)
    assert got["image"].shape == (1, 3, 2, 2)


def test_seed_decides():
    clip = make_clip(9, 12)
    transforms = ClipTransforms([RandomScale(0.8, 1.5), RandomCrop((5, 6)), RandomHorizontalFlip()])
    results = []
    for seed in (7, 7, 8):
        torch.manual_seed(seed)
        results.append(transforms(clip, KINDS)["image"])

    assert torch.equal(results[0], results[1])
    assert not torch.equal(results[0], results[2])


def test_the_clip_given_is_not_changed():
    clip = make_clip(9, 12)
    copies = {name: value.clone() for name, value in clip.items()}

    ClipTransforms([RandomHorizontalFlip(1.0), Resize((5, 7)), RandomCrop((3, 4))])(clip, KINDS)

    assert all(torch.equal(clip[name], copies[name]) for name in clip)


def test_wrong_arguments():
    for size in ((1, 5), (5, 1), (5,), (5, 5, 5)):
        with pytest.raises(
            ValueError, match=r"Resize: size must be \(H, W\), each at least 2, got"
        ):
            Resize(size)
        with pytest.raises(ValueError, match=r"RandomCrop: size must be \(H, W\), each at least 2"):
            RandomCrop(size)
    for low, high in ((0, 1), (-1, 1), (2, 1), (1, float("inf")), (float("nan"), 1)):
        with pytest.raises(ValueError, match="RandomScale: minimum and maximum must be finite"):
            RandomScale(low, high)
    for probability in (-0.1, 1.1, float("nan")):
        with pytest.raises(ValueError, match=r"probability must lie in \[0, 1\], got"):
            RandomHorizontalFlip(probability)
    for permutation in ([0, 0], [1, 2], [0, 2]):
        with pytest.raises(ValueError, match="permutation must hold every index from 0 to 1 once"):
            RandomHorizontalFlip(permutation=permutation)


@pytest.mark.parametrize("size", [(5, 7), (4, 8)])
def test_crop_larger_than_the_frames(size):
    with pytest.raises(ValueError, match=r"RandomCrop: frames must have at least .* got \(4, 7\)"):
        RandomCrop(size)(make_clip(4, 7), KINDS)


@pytest.mark.parametrize("transform", [Resize((4, 4)), RandomScale(1, 2), RandomCrop((2, 2))])
def test_streams_without_one_size(transform):
    name = type(transform).__name__
    with pytest.raises(ValueError, match=rf"{name}: the streams must have one size .*points alone"):
        transform({"points": torch.zeros(2, 3, 2)}, KINDS)
    clip = {"image": torch.zeros(2, 3, 4, 6), "mask": torch.zeros(2, 1, 4, 7)}
    with pytest.raises(ValueError, match=rf"{name}: .* 'image' \(4, 6\), 'mask' \(4, 7\)"):
        transform(clip, KINDS)


@pytest.mark.parametrize("shape", [(1, 5), (5, 1)])
def test_frames_too_small_to_resize(shape):
    with pytest.raises(
        ValueError, match=f"Resize: frames must be at least 2 x 2, got {shape[0]} x"
    ):
        Resize((4, 4))({"image": torch.zeros(1, 3, *shape)}, KINDS)


def test_wrong_number_of_points():
    with pytest.raises(ValueError, match="one index per point, got 2 for 3 points"):
        RandomHorizontalFlip(1.0, permutation=[1, 0])(make_clip(4, 6), KINDS)
