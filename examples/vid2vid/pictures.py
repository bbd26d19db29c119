"""Pictures of generated chunks."""

from __future__ import annotations

import torch
from torch import Tensor
from torchvision.utils import make_grid

from examples.vid2vid.clips import Clip
from examples.vid2vid.task import Task
from vidgan.functional import flow_to_color
from vidgan.outputs import RolloutOutput


def chunk_picture(chunk: Clip, output: RolloutOutput, task: Task) -> Tensor:
    """Draw the first clip of a chunk, (3, H, W) in [0, 1].

    Rows: conditions, real, generated, hallucinated, warped, flow in color, occlusion mask; one
    column a frame.
    """
    rows = [
        torch.stack([task.picture(maps) for maps in chunk.conditions[0]]),
        chunk.frames[0] / 2 + 0.5,
        output.frames[0] / 2 + 0.5,
        output.hallucinated[0] / 2 + 0.5,
    ]
    if output.warped is not None and output.flows is not None:
        rows += [output.warped[0] / 2 + 0.5, flow_to_color(output.flows[0].float())]
    if output.occlusion_masks is not None:
        rows.append(output.occlusion_masks[0].expand(-1, 3, -1, -1))
    tiles = torch.cat([row.detach().float().clamp(0, 1) for row in rows])
    return make_grid(tiles, nrow=chunk.frames.shape[1], padding=2)
