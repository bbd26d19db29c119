"""The page in a headless browser."""

from __future__ import annotations

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


def paint(visit, *, along=0.3):
    """Draw a stroke on the label map with the mouse."""
    visit.page.wait_for_selector("#street-map canvas")
    visit.page.wait_for_timeout(1000)  # the canvas fits itself into the page
    box = visit.page.query_selector("#street-map canvas").bounding_box()
    x, y = box["x"] + box["width"] * along, box["y"] + box["height"] * 0.5
    visit.page.mouse.move(x, y)
    visit.page.mouse.down()
    visit.page.mouse.move(x + 40, y + 10, steps=5)
    visit.page.mouse.up()


def test_a_stroke_changes_the_street(visit, street_studio):
    (one,) = visit({"street": street_studio})
    before = one.changed("#street-frame", None)

    paint(one)

    one.changed("#street-frame", before)
    one.wait(lambda: "Frame 6" in one.page.inner_text("#street-status"))
    assert one.faults == []
