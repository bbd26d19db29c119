"""Means over instances, spread over their pixels and listed."""

from __future__ import annotations

import re

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from tests.assertions import assert_compiles, assert_gradients, rand, wrong_shapes
from tests.references import instance_features_loop, instance_mean_loop
from vidgan.functional import instance_features, instance_mean
from vidgan.functional.pooling import _pool

sizes, seeds = st.integers(1, 9), st.integers(0, 2**31)
FUNCTIONS = (instance_mean, instance_features)


def random_instances(*shape: int, count: int = 4, seed: int = 0) -> Tensor:
    """Ids of ``count`` instances without order among them, negative and large ones too."""
    generator = torch.Generator().manual_seed(seed)
    ids = torch.randint(-(2**40), 2**40, (count,), generator=generator)
    ids[0] = 0
    return ids[torch.randint(count, shape, generator=generator)]


class TestInstanceMean:
    def test_by_hand(self) -> None:
        features = torch.tensor([[[[1.0, 2.0], [3.0, 7.0]], [[0.0, 0.0], [0.0, 8.0]]]])
        instances = torch.tensor([[[[5, 5], [5, 1]]]])

        want = torch.tensor([[[[2.0, 2.0], [2.0, 7.0]], [[0.0, 0.0], [0.0, 8.0]]]])
        assert torch.equal(instance_mean(features, instances), want)

    @pytest.mark.parametrize("count", [1, 2, 5, 200])
    @pytest.mark.parametrize("size", [(1, 1), (5, 7), (3, 150)])
    def test_matches_loop(self, count: int, size: tuple[int, int]) -> None:
        features = rand(2, 3, *size)
        instances = random_instances(2, 1, *size, count=count)

        pooled = instance_mean(features, instances)

        torch.testing.assert_close(pooled, instance_mean_loop(features, instances))

    def test_blocks_match_loop(self) -> None:
        """Instances as they are drawn: long rows of the same id, which differ between samples."""
        instances = torch.zeros(2, 1, 6, 300, dtype=torch.int64)
        instances[0, :, 2:5, 37:250] = 24001
        instances[1, :, :4, 100:] = 24001
        instances[1, :, 5] = -1
        features = rand(2, 2, 6, 300)

        pooled = instance_mean(features, instances)

        torch.testing.assert_close(pooled, instance_mean_loop(features, instances))

    def test_one_instance_gives_the_mean_of_the_image(self) -> None:
        features = rand(2, 3, 5, 7)

        pooled = instance_mean(features, torch.zeros(2, 1, 5, 7, dtype=torch.int64))

        torch.testing.assert_close(pooled, features.mean((2, 3), keepdim=True).expand(2, 3, 5, 7))

    def test_samples_are_separate(self) -> None:
        features, instances = rand(3, 2, 5, 7), random_instances(3, 1, 5, 7)

        alone = [instance_mean(features[b : b + 1], instances[b : b + 1]) for b in range(3)]

        torch.testing.assert_close(instance_mean(features, instances), torch.cat(alone))

    @given(height=sizes, width=sizes, count=st.integers(1, 12), seed=seeds)
    def test_pooling_twice_changes_nothing(
        self, height: int, width: int, count: int, seed: int
    ) -> None:
        instances = random_instances(2, 1, height, width, count=count, seed=seed)

        once = instance_mean(rand(2, 3, height, width, seed=seed), instances)

        torch.testing.assert_close(instance_mean(once, instances), once, rtol=1e-6, atol=1e-6)

    @given(height=sizes, width=sizes, count=st.integers(1, 12), seed=seeds)
    def test_mean_of_the_image_stays(self, height: int, width: int, count: int, seed: int) -> None:
        features = rand(2, 3, height, width, seed=seed, dtype=torch.float64)
        instances = random_instances(2, 1, height, width, count=count, seed=seed)

        pooled = instance_mean(features, instances)

        torch.testing.assert_close(pooled.mean((2, 3)), features.mean((2, 3)))

    @given(height=sizes, width=sizes, count=st.integers(1, 12), seed=seeds)
    def test_names_of_the_instances_do_not_matter(
        self, height: int, width: int, count: int, seed: int
    ) -> None:
        features = rand(2, 3, height, width, seed=seed)
        numbers = torch.randint(
            count, (2, 1, height, width), generator=torch.Generator().manual_seed(seed)
        )
        names = torch.randperm(1000, generator=torch.Generator().manual_seed(seed))

        torch.testing.assert_close(
            instance_mean(features, names[numbers]), instance_mean(features, numbers)
        )

    def test_a_large_instance_is_exact(self) -> None:
        """Summed in float32 one by one, a million equal numbers are off by half a percent."""
        features = torch.full((1, 1, 1024, 2048), 0.9)

        pooled = instance_mean(features, torch.zeros(1, 1, 1024, 2048, dtype=torch.uint8))

        torch.testing.assert_close(pooled, features, rtol=1e-6, atol=0)

    @pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
    def test_half_precision_is_summed_in_full(self, dtype: torch.dtype) -> None:
        features, instances = rand(1, 2, 70, 90, dtype=dtype), random_instances(1, 1, 70, 90)

        with torch.autocast("cpu", torch.bfloat16):
            pooled = instance_mean(features, instances)
            table = instance_features(features, instances)

        assert (pooled.dtype, table.means.dtype) == (dtype, torch.float32)
        assert torch.equal(pooled, instance_mean(features.float(), instances).to(dtype))

    @pytest.mark.parametrize("dtype", [torch.uint8, torch.int16, torch.int32])
    def test_any_integer_ids(self, dtype: torch.dtype) -> None:
        features = rand(1, 2, 5, 7)
        instances = torch.randint(100, (1, 1, 5, 7), generator=torch.Generator().manual_seed(0))

        got = instance_mean(features, instances.to(dtype))

        assert torch.equal(got, instance_mean(features, instances))

    def test_nan_stays_in_its_instance(self) -> None:
        features = torch.tensor([[[[1.0, float("nan"), 3.0, 5.0]]]])

        pooled = instance_mean(features, torch.tensor([[[[0, 0, 2, 2]]]]))

        want = torch.tensor([[[[float("nan")] * 2 + [4.0, 4.0]]]])
        torch.testing.assert_close(pooled, want, equal_nan=True)

    def test_any_memory_layout(self) -> None:
        features, instances = rand(2, 3, 5, 7), random_instances(2, 1, 5, 7)

        pooled = instance_mean(features.to(memory_format=torch.channels_last), instances)

        torch.testing.assert_close(pooled, instance_mean(features, instances))

    def test_empty_batch(self) -> None:
        pooled = instance_mean(torch.zeros(0, 2, 3, 4), torch.zeros(0, 1, 3, 4).long())

        assert pooled.shape == (0, 2, 3, 4)

    def test_gradients(self) -> None:
        instances = random_instances(2, 1, 3, 4)

        assert_gradients(lambda features: instance_mean(features, instances), rand(2, 2, 3, 4))
        features = rand(2, 2, 3, 4).double().requires_grad_()
        assert torch.autograd.gradgradcheck(lambda x: instance_mean(x, instances).sin(), features)

    def test_compiles(self) -> None:
        assert_compiles(instance_mean, rand(2, 3, 5, 7), random_instances(2, 1, 5, 7))

    @pytest.mark.filterwarnings("ignore:The .grad attribute")  # opcheck's own
    def test_is_a_sound_operator(self) -> None:
        features = rand(2, 3, 5, 7).requires_grad_()

        torch.library.opcheck(_pool, (features, random_instances(2, 1, 5, 7)))

    @pytest.mark.gpu
    def test_same_on_cuda(self) -> None:
        features, instances = rand(2, 16, 70, 90), random_instances(2, 1, 70, 90)

        pooled = instance_mean(features.cuda(), instances.cuda())

        torch.testing.assert_close(pooled.cpu(), instance_mean(features, instances))


class TestInstanceFeatures:
    @pytest.mark.parametrize("count", [1, 3, 40])
    def test_matches_loop(self, count: int) -> None:
        features, instances = rand(3, 2, 5, 7), random_instances(3, 1, 5, 7, count=count)

        table = instance_features(features, instances)

        rows = instance_features_loop(features, instances)
        assert table.samples.tolist() == [sample for sample, *_ in rows]
        assert table.ids.tolist() == [instance for _, instance, *_ in rows]
        assert table.counts.tolist() == [pixels for *_, pixels, _ in rows]
        torch.testing.assert_close(table.means, torch.tensor([means for *_, means in rows]))

    def test_an_instance_of_one_sample_has_one_row(self) -> None:
        instances = torch.tensor([3, 8]).view(2, 1, 1, 1).expand(2, 1, 4, 6)

        table = instance_features(rand(2, 2, 4, 6), instances)

        assert (table.ids.tolist(), table.samples.tolist()) == ([3, 8], [0, 1])
        assert table.counts.tolist() == [24, 24]

    def test_means_of_one_hot_maps_are_shares(self) -> None:
        maps = torch.tensor([[[[1.0, 1.0, 0.0]], [[0.0, 0.0, 1.0]]]])

        table = instance_features(maps, torch.zeros(1, 1, 1, 3, dtype=torch.int64))

        torch.testing.assert_close(table.means, torch.tensor([[2 / 3, 1 / 3]]))

    def test_double_precision_stays(self) -> None:
        features = rand(1, 2, 4, 6, dtype=torch.float64)

        assert instance_features(features, random_instances(1, 1, 4, 6)).means.dtype == (
            torch.float64
        )

    def test_gradients(self) -> None:
        instances = random_instances(2, 1, 3, 4)

        assert_gradients(lambda x: instance_features(x, instances).means, rand(2, 2, 3, 4))


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("shape", wrong_shapes(2, 1, 4, 6))
def test_each_axis_of_instances_alone(function, shape: tuple[int, ...]) -> None:
    rule = (
        f"{function.__name__}: instances must have shape (2, 1, 4, 6) as in features, got {shape}"
    )
    with pytest.raises(ValueError, match=re.escape(rule)):
        function(rand(2, 3, 4, 6), torch.zeros(shape, dtype=torch.int64))


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bool, torch.complex64])
def test_other_ids_raise(function, dtype: torch.dtype) -> None:
    rule = f"{function.__name__}: instances must be an integer tensor, got {dtype}; convert it"
    with pytest.raises(TypeError, match=re.escape(rule)):
        function(rand(2, 3, 4, 6), torch.zeros(2, 1, 4, 6, dtype=dtype))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_other_features_raise(function) -> None:
    instances = torch.zeros(2, 1, 4, 6, dtype=torch.int64)
    with pytest.raises(TypeError, match="features must be a floating-point tensor, got"):
        function(torch.zeros(2, 3, 4, 6, dtype=torch.int64), instances)
    with pytest.raises(ValueError, match=r"features must have shape \(B, C, H, W\), got \(2, 3"):
        function(rand(2, 3, 4), instances)
    with pytest.raises(TypeError, match=r"instances must be a torch.Tensor, got list"):
        function(rand(2, 3, 4, 6), instances.tolist())
