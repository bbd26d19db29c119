"""The saved state of a training: found, checked and loaded at its start, written as it goes on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor, nn
from torch.optim import Optimizer

from examples.vid2vid.checkpoint import (
    Kind,
    changed_settings,
    find_checkpoint,
    read_run,
    restore_run,
    run_state,
    versions,
)
from examples.vid2vid.config import ImageConfig, TrainConfig
from examples.vid2vid.distributed import load_whole, main_first, rank, world_size
from examples.vid2vid.run_folder import CHECKPOINTS, RunFolder
from vidgan.checkpoint import CheckpointManager

# What loading states of other networks, or of no training, raises
_MISFITS = (AttributeError, LookupError, RuntimeError, TypeError, ValueError)


class SavedRun:
    """The run folder of a training, with the checkpoints in it.

    Args:
        kind: kind of the checkpoints.
        task: name of the task.
        config: configuration of the training.
        out: the run folder.
        data: what the data folder is recognized by; see `data_identity`.
        resume: continue from the newest whole checkpoint, if there is one.
        init_from: a run or a checkpoint whose weights a new training starts from.

    Raises:
        OSError: the run folder cannot be written to.
        ValueError: another training uses the folder, it has a checkpoint although ``resume`` is
            False, or that checkpoint is of another task, configuration or data folder.
    """

    def __init__(
        self,
        kind: Kind,
        task: str,
        config: TrainConfig | ImageConfig,
        out: Path,
        *,
        data: str,
        resume: bool,
        init_from: Path | None,
    ) -> None:
        self.kind, self.task, self.config, self.data = kind, task, config, data
        self.checkpoints = CheckpointManager(out / CHECKPOINTS, keep=config.keep_checkpoints)
        self._start = (
            None if init_from is None else read_run(find_checkpoint(init_from, kind), kind)
        )
        self.folder = RunFolder(out)
        try:
            self._found = self._find(resume=resume)
        except BaseException:
            self.folder.close()
            raise

    def load(
        self, modules: Mapping[str, nn.Module], optimizers: Mapping[str, Optimizer]
    ) -> Mapping[str, Any]:
        """Load the weights to go on from, and check that there is room for new checkpoints.

        Returns:
            The checkpoint to resume; empty at the start of a training.

        Raises:
            OSError: the disk has no room.
            ValueError: the networks of the checkpoint have other shapes.
        """
        self.modules, self.optimizers = modules, optimizers
        if self._found is None:
            if self._start is not None:
                self._start_from(self._start)
        else:
            try:
                restore_run(self._found, modules, optimizers)
            except _MISFITS as error:
                raise ValueError(
                    f"{self.checkpoints.folder} does not fit the networks for this data folder; "
                    "resume with the data of the first start"
                ) from error
        # Adam keeps two moments of each weight; one file more than is kept is there for a moment
        size = sum(_bytes([*module.parameters()]) * 3 for module in modules.values())
        missing = self.config.keep_checkpoints + 1 - len(self.checkpoints.steps())
        self.folder.check_room(size * max(1, missing))
        if self._found is None:
            return {}
        return {**self._found, **_place(self._found)}

    def save(self, step: int, position: Any, **progress: Any) -> None:
        """Write a checkpoint, on rank 0.

        Args:
            step: number of steps taken.
            position: where in its clips this process is.
            progress: of the training.

        Raises:
            FloatingPointError: a weight is not finite; the earlier checkpoints are as before.
            OSError: the checkpoint cannot be written; the earlier ones are as before.
        """
        state = run_state(
            kind=self.kind,
            task=self.task,
            config=self.config,
            modules=self.modules,
            optimizers=self.optimizers,
            data=self.data,
            step=step,
            position=position,
            **progress,
        )
        with main_first():
            if rank() == 0:
                self._write(step, state)

    def _write(self, step: int, state: Mapping[str, Any]) -> None:
        if bad := _not_finite({part: state[part] for part in ("modules", "optimizers")}):
            raise FloatingPointError(
                f"step {step}: {bad} is not finite, and no checkpoint is written; the earlier ones "
                f"in {self.checkpoints.folder} are as before"
            )
        self.checkpoints.save(step, state)

    def _find(self, *, resume: bool) -> dict[str, Any] | None:
        """Find the checkpoint to resume, and check that it belongs to this training."""
        if rank() == 0:
            self.checkpoints.clean()
        out = self.folder.path
        if not resume:
            if self.checkpoints.steps() or (out / "checkpoint.pt").exists():
                raise ValueError(
                    f"{out} already contains a run: add --resume auto, or choose another folder"
                )
            return None
        found = self.checkpoints.find_newest()
        if found is None:
            self.folder.note(f"{out} has no checkpoint to resume: training from the start")
            return None
        for reason in found.refused:
            self.folder.note(f"passed over: {reason}")
        saved = read_run(found.path, self.kind)
        self._check(saved, found.path)
        return saved

    def _check(self, saved: Mapping[str, Any], path: Path) -> None:
        if saved["task"] != self.task:
            raise ValueError(
                f"{path} was trained for the task {saved['task']!r}, not for {self.task!r}; choose "
                "another folder"
            )
        if changed := changed_settings(saved, self.config):
            raise ValueError(
                f"{path} was made with another configuration: {', '.join(changed)}; resume with "
                "the options of the first start"
            )
        if missing := {"data", "versions", "random", "position", "clip_number"} - saved.keys():
            raise ValueError(
                f"{path} is no checkpoint of this recipe: it has no {', '.join(sorted(missing))}"
            )
        if saved["data"] != self.data:
            raise ValueError(
                f"{path} was trained on other data; resume with the data of the first start, or "
                "begin another run with --init-from"
            )
        now, before = versions(), saved["versions"]
        changes = [
            f"{name} {before[name]} (now {now[name]})" for name in now if before[name] != now[name]
        ]
        if changes:
            self.folder.note(
                f"the last bits may differ from those of one run: {', '.join(changes)}"
            )

    def _start_from(self, saved: Mapping[str, Any]) -> None:
        """Load the weights of another run into the networks that both have."""
        fresh = [name for name in self.modules if name not in saved["modules"]]
        try:
            for name in self.modules.keys() - {*fresh}:
                load_whole(self.modules[name], saved["modules"][name])
        except (AttributeError, RuntimeError, TypeError) as error:
            raise ValueError(
                "the run of --init-from has other networks; give the options that it was trained "
                f"with ({' '.join(str(error).split())})"
            ) from error
        if fresh:
            self.folder.note(f"the run of --init-from has no {', '.join(fresh)}, which starts anew")


def _place(saved: Mapping[str, Any]) -> dict[str, Any]:
    """Return where this process goes on; with another number of them, at the next clip."""
    positions, number = saved["position"], saved["clip_number"]
    if len(positions) == world_size():
        return {"position": positions[rank()]}
    return {"position": None, "clip_number": number + (positions[0] is not None)}


def _bytes(tensors: list[nn.Parameter]) -> int:
    return sum(value.nbytes for value in tensors)


def _not_finite(state: Any, name: str = "") -> str | None:
    """Return the name of a tensor in nested dicts that is not finite; None if there is none."""
    if isinstance(state, Tensor):
        is_good = not state.is_floating_point() or bool(state.isfinite().all())
        return None if is_good else name
    parts = state.items() if isinstance(state, dict) else ()
    found = (_not_finite(part, f"{name}.{key}".lstrip(".")) for key, part in parts)
    return next((each for each in found if each), None)
