"""The committed figures are what their script draws, and what they show is true."""

import importlib.util
from itertools import combinations
from pathlib import Path

import pytest
import torch
from torch import nn

from vidgan.functional import temporal_context, temporal_group_indices
from vidgan.outputs import FrameOutput
from vidgan.rollout import GrowthSchedule, RolloutState, SequentialRollout

FOLDER = Path(__file__).parents[2] / "docs" / "figures"


def _load():
    spec = importlib.util.spec_from_file_location("draw", FOLDER / "draw.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


draw = _load()
NAMES = [figure.__name__ for figure in draw.FIGURES]


def test_every_figure_is_drawn_and_used():
    assert sorted(path.stem for path in FOLDER.glob("*.svg")) == sorted(NAMES)
    pages = "".join(page.read_text(encoding="utf-8") for page in FOLDER.parent.glob("**/*.md"))
    assert [name for name in NAMES if f"figures/{name}.svg" not in pages] == []


@pytest.mark.parametrize("figure", draw.FIGURES, ids=NAMES)
def test_committed_figure_is_what_the_script_draws(figure):
    path = FOLDER / f"{figure.__name__}.svg"
    assert path.read_text(encoding="utf-8") == figure().svg() + "\n"


@pytest.mark.parametrize("figure", draw.FIGURES, ids=NAMES)
def test_texts_lie_on_the_card_and_apart(figure):
    drawing = figure()
    for words, x0, y0, x1, y1 in drawing.texts:
        inside = x0 >= 4 and y0 >= 4 and x1 <= draw.WIDTH - 4 and y1 <= drawing.height - 4
        assert inside, words
    for (a, *box), (b, *other) in combinations(drawing.texts, 2):
        apart = box[2] <= other[0] or other[2] <= box[0] or box[3] <= other[1] or other[3] <= box[1]
        assert apart, (a, b)


def test_a_label_wider_than_its_box_is_refused():
    with pytest.raises(ValueError, match="wider than its box"):
        draw.Drawing("t", 10).box("data", 0, 0, 20, 20, "too long a label")


def test_drawn_groups_are_those_of_the_library():
    assert temporal_context(num_frames=3, num_rates=3) == draw.HISTORY
    for rate, groups in draw.GROUPS.items():
        available = draw.HISTORY + draw.CHUNK
        assert temporal_group_indices(available, chunk_length=draw.CHUNK, rate=rate) == groups


class _Sum(nn.Module):
    past_frames = 2

    def forward(self, conditions, past, **_):
        frame = conditions[:, -1] + past.sum(1)
        return FrameOutput(frame, frame)


@pytest.mark.parametrize("length", draw.GRADIENTS)
def test_drawn_gradients_are_those_of_the_library(length):
    edges = set(draw.GRADIENTS[length])
    for _ in range(4):  # through several frames
        edges |= {(a, d) for a, b in edges for c, d in edges if b == c}
    conditions = torch.ones(1, 4, 3, 4, 6, requires_grad=True)
    state = RolloutState(torch.zeros(1, 2, 3, 4, 6), torch.zeros(1, 2, 3, 4, 6))
    output, after = SequentialRollout(_Sum(), backprop_length=length)(conditions, state)
    for late in range(4):
        (gradient,) = torch.autograd.grad(
            output.frames[:, late].sum(), conditions, retain_graph=True
        )
        reached = {early for early in range(4) if gradient[0, early].any()} - {late}
        assert reached == {early for end, early in edges if end == late}
    assert not after.past_frames.requires_grad


def test_drawn_growth_is_that_of_the_library():
    schedule = GrowthSchedule(**draw.GROWTH)
    ends = [stage[0] for stage in draw.STAGES[1:]] + [1.0]
    for (start, scales, clip_length, backprop_length), end in zip(draw.STAGES, ends, strict=True):
        for progress in (start + 1e-6, (start + end) / 2, end - 1e-6):
            stage = schedule.at(progress)
            assert stage[:1] + stage[2:4] == (scales, clip_length, backprop_length)
            assert stage.freeze_coarse == (draw.ALONE[0] <= progress < draw.ALONE[1])
            assert len(stage.rate_weights) == sum(
                enters <= progress for enters, _ in draw.RATES.values()
            )
            for weight, (_, full) in zip(stage.rate_weights, draw.RATES.values(), strict=False):
                assert (weight == 1) == (progress >= full)
