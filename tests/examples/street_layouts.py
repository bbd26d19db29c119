"""Streets in the layouts of public data sets, with the file names and encodings of each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from vidgan.data import SyntheticVideo
from vidgan.video import to_uint8

SIZE = (32, 64)  # H, W
FRAMES = 8


class Sample(NamedTuple):
    """What ``prepare`` must write for one frame: frame (H, W, 3), labels and instances (H, W)."""

    sequence: str
    index: int
    frame: np.ndarray
    labels: np.ndarray
    instances: np.ndarray


class Layout(NamedTuple):
    """How a data set lies in a folder.

    Attributes:
        options: of ``prepare``, with paths below the folder.
        sequences: name -> number of frames that ``prepare`` must find.
        sample: what ``prepare`` must write for one frame.
        instances: ``prepare`` must find instances.
    """

    options: dict[str, str]
    sequences: dict[str, int]
    sample: Sample
    instances: bool = False


class Clip(NamedTuple):
    """One synthetic sequence: frames uint8 (T, H, W, 3), labels and instances (T, H, W)."""

    frames: np.ndarray
    labels: np.ndarray
    instances: np.ndarray


def render(seed: int, size: tuple[int, int] = SIZE, frames: int = FRAMES) -> Clip:
    clip = SyntheticVideo(size, seed=seed).render(frames)
    return Clip(
        to_uint8(clip.frames).permute(0, 2, 3, 1).numpy(),
        clip.labels[:, 0].numpy(),
        clip.instances[:, 0].numpy(),
    )


def sample(sequence: str, index: int, clip: Clip, time: int, ids: tuple[int, ...]) -> Sample:
    """Take the frame ``time`` of a clip as what must be at ``index`` of a prepared sequence."""
    labels = coded(clip.labels[time], ids)
    return Sample(sequence, index, clip.frames[time], labels, clip.instances[time])


def save(path: Path, array: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path)


def coded(labels: np.ndarray, ids: tuple[int, ...], dtype: type = np.uint8) -> np.ndarray:
    return np.array(ids)[labels].astype(dtype)


def red(
    labels: np.ndarray, ids: tuple[int, ...], instances: np.ndarray | None = None
) -> np.ndarray:
    """Class in red, the number of the instance in green and blue."""
    numbers = np.zeros_like(labels) if instances is None else instances
    return np.stack([coded(labels, ids), numbers // 256, numbers % 256], -1).astype(np.uint8)


def cityscapes(root: Path) -> Layout:
    ids = (0, 7, 26, 24, 11)
    for seed, name in enumerate(("aachen_000000", "bochum_000003")):
        clip, city = render(seed), name.partition("_")[0]
        for t in range(FRAMES):
            stem = f"train/{city}/{name}_{t + 4:06d}"
            save(root / f"leftImg8bit_sequence/{stem}_leftImg8bit.png", clip.frames[t])
            gt = root / f"gtFine/{stem}_gtFine"
            save(gt.with_name(f"{gt.name}_labelIds.png"), coded(clip.labels[t], ids))
            save(gt.with_name(f"{gt.name}_color.png"), clip.frames[t])
            things = coded(clip.labels[t], ids, np.int64) * 1000 + clip.instances[t]
            things[clip.instances[t] == 0] = 0
            save(gt.with_name(f"{gt.name}_instanceIds.png"), things.astype(np.uint16))
    options = {"images": "leftImg8bit_sequence", "labels": "gtFine", "instances": "gtFine"}
    return Layout(
        options,
        {"aachen_000000": FRAMES, "bochum_000003": FRAMES},
        sample("bochum_000003", 5, clip, 5, ids),
        instances=True,
    )


def kitti_step(root: Path) -> Layout:
    ids = (10, 0, 13, 11, 2)
    for seed, place in enumerate(("train/0000", "val/0002")):
        clip = render(seed, (37, 62))  # as KITTI's 375x1242, no size that the networks can halve
        for t in range(FRAMES):
            file = f"{t:06d}.png"
            save(root / "training/image_02" / place.partition("/")[2] / file, clip.frames[t])
            panoptic = red(clip.labels[t], ids, clip.instances[t])
            panoptic[0, 0] = (255, 0, 0)  # void
            save(root / "kitti-step/panoptic_maps" / place / file, panoptic)
    options = {"images": "training/image_02", "labels": "kitti-step/panoptic_maps"}
    options["classes"] = "kitti-step"
    taken = sample("0002", 5, clip, 5, ids)
    resized = [np.array(Image.fromarray(x.astype(np.uint8)).resize((64, 40), 0)) for x in taken[2:]]
    truth = Sample("0002", 5, *resized)
    return Layout(options, {"0000": FRAMES, "0002": FRAMES}, truth, instances=True)


def kitti_360(root: Path) -> Layout:
    ids = (23, 7, 26, 24, 44)
    drives = [f"2013_05_28_drive_{number:04d}_sync" for number in (0, 2)]
    for seed, drive in enumerate(drives):
        clip = render(seed)
        raw, semantics = root / "data_2d_raw" / drive, root / "data_2d_semantics/train" / drive
        for t in range(FRAMES):
            file = f"{250 + t:010d}.png"
            save(raw / "image_00/data_rect" / file, clip.frames[t])
            save(raw / "image_02/data_rgb" / file, clip.frames[t])  # fisheye
            if t == 0:  # not all frames have labels
                continue
            maps = semantics / "image_00"
            save(maps / "semantic" / file, coded(clip.labels[t], ids))
            save(maps / "semantic_rgb" / file, clip.frames[t])
            things = coded(clip.labels[t], ids, np.int64) * 1000 + clip.instances[t]
            save(maps / "instance" / file, things.astype(np.uint16))
            save(maps / "confidence" / file, np.full(SIZE, 65535, np.uint16))
        (semantics / "instanceDict.json").write_text("{}")
    options = {"images": "data_2d_raw", "labels": "data_2d_semantics/train"}
    options |= {"instances": "data_2d_semantics/train", "classes": "kitti-360"}
    names = {f"{drive}_image_00": FRAMES - 1 for drive in drives}
    return Layout(options, names, sample(f"{drives[1]}_image_00", 4, clip, 5, ids), instances=True)


VIRTUAL_KITTI_COLORS = """Category r g b
Terrain 210 0 200
Sky 90 200 255
Tree 0 199 0
Vegetation 90 240 0
Building 140 140 140
Road 100 60 100
GuardRail 250 100 255
TrafficSign 255 255 0
TrafficLight 200 200 0
Pole 255 130 0
Misc 80 80 80
Truck 160 60 60
Car 255 127 80
Van 0 139 139
Undefined 0 0 0
"""


def virtual_kitti_2(root: Path) -> Layout:
    ids = (1, 5, 12, 13, 4)
    colors = [line.split()[1:] for line in VIRTUAL_KITTI_COLORS.splitlines()[1:]]
    palette = np.array(colors, dtype=np.uint8)
    for seed, scene in enumerate(("Scene01/clone", "Scene02/fog")):
        clip, frames = render(seed), root / scene / "frames"
        (root / scene).mkdir(parents=True)
        (root / scene / "colors.txt").write_text(VIRTUAL_KITTI_COLORS)
        for t in range(FRAMES):
            for kind, name, array in (
                ("rgb", f"rgb_{t:05d}.jpg", clip.frames[t]),
                ("classSegmentation", f"classgt_{t:05d}.png", palette[coded(clip.labels[t], ids)]),
                ("instanceSegmentation", f"instancegt_{t:05d}.png", clip.instances[t]),
                ("depth", f"depth_{t:05d}.png", clip.instances[t]),
            ):
                save(frames / kind / "Camera_0" / name, array.astype(np.uint8))
    options = {"images": ".", "labels": ".", "instances": "."}
    options["classes"] = "Scene01/clone/colors.txt"
    names = {"Scene01_clone_frames_Camera_0": FRAMES, "Scene02_fog_frames_Camera_0": FRAMES}
    truth = sample("Scene02_fog_frames_Camera_0", 5, clip, 5, ids)
    return Layout(options, names, truth, instances=True)


CAMVID_COLORS = """128 128 128\tSky
128 64 128\tRoad
64 0 128\tCar
64 64 0\tPedestrian
128 0 0\t\tBuilding
0 0 0\t\tVoid
"""


def camvid(root: Path) -> Layout:
    ids = (0, 1, 2, 3, 4)
    palette = np.array([line.split()[:3] for line in CAMVID_COLORS.splitlines()], dtype=np.uint8)
    # 1 label per second of 30 frames, and 15 in a part; frames without labels in between.
    numbers = {"0016E5_": [390, 420, *range(7959, 7973, 2)], "0006R0_f": range(930, 1140, 30)}
    for seed, (prefix, labeled) in enumerate(numbers.items()):
        clip = render(seed, frames=len(labeled))
        for t, number in enumerate(labeled):
            stem = f"{prefix}{number:05d}"
            save(root / "701_StillsRaw_full" / f"{stem}.png", clip.frames[t])
            save(root / "LabeledApproved_full" / f"{stem}_L.png", palette[clip.labels[t]])
        save(root / "701_StillsRaw_full" / f"{prefix}{number + 1:05d}.png", clip.frames[-1])
    (root / "label_colors.txt").write_text(CAMVID_COLORS)
    options = {"images": "701_StillsRaw_full", "labels": "LabeledApproved_full"}
    options["classes"] = "label_colors.txt"
    return Layout(options, {"0006R0_f": 7, "0016E5_07959": 7}, sample("0006R0_f", 5, clip, 5, ids))


def vspw(root: Path) -> Layout:
    ids = (0, 19, 105, 124, 61)
    sizes = ((32, 64), (36, 64))  # videos of several sizes
    for seed, name in enumerate(("0_wHveSGjXyDY", "127_-hIVCYO4C90")):
        clip = render(seed, sizes[seed], FRAMES - seed)
        for t in range(FRAMES - seed):
            folder, number = root / "VSPW_480p/data" / name, f"{t + 166:08d}"
            save(folder / "origin" / f"{number}.jpg", clip.frames[t])
            mask = coded(clip.labels[t], ids)
            mask[0, 0] = 255
            save(folder / "mask" / f"{number}.png", mask)
    names = ", ".join(f'"class {index}": {index}' for index in range(1, 125))
    (root / "VSPW_480p/label_num_dic_final.json").write_text(f'{{"others": 0, {names}}}')
    options = {"images": "VSPW_480p/data", "labels": "VSPW_480p/data"}
    options["classes"] = "VSPW_480p/label_num_dic_final.json"
    taken = sample("127_-hIVCYO4C90", 5, clip, 5, ids)
    truth = Sample("127_-hIVCYO4C90", 5, *(array[2:34] for array in taken[2:]))  # of 36 rows
    return Layout(options, {"0_wHveSGjXyDY": FRAMES, "127_-hIVCYO4C90": FRAMES - 1}, truth)


def carla(root: Path) -> Layout:
    ids = (11, 1, 14, 12, 3)
    for seed, run in enumerate(("town01", "town05")):
        clip = render(seed)
        for t in range(FRAMES):
            file = f"{7134 + t:08d}.png"
            save(root / run / "rgb" / file, np.pad(clip.frames[t], ((0, 0), (0, 0), (0, 1))))
            semantic = red(clip.labels[t], ids)
            alpha = np.full((*SIZE, 1), 255, np.uint8)
            save(root / run / "semantic" / file, np.concatenate([semantic, alpha], -1))
    options = {"images": ".", "labels": ".", "classes": "carla"}
    return Layout(options, {"town01": FRAMES, "town05": FRAMES}, sample("town05", 5, clip, 5, ids))


STREETS: dict[str, Callable[[Path], Layout]] = {
    "Cityscapes": cityscapes,
    "KITTI-STEP": kitti_step,
    "KITTI-360": kitti_360,
    "Virtual KITTI 2": virtual_kitti_2,
    "CamVid": camvid,
    "VSPW": vspw,
    "CARLA": carla,
}
