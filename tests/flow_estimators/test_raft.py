"""RAFT with random weights: sizes, padding and where weights come from."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.error import URLError

import pytest
import torch
from torch import Tensor, nn
from torchvision.models import optical_flow

from tests.assertions import rand
from vidgan.flow_estimators import RAFTFlow
from vidgan.protocols import FlowEstimator


class Recorder(nn.Module):
    """Stands for the network: keeps its inputs, answers with where each pixel is."""

    def forward(self, current: Tensor, previous: Tensor, num_flow_updates: int) -> list[Tensor]:
        self.inputs = (current, previous, num_flow_updates)
        height, width = current.shape[2:]
        y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
        last = torch.stack((x, y)).float().expand(len(current), 2, height, width)
        return [torch.zeros_like(last), last]


@pytest.mark.parametrize("size", [(20, 36), (129, 40)])
def test_any_size(size: tuple[int, int]) -> None:
    torch.manual_seed(0)

    flow, confidence = RAFTFlow(None, iterations=1)(rand(2, 3, *size), rand(2, 3, *size, seed=1))

    assert flow.shape == (2, 2, *size)
    assert confidence.shape == (2, 1, *size)
    assert torch.isfinite(flow).all()


@pytest.mark.parametrize(
    ("size", "padded"),
    [((20, 36), (128, 128)), ((129, 200), (136, 200)), ((128, 137), (128, 144))],
)
def test_pads_with_the_border_and_crops(size: tuple[int, int], padded: tuple[int, int]) -> None:
    estimator = RAFTFlow(None, iterations=5)
    estimator.network = network = Recorder()
    current, previous = rand(1, 3, *size), rand(1, 3, *size, seed=1)

    flow = estimator(current, previous).flow

    height, width = size
    for given, frame in zip(network.inputs[:2], (current, previous), strict=True):
        assert given.shape[2:] == padded
        assert torch.equal(given[..., :height, :width], frame)
        assert torch.equal(given[..., -1, -1], frame[..., -1, -1])
    assert network.inputs[2] == 5
    assert flow[0, :, -1, -1].tolist() == [width - 1, height - 1]


def test_is_torchvisions_network_from_current_to_previous() -> None:
    torch.manual_seed(0)
    estimator = RAFTFlow(None, iterations=2)
    reference = optical_flow.raft_small().eval()
    reference.load_state_dict(estimator.network.state_dict())
    current, previous = rand(1, 3, 128, 136), rand(1, 3, 128, 136, seed=1)

    flow = estimator(current, previous).flow

    with torch.no_grad():
        expected = reference(current, previous, num_flow_updates=2)[-1]
        opposite = reference(previous, current, num_flow_updates=2)[-1]
    torch.testing.assert_close(flow, expected)
    assert not torch.allclose(flow, opposite, atol=1e-3)


def test_computes_in_float32_and_keeps_the_dtype() -> None:
    torch.manual_seed(0)
    estimator = RAFTFlow(None, iterations=1)
    current, previous = rand(1, 3, 24, 33), rand(1, 3, 24, 33, seed=1)

    with torch.autocast("cpu", torch.bfloat16):
        under_autocast = estimator(current, previous).flow
    double = estimator(current.double(), previous.double()).flow

    expected = estimator(current, previous).flow
    assert torch.equal(under_autocast, expected)
    assert torch.equal(double, expected.double())


def test_is_frozen_and_stays_in_eval_mode() -> None:
    estimator = RAFTFlow(None).train()

    assert isinstance(estimator, FlowEstimator)
    assert not any(parameter.requires_grad for parameter in estimator.parameters())
    assert not any(module.training for module in estimator.modules())


CASTS = {
    "to": lambda module: module.to(torch.bfloat16),
    "half": lambda module: module.half(),
    "double": lambda module: module.double(),
    "to a tensor": lambda module: module.to(torch.zeros((), dtype=torch.float64)),
    "there and back": lambda module: module.bfloat16().float(),
    "type": lambda module: module.type(torch.float16),
}


@pytest.mark.parametrize("cast", CASTS)
def test_a_cast_of_a_module_that_contains_it_leaves_the_weights(cast: str) -> None:
    model = nn.ModuleDict({"flow": RAFTFlow(None, iterations=1), "other": nn.Linear(2, 2)})
    current, previous = rand(1, 3, 20, 36), rand(1, 3, 20, 36, seed=1)
    before = {name: value.clone() for name, value in model["flow"].state_dict().items()}
    expected = model["flow"](current, previous).flow

    flow = CASTS[cast](model)["flow"](current, previous).flow

    assert torch.equal(flow, expected)
    for name, value in model["flow"].state_dict().items():
        assert value.dtype == before[name].dtype
        assert torch.equal(value, before[name])
    if cast != "there and back":
        assert model["other"].weight.dtype != torch.float32


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64])
def test_weights_that_were_cast_one_by_one(dtype: torch.dtype) -> None:
    estimator = RAFTFlow(None, iterations=1)
    frames = rand(1, 3, 20, 36).to(dtype)
    for weight in [*estimator.parameters(), *estimator.buffers()]:
        if weight.is_floating_point():
            weight.data = weight.data.to(dtype)

    estimate = estimator(frames, frames.flip(3))

    assert estimate.flow.dtype == estimate.confidence.dtype == dtype
    assert estimate.flow.isfinite().all()


def test_moves_to_another_device() -> None:
    estimator = nn.Sequential(RAFTFlow(None, iterations=1)).to("meta", torch.float16)

    devices = {(weight.device.type, weight.dtype) for weight in estimator.parameters()}
    assert devices == {("meta", torch.float32)}


def test_forward_backward_confidence() -> None:
    estimator = RAFTFlow(None, iterations=1, confidence="forward_backward")
    estimator.network = Recorder()
    frames = rand(1, 3, 24, 33)

    confidence = estimator(frames, frames).confidence

    # Flow = position: only near the first pixel do flow and the flow back stay small.
    assert confidence[0, 0, 0, 0] == 1
    assert confidence[0, 0, 5:, 5:].max() == 0


def test_large_network() -> None:
    estimator = RAFTFlow(None, "large", 1)

    assert sum(p.numel() for p in estimator.parameters()) > 5e6
    assert estimator(rand(1, 3, 24, 33), rand(1, 3, 24, 33, seed=1)).flow.shape == (1, 2, 24, 33)


def test_weights_from_a_file(tmp_path: Path) -> None:
    torch.manual_seed(0)
    first = RAFTFlow(None, iterations=1)
    torch.save(first.network.state_dict(), tmp_path / "raft.pth")
    current, previous = rand(1, 3, 24, 33), rand(1, 3, 24, 33, seed=1)

    second = RAFTFlow(tmp_path / "raft.pth", iterations=1)

    assert torch.equal(second(current, previous).flow, first(current, previous).flow)
    with pytest.raises(ValueError, match=r"RAFTFlow: .*raft.pth holds another network's weights"):
        RAFTFlow(tmp_path / "raft.pth", "large")


@pytest.mark.parametrize(
    ("size", "released", "file"),
    [
        ("small", optical_flow.Raft_Small_Weights, "raft_small_C_T_V2-01064c6d.pth"),
        ("large", optical_flow.Raft_Large_Weights, "raft_large_C_T_SKHT_V2-ff5fadd5.pth"),
    ],
)
def test_without_internet_the_message_names_the_file_option(
    size: Any, released: Any, file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def offline(weights: Any, **options: Any) -> dict[str, Tensor]:
        raise URLError("Name or service not known")

    monkeypatch.setattr(released, "get_state_dict", offline)

    with pytest.raises(
        ConnectionError, match=rf"RAFTFlow: cannot download https.*{file} .*RAFTFlow\(weights='path"
    ):
        RAFTFlow(size=size)


def test_unknown_size() -> None:
    with pytest.raises(ValueError, match=r"RAFTFlow: size must be one of 'small', 'large'"):
        RAFTFlow(None, "medium")  # type: ignore[arg-type]


def test_no_iteration() -> None:
    with pytest.raises(ValueError, match=r"RAFTFlow: iterations must be at least 1, got 0"):
        RAFTFlow(None, iterations=0)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"RAFTFlow: no such file: .*none.pth"):
        RAFTFlow(tmp_path / "none.pth")


def test_members_of_the_enum_are_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    first = RAFTFlow(None, iterations=1)
    released = optical_flow.Raft_Small_Weights
    monkeypatch.setattr(released, "get_state_dict", lambda *_, **__: first.network.state_dict())
    current, previous = rand(1, 3, 24, 33), rand(1, 3, 24, 33, seed=1)

    for weights in (released.C_T_V1, "default"):
        second = RAFTFlow(weights, iterations=1)
        assert torch.equal(second(current, previous).flow, first(current, previous).flow)
    with pytest.raises(
        ValueError, match=r"RAFTFlow: weights must be a member of torchvision's Raft_Large_Weights"
    ):
        RAFTFlow(released.DEFAULT, "large")
