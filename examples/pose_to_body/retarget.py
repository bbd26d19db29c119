"""Motion transfer: fits one person's keypoints to another person in another video."""

from __future__ import annotations

import sys
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from examples.pose_to_body.detectors import open_detector
from examples.pose_to_body.person_track import fill_pose_gaps, track_person
from examples.vid2vid.task import Driver, only_sequence
from vidgan.conditions import NUM_KEYPOINTS
from vidgan.data import KeypointStream, TensorStream, open_data_folder
from vidgan.video import VideoReader

_NECK, _HIP, _SHOULDERS = 1, 8, (2, 5)
_LEGS = ((9, 10, 11), (12, 13, 14))  # hip, knee, ankle
_TRUNK = (0, 1, 8, 9, 10, 11, 12, 13, 14)  # joints that should stay in the image: no arms
_LARGE = 0.9  # quantile of a person's size over time: foreshortening only reduces it
_GROUND = 0.8  # quantile of the lower ankle's y: feet are on the ground most of the time
_EDGE = 0.02  # minimum distance of the body from the borders, as a fraction of the width


class Stature(NamedTuple):
    """Size and position of a person over a whole video.

    Attributes:
        size: size of the body, in pixels.
        middle: median x of the middle of the body.
        ground: y of the ground below the feet, or of the neck if no legs are visible.
        has_legs: whether the size is that of torso and legs, or of the torso alone.
    """

    size: float
    middle: float
    ground: float
    has_legs: bool


def drive_body(source: Path, target: Tensor, target_size: tuple[int, int]) -> Driver:
    """Find the keypoints of a video or of a prepared folder, and retarget them.

    Args:
        source: a video file, or a prepared data folder with one sequence.
        target: keypoints of the target, (T, 137, 3).
        target_size: (H, W) of the target's frames.

    Raises:
        ValueError: the video shows nobody, or the folder has several sequences.
    """
    if source.is_dir():
        other = open_data_folder(source)
        stream = KeypointStream(source / "keypoints")
        name, length = only_sequence(stream.sequences(), source)
        keypoints = torch.stack([stream.load(name, index) for index in range(length)])
        size, fps = other.size, other.fps
    else:
        find, _, note = open_detector()
        print(f"note: {note}", file=sys.stderr)
        with VideoReader(source) as video:
            frames = (frame for _, frame in video)
            first = next(frames)
            size, fps = (first.shape[1], first.shape[2]), video.fps
            track = track_person(chain([first], frames), find, total=video.declared_frames)
        if not bool(track.found.any()):
            raise ValueError(f"{source} must show a person to drive the target; none was found")
        keypoints = fill_pose_gaps(track.keypoints, track.found)
    try:
        moved = retarget(keypoints, size, target, target_size)
    except ValueError as error:
        raise ValueError(f"{source} cannot drive the target: {error}") from error
    return Driver({"keypoints": TensorStream("points", {source.stem: moved})}, fps)


def retarget(
    driver: Tensor, driver_size: tuple[int, int], target: Tensor, target_size: tuple[int, int]
) -> Tensor:
    """Fit the driver's motion to the target person's size and position.

    One scale and one shift are used for the whole video, to avoid jitter. The size of a person is
    the length of its torso and one leg, summed over the bones so that bending does not change it:
    the 0.9 quantile over time. The ground is the 0.8 quantile of the lower ankle. The driver's
    ground is moved to the target's, and the middle of its path to the middle of the target's. If
    the driver walks so far that its head, torso or legs would leave the target's image at the
    sides, its path, not its body, is narrowed. Pixels stay square for any aspect ratios of the two
    videos. If the legs are not visible in one of the two, torso and neck are used instead.

    Args:
        driver: (T, 137, 3), x and y in pixels, and confidence.
        driver_size: (H, W) of the driver's frames.
        target: keypoints of the target person in the frames that its model was trained on,
            (T', 137, 3).
        target_size: (H, W) of the target's frames.

    Returns:
        (T, 137, 3) in pixels of the target's frames; points that do not count stay 0.

    Raises:
        ValueError: wrong shapes, or neither torso nor neck of a person is visible in any frame.
    """
    for name, points, size in (("driver", driver, driver_size), ("target", target, target_size)):
        if points.dim() != 3 or points.shape[1:] != (NUM_KEYPOINTS, 3):
            raise ValueError(
                f"retarget: {name} must have shape (T, {NUM_KEYPOINTS}, 3), got "
                f"{tuple(points.shape)}"
            )
        if len(size) != 2 or min(size) < 1:
            raise ValueError(f"retarget: {name}_size must be (H, W), got {tuple(size)}")
    legs = _leg_frames(driver).any() and _leg_frames(target).any()
    old = stature(driver, "driver", legs=bool(legs))
    new = stature(target, "target", legs=bool(legs))
    scale = new.size / old.size
    counts = driver[..., 2] > 0
    middles = _middles(driver, old.middle)
    path = scale * (middles - old.middle)
    body = scale * (driver[..., 0] - middles[:, None])
    trunk = torch.where(counts, body, 0.0)[:, list(_TRUNK)]
    narrow = _narrowing(path, trunk, new.middle, target_size[1])
    x = new.middle + narrow * path[:, None] + body
    y = new.ground + scale * (driver[..., 1] - old.ground)
    moved = torch.stack([x, y, driver[..., 2]], dim=-1)
    # Points far from the body (detector errors) cannot be drawn; they do not count.
    limit = driver.new_tensor([target_size[1], target_size[0]])
    near = ((moved[..., :2] >= -limit) & (moved[..., :2] <= 2 * limit)).all(-1)
    return torch.where((counts & near)[..., None], moved, 0.0)


def stature(keypoints: Tensor, name: str = "person", *, legs: bool = True) -> Stature:
    """Compute the stature of a person in a video (T, 137, 3); without ``legs``, from its torso.

    Raises:
        ValueError: the joints needed are not visible in any frame.
    """
    torso = (keypoints[:, [_NECK, _HIP], 2] > 0).all(1)
    if legs:
        there = _leg_frames(keypoints)
        if bool(there.any()):
            seen = keypoints[there]
            leg = torch.stack([_leg_length(seen, joints) for joints in _LEGS]).nan_to_num(0.0)
            size = _length(seen, _NECK, _HIP) + leg.amax(0)
            ankles = seen[:, [joints[2] for joints in _LEGS]]
            below = torch.where(ankles[..., 2] > 0, ankles[..., 1], -torch.inf).amax(1)
            middle = float(seen[:, _HIP, 0].median())
            ground = float(below.quantile(_GROUND))
            return Stature(float(size.quantile(_LARGE)), middle, ground, has_legs=True)
    if not bool(torso.any()):
        raise ValueError(
            f"retarget: the {name}'s neck and mid-hip must be seen in one frame at least; its "
            "size cannot be told from other points"
        )
    seen = keypoints[torso]
    size = float(_length(seen, _NECK, _HIP).quantile(_LARGE))
    ground = float(seen[:, _NECK, 1].median())
    return Stature(size, float(seen[:, _HIP, 0].median()), ground, has_legs=False)


def _leg_frames(keypoints: Tensor) -> Tensor:
    """Return in which frames the torso and one whole leg count, (T,) bool."""
    counts = keypoints[..., 2] > 0
    leg = torch.stack([counts[:, list(joints)].all(1) for joints in _LEGS]).any(0)
    return leg & counts[:, _NECK] & counts[:, _HIP]


def _leg_length(keypoints: Tensor, joints: tuple[int, int, int]) -> Tensor:
    hip, knee, ankle = joints
    length = _length(keypoints, hip, knee) + _length(keypoints, knee, ankle)
    return torch.where((keypoints[:, list(joints), 2] > 0).all(1), length, torch.nan)


def _length(keypoints: Tensor, start: int, end: int) -> Tensor:
    return torch.linalg.vector_norm(keypoints[:, start, :2] - keypoints[:, end, :2], dim=1)


def _middles(keypoints: Tensor, otherwise: float) -> Tensor:
    """Return the x of the body's middle in each frame: hips, else neck, else the last known one."""
    middles, last = [], otherwise
    for frame in keypoints:
        for joint in (_HIP, _NECK):
            if bool(frame[joint, 2] > 0):
                last = float(frame[joint, 0])
                break
        middles.append(last)
    return keypoints.new_tensor(middles)


def _narrowing(path: Tensor, trunk: Tensor, middle: float, width: int) -> float:
    """Compute the factor, at most 1, for the path (T,) that keeps the trunk (T, N) inside."""
    if not len(path):
        return 1.0
    low, high = _EDGE * width, (1 - _EDGE) * width
    factor = 1.0
    for way, edge in ((1.0, high - middle), (-1.0, middle - low)):
        # A body that does not fit at the target's position would not fit anywhere.
        room = (edge - (way * trunk).amax(1)).clamp(min=0)
        steps = way * path
        out = steps > room
        if bool(out.any()):
            factor = min(factor, float((room[out] / steps[out]).min()))
    return factor
