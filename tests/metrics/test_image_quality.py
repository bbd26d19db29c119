"""Frame by frame distances against torchmetrics and hand numbers."""

from __future__ import annotations

import math

import pytest
import torch

from tests.assertions import rand
from vidgan.metrics import PSNR, SSIM, PerceptualDistance


def test_psnr_is_the_mean_over_frames() -> None:
    references = torch.full((1, 2, 3, 8, 9), -0.6)
    frames = references.clone()
    frames[0, 0] += 0.2
    frames[0, 1] += 0.4  # 0.1 and 0.2 of the range
    psnr = PSNR()

    psnr.update(frames, references)

    expected = (-20 * math.log10(0.1) - 20 * math.log10(0.2)) / 2
    assert float(psnr.compute()) == pytest.approx(expected, abs=1e-4)
    psnr.update(references, references)
    assert float(psnr.compute()) == math.inf


def test_ssim_is_that_of_torchmetrics() -> None:
    image = pytest.importorskip("torchmetrics.functional.image")
    frames, references = rand(2, 3, 3, 20, 17), rand(2, 3, 3, 20, 17, seed=1)
    ssim = SSIM()

    ssim.update(frames[:1], references[:1])
    ssim.update(frames[1:], references[1:])

    expected = image.structural_similarity_index_measure(
        frames.flatten(0, 1) / 2 + 0.5, references.flatten(0, 1) / 2 + 0.5, data_range=1.0
    )
    assert float(ssim.compute()) == pytest.approx(float(expected), abs=1e-6)


def test_perceptual_distance_of_images_and_clips() -> None:
    metric = PerceptualDistance(lambda x, y: (x - y).abs().amax((1, 2, 3)))
    clip = torch.zeros(1, 3, 3, 4, 6)
    clip[0, 1] = 0.6

    metric.update(clip, torch.zeros_like(clip))
    metric.update(clip[0], torch.zeros_like(clip[0]))

    assert float(metric.compute()) == pytest.approx(0.2)


@pytest.mark.parametrize("build", [PSNR, SSIM])
def test_wrong_range(build: type) -> None:
    frames = rand(1, 3, 16, 18)
    with pytest.raises(ValueError, match=rf"{build.__name__}: references must be RGB in \[-1, 1\]"):
        build().update(frames, frames * 1.1)
    with pytest.raises(ValueError, match=r"got every image in \[0, 1\]"):
        build().update(frames / 2 + 0.5, frames / 2 + 0.5)
    unchecked = build(check_range=False)
    unchecked.update(frames / 2 + 0.5, frames)


@pytest.mark.parametrize("metric", [PSNR(), SSIM(), PerceptualDistance(torch.dist)])
def test_wrong_shapes(metric: PSNR) -> None:
    with pytest.raises(ValueError, match=r"references must have shape .* as in frames"):
        metric.update(rand(1, 3, 16, 18), rand(1, 3, 16, 17))
