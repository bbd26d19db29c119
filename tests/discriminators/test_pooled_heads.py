"""Heads that pool features to one logit per clip or frame."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from tests.assertions import assert_gradients, rand
from vidgan.discriminators import AttentionHead, FactorizedHead, MultiscaleHead
from vidgan.discriminators.pooled_heads import _block_means
from vidgan.protocols import FeatureHead

KINDS = (AttentionHead, FactorizedHead, MultiscaleHead)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("per_frame", "shape"), [(False, (2,)), (True, (2, 3))])
@pytest.mark.parametrize("condition", [None, 5])
def test_one_logit_per_clip_or_frame(
    kind: type[FeatureHead], per_frame: bool, shape: tuple[int, ...], condition: int | None
) -> None:
    head = kind(6, 8, per_frame=per_frame, condition_channels=condition)

    logits = head(rand(2, 6, 3, 4, 5), None if condition is None else rand(2, condition))

    assert logits.shape == shape


@pytest.mark.parametrize("kind", [AttentionHead, MultiscaleHead])
def test_a_frame_is_scored_like_a_clip_of_itself(kind: type[FeatureHead]) -> None:
    head, x = kind(6, 8, per_frame=True), rand(2, 6, 3, 4, 5)

    logits = head(x)

    head.per_frame = False
    want = torch.stack([head(x[:, :, t : t + 1]) for t in range(3)], 1)
    torch.testing.assert_close(logits, want)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("per_frame", [False, True])
def test_gradients(kind: type[FeatureHead], per_frame: bool) -> None:
    head = kind(2, 4, per_frame=per_frame, condition_channels=2).double()

    assert_gradients(head, rand(1, 2, 3, 2, 3), rand(1, 2, seed=1))


def test_attention_by_hand() -> None:
    """One head: softmax(q k / sqrt(d)) v over all positions, between two layer norms."""
    head, x = AttentionHead(6, 8, num_heads=1), rand(2, 6, 3, 4, 5)
    tokens = F.layer_norm(x.flatten(2).mT, (6,))
    keys = tokens @ head.keys_values.weight[:8].T + head.keys_values.bias[:8]
    values = tokens @ head.keys_values.weight[8:].T + head.keys_values.bias[8:]

    weights = torch.softmax(keys @ head.query / 8**0.5, 1)
    want = head.score.to_logit(F.layer_norm((weights[..., None] * values).sum(1), (8,)))[:, 0]

    torch.testing.assert_close(head(x), want)


def test_attention_has_no_order() -> None:
    head, x = AttentionHead(6, 8), rand(2, 6, 3, 4, 5)

    torch.testing.assert_close(head(x.flip(2, 4)), head(x))


def test_factorized_head_sees_means() -> None:
    """One logit of the mean over space and of the mean over time: other pixels with the same."""
    head, x = FactorizedHead(6, 8), rand(2, 6, 4, 4, 5)
    bump = torch.zeros_like(x)
    bump[:, :, 0, 0, 0] = bump[:, :, 1, 1, 1] = 1
    bump[:, :, 0, 1, 1] = bump[:, :, 1, 0, 0] = -1

    torch.testing.assert_close(head(x + bump), head(x))
    assert not torch.allclose(head(x + bump.abs()), head(x))


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_block_means(size: int) -> None:
    x = rand(2, 3, 3, 5, 8)

    want = F.avg_pool3d(x, [min(size, 3), min(size, 5), min(size, 8)])

    torch.testing.assert_close(_block_means(x, size), want)


def test_wrong_options_raise() -> None:
    with pytest.raises(ValueError, match="num_heads must divide channels = 8, got 3"):
        AttentionHead(6, 8, num_heads=3)
    for scales in [(), (2, 0)]:
        with pytest.raises(ValueError, match="MultiscaleHead: scales must be at least 1, got 0"):
            MultiscaleHead(6, 8, scales=scales)
