"""The script that makes a simulator look real: it learns unpaired, and streams warped frames."""

from functools import partial

import pytest
import torch

from tests.examples.sheets import check_sheet
from vidgan.functional import flow_warp

pytest.importorskip("tqdm")


@pytest.fixture
def run(train_script):
    return partial(train_script, "sim2real.py")


def test_the_error_falls(run):
    (before, *_), first, _ = run(1)
    (after, *_), last, folder = run(80)
    assert after < 0.75 * before
    check_sheet(folder / "contact_sheet.png", rows=5, columns=8, size=(48, 64))
    for name in ("generator", "discriminator"):
        old, new = (script[name].state_dict() for script in (first, last))
        assert all(not torch.equal(old[key], new[key]) for key in new if new[key].dim() > 1)


def test_the_stream_follows_the_given_flow(run):
    (error, gray), script, _ = run(2)
    sim, outputs = script["sim"], script["outputs"]
    assert outputs[0].occlusion_mask.min() == 1  # nothing to warp in the first frame
    for t in range(1, len(outputs)):
        flow, confidence = (sim[name][:, t] for name in script["ENGINE"])
        warped = flow_warp(outputs[t - 1].frame, flow)
        torch.testing.assert_close(outputs[t].warped, warped)
        assert (outputs[t].occlusion_mask[confidence == 0] == 1).all()
        assert (outputs[t].occlusion_mask[confidence == 1] < 0.5).all()  # starts as a copy
    frames = torch.cat([output.frame for output in outputs])
    assert error == pytest.approx((frames - sim["real"][0]).abs().mean().item(), abs=1e-4)
    assert gray == pytest.approx(0.2728, abs=1e-4)


def test_the_seed_decides_and_no_scene_is_in_two_sets(run):
    states = [run(2, seed)[1]["averaged"].state_dict() for seed in (0, 0, 1)]
    name = next(key for key, value in states[0].items() if value.dim() == 4)
    assert torch.equal(states[0][name], states[1][name])
    assert not torch.equal(states[0][name], states[2][name])
    script = run(1)[1]
    seeds = [seed for part in ("SIMULATED", "REAL", "HELD_OUT") for seed in script[part]]
    assert len(seeds) == len(set(seeds))
    means = script["simulated"]["real"].mean(2) - script["simulated"]["conditions"][:, :, 0]
    assert means.abs().max() < 1e-6  # colors sum to 0, so the gray is that of the simulator
