"""rtmlib itself is replaced: its weights cannot be had in a test."""

import sys
from types import SimpleNamespace
from typing import ClassVar
from urllib.error import URLError

import numpy as np
import pytest
import torch

from examples.edges_to_face.landmarks import RtmlibLandmarks
from examples.pose_to_body import detectors
from examples.pose_to_body.detectors import RtmlibPeople, open_detector
from examples.preparation import wholebody_detector
from examples.preparation.wholebody_detector import WholebodyDetector, has_weights

FRAME = torch.zeros(3, 40, 60, dtype=torch.uint8)


def points(scale, x=0.0):
    """Point i of the 133 lies at (x + scale * i, 10 + scale * i)."""
    index = np.arange(133.0)
    return np.stack([x + scale * index, 10 + scale * index], 1)


@pytest.fixture
def rtmlib(monkeypatch):
    """A stand-in for rtmlib that finds two people, or nobody; it notes what it is given."""
    notes = SimpleNamespace(options=None, images=[], people=[points(1), points(2)], score=0.9)

    class Wholebody:
        MODE: ClassVar = {
            "balanced": {"det": "https://h/det-1a.zip", "pose": "https://h/pose-2b.zip"}
        }

        def __init__(self, **options):
            notes.options = options

        def det_model(self, image):
            notes.images.append(image)
            return [[0, 0, 9, 9]] * len(notes.people)

        def pose_model(self, image, bboxes):
            assert len(bboxes)
            assert image is notes.images[-1]
            return np.stack(notes.people), np.full((len(bboxes), 133), notes.score)

    notes.module = SimpleNamespace(Wholebody=Wholebody, __spec__=None)
    monkeypatch.setitem(sys.modules, "rtmlib", notes.module)
    monkeypatch.setattr(wholebody_detector, "find_spec", lambda name: name)
    return notes


def test_frames_are_given_as_bgr(rtmlib):
    frame = FRAME.clone()
    frame[0] = 200
    found = WholebodyDetector()(frame)
    assert found.shape == (2, 133, 3)
    assert found[1, 10].tolist() == pytest.approx([20, 30, 0.9])
    assert rtmlib.images[0].shape == (40, 60, 3)
    assert rtmlib.images[0][0, 0].tolist() == [0, 0, 200]


def test_nobody(rtmlib):
    rtmlib.people = []
    assert WholebodyDetector()(FRAME).shape == (0, 133, 3)
    assert RtmlibPeople()(FRAME) == []
    assert RtmlibLandmarks()(FRAME) is None


def test_people_largest_first_with_parts_on_request(rtmlib):
    large, small = RtmlibPeople()(FRAME)
    assert large.keypoints[0, 1] == 10
    assert large.keypoints[4].tolist() == pytest.approx([20, 30, 0.9])  # right wrist: 10 of COCO
    assert small.keypoints[4].tolist() == pytest.approx([10, 20, 0.9])
    assert not large.keypoints[25:].any()
    hand = RtmlibPeople(hands=True)(FRAME)[1].keypoints
    assert hand[95].tolist() == pytest.approx([91, 101, 0.9])  # root of the left hand
    assert hand[136].tolist() == pytest.approx([132, 142, 0.9])
    assert not hand[25:95].any()
    assert RtmlibPeople(face=True)(FRAME)[1].keypoints[25].tolist() == pytest.approx([23, 33, 0.9])


def test_people_that_are_not_seen(rtmlib):
    rtmlib.score = 0.2
    assert RtmlibPeople()(FRAME) == []


def test_face(rtmlib):
    face = RtmlibLandmarks()(FRAME)
    assert face.landmarks.shape == (68, 2)
    assert face.landmarks[0].tolist() == [46, 56]  # the first of the 68 is 23 of the 133
    assert face.box == (46, 56, 180, 190)
    near = RtmlibLandmarks()(FRAME, near=(23, 33, 90, 100))
    assert near.landmarks[0].tolist() == [23, 33]


def test_weak_faces_are_taken_near_another_only(rtmlib):
    rtmlib.score = 0.2
    find = RtmlibLandmarks()
    assert find(FRAME) is None
    assert find(FRAME, near=(300, 300, 310, 310), weak=True) is None
    assert find(FRAME, near=(23, 33, 90, 100), weak=True).landmarks[0].tolist() == [23, 33]


def test_no_network(rtmlib, monkeypatch):
    def refuse(**options):
        raise URLError("no route to host")

    monkeypatch.setattr(rtmlib.module, "Wholebody", refuse)
    with pytest.raises(
        ValueError, match=r"not on this machine .* allow the download, .* mediapipe"
    ):
        RtmlibPeople()


def test_weights_that_cannot_be_loaded(rtmlib, monkeypatch):
    def refuse(**options):
        raise RuntimeError("bad model\nmore")

    monkeypatch.setattr(rtmlib.module, "Wholebody", refuse)
    with pytest.raises(ValueError, match=r"rtmlib's weights cannot be loaded \(bad model\); "):
        RtmlibPeople()


def test_not_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "rtmlib", None)
    with pytest.raises(ImportError, match="rtmlib"):
        open_detector("rtmlib")


@pytest.mark.parametrize("files", [(), ("yolox_m.onnx",), ("a.onnx", "b.onnx")])
def test_folder_without_the_two_files(rtmlib, tmp_path, files):
    for name in files:
        (tmp_path / name).touch()
    with pytest.raises(ValueError, match=r"must contain two .onnx files, one of them named"):
        WholebodyDetector(tmp_path)


def test_weights_of_a_folder(rtmlib, tmp_path, monkeypatch):
    for name in ("yolox_m.onnx", "rtmw.onnx"):
        (tmp_path / name).touch()
    sizes = {"yolox_m.onnx": (640, 640), "rtmw.onnx": (256, 192)}
    monkeypatch.setattr(wholebody_detector, "_input_size", lambda file: sizes[file.name])
    WholebodyDetector(tmp_path)
    assert rtmlib.options == {
        "mode": "balanced",
        "det": str(tmp_path / "yolox_m.onnx"),
        "det_input_size": (640, 640),
        "pose": str(tmp_path / "rtmw.onnx"),
        "pose_input_size": (192, 256),  # rtmlib wants the width first
    }


def test_auto_takes_what_is_at_hand(rtmlib, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(detectors, "MediapipePeople", lambda **_: "the offline one")
    opened = open_detector()
    assert opened[:2] == ("the offline one", "mediapipe")
    assert "rtmlib's weights are not on this machine" in opened.note
    folder = tmp_path / "hub/checkpoints"
    folder.mkdir(parents=True)
    for name in ("det-1a.onnx", "pose-2b.onnx"):
        assert not has_weights()
        (folder / name).touch()
    find, name, note = open_detector(face=True)
    assert isinstance(find, RtmlibPeople)
    assert name == "rtmlib"
    assert note == "Detector: rtmlib (its weights are on this machine)"
    assert open_detector("rtmlib").note == ""
    assert capsys.readouterr().out == ""
