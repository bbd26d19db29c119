"""Label maps drawn to be painted on, and strokes read as classes."""

from __future__ import annotations

import pytest
import torch

from examples.live.painting import (
    NOTHING,
    draw_canvas,
    enlargement,
    hex_colors,
    paint_over,
    read_strokes,
)
from vidgan.conditions import label_palette, labels_from_colors

NAMES = ("road", "sidewalk", "building")
SIZE = (16, 32)


def layer(color, alpha=255, *, rows=slice(None), columns=slice(None)):
    """A layer above the canvas of SIZE with one rectangle."""
    factor = enlargement(SIZE)
    drawn = torch.zeros(4, SIZE[0] * factor, SIZE[1] * factor, dtype=torch.uint8)
    drawn[:, rows, columns] = torch.tensor([*color, alpha], dtype=torch.uint8)[:, None, None]
    return drawn[None]


def test_the_canvas_shows_every_pixel_enlarged():
    labels = torch.arange(2 * 3).view(1, 2, 3) % 3

    canvas = draw_canvas(labels, 3)

    factor = enlargement((2, 3))
    assert canvas.shape == (3, 2 * factor, 3 * factor)
    back = labels_from_colors(canvas, label_palette(3))
    assert torch.equal(back, labels.repeat_interleave(factor, 1).repeat_interleave(factor, 2))


def test_a_large_map_is_not_enlarged():
    assert enlargement((1024, 2048)) == 1


@pytest.mark.parametrize("index", range(3))
def test_a_stroke_is_the_class_of_its_color(index):
    factor = enlargement(SIZE)
    where = {"rows": slice(2 * factor, 5 * factor), "columns": slice(factor, 4 * factor)}

    strokes = read_strokes(layer(label_palette(3)[index].tolist(), **where), NAMES, SIZE)

    expected = torch.full((1, *SIZE), NOTHING)
    expected[:, 2:5, 1:4] = index
    assert torch.equal(strokes.labels, expected)
    assert strokes.note == ""


def test_the_colors_of_the_brush_are_those_of_the_classes():
    colors = [[int(text[i : i + 2], 16) for i in (1, 3, 5)] for text in hex_colors(40)]
    assert colors == label_palette(40).tolist()


def test_blurred_edges_are_of_the_nearest_class_without_a_note():
    near = [level + 9 for level in label_palette(3)[2].tolist()]
    strokes = read_strokes(layer(near), NAMES, SIZE)
    assert torch.equal(strokes.labels, torch.full((1, *SIZE), 2))
    assert strokes.note == ""


def test_a_color_of_no_class_is_told():
    strokes = read_strokes(layer((0, 255, 0)), NAMES, SIZE)
    assert "#00ff00 is of no class" in strokes.note
    assert "is taken, building" in strokes.note
    assert int(strokes.labels.unique()) == 2


def test_what_is_nearly_transparent_is_not_painted():
    strokes = read_strokes(layer((0, 0, 0), alpha=100), NAMES, SIZE)
    assert torch.equal(strokes.labels, torch.full((1, *SIZE), NOTHING))


def test_a_painting_of_another_size_is_refused():
    with pytest.raises(ValueError, match="must have the size of its canvas, 640x320, got 10x10"):
        read_strokes(torch.zeros(1, 4, 10, 10, dtype=torch.uint8), NAMES, SIZE)


def test_a_painting_covers_labels_and_instances():
    labels = torch.zeros(2, 1, 2, 2, dtype=torch.int64)
    painting = torch.tensor([[[NOTHING, 1], [2, NOTHING]]])

    above = paint_over({"labels": labels, "instances": labels + 7}, painting)

    assert above["labels"].tolist() == [[[[0, 1], [2, 0]]]] * 2
    assert above["instances"].tolist() == [[[[7, 1900], [2900, 7]]]] * 2
    assert set(paint_over({"labels": labels}, painting)) == {"labels"}
