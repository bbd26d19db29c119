"""Differentiable augmentation."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from tests.assertions import assert_gradients, rand
from vidgan.functional import diff_augment


def augment(videos: Tensor, *others: Tensor, names: tuple[str, ...], seed: int = 0):
    rng = torch.Generator().manual_seed(seed)
    return diff_augment(videos, *others, augmentations=names, generator=rng)


@pytest.mark.parametrize("name", ["color", "translation", "cutout"])
def test_all_frames_of_a_video_change_alike(name: str) -> None:
    still = rand(3, 1, 3, 16, 24).expand(-1, 4, -1, -1, -1)
    out = augment(still, names=(name,))
    assert torch.equal(out, out[:, :1].expand_as(out))
    assert not torch.equal(out[:, 0], still[:, 0])
    # Samples change differently.
    same = augment(rand(1, 3, 16, 24).expand(4, -1, -1, -1), names=(name,))
    assert not torch.equal(same[0], same[1])


def test_translation_is_a_shift_with_zeros() -> None:
    video = rand(40, 3, 16, 24) + 2  # no zeros of its own
    out = augment(video, names=("translation",))
    shifts = set()
    for before, after in zip(video, out, strict=True):
        found = [
            (down, right)
            for down in range(-2, 3)
            for right in range(-3, 4)
            if torch.equal(after, shifted(before, down, right))
        ]
        assert len(found) == 1
        shifts.add(found[0])
    assert {down for down, _ in shifts} == {-2, -1, 0, 1, 2}  # up to an eighth of the height
    assert {right for _, right in shifts} == {-3, -2, -1, 0, 1, 2, 3}


def shifted(image: Tensor, down: int, right: int) -> Tensor:
    out = torch.zeros_like(image)
    height, width = image.shape[1:]
    for y in range(height):
        for x in range(width):
            if 0 <= y - down < height and 0 <= x - right < width:
                out[:, y, x] = image[:, y - down, x - right]
    return out


def test_cutout_is_one_box_of_half_the_size() -> None:
    out = augment(torch.ones(60, 3, 16, 24), names=("cutout",))
    heights, widths = set(), set()
    for image in out:
        rows, columns = (image[0] == 0).nonzero(as_tuple=True)
        height, width = (int(side.max() - side.min()) + 1 for side in (rows, columns))
        assert len(rows) == height * width
        heights.add(height)
        widths.add(width)
    assert (max(heights), max(widths)) == (8, 12)
    assert (min(heights), min(widths)) >= (4, 6)  # its center stays in the frame


def test_color_by_hand() -> None:
    video = rand(2, 3, 3, 4, 5)
    numbers = [torch.rand(2, generator=rng) for rng in [torch.Generator().manual_seed(0)] * 3]
    shift, saturation, contrast = (part.view(2, 1, 1, 1, 1) for part in numbers)
    bright = video + shift - 0.5
    gray = bright.mean(2, keepdim=True)
    saturated = gray + 2 * saturation * (bright - gray)
    mean = saturated.mean((1, 2, 3, 4), keepdim=True)
    expected = mean + (contrast + 0.5) * (saturated - mean)
    torch.testing.assert_close(augment(video, names=("color",)), expected)


def test_what_belongs_to_a_video_moves_with_it() -> None:
    video = rand(3, 2, 3, 16, 24)
    flow = video[:, :, :2].clone()
    out, moved = augment(video, flow, names=("translation", "cutout"))
    assert torch.equal(moved, out[:, :, :2])
    recolored, unchanged = augment(video, flow, names=("color",))
    assert torch.equal(unchanged, flow)
    assert not torch.equal(recolored, video)


def test_gradients_compilation_and_dtype() -> None:
    video = rand(2, 2, 3, 8, 8)

    def fixed(video: Tensor) -> Tensor:
        return augment(video, names=("color", "translation", "cutout"), seed=3)

    assert_gradients(fixed, video)
    assert fixed(video.bfloat16()).dtype == torch.bfloat16

    # The eager backend draws the same numbers; fullgraph fails if the graph breaks.
    compiled = torch.compile(diff_augment, fullgraph=True, backend="eager")
    torch.manual_seed(0)
    expected = diff_augment(video)
    torch.manual_seed(0)
    torch.testing.assert_close(compiled(video), expected)


def test_bad_arguments() -> None:
    video = rand(2, 3, 8, 8)
    with pytest.raises(ValueError, match=r"augmentations must be one of 'color', .* got 'flip'"):
        diff_augment(video, augmentations=("flip",))
    with pytest.raises(ValueError, match=r"videos must have shape \(B, 3, H, W\)"):
        diff_augment(rand(2, 4, 8, 8))
    with pytest.raises(
        ValueError, match=r"others\[0\] must have the batch 2 and the size \(8, 8\)"
    ):
        diff_augment(video, rand(2, 1, 8, 9))
