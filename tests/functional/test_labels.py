"""One-hot maps, instance edges and region masks."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file
from torch import Tensor

from tests.assertions import assert_compiles
from tests.references import instance_edges_loop, one_hot_loop
from vidgan.functional import instance_edges, one_hot_labels, region_mask

law = settings(max_examples=200, deadline=None)
sizes, seeds = st.integers(1, 9), st.integers(0, 2**31)


def random_labels(*shape: int, high: int, seed: int = 0) -> Tensor:
    return torch.randint(high, shape, generator=torch.Generator().manual_seed(seed))


class TestOneHotLabels:
    @pytest.mark.parametrize("ignore_id", [None, 0, 4])
    def test_matches_loop(self, ignore_id: int | None) -> None:
        labels = random_labels(2, 1, 5, 7, high=5)

        maps = one_hot_labels(labels, 5, ignore_id=ignore_id)

        torch.testing.assert_close(maps, one_hot_loop(labels, 5, ignore_id=ignore_id))

    @law
    @given(height=sizes, width=sizes, num_classes=st.integers(1, 40), seed=seeds)
    def test_sums_to_one(self, height: int, width: int, num_classes: int, seed: int) -> None:
        labels = random_labels(2, 1, height, width, high=num_classes, seed=seed)

        maps = one_hot_labels(labels, num_classes)

        assert torch.equal(maps.sum(dim=1), torch.ones(2, height, width))
        assert torch.equal(maps.argmax(dim=1, keepdim=True), labels)

    @pytest.mark.parametrize("ignore_id", [None, 4])
    def test_others_follow(self, ignore_id: int | None) -> None:
        labels, others = random_labels(2, 3, 1, 5, 7, high=5), torch.rand(2, 3, 2, 5, 7)

        maps = one_hot_labels(labels, 5, ignore_id=ignore_id, others=others)

        assert torch.equal(maps[:, :, :5], one_hot_labels(labels, 5, ignore_id=ignore_id))
        assert torch.equal(maps[:, :, 5:], others)

    @pytest.mark.parametrize("dtype", [torch.bool, torch.uint8, torch.int64, torch.bfloat16])
    @pytest.mark.parametrize("num_classes", [5, 255, 300])
    @pytest.mark.parametrize("ignore_id", [None, 3, -1])
    def test_other_dtypes(
        self, dtype: torch.dtype, num_classes: int, ignore_id: int | None
    ) -> None:
        labels = random_labels(2, 3, 1, 5, 7, high=num_classes)
        if ignore_id is not None:
            labels[0, 0, 0, 0, 0] = ignore_id
        exact = torch.stack([one_hot_loop(x, num_classes, ignore_id=ignore_id) for x in labels])

        maps = one_hot_labels(labels, num_classes, ignore_id=ignore_id, dtype=dtype)
        out = torch.ones_like(maps)
        returned = one_hot_labels(labels, num_classes, ignore_id=ignore_id, out=out)

        assert maps.dtype == dtype
        assert torch.equal(maps.float(), exact)
        assert returned is out
        assert torch.equal(out, maps)

    @pytest.mark.parametrize("shape", [(0, 1, 5, 7), (2, 1, 0, 7), (2, 0, 1, 5, 7)])
    @pytest.mark.parametrize("dtype", [torch.bool, torch.float32])
    def test_no_pixels(self, shape: tuple[int, ...], dtype: torch.dtype) -> None:
        labels = torch.zeros(shape, dtype=torch.int64)

        maps = one_hot_labels(labels, 4, dtype=dtype)

        assert maps.shape == (*shape[:-3], 4, *shape[-2:])
        assert torch.equal(one_hot_labels(labels, 4, out=maps), maps)

    def test_gradient_of_the_others(self) -> None:
        others = torch.rand(2, 1, 5, 7, requires_grad=True)

        one_hot_labels(random_labels(2, 1, 5, 7, high=5), 5, others=others).sum().backward()

        assert torch.equal(others.grad, torch.ones(2, 1, 5, 7))

    def test_compiles_to_another_dtype(self) -> None:
        labels = random_labels(2, 1, 5, 7, high=5)
        assert_compiles(lambda ids: one_hot_labels(ids, 5, dtype=torch.float16), labels)
        out = torch.zeros(2, 5, 5, 7, dtype=torch.bool)
        assert_compiles(lambda ids: one_hot_labels(ids, 5, out=out), labels)

    def test_memory_that_does_not_fit_raises(self) -> None:
        labels = random_labels(2, 1, 5, 7, high=5)
        with pytest.raises(ValueError, match=r"out must have shape \(2, 5, 5, 7\), be contiguous"):
            one_hot_labels(labels, 5, out=torch.empty(2, 4, 5, 7))
        with pytest.raises(TypeError, match=r"out must have dtype torch.bool, got torch.float32"):
            one_hot_labels(labels, 5, dtype=torch.bool, out=torch.empty(2, 5, 5, 7))

    def test_others_of_another_size_raise(self) -> None:
        with pytest.raises(
            ValueError, match=r"one_hot_labels: others must have shape .* to fit lab"
        ):
            one_hot_labels(random_labels(2, 1, 5, 7, high=5), 5, others=torch.rand(2, 1, 5, 8))

    def test_others_compile(self) -> None:
        labels, others = random_labels(2, 1, 5, 7, high=5), torch.rand(2, 1, 5, 7)
        assert_compiles(lambda ids, maps: one_hot_labels(ids, 5, others=maps), labels, others)

    def test_video_is_its_frames(self) -> None:
        labels = random_labels(2, 3, 1, 4, 6, high=5)

        maps = one_hot_labels(labels, 5)

        assert maps.shape == (2, 3, 5, 4, 6)
        for t in range(3):
            assert torch.equal(maps[:, t], one_hot_labels(labels[:, t], 5))

    @pytest.mark.parametrize("dtype", [torch.uint8, torch.int16, torch.int32, torch.int64])
    def test_integer_types(self, dtype: torch.dtype) -> None:
        maps = one_hot_labels(torch.tensor([[[[0, 1, 1]]]], dtype=dtype), 2)

        assert maps.tolist() == [[[[1, 0, 0]], [[0, 1, 1]]]]
        assert maps.dtype == torch.float32

    def test_ignored_pixels_are_all_zero(self) -> None:
        labels = torch.tensor([[[[0, 255, 2]]]], dtype=torch.uint8)

        maps = one_hot_labels(labels, 3, ignore_id=255)

        assert maps.sum(dim=1).tolist() == [[[1, 0, 1]]]

    def test_negative_ignore_id_is_not_a_byte(self) -> None:
        labels = torch.tensor([[[[0, 255]]]], dtype=torch.uint8)
        with pytest.raises(ValueError, match="got 255"):
            one_hot_labels(labels, 3, ignore_id=-1)
        assert one_hot_labels(labels.long() - 256 * (labels == 255), 3, ignore_id=-1).sum() == 1

    def test_ids_out_of_range_are_named(self) -> None:
        labels = torch.tensor([[[[0, 34, 200], [-3, 35, 200]]]])
        rule = (
            r"one_hot_labels: labels must be in 0\.\.34 \(num_classes = 35\), got -3, 35, 200; "
            "map them to classes, or pass ignore_id"
        )
        with pytest.raises(ValueError, match=rule):
            one_hot_labels(labels, 35)
        with pytest.raises(ValueError, match="got -3, 35; map"):
            one_hot_labels(labels, 35, ignore_id=200)

    def test_a_long_list_of_bad_ids_is_cut(self) -> None:
        labels = torch.arange(30).view(1, 1, 5, 6)
        with pytest.raises(ValueError, match="got 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 18 more;"):
            one_hot_labels(labels, 2)

    def test_compiles(self) -> None:
        assert_compiles(one_hot_labels, random_labels(2, 1, 4, 6, high=5), 5, ignore_id=3)

    def test_compiled_ids_out_of_range_are_all_zero(self) -> None:
        torch.compiler.reset()
        compiled = torch.compile(one_hot_labels, fullgraph=True, backend="aot_eager")

        assert compiled(torch.tensor([[[[0, 7]]]]), 3).sum(dim=1).tolist() == [[[1, 0]]]

    @pytest.mark.parametrize("dtype", [torch.float32, torch.bool])
    def test_other_types_raise(self, dtype: torch.dtype) -> None:
        with pytest.raises(TypeError, match=f"labels must be an integer tensor, got {dtype}"):
            one_hot_labels(torch.zeros(1, 1, 4, 6, dtype=dtype), 3)

    def test_bad_arguments_raise(self) -> None:
        labels = torch.zeros(1, 1, 4, 6, dtype=torch.int64)
        rule = r"labels must have shape \(B, 1, H, W\) or \(B, T, 1, H, W\), got \(1, 2, 4, 6\)"
        with pytest.raises(ValueError, match=rule):
            one_hot_labels(labels.expand(1, 2, 4, 6), 3)
        with pytest.raises(ValueError, match=r"shape \(B, T, 1, H, W\), got \(1, 1, 2, 4, 6\)"):
            one_hot_labels(labels.expand(1, 1, 2, 4, 6), 3)
        with pytest.raises(ValueError, match="num_classes must be at least 1, got 0"):
            one_hot_labels(labels, 0)
        with pytest.raises(TypeError, match=r"labels must be a torch.Tensor, got list"):
            one_hot_labels(labels.tolist(), 3)


class TestInstanceEdges:
    def test_matches_recorded_edges(self, shared) -> None:
        data = load_file(shared / "golden" / "flow_warp.safetensors")

        edges = instance_edges(data["edges.instance"])

        torch.testing.assert_close(edges, data["edges.map"], rtol=0, atol=0)

    @law
    @given(height=sizes, width=sizes, seed=seeds)
    def test_matches_loop(self, height: int, width: int, seed: int) -> None:
        instances = random_labels(1, 1, height, width, high=3, seed=seed)

        assert torch.equal(instance_edges(instances), instance_edges_loop(instances))

    def test_marks_both_sides_of_a_border(self) -> None:
        instances = torch.zeros(1, 1, 4, 5, dtype=torch.int32)
        instances[..., 2:, 3:] = 26001

        assert instance_edges(instances)[0, 0].tolist() == [
            [0, 0, 0, 0, 0],
            [0, 0, 0, 1, 1],
            [0, 0, 1, 1, 1],
            [0, 0, 1, 1, 0],
        ]

    def test_compiles(self) -> None:
        assert_compiles(instance_edges, random_labels(2, 3, 1, 4, 6, high=3))

    def test_bad_arguments_raise(self) -> None:
        rule = r"instances must have shape \(B, 1, H, W\) or \(B, T, 1, H, W\), got \(1, 3, 4, 6\)"
        with pytest.raises(ValueError, match=rule):
            instance_edges(torch.zeros(1, 3, 4, 6))
        with pytest.raises(TypeError, match=r"instances must be a torch.Tensor, got int"):
            instance_edges(3)


class TestRegionMask:
    @pytest.mark.parametrize("dtype", [torch.uint8, torch.int64, torch.float32])
    def test_marks_the_ids(self, dtype: torch.dtype) -> None:
        labels = torch.tensor([[[[24, 3, 25], [0, 26, 24]]]], dtype=dtype)

        mask = region_mask(labels, ids=(24, 26))

        assert mask.tolist() == [[[[1, 0, 0], [0, 1, 1]]]]
        assert mask.dtype == torch.float32

    @law
    @given(height=sizes, width=sizes, ids=st.lists(st.integers(0, 6), min_size=1), seed=seeds)
    def test_is_the_sum_of_one_hot_maps(
        self, height: int, width: int, ids: list[int], seed: int
    ) -> None:
        labels = random_labels(1, 2, 1, height, width, high=7, seed=seed)

        maps = one_hot_labels(labels, 7)

        expected = maps[:, :, sorted(set(ids))].sum(dim=2, keepdim=True)
        assert torch.equal(region_mask(labels, ids), expected)

    def test_compiles(self) -> None:
        assert_compiles(region_mask, random_labels(2, 1, 4, 6, high=5), (1, 3))

    def test_bad_arguments_raise(self) -> None:
        with pytest.raises(ValueError, match="ids must name at least one label, got none"):
            region_mask(torch.zeros(1, 1, 4, 6), [])
        with pytest.raises(ValueError, match=r"labels must have shape \(B, 1, H, W\) or"):
            region_mask(torch.zeros(4, 6), [1])
