"""The page in a headless browser."""

from __future__ import annotations

import socket

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
WIDTH = "document.querySelector('main').getBoundingClientRect().width"
SKY = (70, 130, 180)
PIXELS = """
query => {
    const image = document.querySelector(query), canvas = document.createElement('canvas');
    if (!image || !image.naturalWidth) return null;  // not loaded yet
    [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
    const context = canvas.getContext('2d');
    context.drawImage(image, 0, 0);
    // the lower half, where the drive has no sky
    const half = canvas.height / 2;
    const data = context.getImageData(0, half, canvas.width, half).data, found = new Set();
    for (let i = 0; i < data.length; i += 4) found.add(data.slice(i, i + 3).join());
    return Array.from(found, text => text.split(',').map(Number));
}
"""
TIME = "document.querySelector('#face-clip video').currentTime"


def paint(visit, *, along=0.3):
    """Draw a stroke on the label map with the mouse."""
    visit.page.bring_to_front()
    visit.page.wait_for_selector("#street-map canvas")
    visit.page.wait_for_timeout(1000)  # the canvas fits itself into the page
    box = visit.page.query_selector("#street-map canvas").bounding_box()
    x, y = box["x"] + box["width"] * along, box["y"] + box["height"] * 0.6
    visit.page.mouse.move(x, y)
    visit.page.mouse.down()
    visit.page.mouse.move(x + 40, y + 10, steps=5)
    visit.page.mouse.up()


def colors(visit):
    """The colors in the lower half of what the network sees."""
    return visit.wait(lambda: visit.page.evaluate(PIXELS, "#street-seen img"))


def test_a_stroke_changes_the_street(visit, street_studio):
    (one,) = visit({"street": street_studio})
    before = one.changed("#street-frame", None)

    paint(one)

    one.changed("#street-frame", before)
    one.wait(lambda: "Frame 6" in one.page.inner_text("#street-status"))
    assert one.faults == []


def test_a_tab_opened_later_has_its_pictures(visit, street_studio, body_studio):
    """What it was given before it was opened."""
    (one,) = visit({"body": body_studio, "street": street_studio})
    one.changed("#body-frame", None)
    one.page.wait_for_timeout(3000)
    one.page.get_by_role("tab", name="Street").click()
    one.changed("#street-frame", None)
    one.changed("#street-seen", None)
    assert one.page.evaluate(WIDTH) > 1000
    assert one.faults == []


def test_a_page_opened_twice_has_two_drives(visit, street_studio):
    one, two = visit({"street": street_studio}, count=2)
    for each in (one, two):
        each.wait(lambda each=each: "Frame 2" in each.page.inner_text("#street-status"))
    before = two.source("#street-frame")

    paint(one)
    one.wait(lambda: "Frame 6" in one.page.inner_text("#street-status"))

    assert "Frame 2" in two.page.inner_text("#street-status")
    assert two.source("#street-frame") == before
    two.page.click("#street-on")
    two.wait(lambda: "Frame 6" in two.page.inner_text("#street-status"))
    assert one.faults == two.faults == []


def test_the_brush_has_the_color_of_the_class(visit, street_studio):
    (one,) = visit({"street": street_studio}, width=420)
    shown = one.changed("#street-frame", None)
    assert list(SKY) not in colors(one)
    one.page.click("#street-class input")
    one.page.get_by_role("option", name="sky").click()

    for _ in range(5):  # the brush changes a moment after the choice
        paint(one)
        shown = one.changed("#street-frame", shown)
        one.page.wait_for_timeout(2000)
        if list(SKY) in colors(one):
            break

    assert list(SKY) in colors(one)
    one.page.click("#street-clear")
    one.wait(lambda: list(SKY) not in colors(one))
    assert one.page.evaluate(OVERFLOW) <= 0
    assert one.faults == []


def test_a_click_moves_a_joint(visit, body_studio):
    (one,) = visit({"body": body_studio})
    before = one.changed("#body-frame", None)
    one.page.click("#body-skeleton img", position={"x": 300, "y": 60})
    one.changed("#body-frame", before)
    one.wait(lambda: "Frame 6. The left wrist moves to" in one.page.inner_text("#body-status"))
    assert one.faults == []


def test_a_video_drives_the_face_and_plays(visit, face_studio, faces, write_clip):
    (one,) = visit({"face": face_studio})
    one.page.wait_for_selector("#face-drive")
    assert one.page.evaluate(WIDTH) > 1000  # also without a picture that is as wide
    one.page.click("#face-drive")
    one.wait(lambda: "choose a file of a face first" in one.page.inner_text("body"))

    one.page.set_input_files("#face-driver input[type=file]", write_clip())
    one.page.wait_for_selector("#face-driver video")
    one.page.click("#face-drive")

    one.changed("#face-frame", None)
    one.page.wait_for_selector("#face-clip video")
    one.wait(lambda: one.page.evaluate(TIME) > 0.2)
    assert "frames/s" in one.page.inner_text("#face-status")
    assert one.faults == []


def test_a_webcam_drives_the_face(visit, face_studio, faces):
    (one,) = visit({"face": face_studio})
    one.page.get_by_role("tab", name="The webcam").click()
    one.page.click("#face-camera button:has-text('Access')")
    one.page.click("#face-camera button:has-text('Record')")
    first = one.changed("#face-frame", None)  # the browser's pictures have no red at the corner
    one.changed("#face-frame", first)
    assert "0 pictures without a face" in one.page.inner_text("#face-status")
    assert one.faults == []


def test_a_port_that_is_taken(street_studio):
    pytest.importorskip("gradio")
    from examples.live.page import build_page, launch_page

    page = build_page({"street": street_studio})
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=f"port {port}; choose another --port"):
            launch_page(page, host="127.0.0.1", port=port, wait=False)
