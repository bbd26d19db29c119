"""Writes the reference flow of a sequence, frame by frame."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from vidgan.protocols import FlowEstimator
from vidgan.video import to_float, to_uint8, write_flow, write_frame


class FlowWriter:
    """Estimates and writes the reference flow of one sequence; keeps ``max(strides)`` frames.

    Args:
        folder: the data folder.
        name: name of the sequence.
        estimate: the flow estimator.
        strides: temporal strides; those longer than the sequence are not written.
    """

    def __init__(
        self, folder: Path, name: str, estimate: FlowEstimator, strides: Sequence[int]
    ) -> None:
        self.folder = folder
        self.name = name
        self.estimate = estimate
        self.strides = strides
        self.length = 0
        self._past: deque[Tensor] = deque(maxlen=max(strides))

    def write(self, frame: Tensor) -> Tensor | None:
        """Write flow and confidence of the next frame, uint8 (3, H, W), for every stride.

        Returns:
            The flow of stride 1, (2, H, W); None for the first frame.
        """
        image, neighbor = to_float(frame), None
        for stride in self.strides:
            if stride > self.length:
                continue
            with torch.inference_mode():
                flow, confidence = self.estimate(image[None], self._past[-stride][None])
            write_flow_pair(self.folder, self.name, self.length, stride, flow[0], confidence[0])
            if stride == 1:
                neighbor = flow[0]
        self._past.append(image)
        self.length += 1
        return neighbor


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
