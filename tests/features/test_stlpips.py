"""Finding the weights of the wheel, and what they hold."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest
import torch

from vidgan._weights import read_state
from vidgan.features import AlexNetFeatures, ShiftTolerantLPIPS, VGG16Features, stlpips_weights
from vidgan.features.stlpips import select_features


def test_finds_the_file_without_importing_the_package(
    wheel_file: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    name, path = wheel_file
    monkeypatch.delitem(sys.modules, "stlpips_pytorch", raising=False)  # of another test

    assert stlpips_weights(name) == path
    assert path.name == f"{name}_shift_tolerant.pth"
    assert "stlpips_pytorch" not in sys.modules


def test_left_out_constants_are_the_ones_built_in(wheel_file: tuple[str, Path]) -> None:
    name, path = wheel_file
    state = read_state(path, "test")
    extractor = VGG16Features(None) if name == "vgg" else AlexNetFeatures(None)
    binomial = torch.tensor([1.0, 2.0, 1.0])
    blur = torch.outer(binomial, binomial) / 16

    blurs = [value for key, value in state.items() if key.endswith(".filt")]

    assert len(blurs) == (4 if name == "vgg" else 3)
    assert all(torch.equal(value, blur.expand_as(value)) for value in blurs)
    torch.testing.assert_close(extractor.network.mean[None], state["scaling_layer.shift"])
    torch.testing.assert_close(extractor.network.std[None], state["scaling_layer.scale"])


def test_nothing_else_is_left_out(wheel_file: tuple[str, Path]) -> None:
    state = read_state(wheel_file[1], "test")
    rest = [key for key in state if not key.endswith(".filt") and "layer." not in key]

    heads = [key for key in rest if key.startswith("lin")]

    assert len(heads) == 5
    assert len(select_features(state)) + len(heads) == len(rest)


def test_unknown_network() -> None:
    with pytest.raises(ValueError, match=r"stlpips_weights: network must be one of 'vgg', 'alex'"):
        stlpips_weights("squeeze")  # type: ignore[arg-type]


@pytest.mark.parametrize("build", [VGG16Features, AlexNetFeatures, ShiftTolerantLPIPS])
def test_missing_wheel_names_the_extra(build: type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vidgan.extras.find_spec", lambda _: None)
    assert importlib.util.find_spec("json") is not None  # only vidgan's view is changed

    text = r"stlpips_pytorch .* pip install 'vidgan\[perceptual\]'"
    with pytest.raises(ImportError, match=text):
        build()
