import importlib.util
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("matplotlib")
tensorboard = pytest.importorskip("torch.utils.tensorboard")

FILE = Path(__file__).parents[2] / "docs" / "figures" / "training_curves.py"


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("training_curves", FILE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def write_run(run, *, flow):
    with tensorboard.SummaryWriter(run / "tensorboard") as curves:
        for step in range(10, 110, 10):
            for name in ("image_gan", "image_real", "image_fake", "l1"):
                curves.add_scalar(name, 1 / step, step)
            if flow:
                curves.add_scalar("flow", 3.0, step)
            rows = 7 if flow else 4
            curves.add_image("chunk", np.full((3, rows * 18, 34), 0.5, np.float32), step)


def test_smooth_is_the_median_of_a_window_cut_at_the_ends(script):
    curve = script.Curve(np.arange(5), np.array([1.0, 2.0, 100.0, 4.0, 6.0]))
    assert curve.smooth(3).tolist() == [1.5, 2.0, 4.0, 6.0, 5.0]


@pytest.mark.parametrize("flow", [True, False])
def test_a_run_becomes_figures_and_a_table(script, tmp_path, flow):
    write_run(tmp_path / "run", flow=flow)
    out = tmp_path / "figures"
    script.main([str(tmp_path / "run"), "--out", str(out), "--marks", "50"])
    with Image.open(out / "curves.png") as picture:
        assert picture.width > 400
    with Image.open(out / "pictures.jpg") as picture:
        assert picture.width > 400
    table = (out / "curves.md").read_text("utf-8")
    assert "| `l1` | 0.10 | 0.02 | 0.01 |" in table
    assert ("`flow`" in table) == flow


def test_an_empty_folder_and_a_step_without_a_picture_are_refused(script, tmp_path):
    with pytest.raises(FileNotFoundError, match="is not there: give the folder of a run"):
        script.main([str(tmp_path), "--out", str(tmp_path / "out")])
    write_run(tmp_path / "run", flow=True)
    with pytest.raises(ValueError, match=r"no picture of step 7: there are \[10, 20"):
        script.main([str(tmp_path / "run"), "--out", str(tmp_path / "out"), "--steps", "7"])
