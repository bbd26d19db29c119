"""What the ``prepare`` commands share: reference flow, filled gaps, contact sheet."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor
from torchvision.utils import make_grid

from examples.vid2vid.command_line import require
from vidgan.flow_estimators import DISFlow, FarnebackFlow, RAFTFlow
from vidgan.functional import flow_to_color
from vidgan.protocols import FlowEstimator
from vidgan.video import to_float, to_uint8, write_flow, write_frame

ESTIMATORS = {"dis": DISFlow, "farneback": FarnebackFlow, "raft": RAFTFlow}


def check_strides(strides: Sequence[int]) -> None:
    """Raise ValueError unless the strides of the reference flow are positive and hold 1."""
    if not strides or min(strides) < 1 or 1 not in strides:
        raise ValueError(f"prepare: strides must be positive and hold 1, got {strides}")


def write_flows(
    folder: Path, name: str, frames: Tensor, estimate: FlowEstimator, strides: Sequence[int]
) -> Tensor:
    """Write flow and confidence of every stride; return the flows of stride 1, (T-1, 2, H, W)."""
    images = to_float(frames)
    neighbors = []
    pairs = [(t, stride) for stride in strides for t in range(stride, len(images))]
    for t, stride in require("tqdm").tqdm(pairs, "reference flow", disable=None):
        with torch.inference_mode():
            flow, confidence = estimate(images[t, None], images[t - stride, None])
        write_flow_pair(folder, name, t, stride, flow[0], confidence[0])
        if stride == 1:
            neighbors.append(flow[0])
    return torch.stack(neighbors)


def write_flow_pair(
    folder: Path, name: str, time: int, stride: int, flow: Tensor, confidence: Tensor
) -> None:
    """Write one flow (2, H, W) and its confidence (1, H, W) in [0, 1] into a data folder."""
    flow_folder = folder / "flow" / f"stride{stride}" / name
    confidence_folder = folder / "confidence" / f"stride{stride}" / name
    flow_folder.mkdir(parents=True, exist_ok=True)
    confidence_folder.mkdir(parents=True, exist_ok=True)
    write_flow(flow_folder / f"{time:05d}.flo", flow)
    write_frame(confidence_folder / f"{time:05d}.png", to_uint8(confidence * 2 - 1))


def contact_sheet(frames: Tensor, conditions: Tensor, flows: Tensor, *, columns: int = 8) -> Tensor:
    """Lay out frames, their conditions and their flow in three rows: uint8 (3, H', W').

    Args:
        frames: uint8 (T, 3, H, W).
        conditions: pictures of them, uint8 (T, 1 or 3, H, W).
        flows: of all frames but the first, (T-1, 2, H, W).
        columns: how many frames, evenly spaced.
    """
    picks = torch.linspace(1, len(frames) - 1, columns).round().long()
    rows = [frames[picks], conditions[picks].expand(-1, 3, -1, -1)]
    rows.append((flow_to_color(flows[picks - 1]) * 255).round().to(torch.uint8))
    return make_grid(torch.cat(rows), nrow=columns, padding=2)


def fill_gaps(points: Tensor, found: Tensor, missing: str) -> tuple[list[int], Tensor]:
    """Interpolate or drop the frames in which nothing was found.

    Args:
        points: (T, N, C); what it holds where ``found`` is False does not matter.
        found: (T,) bool, at least one True.
        missing: "interpolate" (linearly in time; the nearest ones before the first and after the
            last find) or "drop".

    Returns:
        Indices of the frames that remain, and their points.
    """
    there = found.nonzero().flatten()
    if missing == "drop":
        return there.tolist(), points[there]
    every = torch.arange(len(points))
    after = there[torch.searchsorted(there, every).clamp(max=len(there) - 1)]
    before = there[(torch.searchsorted(there, every, right=True) - 1).clamp(min=0)]
    share = ((every - before) / (after - before).clamp(min=1)).clamp(0, 1)[:, None, None]
    return every.tolist(), torch.lerp(points[before], points[after], share)
