"""Patch discriminators of clips on a pyramid."""

from __future__ import annotations

import pytest
import torch

from tests.assertions import rand
from tests.networks import assert_same_bits
from vidgan.discriminators import MultiscaleDiscriminator3d, PatchDiscriminator3d
from vidgan.functional import average_pyramid


def scales(number: int = 2, channels: int = 3) -> list[PatchDiscriminator3d]:
    return [
        PatchDiscriminator3d(channels, 4, num_layers=2, num_time_strides=1) for _ in range(number)
    ]


def test_scales_see_the_pyramid() -> None:
    members, x = scales(), rand(2, 5, 3, 20, 28)

    outputs = MultiscaleDiscriminator3d(members)(x)

    levels = average_pyramid(x, 2)
    assert_same_bits(outputs, tuple(d(y) for d, y in zip(members, levels, strict=True)))


def test_time_is_averaged_in_pairs() -> None:
    """Frames of equal pixels 0, 2, 4, 6, 9 become 1, 5, 9; the pyramid keeps equal pixels."""
    members = scales()
    values = torch.tensor([0.0, 2, 4, 6, 9]).view(1, 5, 1, 1, 1)
    halved = torch.tensor([1.0, 5, 9]).view(1, 3, 1, 1, 1)

    outputs = MultiscaleDiscriminator3d(members, pool_time=True)(values.expand(1, 5, 3, 20, 28))

    want = members[1](halved.expand(1, 3, 3, 10, 14))
    torch.testing.assert_close(outputs[1], want)


@pytest.mark.parametrize(("pool_time", "frames"), [(False, 2), (True, 5)])
def test_smallest_clip(pool_time: bool, frames: int) -> None:
    """Three scales: 17 pixels become 9 and 5; 5 frames become 3 and 2."""
    network = MultiscaleDiscriminator3d(scales(3), pool_time=pool_time)

    assert all(out.logits.isfinite().all() for out in network(rand(1, frames, 3, 17, 1)))
    message = f"at least {frames} frames and be at least 17 pixels"
    for shape in [(1, frames - 1, 3, 17, 20), (1, frames, 3, 16, 16)]:
        with pytest.raises(ValueError, match=message):
            network(rand(*shape))


def test_members_must_fit() -> None:
    with pytest.raises(ValueError, match="discriminators must not be empty"):
        MultiscaleDiscriminator3d([])
    with pytest.raises(ValueError, match=r"must have the same in_channels, got \[3, 4\]"):
        MultiscaleDiscriminator3d([*scales(1), *scales(1, 4)])
