"""The costs of the presets, and their table."""

from itertools import pairwise

import pytest
import torch

from examples import preset_costs as costs
from examples.preset_costs import PRESETS, Costs, SavedTensors, costs_table, preset_costs


@pytest.fixture(scope="module")
def counted():
    return {name: (preset, preset_costs(preset)) for name, preset in PRESETS.items()}


@pytest.mark.parametrize(
    ("name", "teraflop"), [("street-512", 2.11), ("street-1024", 3.30), ("street-2048", 5.06)]
)
def test_released_street_models(counted, name, teraflop):
    """2.11, 3.30 and 5.06 TFLOP per frame and 415 M weights, as measured on the released ones."""
    cost = counted[name][1]
    assert cost.flop / 1e12 == pytest.approx(teraflop, rel=0.01)
    assert cost.generator / 1e6 == pytest.approx(415, rel=0.01)


def test_discriminators_by_hand(counted):
    """4x4 convolutions with biases, and three batch norms with scale and shift."""

    def patch(channels):
        widths = [channels, 64, 128, 256, 512, 1]
        return sum(16 * a * b + b for a, b in pairwise(widths)) + 2 * (128 + 256 + 512)

    # Two scales of D_I (36 conditions, frame), and of three D_V (three frames, two flows).
    want = 2 * patch(36 + 3) + 3 * 2 * patch(3 * 3 + 2 * 2)
    assert counted["street-512"][1].discriminators == want


def test_clip_by_hand(counted):
    # 36 conditions, frame, three flows, confidence and foreground mask in float32, ids in int64.
    pixel = 4 * (36 + 3 + 3 * 2 + 1 + 1) + 8
    assert counted["street-2048"][1].clip_bytes == 30 * 2048 * 1024 * pixel


def test_step_keeps_more_than_its_generator(counted):
    for _, cost in counted.values():
        assert 0 < cost.generator_bytes < cost.step_bytes


def test_sums():
    cost = Costs(10, 3, flop=1, generator_bytes=5, step_bytes=7, clip_bytes=100)
    assert cost.fixed_bytes == 4 * (4 * 13 + 10)
    assert cost.step_total(2) == cost.fixed_bytes + 100 + 14


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_storages_saved_for_backward_count_once(device):
    """A 1x1 convolution, 2 to 3 channels of 4x5 pixels, saves its input, the ReLU its output."""
    layer = torch.nn.Conv2d(2, 3, 1, device=device)
    x = torch.zeros(1, 2, 4, 5, device=device, requires_grad=True)
    saved = SavedTensors(layer)
    with saved:
        y = layer(x).relu()
    assert saved.num_bytes == 4 * (2 + 3) * 20
    with saved:
        (y * y.view(1, 3, 4, 5)).sum()  # the same storage again, twice
    assert saved.num_bytes == 4 * (2 + 3) * 20


@pytest.mark.slow
def test_page_holds_the_table_as_printed(root, counted, monkeypatch, capsys):
    page = (root / "docs" / "presets.md").read_text(encoding="utf-8")
    monkeypatch.setattr("sys.argv", ["costs"])
    monkeypatch.setattr(costs, "preset_costs", lambda preset: by_preset[id(preset)])
    by_preset = {id(preset): cost for preset, cost in counted.values()}
    costs.main()
    printed = capsys.readouterr().out
    assert costs_table(counted) in printed
    assert printed.strip() in page
