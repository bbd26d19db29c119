"""The task "edges to face": 68 landmarks become edges and distance maps."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from examples.edges_to_face.metrics import LandmarkJudge
from examples.vid2vid.task import Maps
from vidgan.conditions import face_condition_maps
from vidgan.video import ClipStream, DataFolder, PointStream

_DRAWN_SIZE = 512  # pixels, of the published frames


class EdgesToFace:
    """Draws the face from its landmarks; see `examples.vid2vid.task.Task`."""

    name = "edges_to_face"

    def condition_channels(self, data: DataFolder) -> int:  # noqa: ARG002 -- as in Task
        return 15

    def streams(self, data: DataFolder) -> dict[str, ClipStream]:
        return {"landmarks": PointStream(data.path / "landmarks")}

    def draw(
        self,
        annotations: Mapping[str, Tensor],
        data: DataFolder,
        *,
        chance: torch.Generator | None = None,  # noqa: ARG002 -- as in Task
    ) -> Maps:
        # As fine as the published ones: see the table of choices in README.md.
        oversampling = max(1, round(_DRAWN_SIZE / max(data.size)))
        landmarks = annotations["landmarks"]
        return Maps(face_condition_maps(landmarks, data.size, oversampling=oversampling))

    def picture(self, condition: Tensor) -> Tensor:
        return condition[:1].expand(3, -1, -1)

    def judge(self, data: DataFolder, train_frames: int | None) -> LandmarkJudge:  # noqa: ARG002
        return LandmarkJudge()
