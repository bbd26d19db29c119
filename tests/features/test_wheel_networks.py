"""AlexNet and VGG16 of the wheel against the same networks written plainly from the paper."""

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from tests.assertions import rand
from vidgan._weights import read_state
from vidgan.features import AlexNetFeatures, VGG16Features


def blur(features: Tensor) -> Tensor:
    """Ghildyal and Liu 2022: reflect by two pixels, blur by [1, 2, 1], keep every second."""
    kernel = torch.tensor([1.0, 2.0, 1.0], dtype=features.dtype)
    kernel = (torch.outer(kernel, kernel) / 16)[None, None]
    channels = features.flatten(0, 1)[:, None]  # (B*C, 1, H, W)
    blurred = F.conv2d(F.pad(channels, (2, 2, 2, 2), "reflect"), kernel)[..., ::2, ::2]
    return blurred.unflatten(0, features.shape[:2])[:, :, 0]


def plain_alexnet(images: Tensor, weights: list[Tensor]) -> list[Tensor]:
    first, second, third, fourth, fifth = zip(weights[::2], weights[1::2], strict=True)
    one = blur(F.conv2d(images, *first, padding=2)).relu()
    two = F.conv2d(blur(F.max_pool2d(one, 3, 1)), *second, padding=2).relu()
    three = F.conv2d(blur(F.max_pool2d(two, 3, 1)), *third, padding=1).relu()
    four = F.conv2d(three, *fourth, padding=1).relu()
    return [one, two, three, four, F.conv2d(four, *fifth, padding=1).relu()]


def plain_vgg16(images: Tensor, weights: list[Tensor]) -> list[Tensor]:
    outputs: list[Tensor] = []
    convolutions = iter(zip(weights[::2], weights[1::2], strict=True))
    features = images
    for depth in (2, 2, 3, 3, 3):
        if outputs:
            features = blur(F.max_pool2d(features, 2, 1))
        for _ in range(depth):
            features = F.conv2d(features, *next(convolutions), padding=1).relu()
        outputs.append(features)
    return outputs


def test_matches_plain_network(wheel_file: tuple[str, Path]) -> None:
    name, path = wheel_file
    state = read_state(path, "test")
    weights = [
        value.double() for key, value in state.items() if "net." in key and "filt" not in key
    ]
    images = rand(1, 3, 37, 44, dtype=torch.float64)
    # ImageNet's statistics of RGB in [0, 1], on images in [-1, 1].
    mean = torch.tensor([0.485, 0.456, 0.406], dtype=torch.float64)[:, None, None]
    std = torch.tensor([0.229, 0.224, 0.225], dtype=torch.float64)[:, None, None]
    normalized = ((images + 1) / 2 - mean) / std

    if name == "vgg":
        expected, features = plain_vgg16(normalized, weights), VGG16Features().double()(images)
    else:
        expected, features = plain_alexnet(normalized, weights), AlexNetFeatures().double()(images)

    for ours, theirs in zip(features, expected, strict=True):
        assert theirs.max() > 0.1
        torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5)


def test_a_path_loads_what_the_default_loads(wheel_file: tuple[str, Path]) -> None:
    name, path = wheel_file
    build = VGG16Features if name == "vgg" else AlexNetFeatures
    images = rand(1, 3, 24, 31)

    for ours, theirs in zip(build(path)(images), build(str(path))(images), strict=True):
        assert torch.equal(ours, theirs)
    assert torch.equal(build()(images)[-1], build(path)(images)[-1])
