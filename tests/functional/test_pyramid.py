"""The average-pool pyramid, against loops and recorded levels."""

from __future__ import annotations

import pytest
import torch
from safetensors.torch import load_file

from tests.assertions import assert_compiles, assert_gradients, rand
from tests.references import pyramid_level_loop
from vidgan.functional import average_pyramid


def test_matches_recorded_levels(shared) -> None:
    data = load_file(shared / "golden" / "flow_warp.safetensors")

    levels = average_pyramid(data["pyramid.level0"], 3)

    for scale, level in enumerate(levels):
        torch.testing.assert_close(level, data[f"pyramid.level{scale}"], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("size", [(8, 12), (7, 5), (1, 6), (5, 1), (1, 1)])
def test_matches_loop(size: tuple[int, int]) -> None:
    images = rand(2, 3, *size, dtype=torch.float64)

    levels = average_pyramid(images, 3)

    assert len(levels) == 3
    torch.testing.assert_close(levels[0], images, rtol=0, atol=0)
    torch.testing.assert_close(levels[1], pyramid_level_loop(images))
    torch.testing.assert_close(levels[2], pyramid_level_loop(levels[1]))


def test_video_is_its_frames() -> None:
    video = rand(2, 4, 3, 7, 10)

    levels = average_pyramid(video, 2)

    frames = torch.stack([average_pyramid(frame, 2)[1] for frame in video.unbind(1)], dim=1)
    torch.testing.assert_close(levels[1], frames, rtol=0, atol=0)


def test_constant_image_stays_at_the_borders() -> None:
    levels = average_pyramid(torch.full((1, 1, 9, 13), 3.0), 4)

    for level in levels:
        torch.testing.assert_close(level, torch.full_like(level, 3.0))


def test_channels_last_gives_the_same() -> None:
    images = rand(2, 3, 8, 12)

    levels = average_pyramid(images.to(memory_format=torch.channels_last), 3)

    torch.testing.assert_close(levels, average_pyramid(images, 3))


@pytest.mark.gpu
def test_channels_last_gradients_on_a_gpu() -> None:
    images = rand(2, 3, 8, 12).cuda().to(memory_format=torch.channels_last).requires_grad_()
    reference = images.detach().cpu().contiguous().requires_grad_()

    for leaf in (images, reference):
        average_pyramid(leaf, 3)[2].square().sum().backward()

    torch.testing.assert_close(images.grad.cpu(), reference.grad)


def test_gradients() -> None:
    assert_gradients(lambda images: tuple(average_pyramid(images, 2)), rand(1, 2, 3, 5))


def test_compiles() -> None:
    assert_compiles(average_pyramid, rand(1, 3, 7, 10), 3)


def test_bad_arguments_raise() -> None:
    rule = r"images must have shape \(B, C, H, W\) or \(B, T, C, H, W\), got \(3, 8, 12\)"
    with pytest.raises(ValueError, match=rule):
        average_pyramid(rand(3, 8, 12), 2)
    with pytest.raises(ValueError, match="num_scales must be at least 1, got 0"):
        average_pyramid(rand(1, 3, 8, 12), 0)
    with pytest.raises(TypeError, match=r"images must be a floating-point tensor, got torch.uint8"):
        average_pyramid(torch.zeros(1, 3, 8, 12, dtype=torch.uint8), 2)
