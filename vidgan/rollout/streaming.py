"""Generation frame by frame: one condition in, one frame out."""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor, nn

from vidgan._checks import check_shapes
from vidgan.outputs import FrameOutput
from vidgan.protocols import FrameGenerator
from vidgan.rollout._graphed import GraphedStep
from vidgan.rollout._sizes import scaled_size
from vidgan.rollout._step import check_accepts, check_names, plain_step, step_inputs
from vidgan.rollout._window import packed
from vidgan.rollout.first_frames import GeneratedFirstFrame
from vidgan.rollout.state import RolloutState


class StreamingGenerator:
    """Generates a video frame by frame from a stream of conditions, with constant memory.

    The frames are those of `SequentialRollout` with the same generator in the same mode; put the
    generator into eval mode first. No gradient is recorded.

    Args:
        generator: a `FrameGenerator` module with an attribute ``past_frames``. One that generates
            its own first frame needs ``image_channels`` too if these are not 3, and
            ``frame_scale``, frame size divided by condition size, if that is not 1.
        cuda_graph: on a CUDA device, capture the step in a CUDA graph and replay it, which saves
            the CPU the work of starting hundreds of kernels. Frames are the same, and nothing waits
            for the device. The first four frames run plainly, and so do three after a change of a
            size, a dtype, autocast, the names of inputs or the value of one that is no tensor; the
            next one is captured. Call `reset` after weights were moved or replaced, as by ``to``;
            changes in place are seen. Each stream has a graph with memory of its own.

    Weights in ``torch.channels_last`` also save copies: the window of conditions then has that
    layout from the start. A `fast_generator` gains most.

    Example:
        >>> from vidgan.models import composite_generator
        >>> generator = composite_generator(4, base_channels=8, num_downsamplings=2, num_blocks=2)
        >>> stream = StreamingGenerator(generator.eval())
        >>> stream.reset(torch.rand(1, 2, 3, 32, 48), torch.rand(1, 2, 4, 32, 48))
        >>> stream.step(torch.rand(1, 4, 32, 48)).shape
        torch.Size([1, 3, 32, 48])
    """

    def __init__(self, generator: nn.Module, *, cuda_graph: bool = False) -> None:
        self.generator = generator
        self._graphed = GraphedStep(generator) if cuda_graph else None
        self._memory_format = torch.contiguous_format
        self._state: RolloutState | None = None
        self._first: tuple[Tensor, Tensor | None] | None = None

    def reset(
        self, past_frames: Tensor | None = None, past_conditions: Tensor | None = None
    ) -> None:
        """Discard the state and start a new video.

        Args:
            past_frames: its first L frames, (B, L, 3, H, W), RGB in [-1, 1]. Without them the
                generator generates its own first frame: past frames of zeros in, the hallucinated
                frame out.
            past_conditions: their condition maps, (B, L, C, H, W). Without them the first
                condition of the stream is repeated.

        Raises:
            ValueError: either has other than L frames, or their sizes differ, or past_conditions
                are given without past_frames.
            TypeError: either is not a floating-point tensor.
        """
        name = "StreamingGenerator.reset"
        length = self._past_length
        if self._graphed is not None:
            self._graphed.refresh()
        if past_frames is None:
            if past_conditions is not None:
                raise ValueError(f"{name}: past_conditions need past_frames beside them, got None")
            self._state = self._first = None
            return
        why = f"for the generator's past_frames = {length}"
        check_shapes(
            name,
            past_frames=(past_frames, f"B {length} C' H W", why),
            past_conditions=scaled_size(
                past_conditions, past_frames, f"B {length} C H W or None", "as in past_frames"
            ),
        )
        self._state = None
        self._first = (past_frames, past_conditions)

    @torch.no_grad()
    def step(
        self, condition: Tensor, *, foreground_mask: Tensor | None = None, **inputs: Any
    ) -> Tensor:
        """Return the next frame (B, 3, H, W), RGB in [-1, 1].

        Args:
            condition: its condition maps, (B, C, H, W).
            foreground_mask: (B, 1, H, W), if the generator has a foreground part.
            inputs: what else the generator takes by name, of this frame, without a time axis: what
                `SequentialRollout` gets as ``per_frame[name][:, t]`` or ``constant[name]``.

        Raises:
            ValueError: a shape does not fit the generator or the previous frames, or with
                ``cuda_graph`` a tensor is not on a CUDA device.
            TypeError: condition is not a floating-point tensor, or the generator does not accept an
                input or returns something other than a `FrameOutput`.
        """
        return self._step(condition, foreground_mask, inputs, all_parts=False).frame

    @torch.no_grad()
    def step_with_parts(
        self, condition: Tensor, *, foreground_mask: Tensor | None = None, **inputs: Any
    ) -> FrameOutput:
        """Return the next frame with its parts; arguments and errors as in `step`."""
        return self._step(condition, foreground_mask, inputs, all_parts=True)

    def _step(
        self, condition: Tensor, mask: Tensor | None, inputs: dict[str, Any], *, all_parts: bool
    ) -> FrameOutput:
        name = "StreamingGenerator.step"
        check_names(name, inputs=inputs)
        check_shapes(name, condition=(condition, "B C H W"))
        # without given frames the past is zeros, so there is nothing to warp into the first frame
        generates_first_frame = self._state is None and self._first is None
        state = self._start(condition) if self._state is None else self._state
        why = "as in the frames before; reset() starts a new video"
        past = state.past_conditions
        check_shapes(name, past=(past, "B L C H W"), condition=(condition, "B C H W", why))
        inputs |= step_inputs(state, mask, generates_first_frame)
        check_accepts(name, self.generator, inputs)
        # the state last: a frame that the generator refuses leaves the stream as it was
        if self._graphed is None:
            output, self._state = plain_step(
                self.generator, condition, state, inputs, self._memory_format
            )
        else:
            output, self._state = self._graphed(
                condition,
                state,
                inputs,
                self._memory_format,
                is_first=self._state is None,
                all_parts=all_parts,
            )
        return output

    def _start(self, condition: Tensor) -> RolloutState:
        self._memory_format = _memory_format(self.generator)
        length = self._past_length
        if self._first is None:
            channels = getattr(self.generator, "image_channels", 3)
            scale = getattr(self.generator, "frame_scale", 1)
            policy = GeneratedFirstFrame(length, image_channels=channels, frame_scale=scale)
            return policy(condition.unsqueeze(1)).state
        frames, maps = self._first
        # no condition comes before the first of the stream: it is repeated, (B, L, C, H, W)
        if maps is None:
            maps = condition.unsqueeze(1).expand(-1, length, -1, -1, -1)
            line = scaled_size(frames, maps, "B L C' H W", "as in conditions")
            check_shapes("StreamingGenerator.step", conditions=(maps, "B L C H W"), past=line)
        return RolloutState(packed(frames), maps)

    @property
    def _past_length(self) -> int:
        return cast("FrameGenerator", self.generator).past_frames


def _memory_format(generator: object) -> torch.memory_format:
    """The layout of the weights, to which convolutions convert their input."""
    if not isinstance(generator, nn.Module):
        return torch.contiguous_format
    last = torch.channels_last
    # a kernel of one channel, or of one pixel, has both layouts
    kernels = (
        weight
        for weight in generator.parameters()
        if weight.dim() == 4 and not weight.is_contiguous()
    )
    if any(weight.is_contiguous(memory_format=last) for weight in kernels):
        return last
    return torch.contiguous_format
