"""Contact sheets: tiles where they should be, and labels beside them."""

import pytest
import torch

from vidgan.functional import flow_to_color
from vidgan.video import contact_sheet, to_uint8

GENERATOR = torch.Generator().manual_seed(0)
FRAMES = torch.rand(3, 3, 16, 24, generator=GENERATOR) * 2 - 1
FLOW = torch.randn(3, 2, 16, 24, generator=GENERATOR)
MASKS = torch.rand(3, 1, 16, 24, generator=GENERATOR)


def tile(sheet, row, column):
    """The pixels of a tile; columns are counted from the right, where there is no label."""
    x = sheet.shape[2] - (3 - column) * 26
    return sheet[:, 2 + row * 18 : 18 + row * 18, x : x + 24]


def test_tiles_are_the_videos():
    sheet = contact_sheet({"real": FRAMES, "flow": FLOW, "mask": MASKS})
    assert sheet.dtype == torch.uint8
    assert sheet.shape[1] == 3 * 18 + 2
    colors, gray = flow_to_color(FLOW) * 2 - 1, MASKS.expand(-1, 3, -1, -1) * 2 - 1
    for row, video in enumerate((FRAMES, colors, gray)):
        for column in range(3):
            assert torch.equal(tile(sheet, row, column), to_uint8(video[column]))


def test_every_row_has_its_label():
    sheet = contact_sheet({"real": FRAMES, " ": FLOW, "a longer label": MASKS})
    labels = sheet[:, :, : sheet.shape[2] - 3 * 26 - 2]
    bright = [(labels[:, 1 + 18 * row : 19 + 18 * row] > 127).sum() for row in range(3)]
    assert bright[2] > bright[0] > bright[1] == 0


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_other_dtypes(dtype):
    sheet = contact_sheet({"real": FRAMES.to(dtype).requires_grad_()})
    expected = contact_sheet({"real": FRAMES.to(dtype).float()})
    assert torch.equal(sheet, expected)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ({}, "at least one video, got none"),
        ({"a": FRAMES, "b": FRAMES[:2]}, r"'b' must have .* of the first row, \(3, 16, 24\), got"),
        ({"a": FRAMES.repeat(1, 2, 1, 1)}, "'a' must have 1, 2 or 3 channels"),
    ],
)
def test_rows_that_do_not_fit_are_refused(rows, message):
    with pytest.raises(ValueError, match=message):
        contact_sheet(rows)
