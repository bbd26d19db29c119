"""What a training step sees: conditions, real frames and their reference flow."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class Clip(NamedTuple):
    """A batch of clips, or a chunk of them along time.

    Attributes:
        conditions: (B, T, C, H, W).
        frames: real frames, (B, T, 3, H, W).
        flows: temporal stride -> reference flow of each frame from the frame that many before,
            (B, T, 2, H, W).
        confidence: of the flows of stride 1, (B, T, 1, H, W).
        foreground_masks: (B, T, 1, H, W), or None.
    """

    conditions: Tensor
    frames: Tensor
    flows: dict[int, Tensor]
    confidence: Tensor
    foreground_masks: Tensor | None = None

    def to(self, device: torch.device) -> Clip:
        """Return the clip on ``device``."""
        masks = self.foreground_masks
        return Clip(
            self.conditions.to(device),
            self.frames.to(device),
            {stride: flow.to(device) for stride, flow in self.flows.items()},
            self.confidence.to(device),
            None if masks is None else masks.to(device),
        )

    def between(self, start: int, end: int) -> Clip:
        """Return the frames start..end-1."""
        masks = self.foreground_masks
        return Clip(
            self.conditions[:, start:end],
            self.frames[:, start:end],
            {stride: flow[:, start:end] for stride, flow in self.flows.items()},
            self.confidence[:, start:end],
            None if masks is None else masks[:, start:end],
        )
