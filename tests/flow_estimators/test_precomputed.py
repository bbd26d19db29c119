"""Flows read from a folder."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.assertions import rand, smooth_flow
from vidgan.flow_estimators import PrecomputedFlow
from vidgan.functional import flow_warp, photometric_confidence
from vidgan.protocols import FlowEstimator
from vidgan.video import read_flow, write_flow

NAMES = ["walk/00001", "run/00003"]


@pytest.fixture
def flows() -> torch.Tensor:
    return smooth_flow(2, 2, 6, 9)


@pytest.fixture
def folder(tmp_path: Path, flows: torch.Tensor) -> Path:
    for name, flow in zip(NAMES, flows, strict=True):
        (tmp_path / name).parent.mkdir()
        write_flow(tmp_path / f"{name}.flo", flow)
    return tmp_path


def test_reads_the_flow_of_every_name(folder: Path, flows: torch.Tensor) -> None:
    previous = rand(2, 3, 6, 9)
    current = flow_warp(previous, flows)
    current[0, :, 2, 3] += 1  # this pixel is not what the flow brings

    flow, confidence = PrecomputedFlow(folder)(current, previous, names=NAMES)

    assert torch.equal(flow, flows)
    assert torch.equal(confidence, photometric_confidence(current, previous, flows))
    assert confidence[0, 0, 2, 3] == 0
    inside = photometric_confidence(0 * previous, 0 * previous, flows)  # vectors that stay inside
    assert inside[..., 2:-2, 2:-2].all()
    assert confidence.sum() == inside.sum() - 1


def test_takes_the_dtype_of_the_frames(folder: Path) -> None:
    frames = rand(1, 3, 6, 9, dtype=torch.float64)

    flow, confidence = PrecomputedFlow(folder)(frames, frames, names=NAMES[:1])

    assert flow.dtype == confidence.dtype == torch.float64


def test_bound_to_names_it_is_a_flow_estimator(folder: Path, flows: torch.Tensor) -> None:
    estimator: FlowEstimator = partial(PrecomputedFlow(folder), names=NAMES[1:])
    frames = rand(1, 3, 6, 9)

    assert torch.equal(estimator(frames, frames).flow, flows[1:])


def test_reader_and_writer_are_the_same_files(folder: Path, flows: torch.Tensor) -> None:
    assert torch.equal(read_flow(folder / "run" / "00003.flo"), flows[1])


def test_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(NotADirectoryError, match=r"PrecomputedFlow: folder .*none does not exist"):
        PrecomputedFlow(tmp_path / "none")


def test_missing_file(folder: Path) -> None:
    frames = torch.zeros(1, 3, 6, 9)

    with pytest.raises(FileNotFoundError, match=r"walk.00002.flo"):
        PrecomputedFlow(folder)(frames, frames, names=["walk/00002"])


@pytest.mark.parametrize("size", [(7, 9), (6, 10)])
def test_flow_of_another_size(folder: Path, size: tuple[int, int]) -> None:
    frames = torch.zeros(1, 3, *size)

    with pytest.raises(
        ValueError,
        match=rf"00001.flo must have the height and width of current, {size[0]}x{size[1]}, got 6x9",
    ):
        PrecomputedFlow(folder)(frames, frames, names=NAMES[:1])


def test_a_name_for_every_frame(folder: Path) -> None:
    frames = torch.zeros(2, 3, 6, 9)

    with pytest.raises(ValueError, match=r"names must have one name per frame, B = 2, got 1"):
        PrecomputedFlow(folder)(frames, frames, names=NAMES[:1])


def test_frames_of_different_shapes(folder: Path) -> None:
    with pytest.raises(ValueError, match=r"PrecomputedFlow: previous must have shape"):
        PrecomputedFlow(folder)(torch.zeros(1, 3, 6, 9), torch.zeros(1, 3, 6, 8), names=NAMES[:1])


def test_reads_other_formats_and_does_not_trust_unknown_pixels(tmp_path: Path) -> None:
    vectors = torch.zeros(2, 6, 9)
    vectors[:, 2, 3] = float("nan")
    (tmp_path / "walk").mkdir()
    np.save(tmp_path / "walk" / "00001.npy", vectors.numpy())
    frames = torch.zeros(1, 3, 6, 9)  # of one color: any vector seems right

    flow, confidence = PrecomputedFlow(tmp_path)(frames, frames, names=["walk/00001"])

    assert flow.isnan().sum() == 2
    assert confidence.sum() == 6 * 9 - 1
    assert confidence[0, 0, 2, 3] == 0
