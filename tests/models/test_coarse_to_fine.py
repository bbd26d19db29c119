"""The builder of coarse-to-fine generators."""

from __future__ import annotations

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from vidgan.models import coarse_to_fine_generator


@pytest.mark.parametrize(
    ("num_scales", "height", "teraflop"), [(1, 256, 2.11), (2, 512, 3.30), (3, 1024, 5.06)]
)
def test_the_released_street_model(num_scales: int, height: int, teraflop: float) -> None:
    """2.11, 3.30 and 5.06 TFLOP per frame and 415 M weights, as measured on the released ones."""
    with torch.device("meta"):
        network = coarse_to_fine_generator(36, num_scales=num_scales, foreground=True)
        maps = torch.empty(1, 3, 36, height, 2 * height)
        past, mask = torch.empty_like(maps[:, :2, :3]), torch.empty_like(maps[:, 0, :1])
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            network(maps, past, foreground_mask=mask)

    assert counter.get_total_flops() / 1e12 == pytest.approx(teraflop, rel=0.003)
    weights = sum(weight.numel() for weight in network.parameters())
    assert weights / 1e6 == pytest.approx(415, rel=0.01)


def test_widths_and_flow_scales_of_the_finer_scales() -> None:
    network = coarse_to_fine_generator(5, num_scales=3, base_channels=8, foreground=True)

    widths = [part.condition_encoder.stem.conv.out_channels for part in network.generators]
    assert widths == [8, 4, 2]
    assert [part.foreground_channels for part in network.generators] == [4, 2, 1]
    scales = [part.flow_branch.flow_head.flow_scale for part in network.generators]
    assert scales == [20, 40, 80]


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        ({"num_scales": 0}, "num_scales must be at least 1, got 0"),
        ({"num_fine_blocks": -1}, "num_fine_blocks must be at least 0, got -1"),
        ({"base_channels": 6, "num_scales": 3}, r"base_channels must be a multiple of 4 .* got 6"),
        ({"base_channels": 4, "num_scales": 3, "foreground": True}, "multiple of 4 for 3 scales"),
    ],
)
def test_bad_counts_raise(options: dict[str, int], rule: str) -> None:
    with pytest.raises(ValueError, match=rule):
        coarse_to_fine_generator(5, **({"num_blocks": 1, "base_channels": 8} | options))


def test_foreground_form_reaches_every_scale() -> None:
    options = {"base_channels": 8, "num_blocks": 2, "foreground": True}
    for form in ("released", "paper"):
        network = coarse_to_fine_generator(4, **options, foreground_form=form)
        assert [part.foreground_composite.form for part in network.generators] == [form, form]
    with pytest.raises(ValueError, match="form must be"):
        coarse_to_fine_generator(4, **options, foreground_form="other")
