r"""Distillation: the frames of a trained run as further targets of a training.

.. math::

    L_{distill} = w \, L_{rec}(\tilde x_t, T(\tilde x_{t-L}^{t-1}, s_{t-L}^t))

The teacher T generates each frame from the past frames of the student, not from its own, so that
its frames continue what the student sees; L_rec are the student's losses to the real frames.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from examples.vid2vid.clips import Clip
from examples.vid2vid.config import TrainConfig
from examples.vid2vid.networks import Generator, check_fit, first_scales
from examples.vid2vid.runs import Run, load_run
from examples.vid2vid.task import Task
from vidgan.rollout import RolloutState, SequentialRollout


class Teacher:
    """The generator of a trained run, in eval mode and without gradients.

    It is no module, so that no checkpoint contains it and no training changes it.

    Args:
        run: the trained run.
        config: configuration of the student.
    """

    def __init__(self, run: Run, config: TrainConfig) -> None:
        self.run = run
        self._scales = run.config.model.num_scales - config.model.num_scales

    def to(self, device: torch.device) -> Teacher:
        """Move the teacher to the device of the student."""
        self.run.generator.to(device)
        return self

    @torch.no_grad()
    def frames(
        self,
        chunk: Clip,
        state: RolloutState,
        student: Tensor,
        *,
        num_scales: int = 1,
        hallucinate_only: bool = False,
    ) -> Tensor:
        """Generate a chunk, each frame from the past frames that the student had.

        Args:
            chunk: the frames to generate.
            state: the student's state before them.
            student: the frames that the student generated, (B, T, 3, H, W).
            num_scales: spatial scales of the student in use.
            hallucinate_only: as for the student.

        Returns:
            The teacher's frames, (B, T, 3, H, W).
        """
        # While only coarse scales of the student are trained, on smaller frames, the teacher
        # generates with those of its scales that were trained at this size.
        generator: Generator = first_scales(self.run.generator, num_scales + self._scales)
        # Without the student's instance features, which follow the maps, and its coarser frames
        maps = state.past_conditions[:, :, : chunk.conditions.shape[2]]
        output, _ = SequentialRollout(generator)(
            chunk.conditions,
            RolloutState(state.past_frames, maps),
            foreground_masks=chunk.foreground_masks if self.run.config.model.foreground else None,
            hallucinate_only=hallucinate_only,
            real_frames=student,
        )
        return output.frames


def load_teacher(path: str, config: TrainConfig, task: Task) -> Teacher:
    """Load the run that a training is distilled from.

    Args:
        path: folder of the run, or a checkpoint.
        config: configuration of the student.
        task: the task, bound to the data folder to train on.

    Raises:
        OSError: the run is gone.
        ValueError: the run is of another task, of other condition maps, past frames or first
            frames, has instance features or fewer scales, or the student has no loss to distill.
    """
    model, losses = config.model, config.objective
    if losses.l1_weight == 0 and losses.perceptual == "none":
        raise ValueError(
            "distill: the teacher's frames need a loss, got l1_weight = 0 and perceptual = none; "
            "add --l1-weight 10"
        )
    try:
        run = load_run(Path(path), task)
        check_fit(run.config.model, task.data)
    except (OSError, ValueError) as error:
        raise type(error)(f"the teacher of --distill: {error}") from error
    teacher = run.config.model
    name = f"distill: the teacher {path}"
    if teacher.past_frames != model.past_frames:
        raise ValueError(
            f"{name} must have past_frames = {model.past_frames} as the student, got "
            f"{teacher.past_frames}; add --past-frames {teacher.past_frames}"
        )
    if teacher.feature_channels:
        raise ValueError(
            f"{name} must have no instance features, got feature_channels = "
            f"{teacher.feature_channels}; distill from a run with --feature-channels 0"
        )
    if teacher.num_scales < model.num_scales:
        raise ValueError(
            f"{name} must have at least the {model.num_scales} scales of the student, got "
            f"{teacher.num_scales}; add --num-scales {teacher.num_scales}"
        )
    if model.first_frame == "generated" and teacher.first_frame == "given":
        raise ValueError(
            f"{name} must generate its first frame as the student does, got first_frame = given; "
            "add --first-frame given"
        )
    return Teacher(run, config)
