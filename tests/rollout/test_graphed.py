"""A stream that replays a graph, by a stand-in on the CPU and on a GPU: the same bits."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves

from tests.assertions import mask, rand
from tests.networks import assert_same_bits, tiny_generator
from vidgan.models import coarse_to_fine_generator, composite_generator, fast_generator
from vidgan.outputs import FrameOutput
from vidgan.rollout import StreamingGenerator, _graphed

SIZE = (12, 16)


class StandIn:
    """A graph that notes a function instead of a device's work, and calls it to replay.

    As on a device, a capture changes nothing, and the results of all replays are in one place.
    """

    captures = 0
    warm_ups = 0

    def __init__(self, device: torch.device) -> None:
        assert device.type == "cpu"

    @contextmanager
    def warm_up(self) -> Iterator[None]:
        type(self).warm_ups += 1
        yield

    def capture(self, work: Callable[[], FrameOutput]) -> FrameOutput:
        type(self).captures += 1
        buffers = vars(work.__self__)  # type: ignore[attr-defined]
        tensors = [value for value in tree_leaves(buffers) if isinstance(value, Tensor)]
        before = [value.clone() for value in tensors]
        self._work, self._results = work, work()
        for place, value in zip(tensors, before, strict=True):
            place.copy_(value)
        for result in tree_leaves(self._results):
            if isinstance(result, Tensor):
                result.fill_(torch.nan)  # nothing is there before the first replay
        return self._results

    def replay(self) -> None:
        for place, value in zip(tree_leaves(self._results), tree_leaves(self._work()), strict=True):
            if isinstance(place, Tensor):
                place.copy_(value)


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> type[StandIn]:
    StandIn.captures = StandIn.warm_ups = 0
    monkeypatch.setattr(_graphed, "CudaGraph", StandIn)
    monkeypatch.setattr(_graphed, "DEVICE", "cpu")
    return StandIn


class Remembering(nn.Module):
    """A generator with a memory that passes on what it gets, and takes inputs of its own."""

    past_frames = 2

    def __init__(self) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.tensor(0.5))

    def forward(
        self,
        conditions: Tensor,
        past: Tensor,
        *,
        hallucinate_only: bool = False,  # noqa: ARG002 - for the first frame
        memory: tuple[Tensor, ...] = (),
        flow: Tensor | None = None,
        options: dict[str, Any] | None = None,
    ) -> FrameOutput:
        before = memory if memory else (torch.zeros_like(past[:, -1]), past[:, -1])
        options = options or {}
        offset = options.get("offset", 0.0)
        frame = self.gain * (conditions.sum(1)[:, :3] + past.mean(1) + before[0]) + offset
        if "style" in options:
            frame = frame + options["style"]
        # the memory swaps places: whoever copies it part by part gets it wrong
        return FrameOutput(frame, past[:, 0], past[:, -1], flow, memory=(before[1], before[0] + 1))


def build(kind: str) -> nn.Module:
    torch.manual_seed(0)
    sizes: dict[str, Any] = {"base_channels": 2, "num_downsamplings": 1, "num_blocks": 1}
    if kind == "memory":
        return Remembering().eval()
    if kind == "fast":
        return fast_generator(3, base_channels=16, num_blocks=1).eval()
    if kind == "scales":
        return coarse_to_fine_generator(3, num_scales=2, **sizes).eval()
    if kind == "flow":
        return composite_generator(3, flow="given", norm="instance", **sizes).eval()
    return tiny_generator(3, foreground=kind == "foreground").eval()


def inputs_of(kind: str, t: int) -> dict[str, Any]:
    if kind == "foreground":
        return {"foreground_mask": mask(1, 1, *SIZE, seed=t)}
    if kind == "flow":
        return {"flow": rand(1, 2, *SIZE, seed=t), "flow_confidence": mask(1, 1, *SIZE, seed=t)}
    if kind == "memory":
        return {"flow": rand(1, 2, *SIZE, seed=t), "options": {"style": rand(1, 3, 1, 1, seed=t)}}
    return {}


KINDS = ("plain", "foreground", "flow", "memory", "scales", "fast")


def frames(stream: StreamingGenerator, kind: str, length: int, device: str = "cpu") -> list[Any]:
    def there(values: Any) -> Any:
        return torch.utils._pytree.tree_map(lambda value: value.to(device), values)

    return [
        stream.step_with_parts(there(rand(1, 3, *SIZE, seed=t)), **there(inputs_of(kind, t)))
        for t in range(length)
    ]


def tensors(parts: list[FrameOutput]) -> list[Tensor]:
    return [value for value in tree_leaves(parts) if isinstance(value, Tensor)]


def start(stream: StreamingGenerator, own_first_frame: bool, device: str = "cpu") -> None:
    if own_first_frame:
        stream.reset()
    else:
        stream.reset(rand(1, 2, 3, *SIZE).to(device), rand(1, 2, 3, *SIZE, seed=9).to(device))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("last", [True, False])
def test_same_frames_as_the_plain_stream(stand_in: type[StandIn], kind: str, last: bool) -> None:
    """In every part, over two videos; the second replays the graph that it finds."""
    generator = build(kind)
    if last:
        generator.to(memory_format=torch.channels_last)
    graphed, plain = StreamingGenerator(generator, cuda_graph=True), StreamingGenerator(generator)
    for own_first_frame in (False, True, False):
        start(graphed, own_first_frame)
        start(plain, own_first_frame)
        got, expected = frames(graphed, kind, 9), frames(plain, kind, 9)
        # all frames at once, at the end: a later step has not written over an earlier one
        assert_same_bits(tensors(got), tensors(expected))
    assert (stand_in.captures, stand_in.warm_ups) == (1, 3)


def test_step_returns_the_frame_alone_and_a_copy(stand_in: type[StandIn]) -> None:
    generator = build("plain")
    graphed, plain = StreamingGenerator(generator, cuda_graph=True), StreamingGenerator(generator)
    maps = [rand(1, 3, *SIZE, seed=t) for t in range(8)]
    got = [graphed.step(each) for each in maps]
    assert_same_bits(got, [plain.step(each) for each in maps])
    assert stand_in.captures == 1


@pytest.mark.parametrize(
    "change", ["size", "batch", "dtype", "autocast", "value", "name", "mode", "weights"]
)
def test_captures_again(stand_in: type[StandIn], change: str) -> None:
    generators = [build("memory") for _ in range(2)]
    graphed = StreamingGenerator(generators[0], cuda_graph=True)
    plain = StreamingGenerator(generators[1])
    shape, dtype, options = [1, 3, *SIZE], torch.float32, {"offset": 0.25}
    for part in range(2):
        if part:
            shape[0] += change == "batch"
            shape[2] += 2 * (change == "size")
            dtype = torch.float64 if change == "dtype" else dtype
            options = {"offset": 0.5} if change == "value" else options
            options = {} if change == "name" else options
            for each, stream in zip(generators, (graphed, plain), strict=True):
                each.train(change == "mode")
                if change == "weights":
                    each.gain = nn.Parameter(torch.tensor(0.75))
                if change in ("size", "batch", "weights"):
                    stream.reset()
        for t in range(6):
            condition = rand(*shape, seed=t, dtype=dtype)
            with torch.autocast("cpu", enabled=part > 0 and change == "autocast"):
                got = graphed.step_with_parts(condition, options=options)
                expected = plain.step_with_parts(condition, options=options)
            assert_same_bits(tensors([got]), tensors([expected]))
    assert stand_in.captures == 2


def test_weights_changed_in_place_are_seen(stand_in: type[StandIn]) -> None:
    generator = build("memory")
    graphed, plain = StreamingGenerator(generator, cuda_graph=True), StreamingGenerator(generator)
    for t in range(8):
        with torch.no_grad():
            generator.gain.mul_(0.9)
        condition = rand(1, 3, *SIZE, seed=t)
        assert torch.equal(graphed.step(condition), plain.step(condition))
    assert stand_in.captures == 1


def test_a_refused_frame_changes_nothing(stand_in: type[StandIn]) -> None:
    generator = build("foreground")
    graphed, plain = StreamingGenerator(generator, cuda_graph=True), StreamingGenerator(generator)
    got, expected = frames(graphed, "foreground", 6), frames(plain, "foreground", 6)
    condition = rand(1, 3, *SIZE, seed=6)
    for wrong in ({}, {"foreground_mask": mask(1, 1, 2, 2)}, {"unknown": 1}):
        with pytest.raises((TypeError, ValueError)):
            graphed.step(condition, **wrong)
    got += frames(graphed, "foreground", 6)
    expected += frames(plain, "foreground", 6)
    assert_same_bits(tensors(got), tensors(expected))


def test_a_failed_capture_is_tried_again(
    stand_in: type[StandIn], monkeypatch: pytest.MonkeyPatch
) -> None:
    graphed, plain = (StreamingGenerator(build("plain"), cuda_graph=each) for each in (True, False))
    frames(graphed, "plain", 4)
    frames(plain, "plain", 4)
    with monkeypatch.context() as patched:
        patched.setattr(stand_in, "capture", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            graphed.step(rand(1, 3, *SIZE))
    assert_same_bits(tensors(frames(graphed, "plain", 6)), tensors(frames(plain, "plain", 6)))
    assert stand_in.captures == 1


@pytest.mark.parametrize("given", [True, False])
def test_a_cpu_is_refused(given: bool) -> None:
    stream = StreamingGenerator(build("plain"), cuda_graph=True)
    start(stream, not given)
    message = r"condition must be on a CUDA device with cuda_graph=True, got cpu; move it there"
    with pytest.raises(ValueError, match=message):
        stream.step(rand(1, 3, *SIZE))


@pytest.mark.gpu
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("bfloat16", [True, False])
@pytest.mark.parametrize("own_first_frame", [True, False])
def test_same_frames_on_a_gpu(kind: str, bfloat16: bool, own_first_frame: bool) -> None:
    generator = build(kind).cuda().to(memory_format=torch.channels_last)
    graphed, plain = StreamingGenerator(generator, cuda_graph=True), StreamingGenerator(generator)
    for stream in (graphed, plain):
        start(stream, own_first_frame, "cuda")
    with torch.autocast("cuda", torch.bfloat16, enabled=bfloat16):
        got, expected = (frames(stream, kind, 12, "cuda") for stream in (graphed, plain))
    assert_same_bits(tensors(got), tensors(expected))


@pytest.mark.gpu
def test_nothing_waits_for_a_gpu() -> None:
    generator = build("foreground").cuda()
    stream = StreamingGenerator(generator, cuda_graph=True)
    steps = [(rand(1, 3, *SIZE, seed=t).cuda(), mask(1, 1, *SIZE, seed=t).cuda()) for t in range(9)]
    for condition, region in steps[:5]:  # the fifth captures
        stream.step(condition, foreground_mask=region)
    mode = torch.cuda.get_sync_debug_mode()
    torch.cuda.set_sync_debug_mode("error")
    try:
        for condition, region in steps[5:]:
            stream.step_with_parts(condition, foreground_mask=region)
    finally:
        torch.cuda.set_sync_debug_mode(mode)


@pytest.mark.gpu
def test_captures_again_on_a_gpu() -> None:
    """For another size with autocast, and other weights; changes in place are seen."""
    generators = [build("plain").cuda()]
    generators.append(copy.deepcopy(generators[0]))
    graphed = StreamingGenerator(generators[0], cuda_graph=True)
    plain = StreamingGenerator(generators[1])
    for change in range(3):
        height = SIZE[0] + 4 * (change > 0)
        for each in generators:
            each.to(torch.float64 if change == 2 else torch.float32)
        graphed.reset()
        plain.reset()
        for t in range(8):
            for each in generators:
                with torch.no_grad():
                    next(each.parameters()).mul_(0.9)
            condition = rand(1, 3, height, SIZE[1], seed=t).cuda()
            condition = condition.to(next(generators[0].parameters()).dtype)
            # left after each frame: the plain stream would go on with weights cast before
            with torch.autocast("cuda", torch.bfloat16, enabled=change == 1):
                assert_same_bits(graphed.step(condition), plain.step(condition))
