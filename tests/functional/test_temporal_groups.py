"""Temporal groups, against recorded ones and a walk through the frames."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file

from tests.assertions import assert_compiles, assert_gradients, rand
from tests.references import temporal_groups_loop
from vidgan.functional import (
    temporal_context,
    temporal_group_indices,
    temporal_group_inputs,
    temporal_groups,
)

law = settings(max_examples=200, deadline=None)


@pytest.mark.parametrize("keep_all", [True, False], ids=["all frames", "kept history"])
@pytest.mark.parametrize("rate", range(3))
def test_matches_recorded_groups(shared, rate: int, keep_all: bool) -> None:
    data = load_file(shared / "golden" / "temporal_groups.safetensors")
    history = temporal_context(num_frames=3, num_rates=3)
    frames = torch.empty(1, 0, 1, 2, 2)

    for chunk in range(8):
        kept = frames if keep_all else frames[:, -history:]
        newest = data[f"chunk{chunk}"]
        frames = torch.cat([kept, newest], dim=1)
        groups = temporal_groups(frames, chunk_length=4, num_frames=3, rate=rate)

        recorded = data.get(f"after{chunk}.rate{rate}", torch.empty(0, 3, 1, 2, 2))
        torch.testing.assert_close(groups[0], recorded, rtol=0, atol=0)


def test_groups_by_hand() -> None:
    assert temporal_group_indices(4, chunk_length=4) == [(1, 2, 3)]
    assert temporal_group_indices(8, chunk_length=4) == [(5, 6, 7), (2, 3, 4)]
    assert temporal_group_indices(8, chunk_length=4, rate=1) == [(1, 4, 7)]
    assert temporal_group_indices(20, chunk_length=1, rate=2) == [(1, 10, 19)]
    assert temporal_group_indices(6, chunk_length=5, num_frames=2) == [(4, 5), (2, 3), (0, 1)]
    assert temporal_group_indices(2, chunk_length=2) == []


@law
@given(
    history=st.integers(0, 30),
    chunk_length=st.integers(1, 12),
    num_frames=st.integers(2, 5),
    rate=st.integers(0, 2),
)
def test_matches_walk(history: int, chunk_length: int, num_frames: int, rate: int) -> None:
    options = {"chunk_length": chunk_length, "num_frames": num_frames, "rate": rate}
    available = history + chunk_length
    expected = temporal_groups_loop(available, **options)

    groups = temporal_groups(torch.arange(float(available)).view(1, -1, 1, 1, 1), **options)

    assert temporal_group_indices(available, **options) == expected
    assert groups.shape == (1, len(expected), num_frames, 1, 1, 1)
    assert groups.flatten(2)[0].tolist() == [list(group) for group in expected]


@law
@given(chunk_length=st.integers(1, 9), num_frames=st.integers(2, 4), num_rates=st.integers(1, 3))
def test_history_is_enough_and_no_more(chunk_length: int, num_frames: int, num_rates: int) -> None:
    history = temporal_context(num_frames, num_rates)

    def coarsest(kept: int, length: int) -> int:
        options = {"num_frames": num_frames, "rate": num_rates - 1}
        return len(temporal_group_indices(kept + length, chunk_length=length, **options))

    # every end within the chunk has its group, and with one frame less the oldest end has not
    assert coarsest(history, chunk_length) == -(-chunk_length // num_frames)
    assert coarsest(history, 1) == 1
    assert coarsest(history - 1, 1) == 0


def test_history_by_hand() -> None:
    assert [temporal_context(3, rates) for rates in range(4)] == [0, 2, 6, 18]
    assert temporal_context() == 18


def test_gathers_frames_of_any_kind_and_batch() -> None:
    frames = torch.arange(2 * 5 * 3 * 2 * 4, dtype=torch.int16).view(2, 5, 3, 2, 4)

    groups = temporal_groups(frames, chunk_length=5)

    assert torch.equal(groups, frames[:, 2:][:, None])


def test_no_group_is_an_empty_tensor() -> None:
    groups = temporal_groups(rand(2, 2, 3, 4, 6).double(), chunk_length=2)

    assert groups.shape == (2, 0, 3, 3, 4, 6)
    assert groups.dtype == torch.float64


def test_gradients() -> None:
    assert_gradients(lambda frames: temporal_groups(frames, chunk_length=4), rand(1, 6, 1, 2, 2))


@pytest.mark.parametrize("rate", [0, 1, 2])
def test_compiles(rate: int) -> None:
    assert_compiles(temporal_groups, rand(2, 8, 3, 2, 4), chunk_length=4, rate=rate)


@pytest.mark.parametrize("chunk_length", [0, -1, 6])
def test_chunk_beyond_the_frames_raises(chunk_length: int) -> None:
    rule = rf"chunk_length must be in 1\.\.5, the number of frames, got {chunk_length}"
    with pytest.raises(ValueError, match=rule):
        temporal_groups(rand(1, 5, 3, 2, 4), chunk_length=chunk_length)


def test_bad_arguments_raise() -> None:
    frames = rand(1, 5, 3, 2, 4)
    with pytest.raises(ValueError, match=r"frames must have shape \(B, N, C, H, W\), got \(5, 3"):
        temporal_groups(frames[0], chunk_length=2)
    with pytest.raises(TypeError, match=r"frames must be a torch.Tensor, got list"):
        temporal_groups(frames.tolist(), chunk_length=2)
    with pytest.raises(ValueError, match="num_frames must be at least 2, got 1"):
        temporal_groups(frames, chunk_length=2, num_frames=1)
    with pytest.raises(ValueError, match="rate must be at least 0, got -1"):
        temporal_groups(frames, chunk_length=2, rate=-1)
    with pytest.raises(ValueError, match="temporal_context: num_frames must be at least 2, got 1"):
        temporal_context(1, 2)
    with pytest.raises(ValueError, match="temporal_context: num_rates must be at least 0, got -1"):
        temporal_context(3, -1)


@pytest.mark.parametrize("rate", [0, 1])
def test_inputs_are_groups_and_the_flows_within_them(rate: int) -> None:
    frames = torch.arange(16.0).view(2, 8, 1, 1, 1)
    groups, flows = temporal_group_inputs(
        frames, frames.expand(-1, -1, 2, -1, -1) + 100, chunk_length=4, rate=rate
    )
    expected = [[5, 6, 7], [2, 3, 4], [13, 14, 15], [10, 11, 12]]
    expected = expected if rate == 0 else [[1, 4, 7], [9, 12, 15]]
    assert groups.flatten(1).tolist() == expected
    assert flows[:, :, 0].flatten(1).tolist() == [[b + 100, c + 100] for _, b, c in expected]


def test_inputs_compile_and_have_gradients() -> None:
    frames, flow = rand(1, 5, 1, 2, 2), rand(1, 5, 2, 2, 2)
    assert_gradients(lambda *videos: temporal_group_inputs(*videos, chunk_length=3), frames, flow)
    assert_compiles(lambda *videos: temporal_group_inputs(*videos, chunk_length=3), frames, flow)


def test_inputs_refuse_a_flow_of_another_length() -> None:
    with pytest.raises(ValueError, match=r"temporal_group_inputs: flow must have shape"):
        temporal_group_inputs(torch.rand(1, 5, 1, 2, 2), torch.rand(1, 4, 2, 2, 2), chunk_length=3)
