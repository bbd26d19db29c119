"""Temporal metrics against hand numbers and loops."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from tests.assertions import (
    assert_compiles,
    assert_gradients,
    mask,
    rand,
    smooth_flow,
    wrong_shapes,
)
from vidgan.functional import flicker, flow_warp, tlp, tof, warping_error


def video() -> Tensor:
    return rand(2, 3, 3, 4, 5, dtype=torch.float64)


def motion() -> tuple[Tensor, Tensor]:
    flow = smooth_flow(2, 2, 2, 4, 5, dtype=torch.float64)
    return flow, mask(2, 2, 1, 4, 5, seed=3, dtype=torch.float64)


class TestWarpingError:
    @pytest.mark.parametrize("normalization", ["all", "valid"])
    def test_matches_loop(self, normalization: str) -> None:
        frames, (flow, confidence) = video(), motion()
        flow[1, 0, 0, 2, 3] = torch.nan

        errors = warping_error(frames, flow, confidence, normalization=normalization)  # type: ignore[arg-type]

        for b in range(2):
            for t in range(2):
                weight = confidence[b, t].clone()
                if (b, t) == (1, 0):
                    weight[0, 2, 3] = 0
                warped = flow_warp(frames[b : b + 1, t], flow[b : b + 1, t])[0]
                squared = ((frames[b, t + 1] - warped) / 2) ** 2
                total = float((weight * squared).sum())
                pixels = 20 if normalization == "all" else float(weight.sum())
                assert float(errors[b, t]) == pytest.approx(total / (3 * pixels))

    def test_by_hand(self) -> None:
        frames = torch.tensor([-1.0, 1.0]).view(1, 2, 1, 1, 1).expand(1, 2, 3, 2, 4)
        confidence = torch.zeros(1, 1, 1, 2, 4)
        confidence[..., 0] = 1  # a quarter of the pixels

        flow = torch.zeros(1, 1, 2, 2, 4)

        assert warping_error(frames, flow, confidence).item() == 1
        assert warping_error(frames, flow, confidence, normalization="all").item() == 0.25
        assert warping_error(frames, flow, 0 * confidence).item() == 0

    def test_moving_video_has_none(self) -> None:
        picture = rand(1, 3, 6, 12)
        frames = torch.stack([picture[..., 4 - t : 10 - t] for t in range(3)], 1)
        flow = torch.zeros(1, 2, 2, 6, 6)
        flow[:, :, 0] = -1  # from each frame to where it was before
        inside = torch.ones(1, 2, 1, 6, 6)
        inside[..., 0] = 0

        assert float(warping_error(frames, flow, inside).max()) < 1e-10
        assert float(warping_error(frames, 0 * flow).min()) > 0.01

    def test_gradients_and_compilation(self) -> None:
        assert_gradients(warping_error, video(), *motion())
        assert_compiles(warping_error, video().float(), *(part.float() for part in motion()))

    def test_bad_input(self) -> None:
        frames, (flow, confidence) = video(), motion()
        for shape in wrong_shapes(*flow.shape):
            with pytest.raises(ValueError, match=r"flow must have shape \(2, 2, 2, 4, 5\)"):
                warping_error(frames, torch.zeros(shape))
        with pytest.raises(ValueError, match=r"confidence must have shape \(2, 2, 1, 4, 5\)"):
            warping_error(frames, flow, confidence[:, :1])
        with pytest.raises(ValueError, match=r"frames must hold 2 frames or more, got 1"):
            warping_error(frames[:, :1], flow)
        with pytest.raises(ValueError, match=r"normalization must be one of 'all', 'valid'"):
            warping_error(frames, flow, normalization="mean")  # type: ignore[arg-type]


class TestTOF:
    def test_by_hand(self) -> None:
        flow = torch.zeros(2, 2, 2, 3)
        flow[0, :, 0, 0] = torch.tensor([3.0, 4.0])
        flow[1, 1] = -2

        assert tof(flow, torch.zeros(2, 2, 2, 3)).tolist() == pytest.approx([5 / 6, 2])

    def test_unknown_reference_does_not_count(self) -> None:
        flow, reference = torch.ones(1, 2, 2, 3), torch.zeros(1, 2, 2, 3)
        reference[0, 0, 0] = torch.nan

        assert tof(flow, reference).item() == pytest.approx(2**0.5)

    def test_gradients_and_compilation(self) -> None:
        flow = smooth_flow(1, 2, 2, 3, 4, dtype=torch.float64)
        assert_gradients(tof, flow, 0.3 - flow)
        assert_compiles(tof, flow, 0.3 - flow)

    @pytest.mark.parametrize("shape", wrong_shapes(1, 2, 2, 3))
    def test_wrong_shapes(self, shape: tuple[int, ...]) -> None:
        with pytest.raises(ValueError, match=r"tof: reference_flow must have shape"):
            tof(torch.zeros(1, 2, 2, 3), torch.zeros(shape))


class TestTLP:
    def test_by_hand(self) -> None:
        ours, theirs = torch.tensor([[0.5, 0.1]]), torch.tensor([[0.2, 0.3]])

        torch.testing.assert_close(tlp(ours, theirs), torch.tensor([[0.3, 0.2]]))

    def test_gradients_and_compilation(self) -> None:
        assert_gradients(tlp, rand(3).double(), rand(3, seed=1).double())
        assert_compiles(tlp, rand(3), rand(3, seed=1))

    def test_wrong_shapes(self) -> None:
        with pytest.raises(
            ValueError, match=r"tlp: reference_distances must have shape \(3\) as distances"
        ):
            tlp(torch.zeros(3), torch.zeros(4))


class TestFlicker:
    def test_by_hand(self) -> None:
        frames = torch.zeros(1, 3, 3, 2, 4)
        frames[0, 1, 0] = 1  # one of three channels, by half of the range

        torch.testing.assert_close(flicker(frames), torch.full((1, 2), 1 / 6))

    def test_gradients_and_compilation(self) -> None:
        assert_gradients(flicker, video())
        assert_compiles(flicker, video().float())

    def test_bad_input(self) -> None:
        with pytest.raises(ValueError, match=r"flicker: frames must hold 2 frames or more, got 1"):
            flicker(video()[:, :1])
        with pytest.raises(ValueError, match=r"flicker: frames must have shape \(B, T, C, H, W\)"):
            flicker(video()[0])
