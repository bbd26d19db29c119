"""VGG19 against torchvision's own network with the same weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.error import URLError

import pytest
import torch
import torchvision
from torch import nn
from torchvision.models.vgg import cfgs, make_layers

from tests.assertions import rand
from vidgan.features import (
    VGG19_LAYER_WEIGHTS,
    VGG19_LAYERS,
    AlexNetFeatures,
    VGG16Features,
    VGG19Features,
)

# Where torchvision's VGG19 has the ReLUs: index of relu{block}_{number}.
RELU_INDICES = {
    "relu1_1": 1, "relu1_2": 3,
    "relu2_1": 6, "relu2_2": 8,
    "relu3_1": 11, "relu3_2": 13, "relu3_3": 15, "relu3_4": 17,
    "relu4_1": 20, "relu4_2": 22, "relu4_3": 24, "relu4_4": 26,
    "relu5_1": 29, "relu5_2": 31, "relu5_3": 33, "relu5_4": 35,
}  # fmt: skip


@pytest.fixture(scope="module")
def reference() -> nn.Sequential:
    torch.manual_seed(0)
    return make_layers(cfgs["E"])


@pytest.fixture(scope="module")
def file(reference: nn.Sequential, tmp_path_factory: pytest.TempPathFactory) -> Path:
    state = {f"features.{name}": value for name, value in reference.state_dict().items()}
    state["classifier.0.weight"] = torch.zeros(2, 2)
    path = tmp_path_factory.mktemp("vgg19") / "vgg19.pth"
    torch.save(state, path)
    return path


@pytest.mark.parametrize(
    "layers",
    [
        ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"),
        ("relu1_2", "relu2_2", "relu3_4", "relu4_4", "relu5_4"),
        ("relu3_2", "relu3_3", "relu4_2", "relu4_3", "relu5_2", "relu5_3"),
        ("relu2_2",),
    ],
)
def test_matches_torchvision(reference: nn.Sequential, file: Path, layers: tuple[str, ...]) -> None:
    images = rand(1, 3, 34, 45)
    normalize = torchvision.transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    features, expected = normalize((images + 1) / 2), []
    for index, layer in enumerate(reference):
        features = layer(features)
        if index in [RELU_INDICES[name] for name in layers]:
            expected.append(features.clone())

    ours = VGG19Features(file, layers)(images)

    torch.testing.assert_close(list(ours), expected, rtol=1e-4, atol=1e-6)


def test_names_every_relu() -> None:
    assert list(VGG19_LAYERS) == list(RELU_INDICES)


def test_a_weight_for_each_default_layer() -> None:
    assert len(VGG19_LAYER_WEIGHTS) == len(VGG19Features(None).layers)
    assert VGG19_LAYER_WEIGHTS[::-1] == (1, 0.25, 0.125, 0.0625, 0.03125)


def test_leaves_out_what_comes_after_the_last_layer() -> None:
    extractor = VGG19Features(None, ("relu1_1", "relu2_1"))

    convolutions = [m for m in extractor.modules() if isinstance(m, nn.Conv2d)]

    assert len(convolutions) == 3
    assert extractor(torch.zeros(1, 3, 2, 5))[1].shape == (1, 128, 1, 2)


@pytest.mark.parametrize(
    "layers",
    [(), ("relu1_3",), ("relu1_1", "conv2_1"), ("relu2_1", "relu1_1"), ("relu1_1", "relu1_1")],
)
def test_wrong_layers(layers: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=r"VGG19Features: layers must be names among relu1_1 .. "):
        VGG19Features(None, layers)


def test_default_downloads_once_checked(
    reference: nn.Sequential, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def released(weights: Any, **options: Any) -> dict[str, torch.Tensor]:
        asked.append((weights.url, options["check_hash"], options["weights_only"]))
        return {f"features.{name}": value for name, value in reference.state_dict().items()}

    monkeypatch.setattr(torchvision.models.VGG19_Weights, "get_state_dict", released)

    extractor = VGG19Features(layers=("relu1_1",))

    assert asked == [("https://download.pytorch.org/models/vgg19-dcbb9e9d.pth", True, True)]
    assert torch.equal(extractor.network.stages[0][0].weight, reference[0].weight)


def test_without_internet_the_message_names_the_file_option(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def offline(weights: Any, **options: Any) -> dict[str, torch.Tensor]:
        raise URLError("Name or service not known")

    monkeypatch.setattr(torchvision.models.VGG19_Weights, "get_state_dict", offline)

    with pytest.raises(
        ConnectionError,
        match=r"cannot download https.*vgg19.* fetch .*VGG19Features\(weights='path",
    ):
        VGG19Features()


def test_members_of_the_enum_are_weights(
    reference: nn.Sequential, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = {f"features.{name}": value for name, value in reference.state_dict().items()}
    monkeypatch.setattr(torchvision.models.VGG19_Weights, "get_state_dict", lambda *_, **__: state)

    extractor = VGG19Features(torchvision.models.VGG19_Weights.DEFAULT, ("relu1_1",))

    assert torch.equal(extractor.network.stages[0][0].weight, reference[0].weight)
    with pytest.raises(
        ValueError,
        match=r"VGG19Features: weights must be a member of torchvision's VGG19_Weights",
    ):
        VGG19Features(torchvision.models.VGG16_Weights.DEFAULT)


@pytest.mark.parametrize("build", [VGG16Features, AlexNetFeatures])
def test_networks_with_blur_pooling_take_no_enum(build: type) -> None:
    with pytest.raises(
        ValueError, match=rf"{build.__name__}: weights must be 'default', .* use LPIPS"
    ):
        build(torchvision.models.VGG16_Weights.DEFAULT)
