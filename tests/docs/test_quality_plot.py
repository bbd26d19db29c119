import importlib.util
import json
from pathlib import Path

import pytest

pytest.importorskip("matplotlib")

FILE = Path(__file__).parents[2] / "docs" / "figures" / "quality_plot.py"


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("quality_plot", FILE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def row(name, ratio, *values):
    runs = [{"st_lpips": value, "warping_error": value / 1000} for value in values]
    return {"name": name, "ratio": ratio, "runs": runs}


@pytest.fixture
def measured(tmp_path):
    rows = [row("composite 16", 3.0, 0.6), row("composite 8", 1.5, 0.7), row("fast", 1.0, 0.5, 0.6)]
    file = tmp_path / "quality.json"
    file.write_text(json.dumps({"rows": rows}))
    return file


def test_the_cheapest_comes_first(script, measured):
    assert [row["ratio"] for row in script.read_rows(measured)] == [1.0, 1.5, 3.0]


def test_the_plot_is_light_and_the_same_each_time(script, measured, tmp_path):
    one, other = tmp_path / "one.svg", tmp_path / "other.svg"
    for out in (one, other):
        script.main([str(measured), "--out", str(out)])

    assert one.read_bytes() == other.read_bytes()
    assert one.stat().st_size < 100_000
    text = one.read_text("utf-8")
    assert all(f">{name}<" in text for name in ("composite 16", "composite 8", "fast"))


def test_a_file_without_rows_is_refused(script, tmp_path):
    file = tmp_path / "quality.json"
    file.write_text(json.dumps({"rows": []}))

    with pytest.raises(ValueError, match=r"quality.json has no trained generator: run tests"):
        script.read_rows(file)
