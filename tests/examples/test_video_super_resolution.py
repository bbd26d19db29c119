"""The super-resolution script: it learns in a few steps, and its seed decides."""

from functools import partial

import pytest
import torch

from tests.examples.sheets import check_sheet
from vidgan.functional import flow_warp
from vidgan.rollout import StreamingGenerator

pytest.importorskip("tqdm")


@pytest.fixture
def run(train_script):
    return partial(train_script, "video_super_resolution.py")


def test_the_error_falls(run):
    (before, *_), first, _ = run(1)
    (after, *_), last, folder = run(20)
    assert after < 0.97 * before
    check_sheet(folder / "contact_sheet.png", rows=4, columns=5, size=(64, 96))
    for name in ("generator", "discriminator"):
        old, new = (script[name].state_dict() for script in (first, last))
        assert all(not torch.equal(old[key], new[key]) for key in new if new[key].dim() > 1)


def test_the_seed_decides(run):
    results = [run(2, seed)[1]["generator"].state_dict() for seed in (0, 0, 1)]
    name = "trunk.0.conv.weight"
    assert torch.equal(results[0][name], results[1][name])
    assert not torch.equal(results[0][name], results[2][name])


def test_what_the_discriminator_sees_and_what_a_stream_makes(run):
    """Neighbors warped onto a frame by the flows that the generator used on both ways."""
    _, script, _ = run(1)
    length, lows = script["LENGTH"], script["lows"][:1]
    low = torch.cat([lows, lows.flip(1)[:, 1:]], 1)
    with torch.no_grad():
        output, _ = script["rollout"](low, script["first_frame"](low).state)
        seen = script["triplets"](output.frames, low, output.flows)
        for t in range(1, length - 1):
            back = output.flows[:, 2 * (length - 1) - t]  # of the step that made t from t + 1
            before = flow_warp(output.frames[:, t - 1], output.flows[:, t])
            after = flow_warp(output.frames[:, t + 1], back)
            parts = [before, output.frames[:, t], after, script["enlarge"](low[:, t])]
            torch.testing.assert_close(seen[t - 1 : t], torch.cat(parts, 1))
        stream = StreamingGenerator(script["generator"])
        frames = torch.stack([stream.step(low[:, t]) for t in range(length)], 1)
    torch.testing.assert_close(frames, output.frames[:, :length])
