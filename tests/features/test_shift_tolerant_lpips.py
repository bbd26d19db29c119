"""The perceptual distance: its formula, its laws and what it is for."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from tests.assertions import assert_compiles, rand, wrong_shapes
from vidgan._weights import read_state
from vidgan.features import AlexNetFeatures, ShiftTolerantLPIPS, VGG16Features


def texture(seed: int = 0) -> Tensor:
    """A smooth color pattern (1, 3, 56, 64) in [-1, 1]."""
    coarse = rand(1, 3, 14, 16, seed=seed)
    return F.interpolate(coarse, (56, 64), mode="bicubic", align_corners=True).clamp(-1, 1)


def distance_loop(features: list[Tensor], others: list[Tensor], heads: list[Tensor]) -> float:
    """Zhang et al. 2018, Eq. 1, pixel by pixel, of features (C, h, w)."""
    total = 0.0
    for ours, theirs, head in zip(features, others, heads, strict=True):
        _, height, width = ours.shape
        for y in range(height):
            for x in range(width):
                a, b = ours[:, y, x], theirs[:, y, x]
                a, b = a / max(float(a.norm()), 1e-10), b / max(float(b.norm()), 1e-10)
                total += float((head * (a - b) ** 2).sum()) / (height * width)
    return total


def test_matches_formula(wheel_file: tuple[str, Path]) -> None:
    name, path = wheel_file
    state = read_state(path, "test")
    heads = [state[f"lin{index}.model.1.weight"].flatten() for index in range(5)]
    extractor = VGG16Features() if name == "vgg" else AlexNetFeatures()
    images, references = rand(2, 3, 21, 26), rand(2, 3, 21, 26, seed=1)
    expected = [
        distance_loop(
            [f[i] for f in extractor(images)], [f[i] for f in extractor(references)], heads
        )
        for i in range(2)
    ]

    distance = ShiftTolerantLPIPS(name)(images, references)  # type: ignore[arg-type]

    assert distance.shape == (2,)
    torch.testing.assert_close(distance, torch.tensor(expected), rtol=1e-5, atol=1e-7)


def test_zero_for_equal_images_symmetric_and_each_image_on_its_own(
    wheel_file: tuple[str, Path],
) -> None:
    metric = ShiftTolerantLPIPS(wheel_file[0], wheel_file[1]).double()  # type: ignore[arg-type]
    images, others = rand(2, 3, 24, 29).double(), rand(2, 3, 24, 29, seed=1).double()

    distance = metric(images, others)

    assert torch.equal(metric(images, images), torch.zeros(2, dtype=torch.float64))
    assert distance.min() > 0
    torch.testing.assert_close(metric(others, images), distance)
    torch.testing.assert_close(metric(images[1:], others[1:]), distance[1:])


def test_grows_with_noise(wheel_file: tuple[str, Path]) -> None:
    metric = ShiftTolerantLPIPS(wheel_file[0])  # type: ignore[arg-type]
    image, noise = texture(), rand(1, 3, 56, 64, seed=5)

    distances = [float(metric(image + scale * noise, image)) for scale in (0.05, 0.1, 0.2, 0.4)]

    assert distances == sorted(distances)
    assert distances[-1] > 4 * distances[0]


def test_tolerates_a_shift(wheel_file: tuple[str, Path]) -> None:
    metric = ShiftTolerantLPIPS(wheel_file[0])  # type: ignore[arg-type]
    image = texture()
    shifted = image.roll((1, 1), dims=(2, 3))[..., 1:, 1:]
    image = image[..., 1:, 1:]
    noise = rand(*image.shape, seed=5)
    noisy = image + noise * (shifted - image).norm() / noise.norm()

    # As far from the image in RGB, yet it looks alike.
    assert float(metric(shifted, image)) < 0.5 * float(metric(noisy, image))


def test_gradient_is_finite_where_features_are_zero() -> None:
    torch.manual_seed(0)
    metric = ShiftTolerantLPIPS("alex", weights=None)
    for parameter in metric.extractor.parameters():
        parameter.abs_().neg_()  # no feature of any image passes a ReLU
    images = torch.full((1, 3, 24, 30), 1.0, requires_grad=True)

    distance = metric(images, -images.detach())
    distance.sum().backward()

    assert torch.isfinite(distance).all()
    assert images.grad is not None
    assert torch.isfinite(images.grad).all()


def test_float32_under_autocast() -> None:
    torch.manual_seed(0)
    metric = ShiftTolerantLPIPS("alex", weights=None)
    images, others = rand(2, 3, 32, 37), rand(2, 3, 32, 37, seed=1)

    with torch.autocast("cpu", torch.bfloat16):
        distance = metric(images, others)

    assert distance.dtype == torch.float32
    torch.testing.assert_close(distance, metric(images, others), rtol=0.05, atol=1e-4)


def test_is_frozen_and_stays_in_eval_mode() -> None:
    metric = ShiftTolerantLPIPS("alex", weights=None).train()

    assert not any(parameter.requires_grad for parameter in metric.parameters())
    assert not any(module.training for module in metric.modules())


def test_compiles() -> None:
    metric = ShiftTolerantLPIPS("alex", weights=None)

    assert_compiles(metric, rand(1, 3, 22, 27), rand(1, 3, 22, 27, seed=1))


def test_unknown_network() -> None:
    with pytest.raises(ValueError, match=r"ShiftTolerantLPIPS: network must be one of 'vgg'"):
        ShiftTolerantLPIPS("squeeze")  # type: ignore[arg-type]


def test_file_without_heads(tmp_path: Path) -> None:
    weights = AlexNetFeatures(None).network.state_dict()
    renamed = {f"net.slice{int(key[7]) + 1}.{key[9:]}": value for key, value in weights.items()}
    torch.save(renamed, tmp_path / "a.pth")

    with pytest.raises(ValueError, match=r"a.pth must hold lin0.model.1.weight of shape \(1, 64"):
        ShiftTolerantLPIPS("alex", tmp_path / "a.pth")


@pytest.mark.parametrize("shape", wrong_shapes(2, 3, 24, 30))
def test_wrong_shapes(shape: tuple[int, ...]) -> None:
    metric = ShiftTolerantLPIPS("alex", weights=None)

    with pytest.raises(
        ValueError, match=r"references must have shape \(2, 3, 24, 30\) as in images"
    ):
        metric(torch.zeros(2, 3, 24, 30), torch.zeros(shape))
    with pytest.raises(ValueError, match=r"images must have shape \(B, 3, H, W\)"):
        metric(torch.zeros(2, 4, 24, 30), torch.zeros(2, 4, 24, 30))
