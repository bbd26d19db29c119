"""LPIPS against the lpips package."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any
from urllib.error import URLError

import pytest
import torch
from torch import Tensor, nn
from torchvision import models

from tests.assertions import assert_compiles, rand, wrong_shapes
from vidgan.features import LPIPS

NETWORKS = {"alex": "alexnet", "vgg": "vgg16", "squeeze": "squeezenet"}


def package_lpips(network: str, **options: Any) -> nn.Module:
    lpips = pytest.importorskip("lpips")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of torchvision, about arguments of the package's
        return lpips.LPIPS(net=network, verbose=False, **options)


@pytest.fixture(scope="module", params=NETWORKS)
def reference(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, nn.Module, Path]:
    """The package's distance on a random backbone, and that in a file of torchvision's names."""
    torch.manual_seed(0)
    package = package_lpips(request.param, pnet_rand=True)
    state = {
        f"features.{name.partition('.')[2]}": value
        for name, value in package.net.state_dict().items()
    }
    state["classifier.1.weight"] = torch.zeros(2, 2)
    file = tmp_path_factory.mktemp("lpips") / f"{request.param}.pth"
    torch.save(state, file)
    return request.param, package, file


@pytest.fixture
def metric() -> LPIPS:
    torch.manual_seed(0)
    return LPIPS("squeeze", None)


@pytest.mark.parametrize("size", [(64, 48), (35, 61)])
def test_equals_the_package(reference: tuple[str, nn.Module, Path], size: tuple[int, int]) -> None:
    network, package, file = reference
    images, references = rand(3, 3, *size), rand(3, 3, *size, seed=1)
    references[0] = (images[0] + 0.1 * references[0]).clamp(-1, 1)

    distance = LPIPS(network, file)(images, references)  # type: ignore[arg-type]

    expected = package(images, references).flatten()
    assert expected.min() > 1e-3
    torch.testing.assert_close(distance, expected, rtol=1e-6, atol=1e-6)


def test_gradient_equals_the_package(reference: tuple[str, nn.Module, Path]) -> None:
    network, package, file = reference
    gradients = []
    for distance in (LPIPS(network, file), package):  # type: ignore[arg-type]
        images = rand(1, 3, 40, 52).requires_grad_()
        distance(images, rand(1, 3, 40, 52, seed=1)).sum().backward()
        gradients.append(images.grad)

    torch.testing.assert_close(gradients[0], gradients[1], rtol=1e-4, atol=1e-8)


def test_default_is_what_the_package_loads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    released = models.SqueezeNet1_1_Weights.IMAGENET1K_V1
    monkeypatch.setattr(torch.hub, "_hub_dir", str(tmp_path))  # torch's cache
    (tmp_path / "checkpoints").mkdir()
    file = tmp_path / "checkpoints" / released.url.rpartition("/")[2]
    torch.save(models.squeezenet1_1().state_dict(), file)
    images, references = rand(2, 3, 33, 40), rand(2, 3, 33, 40, seed=1)
    for weights in ("default", file):  # it has the name of a published file, but not its bytes
        with pytest.raises(ValueError, match=r"LPIPS: .* its SHA-256 sum is not the published"):
            LPIPS("squeeze", weights)
    monkeypatch.setattr("vidgan._weights.check_known", lambda _: None)

    expected = package_lpips("squeeze")(images, references).flatten()

    for weights in ("default", file, str(file), released, models.SqueezeNet1_1_Weights.DEFAULT):
        distance = LPIPS("squeeze", weights)(images, references)
        torch.testing.assert_close(distance, expected, rtol=1e-6, atol=1e-6)


def test_clips_are_compared_frame_by_frame(metric: LPIPS) -> None:
    clips, references = rand(2, 3, 3, 32, 40), rand(2, 3, 3, 32, 40, seed=1)

    distance = metric(clips, references)

    assert distance.shape == (2, 3)
    torch.testing.assert_close(distance[1], metric(clips[1], references[1]))


def test_is_a_loss(metric: LPIPS) -> None:
    fake = rand(2, 3, 32, 40).requires_grad_()

    metric(fake, rand(2, 3, 32, 40, seed=1)).mean().backward()

    assert fake.grad is not None
    assert fake.grad.abs().max() > 0
    assert not any(parameter.requires_grad for parameter in metric.parameters())


def test_gradient_is_finite_where_features_are_zero(metric: LPIPS) -> None:
    for parameter in metric.extractor.parameters():
        parameter.zero_()
    fake = rand(1, 3, 32, 40).requires_grad_()

    metric(fake, -fake.detach()).sum().backward()

    assert fake.grad is not None
    assert torch.isfinite(fake.grad).all()


def test_float32_under_autocast_and_float64(metric: LPIPS) -> None:
    images, references = rand(2, 3, 32, 40), rand(2, 3, 32, 40, seed=1)
    exact = metric(images, references)

    with torch.autocast("cpu", torch.bfloat16):
        under_autocast = metric(images, references)
    double = metric.double()(images.double(), references.double())

    assert under_autocast.dtype == torch.float32
    torch.testing.assert_close(under_autocast, exact, rtol=0.05, atol=1e-3)
    assert double.dtype == torch.float64
    torch.testing.assert_close(double.float(), exact, rtol=1e-5, atol=1e-6)


def test_is_frozen_and_stays_in_eval_mode(metric: LPIPS) -> None:
    assert not any(module.training for module in metric.train().modules())


def test_compiles(metric: LPIPS) -> None:
    assert_compiles(metric, rand(1, 3, 32, 40), rand(1, 3, 32, 40, seed=1))


class TestRange:
    @pytest.mark.parametrize("scale", [255.0, 100.0])
    def test_large_values_are_refused(self, metric: LPIPS, scale: float) -> None:
        images = rand(2, 3, 32, 40) / 2 + 0.5

        with pytest.raises(
            ValueError, match=r"LPIPS: images must be RGB in \[-1, 1\], got values 0\.\d+ to "
        ):
            metric(images * scale, images * 2 - 1)
        with pytest.raises(ValueError, match=r"LPIPS: references must be RGB in \[-1, 1\]"):
            metric(images * 2 - 1, images * scale)

    def test_images_from_0_to_1_are_refused(self, metric: LPIPS) -> None:
        images = rand(2, 3, 32, 40) / 2 + 0.5

        with pytest.raises(
            ValueError,
            match=r"LPIPS: images and references must be RGB in \[-1, 1\], got every image in "
            r"\[0, 1\]; scale them with 2 \* x - 1",
        ):
            metric(images, images.flip(3))
        assert LPIPS("squeeze", None, check_range=False)(images, images.flip(3)).min() > 0

    def test_bright_images_only_warn(self, metric: LPIPS) -> None:
        bright = rand(2, 3, 32, 40) / 4 + 0.7

        with pytest.warns(UserWarning, match=r"LPIPS: .* hold no negative value; if they are in"):
            distance = metric(bright, bright)
        assert distance.max() == 0

    def test_one_dark_image_makes_the_range_clear(self, metric: LPIPS) -> None:
        images = rand(2, 3, 32, 40) / 2 + 0.5
        images[1] -= 0.5

        metric(images, images)

    def test_generated_images_may_overshoot(self, metric: LPIPS) -> None:
        images = rand(2, 3, 32, 40)

        assert metric(images * 3, images).min() > 0
        assert metric(images * 1.3, images * 1.3).max() == 0

    def test_blank_and_empty_images(self, metric: LPIPS) -> None:
        blank = torch.zeros(2, 3, 32, 40)

        assert metric(blank, blank).max() == 0
        assert metric(blank[:0], blank[:0]).shape == (0,)


def test_unknown_network() -> None:
    with pytest.raises(ValueError, match=r"LPIPS: network must be one of 'alex', 'vgg', 'squeeze'"):
        LPIPS("resnet")  # type: ignore[arg-type]


def test_enum_of_another_network() -> None:
    with pytest.raises(
        ValueError,
        match=r"LPIPS: weights must be a member of torchvision's AlexNet_Weights, a path or "
        r"'default', got ResNet18_Weights.IMAGENET1K_V1",
    ):
        LPIPS("alex", models.ResNet18_Weights.DEFAULT)


def test_enum_of_other_normalization() -> None:
    with pytest.raises(ValueError, match=r"LPIPS: weights must expect images normalized as VGG16"):
        LPIPS("vgg", models.VGG16_Weights.IMAGENET1K_FEATURES)


def test_file_of_another_network(tmp_path: Path) -> None:
    torch.save(nn.Conv2d(3, 64, 3).state_dict(), tmp_path / "a.pth")

    with pytest.raises(ValueError, match=r"LPIPS: .*a.pth holds another network's weights"):
        LPIPS("squeeze", tmp_path / "a.pth")
    with pytest.raises(FileNotFoundError, match=r"LPIPS: no such file: .*b.pth"):
        LPIPS("squeeze", tmp_path / "b.pth")


def test_without_internet_the_message_names_the_file_option(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def offline(weights: Any, **options: Any) -> dict[str, Tensor]:
        raise URLError("Name or service not known")

    monkeypatch.setattr(models.AlexNet_Weights, "get_state_dict", offline)

    with pytest.raises(
        ConnectionError, match=r"LPIPS: cannot download https.*alexnet.*LPIPS\(weights='path"
    ):
        LPIPS()


def test_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vidgan.extras.find_spec", lambda _: None)

    with pytest.raises(ImportError, match=r"lpips is needed here; .* pip install lpips$"):
        LPIPS("squeeze", None)


def test_small_images(metric: LPIPS) -> None:
    metric(torch.zeros(1, 3, 17, 20), torch.zeros(1, 3, 17, 20))
    with pytest.raises(ValueError, match=r"LPIPS: images must be at least 17 pixels high and wide"):
        metric(torch.zeros(1, 3, 16, 20), torch.zeros(1, 3, 16, 20))


@pytest.mark.parametrize("shape", wrong_shapes(2, 3, 24, 30))
def test_wrong_shapes(metric: LPIPS, shape: tuple[int, ...]) -> None:
    with pytest.raises(
        ValueError, match=r"references must have shape \(2, 3, 24, 30\) as in images"
    ):
        metric(torch.zeros(2, 3, 24, 30), torch.zeros(shape))


def test_integer_images(metric: LPIPS) -> None:
    images = torch.zeros(1, 3, 32, 40, dtype=torch.uint8)
    with pytest.raises(TypeError, match=r"LPIPS: images must be a floating-point tensor"):
        metric(images, images)
