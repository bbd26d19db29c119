"""What a training step sees: conditions, real frames and their reference flow."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from einops import rearrange
from torch import Tensor

from vidgan.functional import average_pyramid, resize_flow


class Clip(NamedTuple):
    """A batch of clips, or a chunk of them along time.

    Attributes:
        conditions: (B, T, C, H, W).
        frames: real frames, (B, T, 3, H, W).
        flows: temporal stride -> reference flow of each frame from the frame that many before,
            (B, T, 2, H, W).
        confidence: of the flows of stride 1, (B, T, 1, H, W).
        foreground_masks: (B, T, 1, H, W), or None.
        instances: ids for the feature encoder, int64 (B, T, 1, H, W), or None.
        regions: boxes that a region discriminator looks at, (B, T, 4), or None.
    """

    conditions: Tensor
    frames: Tensor
    flows: dict[int, Tensor]
    confidence: Tensor
    foreground_masks: Tensor | None = None
    instances: Tensor | None = None
    regions: Tensor | None = None

    def to(self, device: torch.device) -> Clip:
        """Return the clip on ``device``."""
        return self._map(lambda part: part.to(device))

    def between(self, start: int, end: int) -> Clip:
        """Return the frames start..end-1."""
        return self._map(lambda part: part[:, start:end])

    def smaller(self, halvings: int) -> Clip:
        """Return the clip at a coarser scale: each halving is one level of the pyramid."""
        if halvings == 0:
            return self

        def pool(maps: Tensor) -> Tensor:
            return average_pyramid(maps, halvings + 1)[-1]

        def shrink(flow: Tensor) -> Tensor:
            flat = rearrange(flow, "B T C H W -> (B T) C H W")
            small = resize_flow(flat, size)
            return rearrange(small, "(B T) C H W -> B T C H W", B=len(flow))

        frames = pool(self.frames)
        size = (frames.shape[-2], frames.shape[-1])
        step = 2**halvings
        masks, instances, regions = self.foreground_masks, self.instances, self.regions
        return Clip(
            pool(self.conditions),
            frames,
            {stride: shrink(flow) for stride, flow in self.flows.items()},
            pool(self.confidence),
            None if masks is None else pool(masks),
            None if instances is None else instances[..., ::step, ::step],
            None if regions is None else regions / step,
        )

    def _map(self, change: Callable[[Tensor], Tensor]) -> Clip:
        return Clip(
            change(self.conditions),
            change(self.frames),
            {stride: change(flow) for stride, flow in self.flows.items()},
            change(self.confidence),
            *(None if part is None else change(part) for part in self[4:]),
        )
