"""Faces and people in the layouts of public data sets and of the tools that annotate them."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from examples.edges_to_face.landmarks import Face
from examples.synthetic.dancer.keypoints import dancer_densepose, dancer_keypoints
from examples.synthetic.dancer.render import Dancer
from vidgan.conditions import write_openpose
from vidgan.data import SyntheticVideo
from vidgan.video import write_frame, write_video

FRAMES = 8
FACE_SIZE, PERSON_SIZE = (96, 96), (96, 128)  # H, W
# Where COCO-WholeBody's 17 joints and 6 points of the feet stand among OpenPose's 25.
WHOLEBODY = (0, 16, 15, 18, 17, 5, 2, 6, 3, 7, 4, 12, 9, 13, 10, 14, 11, 19, 20, 21, 22, 23, 24)


class Source(NamedTuple):
    """A data set: what ``prepare`` is given, and the sequences it must find."""

    options: dict[str, Any]
    sequences: dict[str, int]


def face_points(time: int) -> list[list[float]]:
    """68 points of a face that moves to the right."""
    center, radius = (40 + time, 48), 22

    def ellipse(x: float, y: float, width: float, height: float, count: int) -> list[list[float]]:
        angles = [math.pi + 2 * math.pi * i / count for i in range(count)]
        return [[x + width * math.cos(a), y + height * math.sin(a)] for a in angles]

    points = [[math.cos(math.pi * (1 - i / 16)), math.sin(math.pi * i / 16)] for i in range(17)]
    points += [[side + i * 0.1, -0.45] for side in (-0.65, 0.25) for i in range(5)]
    points += [[0, -0.3 + i * 0.15] for i in range(4)]
    points += [[-0.2 + i * 0.1, 0.25] for i in range(5)]
    points += [p for x in (-0.45, 0.45) for p in ellipse(x, -0.25, 0.17, 0.08, 6)]
    points += ellipse(0, 0.55, 0.35, 0.15, 12) + ellipse(0, 0.55, 0.25, 0.06, 8)
    return [[center[0] + radius * x, center[1] + radius * y] for x, y in points]


class KnownFace:
    """A detector that knows where the faces of `face_points` are in its frames, one by one."""

    def __init__(self) -> None:
        self.time = -1

    def __call__(self, frame: Tensor, *, near: object = None, weak: bool = False) -> Face | None:
        del frame, near, weak
        self.time = (self.time + 1) % FRAMES
        points = torch.tensor(face_points(self.time))
        return Face(points, (*points.amin(0).tolist(), *points.amax(0).tolist()))


def face_frames(seed: int) -> Tensor:
    return SyntheticVideo(FACE_SIZE, seed=seed).render(FRAMES).frames


def face_forensics(root: Path) -> Source:
    for seed, name in enumerate(("000", "003")):
        file = root / "original_sequences/youtube/c23/videos" / f"{name}.mp4"
        file.parent.mkdir(parents=True, exist_ok=True)
        write_video(file, face_frames(seed), fps=25)
    folder = root / "original_sequences/youtube/c23/videos"
    return Source({"source": folder}, {"000": FRAMES, "003": FRAMES})


def videos_in_the_wild_300(root: Path) -> Source:
    """300-VW: the frames of its videos, taken out, beside its annotations, from 1."""
    for seed, name in enumerate(("001", "004")):
        for t, frame in enumerate(face_frames(seed)):
            for kind in ("images", "landmarks"):
                (root / kind / name).mkdir(parents=True, exist_ok=True)
            write_frame(root / "images" / name / f"{t + 1:06d}.png", frame)
            lines = [f"{x + 1:.3f} {y + 1:.3f}" for x, y in face_points(t)]  # MATLAB's pixels
            text = "\n".join(["version: 1", "n_points: 68", "{", *lines, "}", ""])
            (root / "landmarks" / name / f"{t + 1:06d}.pts").write_text(text)
    return Source({"source": root}, {"001": FRAMES, "004": FRAMES})


def tracked_faces(root: Path) -> Source:
    """One array of landmarks per clip, with NaN where no face was found."""
    for seed, name in enumerate(("id00012_21Uxsk56VDQ_00001", "id00017_01dfn2spqyE_00001")):
        (root / "images" / name).mkdir(parents=True)
        (root / "landmarks").mkdir(exist_ok=True)
        for t, frame in enumerate(face_frames(seed)):
            write_frame(root / "images" / name / f"{t:05d}.jpg", frame)
        points = np.array([face_points(t) for t in range(FRAMES)])
        points[3] = np.nan
        np.save(root / "landmarks" / f"{name}.npy", points)
    names = ("id00012_21Uxsk56VDQ_00001", "id00017_01dfn2spqyE_00001")
    return Source({"source": root}, dict.fromkeys(names, FRAMES))


def dance(seed: int) -> list[Any]:
    dancer = Dancer(PERSON_SIZE, seed=seed)
    motion = dancer.dance(0)
    return [dancer.render(motion.pose(t)) for t in range(FRAMES)]


def openpose_of_a_video(root: Path) -> Source:
    """A folder of videos, and what OpenPose writes for each: NAME_000000000000_keypoints.json."""
    for seed, name in enumerate(("walk", "spin")):
        pictures, folder = dance(seed), root / "openpose" / name
        folder.mkdir(parents=True)
        (root / "videos").mkdir(exist_ok=True)
        frames = torch.stack([picture.frame * 2 - 1 for picture in pictures])
        write_video(root / "videos" / f"{name}.mp4", frames, fps=25)
        for t, picture in enumerate(pictures):
            write_openpose(folder / f"{name}_{t:012d}_keypoints.json", dancer_keypoints(picture))
    options = {"source": root / "videos", "keypoints": root / "openpose"}
    return Source(options, {"walk": FRAMES, "spin": FRAMES})


def openpose_beside_frames(root: Path) -> Source:
    """Frames counted from 1, as ffmpeg writes them, beside OpenPose's files counted from 0."""
    for seed, name in enumerate(("walk", "spin")):
        for t, picture in enumerate(dance(seed)):
            write_picture(root, name, f"{t + 1:05d}.jpg", picture)
            (root / "openpose" / name).mkdir(parents=True, exist_ok=True)
            file = root / "openpose" / name / f"{name}_{t:012d}_keypoints.json"
            write_openpose(file, dancer_keypoints(picture))
    return Source({"source": root}, {"walk": FRAMES, "spin": FRAMES})


def densepose(root: Path) -> Source:
    """DensePose's _IUV beside its _INDS, with OpenPose's keypoints."""
    for seed, name in enumerate(("walk", "spin")):
        for t, picture in enumerate(dance(seed)):
            write_picture(root, name, f"{t:05d}.png", picture)
            for kind in ("openpose", "densepose"):
                (root / kind / name).mkdir(parents=True, exist_ok=True)
            maps = dancer_densepose(picture)
            write_frame(root / "densepose" / name / f"{t:05d}_IUV.png", maps)
            ids = (maps[2:] > 0).to(torch.uint8)
            write_frame(root / "densepose" / name / f"{t:05d}_INDS.png", ids)
            file = root / "openpose" / name / f"{t:05d}_keypoints.json"
            write_openpose(file, dancer_keypoints(picture))
    return Source({"source": root}, {"walk": FRAMES, "spin": FRAMES})


def wholebody(root: Path) -> Source:
    """COCO-WholeBody's 133 points, as DWPose and rtmlib find them."""
    for seed, name in enumerate(("walk", "spin")):
        for t, picture in enumerate(dance(seed)):
            write_picture(root, name, f"{t:05d}.jpg", picture)
            found = dancer_keypoints(picture)[list(WHOLEBODY)]
            points, scores = torch.zeros(133, 2), torch.zeros(133)
            points[: len(found)], scores[: len(found)] = found[:, :2], found[:, 2]
            person = {"keypoints": points.tolist(), "keypoint_scores": scores.tolist()}
            (root / "openpose" / name).mkdir(parents=True, exist_ok=True)
            (root / "openpose" / name / f"{t:05d}.json").write_text(json.dumps([person]))
    return Source({"source": root}, {"walk": FRAMES, "spin": FRAMES})


def write_picture(root: Path, name: str, file: str, picture: Any) -> None:
    (root / "images" / name).mkdir(parents=True, exist_ok=True)
    write_frame(root / "images" / name / file, picture.frame * 2 - 1)


FACES: dict[str, Callable[[Path], Source]] = {
    "FaceForensics++": face_forensics,
    "300-VW": videos_in_the_wild_300,
    "VoxCeleb": tracked_faces,
}
PEOPLE: dict[str, Callable[[Path], Source]] = {
    "OpenPose of a video": openpose_of_a_video,
    "OpenPose beside frames": openpose_beside_frames,
    "DensePose": densepose,
    "COCO-WholeBody": wholebody,
}
