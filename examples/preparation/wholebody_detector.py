"""The 133 points of COCO-WholeBody of everybody in a frame, by rtmlib (RTMW models, Apache-2.0)."""

from __future__ import annotations

import contextlib
import os
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from vidgan.extras import import_extra

_MODE = "balanced"
_REPAIR = (
    "allow the download, or prepare with --detector-weights FOLDER, which has both .onnx files, or "
    "with --detector mediapipe, which needs no download"
)


class WholebodyDetector:
    """Finds 133 points of everybody with rtmlib's detector of people and its RTMW network.

    Args:
        weights: a folder with two ONNX files, ``*yolox*.onnx`` and one of the poses, as rtmlib
            downloads them; None: rtmlib's cache, into which they are downloaded if need be.

    Raises:
        ImportError: rtmlib is not installed.
        ValueError: there are no weights, or they cannot be loaded.
    """

    def __init__(self, weights: Path | None = None) -> None:
        rtmlib = import_extra("rtmlib", "pose")
        options = {} if weights is None else _local_options(weights)
        try:
            with contextlib.redirect_stdout(sys.stderr):  # it prints what it loads
                self._model = rtmlib.Wholebody(mode=_MODE, **options)
        except OSError as error:  # no network, a full disk
            raise ValueError(
                f"rtmlib's weights are not on this machine and cannot be downloaded ({error}); "
                f"{_REPAIR}"
            ) from error
        except Exception as error:
            text = str(error).splitlines()[0] if str(error) else type(error).__name__
            place = "" if weights is None else f" in {weights}"
            raise ValueError(
                f"rtmlib's weights{place} cannot be loaded ({text}); {_REPAIR}"
            ) from error

    def __call__(self, frame: Tensor) -> Tensor:
        """Find people in a frame, uint8 (3, H, W): (P, 133, 3), x, y in pixels and score."""
        image = frame.flip(0).permute(1, 2, 0).contiguous().numpy()  # BGR
        boxes = self._model.det_model(image)
        if len(boxes) == 0:  # rtmlib would take the whole frame for a person
            return torch.zeros(0, 133, 3)
        places, scores = self._model.pose_model(image, bboxes=boxes)
        parts = [torch.as_tensor(places), torch.as_tensor(scores)[..., None]]
        return torch.cat([part.float() for part in parts], dim=-1)


def has_weights(weights: Path | None = None) -> bool:
    """Return whether rtmlib is installed and its weights are given or were downloaded before."""
    if find_spec("rtmlib") is None:
        return False
    if weights is not None:
        return True
    mode = import_extra("rtmlib", "pose").Wholebody.MODE[_MODE]
    names = [Path(mode[kind]).name.split(".")[0] + ".onnx" for kind in ("det", "pose")]
    return all((cache_folder() / name).is_file() for name in names)


def cache_folder() -> Path:
    """Return the folder that rtmlib downloads its weights to."""
    cache = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    home = os.environ.get("TORCH_HOME", str(Path(cache) / "rtmlib"))
    return Path(home).expanduser() / "hub" / "checkpoints"


def _local_options(folder: Path) -> dict[str, Any]:
    files = sorted(folder.glob("*.onnx")) if folder.is_dir() else []
    finders = [file for file in files if "yolox" in file.name.lower()]
    poses = [file for file in files if file not in finders]
    if len(finders) != 1 or len(poses) != 1:
        raise ValueError(
            f"{folder} must contain two .onnx files, one of them named *yolox*, got "
            f"{', '.join(file.name for file in files) or 'none'}; they are the ones that rtmlib "
            "downloads for Wholebody"
        )
    height, width = _input_size(poses[0])
    return {
        "det": str(finders[0]),
        "det_input_size": _input_size(finders[0]),
        "pose": str(poses[0]),
        "pose_input_size": (width, height),
    }


def _input_size(file: Path) -> tuple[int, int]:
    onnxruntime = import_extra("onnxruntime", "pose")
    try:
        session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
        height, width = (int(side) for side in session.get_inputs()[0].shape[2:])
    except Exception as error:
        text = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ValueError(f"{file} must be an ONNX model of images of one size ({text})") from error
    return height, width
