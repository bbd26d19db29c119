"""The step of a stream as a CUDA graph: on static buffers, captured once, replayed per frame."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_flatten, tree_leaves, tree_map, tree_unflatten

from vidgan.outputs import FrameOutput
from vidgan.rollout._step import check_output, plain_step
from vidgan.rollout._window import append
from vidgan.rollout.state import RolloutState

DEVICE = "cuda"
WARM_UP = 3  # frames before a capture: libraries set themselves up, and cuDNN chooses algorithms
_NAME = "StreamingGenerator.step"
_FROM_STATE = ("coarser_past", "memory")  # inputs that the state holds


class CudaGraph:
    """Work on one CUDA device, recorded once.

    Args:
        device: of the work.
    """

    def __init__(self, device: torch.device) -> None:
        self._graph = torch.cuda.CUDAGraph()
        self._stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]

    @contextmanager
    def warm_up(self) -> Iterator[None]:
        """Run work on the stream of the capture, which must have seen it before."""
        current = torch.cuda.current_stream(self._stream.device)
        self._stream.wait_stream(current)
        with torch.cuda.stream(self._stream):
            yield
        current.wait_stream(self._stream)

    def capture(self, work: Callable[[], FrameOutput]) -> FrameOutput:
        """Record work without doing it, and return its results, which `replay` fills."""
        # Weights that autocast has cast before the capture would be freed, or out of date, when
        # the graph is replayed: it casts its own. Other threads may go on to use the device.
        autocast = torch.autocast(
            DEVICE,
            torch.get_autocast_dtype(DEVICE),
            enabled=torch.is_autocast_enabled(DEVICE),
            cache_enabled=False,
        )
        recording = torch.cuda.graph(
            self._graph, stream=self._stream, capture_error_mode="thread_local"
        )
        with recording, autocast:
            return work()

    def replay(self) -> None:
        """Do the work again, on the current stream; nothing waits for it."""
        self._graph.replay()


class GraphedStep:
    """Generates the frames of a stream, plainly at first, then by replaying a graph.

    Args:
        generator: a `FrameGenerator`.
    """

    def __init__(self, generator: nn.Module) -> None:
        self._generator = generator
        self._weights = _addresses(generator)
        self._seen: Any = None  # the kind of call that the graph is for
        self._warm = 0
        self._graph: CudaGraph | None = None
        self._buffers: _Buffers | None = None

    def refresh(self) -> None:
        """Forget the graph if weights are no longer where it reads them."""
        if self._weights != (weights := _addresses(self._generator)):
            self._weights = weights
            self._forget()

    def __call__(
        self,
        condition: Tensor,
        state: RolloutState,
        inputs: dict[str, Any],
        memory_format: torch.memory_format,
        *,
        is_first: bool,
        all_parts: bool,
    ) -> tuple[FrameOutput, RolloutState]:
        """Return the next frame, and the state after it.

        Args:
            condition: its condition maps.
            state: the one returned last, or one to go on from.
            inputs: of the generator, by name.
            memory_format: of the window of conditions.
            is_first: whether it is the first frame of a video, for which nothing is captured: a
                generator may get other inputs than for the rest.
            all_parts: whether the other parts of the output are needed, too, besides the frame.
        """
        if is_first:
            _check_devices(condition, inputs)
            return plain_step(self._generator, condition, state, inputs, memory_format)
        kind = _kind(self._generator, condition, state, inputs)
        if kind != self._seen or self._graph is None:
            self._forget()
            _check_devices(condition, inputs)
            self._seen, self._graph = kind, CudaGraph(condition.device)
        if self._warm < WARM_UP:
            with self._graph.warm_up():
                result = plain_step(self._generator, condition, state, inputs, memory_format)
            self._warm += 1
            return result
        if self._buffers is None:
            buffers = _Buffers(self._generator, condition, state, inputs, memory_format)
            try:
                buffers.output = self._graph.capture(buffers.work)
            except BaseException:
                self._forget()  # a graph can be captured only once
                raise
            self._buffers = buffers
        self._buffers.fill(condition, state, inputs)
        self._graph.replay()
        output = self._buffers.output  # the next replay writes over it
        if all_parts:
            return tree_map(_copied, output), self._buffers.state
        return output._replace(frame=_copied(output.frame)), self._buffers.state

    def _forget(self) -> None:
        self._seen, self._warm, self._graph, self._buffers = None, 0, None, None


class _Buffers:
    """What a graph reads and writes: the window, past frames, memory and inputs of a generator.

    Attributes:
        state: of the stream after the frame generated last, in the buffers.
        output: what the graph returns.
    """

    def __init__(
        self,
        generator: nn.Module,
        condition: Tensor,
        state: RolloutState,
        inputs: dict[str, Any],
        memory_format: torch.memory_format,
    ) -> None:
        self._generator = generator
        # s_{t-L} ... s_t, (B, L+1, C, H, W), oldest first; later frames read the last L of them
        self._window = append(state.past_conditions, condition, memory_format)
        copied: RolloutState = tree_map(_copied, state)
        self.state = copied._replace(past_conditions=self._window[:, 1:])
        leaves, self._structure = tree_flatten(_given(inputs))
        self._inputs = [_copied(value) for value in leaves]
        self.output = FrameOutput(self.state.past_frames, self.state.past_frames)

    def fill(self, condition: Tensor, state: RolloutState, inputs: dict[str, Any]) -> None:
        """Write the inputs of the next frame."""
        if state is not self.state:  # the first frame, or one of another video
            _write(self.state, state)
        push(self._window, condition)
        _write(self._inputs, _given(inputs))

    def work(self) -> FrameOutput:
        """Generate a frame from the buffers, and write it to the past frames: what is captured."""
        state, inputs = self.state, tree_unflatten(self._inputs, self._structure)
        inputs |= {name: value for name in _FROM_STATE if (value := getattr(state, name))}
        output = self._generator(self._window, state.past_frames, **inputs)
        check_output(_NAME, output, state.past_frames)
        # what a generator only passes on must not change with the buffers
        own = (self._window, *tree_leaves((state, self._inputs)))
        places = {_place(value) for value in own if isinstance(value, Tensor)}
        kept: FrameOutput = tree_map(
            lambda value: _copied(value) if _place(value) in places else value, output
        )
        for window, frame in zip(
            (state.past_frames, *state.coarser_past), (kept.frame, *kept.coarser), strict=True
        ):
            push(window, frame)
        _write(state.memory, kept.memory)
        return kept


def push(window: Tensor, newest: Tensor) -> None:
    """Drop the oldest of a window (B, L, C, H, W) in place, and put ``newest`` at its end."""
    for place in range(window.shape[1] - 1):
        window[:, place].copy_(window[:, place + 1])
    window[:, -1].copy_(newest)


def _write(places: Any, values: Any) -> None:
    """Copy tensors in nested tuples, lists and dicts into others of the same structure."""
    for place, value in zip(tree_leaves(places), tree_leaves(values), strict=True):
        if isinstance(place, Tensor):
            place.copy_(value)


def _given(inputs: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in inputs.items() if name not in _FROM_STATE}


def _copied(value: Any) -> Any:
    return value.clone() if isinstance(value, Tensor) else value


def _place(value: Any) -> int | None:
    return value.untyped_storage().data_ptr() if isinstance(value, Tensor) else None


def _addresses(generator: Any) -> list[int]:
    if not isinstance(generator, nn.Module):
        return []
    return [value.data_ptr() for value in (*generator.parameters(), *generator.buffers())]


def _kind(
    generator: Any, condition: Tensor, state: RolloutState, inputs: dict[str, Any]
) -> tuple[Any, ...]:
    """Return what a graph is captured for: a call of another kind needs another graph."""
    leaves, structure = tree_flatten((condition, state, inputs))
    values = [
        (value.shape, value.dtype, value.device) if isinstance(value, Tensor) else value
        for value in leaves
    ]
    return (
        structure,
        values,
        torch.is_autocast_enabled(DEVICE),
        torch.get_autocast_dtype(DEVICE),
        torch.is_inference_mode_enabled(),
        getattr(generator, "training", False),
    )


def _check_devices(condition: Tensor, inputs: dict[str, Any]) -> None:
    for name, value in {"condition": condition, **inputs}.items():
        for each in tree_leaves(value):
            if isinstance(each, Tensor) and each.device.type != DEVICE:
                raise ValueError(
                    f"{_NAME}: {name} must be on a CUDA device with cuda_graph=True, got "
                    f"{each.device}; move it there, or leave out cuda_graph"
                )
