"""Feature matching and masked L1."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file
from torch import Tensor

from tests.assertions import assert_compiles, assert_gradients, mask, rand, wrong_shapes
from tests.references import masked_l1_loop
from vidgan.functional import feature_matching, masked_l1

law = settings(max_examples=200, deadline=None)


def layers(seed: int, batch: int = 2, dtype: torch.dtype = torch.float32) -> list[Tensor]:
    """Features of three layers."""
    shapes = [(batch, 4, 5, 7), (batch, 8, 3, 4), (batch, 8, 1, 2)]
    return [rand(*shape, seed=seed + i, dtype=dtype) for i, shape in enumerate(shapes)]


class TestFeatureMatching:
    def test_matches_recorded_loss(self, shared) -> None:
        data = load_file(shared / "golden" / "losses.safetensors")
        scales = [
            [[data[f"{side}.scale{scale}.layer{i}"] for i in range(4)] for side in ("fake", "real")]
            for scale in range(2)
        ]

        loss = sum(feature_matching(fake, real) for fake, real in scales)

        # recorded: lambda 10, times 4 / (layers) / scales of the sum over layers
        torch.testing.assert_close(
            10 * 4 / 2 * loss, data["feature_matching"], rtol=1e-4, atol=1e-5
        )

    def test_is_the_mean_over_layers_of_the_mean_distance(self) -> None:
        fake = [torch.zeros(1, 2, 1, 1), torch.zeros(1, 1, 2, 3)]
        real = [torch.tensor([1.0, -3.0]).view(1, 2, 1, 1), torch.full((1, 1, 2, 3), 6.0)]

        assert feature_matching(fake, real).item() == ((1 + 3) / 2 + 6) / 2

    def test_real_side_is_detached(self) -> None:
        fake, real = rand(1, 2, 3, 4).requires_grad_(), rand(1, 2, 3, 4, seed=1).requires_grad_()

        feature_matching([fake], [real]).backward()

        assert real.grad is None
        assert fake.grad is not None

    @law
    @given(seed=st.integers(0, 2**31))
    def test_does_not_change_when_the_batch_is_doubled(self, seed: int) -> None:
        fake, real = layers(seed), layers(seed + 10)

        doubled = feature_matching(*([torch.cat([x, x]) for x in side] for side in (fake, real)))

        torch.testing.assert_close(doubled, feature_matching(fake, real))

    def test_gradients(self) -> None:
        real = layers(10, batch=1, dtype=torch.float64)
        assert_gradients(lambda *fake: feature_matching(fake, real), *layers(0, batch=1))

    def test_compiles(self) -> None:
        real = layers(10)
        assert_compiles(lambda *fake: feature_matching(fake, real), *layers(0))

    def test_half_precision_is_summed_in_float32(self) -> None:
        # 2**17 elements of 1 do not fit a sum in float16
        fake, real = torch.ones(1, 2, 256, 256).half(), torch.zeros(1, 2, 256, 256).half()

        loss = feature_matching([fake], [real])

        assert loss.dtype == torch.float32
        assert loss.item() == 1

    def test_missing_layers_raise(self) -> None:
        with pytest.raises(ValueError, match="fake_features must hold at least one layer, got non"):
            feature_matching([], layers(0))
        with pytest.raises(ValueError, match="as many layers as fake_features, 3, got 2"):
            feature_matching(layers(0), layers(1)[:2])

    @pytest.mark.parametrize("shape", wrong_shapes(2, 8, 3, 4))
    def test_other_shape_raises(self, shape: tuple[int, ...]) -> None:
        real = layers(1)
        real[1] = torch.zeros(shape)
        rule = r"real_features\[1\] must have shape \(2, 8, 3, 4\) as fake_features\[1\], got "
        with pytest.raises(ValueError, match=rule):
            feature_matching(layers(0), real)

    def test_whole_numbers_raise(self) -> None:
        with pytest.raises(TypeError, match=r"fake_features\[0\] must be a floating-point tensor"):
            feature_matching([torch.zeros(2, dtype=torch.int64)], [torch.zeros(2)])
        with pytest.raises(TypeError, match=r"real_features\[0\] must be a floating-point tensor"):
            feature_matching([torch.zeros(2)], [torch.zeros(2, dtype=torch.int64)])


class TestMaskedL1:
    def test_matches_recorded_loss(self, shared) -> None:
        data = load_file(shared / "golden" / "losses.safetensors")

        loss = masked_l1(*(data[f"masked_l1.{name}"] for name in ("input", "target", "mask")))

        torch.testing.assert_close(loss, data["masked_l1.loss"], rtol=1e-4, atol=1e-5)

    def test_matches_loop(self) -> None:
        first, second = (rand(2, 3, 4, 5, seed=i, dtype=torch.float64) for i in range(2))
        weight = mask(2, 1, 4, 5, dtype=torch.float64)

        loss = masked_l1(first, second, weight)

        assert loss.item() == pytest.approx(masked_l1_loop(first, second, weight))

    def test_averages_over_masked_pixels_too(self) -> None:
        weight = torch.tensor([[[[1.0, 0.0, 0.0, 0.5]]]])

        loss = masked_l1(torch.full((1, 2, 1, 4), 3.0), torch.ones(1, 2, 1, 4), weight)

        assert loss.item() == 2 * (1 + 0.5) / 4

    def test_video_is_the_mean_of_its_frames(self) -> None:
        first, second = (rand(2, 3, 2, 4, 6, seed=i) for i in range(2))
        weight = mask(2, 3, 1, 4, 6)

        frames = [masked_l1(first[:, t], second[:, t], weight[:, t]) for t in range(3)]

        torch.testing.assert_close(masked_l1(first, second, weight), torch.stack(frames).mean())

    @law
    @given(height=st.integers(1, 8), width=st.integers(1, 8), seed=st.integers(0, 2**31))
    def test_does_not_change_when_the_batch_is_doubled(
        self, height: int, width: int, seed: int
    ) -> None:
        inputs = (
            rand(2, 3, height, width, seed=seed),
            rand(2, 3, height, width, seed=seed + 1),
            mask(2, 1, height, width, seed=seed + 2),
        )

        doubled = masked_l1(*(torch.cat([value, value]) for value in inputs))

        torch.testing.assert_close(doubled, masked_l1(*inputs))

    def test_gradients(self) -> None:
        inputs = rand(2, 2, 3, 4), rand(2, 2, 3, 4, seed=1), mask(2, 1, 3, 4)
        assert_gradients(masked_l1, *inputs)

    def test_compiles(self) -> None:
        assert_compiles(masked_l1, rand(2, 2, 3, 4), rand(2, 2, 3, 4, seed=1), mask(2, 1, 3, 4))

    def test_half_precision_is_averaged_in_float32(self) -> None:
        inputs = (rand(2, 2, 3, 4), rand(2, 2, 3, 4, seed=1), mask(2, 1, 3, 4))
        half = [value.bfloat16() for value in inputs]

        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = masked_l1(*half)

        torch.testing.assert_close(loss, masked_l1(*(v.float() for v in half)), rtol=0, atol=0)

    @pytest.mark.parametrize("shape", [*wrong_shapes(2, 3, 4, 6), (3, 4, 6)])
    def test_target_of_another_shape_raises(self, shape: tuple[int, ...]) -> None:
        with pytest.raises(
            ValueError, match=r"target must have shape \(2, 3, 4, 6\) as input, got"
        ):
            masked_l1(torch.zeros(2, 3, 4, 6), torch.zeros(shape), torch.zeros(2, 1, 4, 6))

    @pytest.mark.parametrize("shape", [*wrong_shapes(2, 1, 4, 6), (2, 4, 6), (2, 3, 4, 6)])
    def test_mask_of_another_shape_raises(self, shape: tuple[int, ...]) -> None:
        frame = torch.zeros(2, 3, 4, 6)
        with pytest.raises(
            ValueError, match=r"mask must have shape \(2, 1, 4, 6\) to fit input, go"
        ):
            masked_l1(frame, frame, torch.zeros(shape))

    def test_other_bad_arguments_raise(self) -> None:
        flat, frame = torch.zeros(4, 6), torch.zeros(1, 3, 4, 6)
        with pytest.raises(ValueError, match=r"input must have shape \(..., C, H, W\), got \(4, 6"):
            masked_l1(flat, flat, flat)
        with pytest.raises(
            TypeError, match=r"input must be a floating-point tensor, got torch.uint8"
        ):
            masked_l1(frame.byte(), frame, frame[:, :1])
