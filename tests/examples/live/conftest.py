"""Untrained runs of the three tasks, and the page in a browser."""

from __future__ import annotations

import json
import math
import shutil
import time

import pytest
import torch

from examples.edges_to_face import retarget
from examples.edges_to_face.landmarks import Face
from examples.edges_to_face.task import EdgesToFace
from examples.labels_to_street.task import LabelsToStreet
from examples.live.backends import open_studio
from examples.live.places import Place
from examples.pose_to_body.task import PoseToBody
from examples.synthetic.dancer.data_folder import DancerConfig, make_dancer
from vidgan.video import write_video

BROWSER_OPTIONS = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]


@pytest.fixture
def street_place(street, make_run):
    facts = json.loads((street / "dataset.json").read_text())
    channels = len(facts["classes"]) + bool(facts["instances"])
    run = make_run("street_run", condition_channels=channels, task="labels_to_street")
    return Place(run, street)


@pytest.fixture
def street_studio(street_place):
    return open_studio(LabelsToStreet, street_place, "torch")


@pytest.fixture
def face_place(make_data, make_run):
    return Place(make_run("face_run"), make_data("face_data"))


@pytest.fixture
def face_studio(face_place):
    return open_studio(EdgesToFace, face_place, "torch")


@pytest.fixture(scope="session")
def dancer(tmp_path_factory):
    """A folder of 8 frames of the rendered dancer."""
    out = tmp_path_factory.mktemp("dancer") / "data"
    make_dancer(DancerConfig(out, frames=8, size=(64, 64)))
    return out


@pytest.fixture
def body_studio(dancer, make_run):
    run = make_run("body_run", condition_channels=3, task="pose_to_body")
    return open_studio(PoseToBody, Place(run, dancer), "torch")


class DarkFaces:
    """Finds a face in every frame with little red, the higher the more red there is."""

    made = 0

    def __init__(self):
        DarkFaces.made += 1

    def __call__(self, frame, *, near=None, weak=False):  # noqa: ARG002 -- as in FaceFinder
        level = int(frame[0, 0, 0])
        if level > 100:
            return None
        angle = torch.arange(68) * (2 * math.pi / 68)
        circle = torch.stack([28 * angle.cos(), (24 + level / 2) * angle.sin()], 1)
        points = circle + torch.tensor([40.0, 40.0])
        return Face(points, (*points.amin(0).tolist(), *points.amax(0).tolist()))


@pytest.fixture
def faces(monkeypatch):
    """Faces are found in frames with little red."""
    monkeypatch.setitem(retarget.DETECTORS, "dlib", DarkFaces)
    monkeypatch.setattr(retarget, "DlibLandmarks", DarkFaces)
    monkeypatch.setattr(DarkFaces, "made", 0)
    return DarkFaces


@pytest.fixture
def write_clip(tmp_path):
    """A function that writes a video of some frames of one level, 0 to 255."""
    pytest.importorskip("av")

    def write(level=0, frames=9):
        path = tmp_path / f"clip{level}.mp4"
        write_video(path, torch.full((frames, 3, 48, 64), level, dtype=torch.uint8), fps=10)
        return path

    return write


@pytest.fixture(scope="session")
def browser():
    """Headless Chromium with a camera."""
    pytest.importorskip("gradio")
    driver = pytest.importorskip("playwright.sync_api")
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no Chromium is installed")
    with driver.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=BROWSER_OPTIONS)
        yield browser
        browser.close()


class Visit:
    """A page in the browser, and what went wrong in it."""

    def __init__(self, page, address):
        self.page, self.faults = page, []
        page.set_default_timeout(100_000)
        page.on("console", lambda each: each.type == "error" and self.faults.append(each.text))
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on(
            "response",
            lambda answer: answer.status >= 400 and self.faults.append(f"failed: {answer.url}"),
        )
        page.on(
            "request",
            lambda request: (
                request.url.startswith((address, "data:", "blob:"))
                or self.faults.append(f"another site: {request.url}")
            ),
        )
        page.goto(address)

    def wait(self, found, seconds=100):
        """Wait until a function returns something true, and return it."""
        end = time.monotonic() + seconds
        while not (value := found()):
            assert time.monotonic() < end, f"not seen in {seconds} s; faults: {self.faults}"
            self.page.wait_for_timeout(100)
        return value

    def source(self, image):
        """The address of a picture on the page; None before there is one."""
        element = self.page.query_selector(f"{image} img")
        return element and element.get_attribute("src")

    def changed(self, image, before):
        """Wait for another picture, and return its address."""
        return self.wait(lambda: (now := self.source(image)) != before and now)


@pytest.fixture
def visit(browser):
    """A function that serves the page of some studios, and opens it, as often as asked."""
    from examples.live.page import build_page, launch_page

    served, visits = [], []

    def open_visits(studios, *, count=1, width=1280):
        page = build_page(studios)
        served.append(page)
        address = launch_page(page, host="127.0.0.1", port=None, wait=False)
        size = {"width": width, "height": 1000}
        visits.extend(Visit(browser.new_page(viewport=size), address) for _ in range(count))
        return visits[-count:]

    yield open_visits
    for each in visits:
        each.page.close()
    for page in served:
        page.close(verbose=False)
