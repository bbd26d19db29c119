"""One step of a training as one module: a chunk is generated, and all its losses are computed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from examples.vid2vid.clips import Clip
from examples.vid2vid.config import TrainConfig
from examples.vid2vid.networks import Generator, add_features, first_scales
from examples.vid2vid.objective import Losses, Objective
from vidgan.outputs import RolloutOutput
from vidgan.rollout import GrowthStage, RolloutState, SequentialRollout

if TYPE_CHECKING:
    from examples.vid2vid.distillation import Teacher


class ChunkStep(nn.Module):
    """Generates a chunk, and computes the losses of all networks.

    It is one forward per step, as ``DistributedDataParallel`` expects.

    Args:
        modules: the networks, with ``generator`` and maybe ``encoder``.
        objective: the losses, with the discriminators.
        config: configuration of the training.
        teacher: the run that the training is distilled from, if any.
    """

    def __init__(
        self,
        modules: Mapping[str, nn.Module],
        objective: Objective,
        config: TrainConfig,
        teacher: Teacher | None = None,
    ) -> None:
        super().__init__()
        self.generator, self.encoder = modules["generator"], modules.get("encoder")
        self.objective = objective
        self.config, self.teacher = config, teacher
        self._by_scales: dict[int, Generator] = {}  # no modules of their own: they share weights
        if config.compile:
            from examples.vid2vid.compiling import compile_discriminators

            compile_discriminators(objective)

    def forward(
        self,
        clip: Clip,
        start: int,
        state: RolloutState,
        fake_before: Tensor,
        stage: GrowthStage,
        *,
        hallucinate_only: bool,
    ) -> tuple[Losses, RolloutOutput, RolloutState]:
        """Compute the losses of a chunk.

        Args:
            clip: the whole clip.
            start: first frame of the chunk.
            state: the generated frames before it.
            fake_before: all generated frames of the clip before it.
            stage: stage of the growth.
            hallucinate_only: whether the chunk is the first one of a video without given frames.

        Returns:
            The losses, and, without gradients, the chunk and the state after it.
        """
        chunk = clip.between(start, start + self.config.chunk_length)
        rollout = SequentialRollout(
            self._first_scales(stage.num_scales),
            backprop_length=stage.backprop_length,
            activation_checkpointing=self.config.activation_checkpointing,
        )
        bfloat16 = self.config.precision == "bfloat16"
        with torch.autocast(clip.frames.device.type, torch.bfloat16, enabled=bfloat16):
            # The whole chunk in one forward: (B, T, ...) in and out.
            output, next_state = rollout(
                add_features(self.encoder, chunk),
                state,
                foreground_masks=chunk.foreground_masks if self.config.model.foreground else None,
                hallucinate_only=hallucinate_only,
            )
            losses = self.objective(
                output,
                chunk,
                clip.between(0, start),
                fake_before,
                rate_weights=stage.rate_weights,
                num_scales=stage.num_scales,
            )
            if self.teacher is not None:
                target = self.teacher.frames(
                    chunk,
                    state,
                    output.frames.detach(),
                    num_scales=stage.num_scales,
                    hallucinate_only=hallucinate_only,
                )
                terms = self.objective.reconstruction_terms(output, target)
                weight = self.config.distill_weight
                losses["generator"] |= {f"distill_{k}": weight * v for k, v in terms.items()}
        detached = (None if part is None else part.detach() for part in output)
        return losses, RolloutOutput(*detached), next_state

    def _first_scales(self, num_scales: int) -> Generator:
        """Return a generator of the coarsest scales, compiled once if it is to be."""
        if num_scales not in self._by_scales:
            generator = first_scales(self.generator, num_scales)
            if self.config.compile:
                from examples.vid2vid.compiling import compile_generator

                compile_generator(generator)
            self._by_scales[num_scales] = generator
        return self._by_scales[num_scales]
