"""An exported model in place of the network, and models that do not fit."""

from __future__ import annotations

import json
import sys
from dataclasses import replace

import pytest
import torch

from examples.edges_to_face.task import EdgesToFace
from examples.labels_to_street.task import LabelsToStreet
from examples.live.backends import ExportedGenerator, open_studio
from examples.live.places import Place
from examples.live.sessions import StreetSession
from examples.vid2vid.export_step import export_step
from tests.examples.conftest import TINY


def change(card, **values):
    card.write_text(json.dumps(json.loads(card.read_text()) | values))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_onnx_runtime_gives_the_frames_of_pytorch(street_place, capsys):
    pytest.importorskip("onnxscript")
    pytest.importorskip("onnxruntime")
    open_studio(LabelsToStreet, street_place, "onnx")
    assert "is exported to" in capsys.readouterr().err
    studios = [open_studio(LabelsToStreet, street_place, backend) for backend in ("torch", "onnx")]
    assert capsys.readouterr().err == ""  # it is kept
    assert isinstance(studios[1].generator, ExportedGenerator)

    sessions = [StreetSession(studio) for studio in studios]

    for one, other in zip(*(session.frames(10) for session in sessions), strict=True):
        torch.testing.assert_close(one.frame, other.frame, atol=1e-3, rtol=0)
    check_misfits(street_place)


def check_misfits(place):
    """A model exported for other conditions, and a size that it does not divide."""
    card = place.run / "onnx" / "model.json"
    change(card, condition_channels=3)
    with pytest.raises(ValueError, match=r"condition_channels 3 in place of 15; remove .*onnx,"):
        open_studio(LabelsToStreet, place, "onnx")
    change(card, condition_channels=15, steps=3)
    with pytest.raises(ValueError, match="steps 3 in place of 7"):
        open_studio(LabelsToStreet, place, "onnx")
    change(card, steps=7, size_multiple=24)
    with pytest.raises(ValueError, match=r"multiples of 24, and those of .* are 32x64"):
        open_studio(LabelsToStreet, place, "onnx")
    generator = ExportedGenerator(place.run / "onnx" / "model.onnx")
    with pytest.raises(ValueError, match=r"takes 15 condition maps .* got 4 of 24x48"):
        generator(torch.zeros(1, 3, 4, 24, 48), torch.zeros(1, 2, 3, 24, 48))
    with pytest.raises(ValueError, match="multiples of 24, got 15 of 24x50"):
        generator(torch.zeros(1, 3, 15, 24, 50), torch.zeros(1, 2, 3, 24, 50))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_several_scales_and_a_foreground(street, make_run, tmp_path):
    model = replace(TINY, num_scales=2, foreground=True)
    run = make_run(model=model, condition_channels=15, task="labels_to_street")
    studio = open_studio(LabelsToStreet, Place(run, street), "torch")
    options = {"weights": "averaged", "opset": 20, "overwrite": False}
    export_step(studio.task, run, tmp_path / "out", "pt2", **options)
    exported = studio._replace(generator=ExportedGenerator(tmp_path / "out" / "model.pt2"))

    frames = [[*StreetSession(each).frames(4)] for each in (studio, exported)]

    for one, other in zip(*frames, strict=True):
        torch.testing.assert_close(one.frame, other.frame, atol=1e-3, rtol=0)


def test_onnx_runtime_is_missing(street_place, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ImportError, match=r"onnxruntime is needed here.*vidgan\[export\]"):
        open_studio(LabelsToStreet, street_place, "onnx")


def test_a_run_of_another_task(street_place, make_data):
    with pytest.raises(ValueError, match="was trained for the task 'labels_to_street'"):
        open_studio(EdgesToFace, Place(street_place.run, make_data()), "torch")
