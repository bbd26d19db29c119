"""The contact sheet of a data folder: some frames, their conditions and their reference flow."""

from __future__ import annotations

import torch
from torch import Tensor
from torchvision.utils import make_grid

from vidgan.functional import flow_to_color


class ContactSheet:
    """Frames, their conditions and their flow in three rows, of a sequence of known length.

    Args:
        length: number of frames of the sequence, at least 2.
        columns: number of frames shown, evenly spaced; only these are kept.
    """

    def __init__(self, length: int, *, columns: int = 8) -> None:
        self._picks = torch.linspace(1, length - 1, columns).round().long().tolist()
        self._shown: dict[int, tuple[Tensor, Tensor, Tensor]] = {}

    def add(self, time: int, frame: Tensor, condition: Tensor, flow: Tensor | None) -> None:
        """Add the frame ``time``; kept if it is shown.

        Args:
            time: index of the frame.
            frame: uint8 (3, H, W).
            condition: image of its condition, uint8 (1 or 3, H, W).
            flow: from the frame before, (2, H, W); None for the first frame.
        """
        if time in self._picks and flow is not None:
            self._shown[time] = (frame, condition.expand(3, -1, -1), flow)

    def image(self) -> Tensor:
        """Draw the sheet, uint8 (3, H', W')."""
        columns = [self._shown[pick] for pick in self._picks]
        frames, conditions, flows = (torch.stack(row) for row in zip(*columns, strict=True))
        colored = (flow_to_color(flows) * 255).round().to(torch.uint8)
        return make_grid(torch.cat([frames, conditions, colored]), nrow=len(columns), padding=2)
