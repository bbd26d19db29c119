import importlib.util
import json
from pathlib import Path

import pytest

pytest.importorskip("matplotlib")

FILE = Path(__file__).parents[2] / "docs" / "figures" / "cost_plot.py"


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("cost_plot", FILE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def measured(tmp_path):
    """Time as a line through zero, memory with 100 MiB that do not grow; a series of one size."""
    points = [("64x32", 2048), ("128x64", 8192)]
    rows = [
        {"what": "scaling with size", "path": label, "pixels": n, "ms": n / 64, "mib": 100 + n / 64}
        for label, n in points
    ]
    rows += [
        {"what": "scaling with scales", "path": f"{n} scales", "pixels": 64, "ms": n, "mib": n}
        for n in (1, 2)
    ]
    file = tmp_path / "rows.json"
    file.write_text(json.dumps({"rows": [{"what": "frame"}, *rows]}))
    return file


def test_cost_per_pixel(script, measured):
    found = script.read_series(measured)

    assert list(found) == ["size", "scales"]
    costs = script.cost_per_pixel(found["size"])
    assert costs["ms"] == pytest.approx(1)
    assert costs["mib"] == pytest.approx((100 + 128) / 8192 / ((100 + 32) / 2048))


def test_the_plot_is_light_and_the_same_each_time(script, measured, tmp_path, capsys):
    one, other = tmp_path / "one.svg", tmp_path / "other.svg"
    for out in (one, other):
        script.main([str(measured), "--out", str(out)])

    assert one.read_bytes() == other.read_bytes()
    assert b"<svg" in one.read_bytes()
    assert one.stat().st_size < 100_000
    assert (
        "size: cost per pixel of the largest to the smallest: time 1.00" in capsys.readouterr()[0]
    )


def test_a_file_of_other_rows_is_refused(script, tmp_path):
    file = tmp_path / "rows.json"
    file.write_text(json.dumps({"rows": [{"what": "frame"}]}))

    with pytest.raises(ValueError, match=r"rows.json has no rows of the group scaling: run it"):
        script.read_series(file)
