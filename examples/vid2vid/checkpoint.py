"""The checkpoints of training runs; no other file knows their format.

A checkpoint consists of named parts, ``{"format": 3, "kind": "video", "task": ..., "config": ...,
"modules": {"generator": ..., ...}, "optimizers": {"generator": ..., ...}, "random": [...],
"position": [...], "versions": ..., "data": ..., "step": ..., "clip_number": ...,
"elapsed": ...}``, where the lists have one entry per process.
A run's folder has the last few of them in ``checkpoints/``.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import asdict, fields, is_dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Literal, TypeVar, get_type_hints

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from examples.vid2vid.config import FREE_SETTINGS, ImageConfig, TrainConfig
from examples.vid2vid.distributed import gather, load_whole, rank, whole, world_size
from examples.vid2vid.run_folder import CHECKPOINTS
from vidgan.checkpoint import CheckpointManager, load_checkpoint

FORMAT = 3
Kind = Literal["video", "image"]
ConfigT = TypeVar("ConfigT", TrainConfig, ImageConfig)
_FACTS = dict(task=str, config=str, step=int, modules=dict, optimizers=dict, kind=str)  # noqa: C408
_COMMANDS = {"video": "train", "image": "train-image"}


def run_state(
    *,
    kind: Kind,
    task: str,
    config: TrainConfig | ImageConfig,
    modules: Mapping[str, nn.Module],
    optimizers: Mapping[str, Optimizer],
    position: Any = None,
    **progress: Any,
) -> dict[str, Any]:
    """Return everything that a training continues from.

    Args:
        kind: ``"video"`` or ``"image"``: what the generator generates.
        task: name of the task.
        config: the configuration of the training.
        modules: networks by name, including the generator and its average.
        optimizers: optimizers by the name of the network that they train.
        position: where in its clips this process is.
        progress: of the training, at least ``step``.
    """
    return {
        "format": FORMAT,
        "kind": kind,
        "task": task,
        "config": json.dumps(asdict(config)),
        "modules": whole({name: module.state_dict() for name, module in modules.items()}),
        "optimizers": whole({name: each.state_dict() for name, each in optimizers.items()}),
        "random": gather(_random_states()),
        "position": gather(position),
        "versions": versions(),
        **progress,
    }


def restore_run(
    saved: Mapping[str, Any],
    modules: Mapping[str, nn.Module],
    optimizers: Mapping[str, Optimizer],
) -> None:
    """Load the parts of a checkpoint into networks and optimizers of the same names."""
    for name, module in modules.items():
        load_whole(module, saved["modules"][name])
    for name, optimizer in optimizers.items():
        load_whole(optimizer, saved["optimizers"][name])
    if len(saved["random"]) != world_size():  # `versions` are noted, with the number of processes
        return
    states = saved["random"][rank()]
    version, numbers, gauss = json.loads(states["python"])
    random.setstate((version, tuple(numbers), gauss))
    np.random.set_state(json.loads(states["numpy"]))  # noqa: NPY002
    torch.set_rng_state(states["torch"])
    if torch.cuda.is_available() and states["cuda"] is not None:
        torch.cuda.set_rng_state(states["cuda"])


def seed_everything(seed: int) -> None:
    """Seed the random numbers of Python, NumPy and torch, whose states a checkpoint contains."""
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002
    torch.manual_seed(seed)


def versions() -> dict[str, str | int]:
    """Return what must be the same for a resumed run to be the same bit for bit."""
    return {
        "torch": str(torch.__version__),
        "vidgan": metadata.version("vidgan"),
        "threads": torch.get_num_threads(),
        "processes": world_size(),
        "device": torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu",
    }


def _random_states() -> dict[str, Any]:
    state = np.random.get_state(legacy=False)  # noqa: NPY002 - the state that libraries use
    return {
        "python": json.dumps(random.getstate()),
        "numpy": json.dumps(state, default=np.ndarray.tolist),
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state() if torch.cuda.is_available() else None,
    }


def find_checkpoint(path: Path, kind: Kind = "video") -> Path:
    """Return the newest whole checkpoint of a run's folder, or the file itself.

    Args:
        path: the folder or file.
        kind: what is looked for, for messages.

    Raises:
        FileNotFoundError: the path does not exist or has no checkpoint.
        ValueError: every checkpoint of the folder is damaged.
    """
    repair = f"give the folder that {_COMMANDS[kind]} wrote"
    if not path.exists():
        raise FileNotFoundError(f"load_run: there is no file or folder {path}; {repair}")
    if not path.is_dir():
        return path
    old = path / "checkpoint.pt"  # of formats 1 and 2, which are refused with their number
    if not (path / CHECKPOINTS).is_dir() and old.is_file():
        return old
    found = CheckpointManager(path / CHECKPOINTS).find_newest()
    if found is None:
        raise FileNotFoundError(
            f"load_run: {path} is not a trained run: it has no {CHECKPOINTS}; {repair}"
        )
    return found.path


def read_run(checkpoint: Path, kind: Kind) -> dict[str, Any]:
    """Read a checkpoint, and check that this recipe wrote it and that it is of the given kind.

    Raises:
        ValueError: the file is damaged, is not a checkpoint of this recipe, or has another format
            or kind.
    """
    saved = load_checkpoint(checkpoint)
    if {"config", "task"} <= saved.keys() and repr(saved.get("format", 1)) != repr(FORMAT):
        raise ValueError(
            f"load_run: {checkpoint} has the format {saved.get('format', 1)} of another version of "
            f"this recipe, which reads format {FORMAT}; use the version that wrote it, or train "
            "again"
        )
    if wrong := [name for name, of in _FACTS.items() if not isinstance(saved.get(name), of)]:
        raise ValueError(
            f"load_run: {checkpoint} is not a checkpoint of this recipe: it has no "
            f"{', '.join(map(repr, wrong))}, or of another type"
        )
    if saved["kind"] != kind:
        raise ValueError(
            f"load_run: {checkpoint} is not a {_words(kind)} but a {_words(saved['kind'])}; give "
            f"one that the command {_COMMANDS[kind]} wrote"
        )
    return saved


def averaged_weights(saved: Mapping[str, Any]) -> dict[str, Tensor]:
    """Return the weights of the averaged generator, without the prefix of `AveragedModel`.

    Raises:
        ValueError: the run has none.
    """
    prefix = "module."
    if "averaged" not in saved["modules"]:
        raise ValueError("the run has no averaged weights; use the last ones: --weights last")
    return {
        name.removeprefix(prefix): value
        for name, value in saved["modules"]["averaged"].items()
        if name.startswith(prefix)
    }


def read_config(text: str, kind: type[ConfigT]) -> ConfigT:
    """Read a configuration written as ``json.dumps(dataclasses.asdict(config))``.

    Raises:
        ValueError: the text is unreadable, or has settings that this version does not know.
    """
    try:
        values = json.loads(text)
    except (RecursionError, TypeError, ValueError) as error:
        raise ValueError(f"its configuration is unreadable ({error})") from error
    config: ConfigT = _from_dict(kind, values, "")
    return config


def changed_settings(saved: Mapping[str, Any], config: TrainConfig | ImageConfig) -> list[str]:
    """List the settings that differ and must not, such as ``model.num_blocks 6 (now 7)``."""
    # Settings that are newer than the run have their defaults.
    configs = read_config(saved["config"], type(config)), config
    before, now = (_flat(json.loads(json.dumps(asdict(each)))) for each in configs)
    return [
        f"{name} {before.get(name)} (now {now[name]})"
        for name in sorted(now)
        if before.get(name) != now[name] and name not in FREE_SETTINGS
    ]


def _words(kind: str) -> str:
    return {"video": "run of a video generator", "image": "single-image run"}.get(kind, repr(kind))


def _flat(values: Mapping[str, Any], where: str = "") -> dict[str, Any]:
    """Name the settings of nested groups as ``group.name``."""
    flat: dict[str, Any] = {}
    for name, value in values.items():
        is_group = isinstance(value, dict)
        flat |= _flat(value, f"{where}{name}.") if is_group else {where + name: value}
    return flat


def _from_dict(cls: type[Any], values: Any, where: str) -> Any:
    if not isinstance(values, dict):
        raise ValueError(  # noqa: TRY004 - bad input, not a caller's wrong type
            f"its configuration must have a group of settings {where or 'at the top'!r}, got "
            f"{values!r}"
        )
    types = get_type_hints(cls)
    names = {field.name for field in fields(cls)}
    if unknown := sorted(values.keys() - names):
        raise ValueError(
            f"its configuration has settings that this version does not know: "
            f"{', '.join(where + name for name in unknown)}; use the version that trained it"
        )
    nested = {
        name: _from_dict(types[name], value, f"{where}{name}.")
        for name, value in values.items()
        if is_dataclass(types[name])
    }
    return cls(**{**values, **nested})
