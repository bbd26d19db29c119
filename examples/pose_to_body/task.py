"""The task "pose to body": keypoints, and DensePose maps if there are any, become a skeleton."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

import torch
from torch import Tensor

from examples.pose_to_body.metrics import KeypointJudge
from examples.pose_to_body.people import MediapipePeople
from examples.pose_to_body.person_track import fill_pose_gaps, track_person
from examples.pose_to_body.retarget import retarget
from examples.pose_to_body.streams import DensePoseStream, KeypointStream, KeypointTensor
from examples.vid2vid.task import Driver, Maps, only_sequence
from vidgan.conditions import pose_condition_maps, pose_face_boxes
from vidgan.data import ClipStream, DataFolder, LabelStream, open_data_folder
from vidgan.video import read_video

DROP_PROBABILITY = 0.05  # of each limb and each DensePose part while training, as published


class PoseToBody:
    """Draws the person from its keypoints; see `examples.vid2vid.task.Task`."""

    name = "pose_to_body"

    def condition_channels(self, data: DataFolder) -> int:
        return 6 if (data.path / "densepose").is_dir() else 3

    def streams(self, data: DataFolder) -> dict[str, ClipStream]:
        streams: dict[str, ClipStream] = {"keypoints": KeypointStream(data.path / "keypoints")}
        if (data.path / "densepose").is_dir():
            streams["densepose"] = DensePoseStream(data.path / "densepose")
        if (data.path / "instances").is_dir():
            streams["instances"] = LabelStream(data.path / "instances")
        return streams

    def draw(
        self,
        annotations: Mapping[str, Tensor],
        data: DataFolder,
        *,
        rng: torch.Generator | None = None,
        jitter: float = 0.0,  # noqa: ARG002 -- as in Task
    ) -> Maps:
        keypoints = annotations["keypoints"]
        conditions = pose_condition_maps(
            keypoints,
            data.size,
            densepose=annotations.get("densepose"),
            drop_probability=0.0 if rng is None else DROP_PROBABILITY,
            generator=rng,
        )
        regions = pose_face_boxes(keypoints)
        return Maps(conditions, instances=annotations.get("instances"), regions=regions)

    def picture(self, condition: Tensor) -> Tensor:
        return condition[-3:] / 2 + 0.5

    def drive(self, source: Path, target: Mapping[str, Tensor], data: DataFolder) -> Driver:
        if "densepose" in target:
            raise ValueError(
                f"{data.path} has DensePose maps, which cannot be found in a video; prepare it "
                "without densepose/ and train on the skeletons alone"
            )
        if source.is_dir():
            other = open_data_folder(source)
            streams = self.streams(other)["keypoints"]
            name, length = only_sequence(streams.sequences(), source)
            keypoints = torch.stack([streams.load(name, index) for index in range(length)])
            size, fps = other.size, other.fps
        else:
            video = read_video(source)
            track = track_person(video.frames, MediapipePeople())
            if not bool(track.found.any()):
                raise ValueError(f"{source} must show a person to drive the target; none was found")
            keypoints = fill_pose_gaps(track.keypoints, track.found, "interpolate")[1]
            size, fps = (video.frames.shape[2], video.frames.shape[3]), video.fps
        moved = retarget(keypoints, size, target["keypoints"], data.size)
        return Driver({"keypoints": KeypointTensor(source.stem, moved)}, fps)

    def judge(self, data: DataFolder, num_train_frames: int | None) -> KeypointJudge | None:  # noqa: ARG002
        return None if find_spec("mediapipe") is None else KeypointJudge()
