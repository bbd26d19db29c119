"""The task "edges to face": 68 landmarks become edges and distance maps."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from examples.edges_to_face.face_track import track_face
from examples.edges_to_face.jitter import jitter_parts
from examples.edges_to_face.landmarks import DETECTORS, DlibLandmarks
from examples.edges_to_face.metrics import LandmarkJudge
from examples.edges_to_face.retarget import retarget_landmarks
from examples.vid2vid.preprocessing import fill_gaps
from examples.vid2vid.task import Driver, Maps, only_sequence
from vidgan.conditions import face_condition_maps
from vidgan.data import ClipStream, DataFolder, PointStream, TensorStream, open_data_folder
from vidgan.video import read_video

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
        rng: torch.Generator | None = None,
        jitter: float = 0.0,
    ) -> Maps:
        # As fine as the published ones: see the table of choices in README.md.
        oversampling = max(1, round(_DRAWN_SIZE / max(data.size)))
        landmarks = annotations["landmarks"]
        if rng is not None and jitter:
            landmarks = jitter_parts(landmarks, jitter, rng)
        return Maps(face_condition_maps(landmarks, data.size, oversampling=oversampling))

    def picture(self, condition: Tensor) -> Tensor:
        return condition[:1].expand(3, -1, -1)

    def drive(self, source: Path, target: Mapping[str, Tensor], data: DataFolder) -> Driver:
        if source.is_dir():
            other = open_data_folder(source)
            stream = PointStream(source / "landmarks")
            name, length = only_sequence(stream.sequences(), source)
            landmarks = torch.stack([stream.load(name, index) for index in range(length)])
            fps = other.fps
        else:
            video = read_video(source)
            detector = data.facts.get("detector")  # the same one, where the target had any
            track = track_face(video.frames, DETECTORS.get(detector, DlibLandmarks)())
            found = track.detected | track.recovered
            if not bool(found.any()):
                raise ValueError(f"{source} must show a face to drive the target; none was found")
            landmarks, fps = fill_gaps(track.landmarks, found, "interpolate")[1], video.fps
        moved = retarget_landmarks(landmarks, target["landmarks"])
        return Driver({"landmarks": TensorStream("points", {source.stem: moved})}, fps)

    def judge(self, data: DataFolder, num_train_frames: int | None) -> LandmarkJudge:  # noqa: ARG002
        return LandmarkJudge()
