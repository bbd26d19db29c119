"""Random changes of the shapes of facial parts."""

from __future__ import annotations

import pytest
import torch

from examples.edges_to_face.task import EdgesToFace, jitter_parts


def _rng(seed=0):
    return torch.Generator().manual_seed(seed)


def test_each_part_is_stretched_about_its_center_and_moved():
    landmarks = torch.rand(3, 68, 2, generator=_rng(5)) * 50
    changed = jitter_parts(landmarks, 0.1, _rng())
    for start, end in ((0, 17), (36, 42), (48, 68)):
        before, after = landmarks[:, start:end], changed[:, start:end]
        widths = after.amax(1) - after.amin(1), before.amax(1) - before.amin(1)
        ratio = widths[0] / widths[1]
        assert float((ratio - 1).abs().max()) <= 0.1 + 1e-5
        torch.testing.assert_close(ratio, ratio[:1].expand(3, 2))  # the same in all frames
        shift = (after.mean(1) - before.mean(1)).norm(dim=1)
        assert float((shift / widths[1].amax(1)).max()) <= 0.05 * 2**0.5 + 1e-5
    assert not torch.equal(changed, jitter_parts(landmarks, 0.1, _rng(1)))
    assert torch.equal(changed, jitter_parts(landmarks, 0.1, _rng()))


def test_no_strength_changes_nothing():
    landmarks = torch.rand(2, 68, 2) * 50
    torch.testing.assert_close(jitter_parts(landmarks, 0.0, _rng()), landmarks)


@pytest.mark.parametrize(("rng", "jitter", "same"), [(True, 0.2, False), (False, 0.2, True)])
def test_only_training_is_jittered(make_data, rng, jitter, same):
    task = EdgesToFace.open(make_data())
    points = torch.stack([task.streams()["landmarks"].load("walk", t) for t in range(2)])
    drawn = task.draw({"landmarks": points}, rng=_rng() if rng else None, jitter=jitter)
    plain = task.draw({"landmarks": points})
    assert torch.equal(drawn.conditions, plain.conditions) == same
