"""The demos from end to end, with a training of two steps."""

from __future__ import annotations

import functools
from importlib.util import find_spec

import pytest

from examples.labels_to_street import demo as street
from examples.labels_to_street import metrics as street_metrics
from examples.labels_to_street.metrics import LabelMetric
from examples.pose_to_body import demo as pose
from examples.vid2vid.evaluate import REAL, REPEAT
from vidgan.video import read_video

for module in ("av", "cv2", "tqdm", "torchmetrics"):
    pytest.importorskip(module)
if find_spec("stlpips_pytorch") is None:  # never imported: its code needs what it does not declare
    pytest.skip("stlpips_pytorch is not installed", allow_module_level=True)


def _check(out, text, name, *, frames):
    assert {file.name for file in out.iterdir()} >= {"data", "evaluation.md", f"{name}.png"}
    assert (out / "evaluation.md").read_text() == text
    for row in ("vid2vid", "frame_by_frame", REPEAT, REAL):
        assert f"| {row}" in text
    assert "was trained on some of these frames" not in text
    assert len(read_video(out / f"{name}.mp4").frames) == frames


@pytest.mark.slow
def test_street(tmp_path, monkeypatch):
    metric = functools.partial(LabelMetric, steps=3)
    monkeypatch.setattr(street_metrics, "LabelMetric", metric)
    options = {"sequences": 2, "frames": 12, "height": 32, "width": 64}
    text = street.demo(street.DemoConfig(tmp_path / "out", steps=2, baseline_steps=2, **options))
    _check(tmp_path / "out", text, "drive000", frames=10)
    assert "label accuracy" in text


@pytest.mark.slow
def test_pose(tmp_path):
    config = pose.DemoConfig(
        tmp_path / "out", steps=2, baseline_steps=2, frames=40, num_train_frames=34
    )
    _check(tmp_path / "out", pose.demo(config), "dance0", frames=6)


def test_only_the_folder_of_a_demo_is_overwritten(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(ValueError, match="is not overwritten: it is not the folder of a demo"):
        street.demo(street.DemoConfig(tmp_path, overwrite=True))
    assert (tmp_path / "thesis.txt").is_file()


def test_a_demo_is_not_overwritten(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "dataset.json").touch()
    for module in (street, pose):
        with pytest.raises(ValueError, match="exists: add --overwrite, or give another --out"):
            module.demo(module.DemoConfig(tmp_path))
