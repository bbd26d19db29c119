"""Generation of a whole chunk of frames in one forward call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from vidgan._checks import check_at_least, check_shapes
from vidgan.outputs import FrameOutput, RolloutOutput
from vidgan.rollout._mixing import mixed_frames
from vidgan.rollout._sizes import scaled_size
from vidgan.rollout._step import check_accepts, check_names, check_output, step_inputs
from vidgan.rollout._window import append, packed
from vidgan.rollout.history_noise import HistoryNoise, noisy_past
from vidgan.rollout.recompute import checkpointed, update_spectral_norms
from vidgan.rollout.state import RolloutState
from vidgan.training.frozen_norms import frozen_spectral_norms

_NAME = "SequentialRollout"


class SequentialRollout(nn.Module):
    r"""Generates T frames one after the other, each from the last L *generated* ones.

    .. math::

        p(\tilde x_1^T \mid s_1^T)
            = \prod_{t=1}^T p(\tilde x_t \mid \tilde x_{t-L}^{t-1},\, s_{t-L}^{t})

    Wang et al. 2018, `arXiv:1808.06601 <https://arxiv.org/abs/1808.06601>`__, Eq. 3. The whole
    chunk is a single ``forward``, so that one call under ``DistributedDataParallel`` is one
    optimizer step. Spectral norms inside the generator run their power iteration once per chunk,
    not once per frame.

    A generator may take more than conditions and past frames, by name, and may keep a memory of its
    own; see `FrameGenerator`. The memory is carried in the state.

    Args:
        generator: a `FrameGenerator` module with an attribute ``past_frames``.
        backprop_length: n, the number of frames that gradients reach back through at most: the past
            frames are detached before frames 0, n, 2n, ... of the chunk. 1, as released, detaches
            before every frame. Past conditions keep the gradient that they came with.
        memory_backprop_length: the same for the generator's memory; ``backprop_length`` by default.
            A recurrent generator learns to use its memory only with a length above 1.
        history_noise: noise on the past frames that the generator sees, for training.
        activation_checkpointing: recompute activations in the backward pass instead of keeping
            them, but for some results of convolutions with many multiplications per value (none
            if the generator is compiled). Gradients and the running statistics of the norms stay
            the same.

    Raises:
        ValueError: a length is below 1.

    Example:
        >>> from vidgan.models import composite_generator
        >>> generator = composite_generator(4, base_channels=8, num_downsamplings=2, num_blocks=2)
        >>> rollout = SequentialRollout(generator)
        >>> maps = torch.rand(1, 5, 4, 32, 48)
        >>> state = RolloutState(torch.rand(1, 2, 3, 32, 48), maps[:, :2])
        >>> output, state = rollout(maps[:, 2:], state)
        >>> output.frames.shape, output.flows.shape
        (torch.Size([1, 3, 3, 32, 48]), torch.Size([1, 3, 2, 32, 48]))
        >>> state.past_frames.shape
        torch.Size([1, 2, 3, 32, 48])
    """

    def __init__(
        self,
        generator: nn.Module,
        *,
        backprop_length: int = 1,
        memory_backprop_length: int | None = None,
        history_noise: HistoryNoise | None = None,
        activation_checkpointing: bool = False,
    ) -> None:
        super().__init__()
        lengths = {"memory_backprop_length": memory_backprop_length}
        check_at_least(_NAME, 1, backprop_length=backprop_length, **lengths)
        self.generator = generator
        self.backprop_length = backprop_length
        self.memory_backprop_length = memory_backprop_length
        self.history_noise = history_noise
        self.activation_checkpointing = activation_checkpointing

    def forward(
        self,
        conditions: Tensor,
        state: RolloutState,
        *,
        foreground_masks: Tensor | None = None,
        hallucinate_only: bool = False,
        per_frame: Mapping[str, Tensor] | None = None,
        constant: Mapping[str, Any] | None = None,
        real_frames: Tensor | None = None,
        real_mask: Tensor | None = None,
    ) -> tuple[RolloutOutput, RolloutState]:
        """Generate a chunk.

        Args:
            conditions: condition maps of the frames to generate, (B, T, C, H, W). They may have
                another size than the frames, by one ratio for height and width.
            state: the L frames before them and their conditions.
            foreground_masks: (B, T, 1, H, W), if the generator has a foreground part.
            hallucinate_only: use the hallucinated frames, with no warped pixels, throughout.
            per_frame: other inputs of the generator, by name, that have a value for every frame,
                (B, T, ...) of any dtype: frame t gets ``value[:, t]``.
            constant: other inputs, by name, that every frame gets as they are, of any type.
            real_frames: (B, T, 3, H, W), the real frames, which become past frames in place of
                generated ones where ``real_mask`` is True (scheduled sampling), or everywhere
                without one (teacher forcing). The output holds generated frames all the same.
            real_mask: (B, T), bool; see `vidgan.training.ScheduledSampling`.

        Returns:
            The frames of the chunk, and the detached state from which the next chunk continues.

        Raises:
            ValueError: T is 0, a shape does not fit the others, or a name is given twice.
            TypeError: conditions or the state's tensors are not floating-point, or the generator
                does not accept an input or returns something other than a `FrameOutput`.
        """
        per_frame, constant = dict(per_frame or {}), dict(constant or {})
        level = {} if self.history_noise is None else {self.history_noise.level_name: None}
        check_names(_NAME, per_frame=per_frame, constant=constant, history_noise=level)
        self._check(conditions, state, foreground_masks, per_frame)
        _check_real(state, conditions, real_frames, real_mask)
        steps: list[FrameOutput] = []
        memory_length = self.memory_backprop_length or self.backprop_length
        state = state._replace(past_frames=packed(state.past_frames))
        # once per chunk: all frames see the same weights, as if the chunk were one batch
        update_spectral_norms(self.generator)
        with frozen_spectral_norms(self.generator):
            for t in range(conditions.shape[1]):
                # the released recipe detaches before every frame; a longer reach keeps that many
                # frames' graphs in memory
                if t % self.backprop_length == 0:
                    state = state.detach_frames()
                if t % memory_length == 0:
                    state = state.detach_memory()
                # packed: a compiled step then fits chunks of any length
                mask = None if foreground_masks is None else packed(foreground_masks[:, t])
                inputs = {name: packed(value[:, t]) for name, value in per_frame.items()}
                inputs |= constant | step_inputs(state, mask, hallucinate_only)
                step = self._step(conditions[:, t], state, inputs)
                steps.append(step)
                # the generated frame, not the real one: training sees what generation will see
                frames = step.frame, step.coarser
                if real_frames is not None:
                    mask = None if real_mask is None else real_mask[:, t]
                    frames = mixed_frames(*frames, real_frames[:, t], mask)
                state = state.advance(frames[0], conditions[:, t], frames[1], step.memory)
        return _stack(steps), state.detach()

    def _step(self, condition: Tensor, state: RolloutState, inputs: dict[str, Any]) -> FrameOutput:
        # s_{t-L} ... s_t, (B, L+1, C, H, W), oldest first
        window = append(state.past_conditions, condition)
        past = state.past_frames
        if self.history_noise is not None:
            # drawn here, outside of what activation checkpointing would run a second time
            past, noisy = noisy_past(self.history_noise, state)
            inputs |= noisy
        check_accepts(_NAME, self.generator, inputs)

        def call(window: Tensor, past: Tensor, inputs: dict[str, Any]) -> Any:
            return self.generator(window, past, **inputs)

        output: FrameOutput
        if self.activation_checkpointing and torch.is_grad_enabled():
            output = checkpointed(self.generator, call, window, past, inputs)
        else:
            output = call(window, past, inputs)
        check_output(_NAME, output, past)
        return output

    def _check(
        self,
        conditions: Tensor,
        state: RolloutState,
        masks: Tensor | None,
        per_frame: Mapping[str, Tensor],
    ) -> None:
        frames, past_conditions = state.past_frames, state.past_conditions
        past = getattr(self.generator, "past_frames", frames.shape[1])
        why = "as in conditions and the generator's past_frames"
        check_shapes(
            _NAME,
            conditions=(conditions, "B T C H W"),
            foreground_masks=scaled_size(
                masks, conditions, "B T 1 H W or None", "as in conditions"
            ),
            **{
                "state.past_frames": scaled_size(frames, conditions, f"B {past} C' H W", why),
                "state.past_conditions": (past_conditions, f"B {past} C H W", why),
            },
        )
        check_at_least(_NAME, 1, **{"the number of frames T in conditions": conditions.shape[1]})
        for name, value in per_frame.items():
            entry = {f"per_frame[{name!r}]": (value, "any B T ...", "to fit conditions")}
            check_shapes(_NAME, conditions=(conditions, "B T C H W"), **entry)


def _check_real(
    state: RolloutState, conditions: Tensor, frames: Tensor | None, mask: Tensor | None
) -> None:
    if frames is None and mask is not None:
        raise ValueError(f"{_NAME}: real_mask needs real_frames beside it, got None")
    check_shapes(
        _NAME,
        conditions=(conditions, "B T c h w"),
        past=(state.past_frames, "B L C H W"),
        real_frames=(frames, "B T C H W or None", "as in conditions and the state's past_frames"),
        real_mask=(mask, "any B T or None", "to fit conditions"),
    )
    if mask is not None and mask.dtype != torch.bool:
        raise TypeError(f"{_NAME}: real_mask must be a bool tensor, got {mask.dtype}")


def _stack(steps: list[FrameOutput]) -> RolloutOutput:
    # a generator without a flow branch has none of the three optional parts
    def along_time(parts: list[Tensor | None]) -> Tensor | None:
        present = [part for part in parts if part is not None]
        return torch.stack(present, 1) if len(present) == len(parts) else None

    return RolloutOutput(
        torch.stack([step.frame for step in steps], 1),
        torch.stack([step.hallucinated for step in steps], 1),
        along_time([step.warped for step in steps]),
        along_time([step.flow for step in steps]),
        along_time([step.occlusion_mask for step in steps]),
    )
