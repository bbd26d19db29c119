"""What every flow estimator must do: sign, size, occlusion and clear errors."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from tests.assertions import rand, wrong_shapes
from vidgan.flow_estimators import DISFlow, FarnebackFlow, RAFTFlow
from vidgan.functional import flow_warp
from vidgan.protocols import FlowEstimator

pytest.importorskip("cv2", reason="needs vidgan[flow]")

BUILDERS: dict[str, Callable[..., nn.Module]] = {
    "dis": DISFlow,
    "dis-fast": lambda **options: DISFlow("fast", **options),
    "dis-ultrafast": lambda **options: DISFlow("ultrafast", **options),
    "farneback": FarnebackFlow,
}


def texture(height: int = 96, width: int = 120, seed: int = 0) -> Tensor:
    """A smooth color pattern in [-1, 1] with detail of about 6 pixels, (1, 3, H, W)."""
    coarse = rand(1, 3, height // 6, width // 6, seed=seed)
    return F.interpolate(coarse, (height, width), mode="bicubic", align_corners=True).clamp(-1, 1)


def moved(image: Tensor, x: float, y: float) -> Tensor:
    """The image with its content moved right by x and down by y, by its Fourier series.

    The edges wrap around: keep away from them.
    """
    height, width = image.shape[2:]
    waves_y = torch.fft.fftfreq(height)[:, None]
    waves_x = torch.fft.fftfreq(width)
    turn = torch.exp(-2j * torch.pi * (waves_x * x + waves_y * y))
    return torch.fft.ifft2(torch.fft.fft2(image) * turn).real


@pytest.fixture(params=BUILDERS)
def build(request: pytest.FixtureRequest) -> Callable[..., nn.Module]:
    return BUILDERS[request.param]


@pytest.mark.parametrize("motion", [(4.0, 0.0), (0.0, 3.0), (-2.0, 5.0), (0.5, -0.25), (2.5, 1.5)])
@pytest.mark.parametrize("confidence", ["photometric", "forward_backward"])
def test_finds_known_motion(
    build: Callable[..., nn.Module], motion: tuple[float, float], confidence: str
) -> None:
    previous = texture()
    current = moved(previous, *motion)

    flow, trust = build(confidence=confidence)(current, previous)

    # Content went right by x: the pixel came from the left, backward flow is -x.
    inside = flow[0, :, 16:-16, 16:-16]
    expected = -torch.tensor(motion)[:, None, None]
    error = (inside - expected).norm(dim=0)
    assert error.median() < 0.3
    assert trust[..., 16:-16, 16:-16].mean() > 0.9
    warped = flow_warp(previous, flow)[..., 16:-16, 16:-16]
    opposite = flow_warp(previous, -flow)[..., 16:-16, 16:-16]
    wanted = current[..., 16:-16, 16:-16]
    assert (warped - wanted).abs().mean() < 0.25 * (opposite - wanted).abs().mean()


def test_no_motion_is_zero_flow_and_full_confidence(build: Callable[..., nn.Module]) -> None:
    frame = texture()

    for confidence in ("photometric", "forward_backward"):
        flow, trust = build(confidence=confidence)(frame, frame)

        assert flow.abs().max() < 0.01
        # A flow of a millionth of a pixel may lead out of the frame at its border.
        assert trust[..., 1:-1, 1:-1].min() == 1


@pytest.mark.parametrize("confidence", ["photometric", "forward_backward"])
def test_uncovered_background_is_not_trusted(
    build: Callable[..., nn.Module], confidence: str
) -> None:
    background, square = texture(), texture(seed=7)[..., :40, :40]
    previous, current = background.clone(), background.clone()
    previous[..., 28:68, 40:80] = square
    current[..., 28:68, 52:92] = square  # went right by 12: columns 40..51 were hidden before

    _, trust = build(confidence=confidence)(current, previous)

    uncovered = trust[0, 0, 30:66, 40:52].mean()
    still = trust[0, 0, :16].mean()
    assert still > 0.75
    assert uncovered < 0.7 * still


def test_every_pair_of_a_batch_has_its_own_flow(build: Callable[..., nn.Module]) -> None:
    estimator = build()
    previous = torch.cat((texture(), texture(seed=3)))
    current = torch.cat((moved(previous[:1], 3, 0), moved(previous[1:], 0, -3)))

    both = estimator(current, previous)

    for index in range(2):
        alone = estimator(current[index : index + 1], previous[index : index + 1])
        assert torch.equal(both.flow[index : index + 1], alone.flow)
        assert torch.equal(both.confidence[index : index + 1], alone.confidence)


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_keeps_dtype_and_gives_no_gradient(
    build: Callable[..., nn.Module], dtype: torch.dtype
) -> None:
    previous = texture().to(dtype).requires_grad_()
    current = moved(texture(), 2, 1).to(dtype)

    flow, trust = build()(current, previous)

    assert flow.dtype == trust.dtype == dtype
    assert not flow.requires_grad
    assert not trust.requires_grad


@pytest.mark.parametrize("size", [(1, 1), (8, 100), (15, 40), (40, 9), (24, 300)])
def test_small_and_long_frames(build: Callable[..., nn.Module], size: tuple[int, int]) -> None:
    # OpenCV's own DIS reads outside its buffers, or crashes, at most of these sizes.
    current, previous = rand(1, 3, *size), rand(1, 3, *size, seed=1)

    flow, trust = build()(current, previous)

    assert flow.shape == (1, 2, *size)
    assert trust.shape == (1, 1, *size)
    assert torch.isfinite(flow).all()


def test_is_a_flow_estimator(build: Callable[..., nn.Module]) -> None:
    assert isinstance(build(), FlowEstimator)


def test_survives_a_worker(build: Callable[..., nn.Module]) -> None:
    import copy
    import pickle

    frame = texture()
    estimator = build()
    estimator(moved(frame, 1, 1), frame)

    for twin in (copy.deepcopy(estimator), pickle.loads(pickle.dumps(estimator))):
        assert torch.equal(
            twin(moved(frame, 1, 1), frame).flow, estimator(moved(frame, 1, 1), frame).flow
        )


ALL = {
    "DISFlow": DISFlow,
    "FarnebackFlow": FarnebackFlow,
    "RAFTFlow": lambda **options: RAFTFlow(None, iterations=1, **options),
}


@pytest.fixture(params=ALL)
def named(request: pytest.FixtureRequest) -> tuple[str, Callable[..., nn.Module]]:
    return request.param, ALL[request.param]


@pytest.mark.parametrize("shape", wrong_shapes(2, 3, 40, 50))
def test_frames_of_different_shapes(
    named: tuple[str, Callable[..., nn.Module]], shape: tuple[int, ...]
) -> None:
    name, build = named

    with pytest.raises(
        ValueError, match=rf"{name}: previous must have shape \(2, 3, 40, 50\) as in current, got"
    ):
        build()(torch.zeros(2, 3, 40, 50), torch.zeros(shape))


@pytest.mark.parametrize("shape", [(3, 40, 50), (1, 1, 40, 50), (1, 2, 3, 40, 50)])
def test_no_rgb_frames(named: tuple[str, Callable[..., nn.Module]], shape: tuple[int, ...]) -> None:
    name, build = named

    with pytest.raises(ValueError, match=rf"{name}: current must have shape \(B, 3, H, W\)"):
        build()(torch.zeros(shape), torch.zeros(shape))


@pytest.mark.parametrize("wrong", ["current", "previous"])
def test_integer_frames(named: tuple[str, Callable[..., nn.Module]], wrong: str) -> None:
    name, build = named
    frames = {"current": torch.zeros(1, 3, 40, 50), "previous": torch.zeros(1, 3, 40, 50)}
    frames[wrong] = frames[wrong].to(torch.uint8)

    with pytest.raises(TypeError, match=rf"{name}: {wrong} must be a floating-point tensor"):
        build()(**frames)


def test_unknown_confidence(named: tuple[str, Callable[..., nn.Module]]) -> None:
    name, build = named

    with pytest.raises(
        ValueError, match=rf"{name}: confidence must be one of 'photometric', 'forward_backward'"
    ):
        build(confidence="none")
