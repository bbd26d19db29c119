import pytest
import torch

from examples.preparation.contact_sheet import ContactSheet
from vidgan.functional import flow_to_color


@pytest.mark.parametrize("length", [3, 8, 9, 100])
def test_columns_are_evenly_spaced_frames(length):
    generator = torch.Generator().manual_seed(length)
    frames = torch.randint(256, (length, 3, 4, 6), generator=generator, dtype=torch.uint8)
    conditions = torch.randint(256, (length, 1, 4, 6), generator=generator, dtype=torch.uint8)
    flows = torch.randn(length - 1, 2, 4, 6, generator=generator)

    shown = ContactSheet(length)
    for time in range(length):
        shown.add(time, frames[time], conditions[time], flows[time - 1] if time else None)
    sheet = shown.image()

    assert sheet.shape == (3, 3 * 6 + 2, 8 * 8 + 2)
    picks = torch.linspace(1, length - 1, 8).round().long()
    colors = (flow_to_color(flows[picks - 1]) * 255).round().byte()
    for column, pick in enumerate(picks):
        x = slice(2 + 8 * column, 8 + 8 * column)
        assert torch.equal(sheet[:, 2:6, x], frames[pick])
        assert torch.equal(sheet[:, 8:12, x], conditions[pick].expand(3, -1, -1))
        assert torch.equal(sheet[:, 14:18, x], colors[column])


def test_only_the_frames_shown_are_kept():
    sheet = ContactSheet(1000, columns=4)
    frame = torch.zeros(3, 4, 6, dtype=torch.uint8)
    for time in range(1000):
        sheet.add(time, frame, frame, None if time == 0 else torch.zeros(2, 4, 6))
    assert len(sheet._shown) == 4
