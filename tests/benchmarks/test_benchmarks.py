"""Every group of the benchmarks runs, and its rows hold what the table needs."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
import torch

from tests.benchmarks import gpu, scaling
from tests.benchmarks.__main__ import GROUPS, main
from tests.benchmarks.functions import PACKAGE
from tests.benchmarks.measuring import KEYS, Bench, count_gflop, table_row
from tests.contracts.registry import REGISTRY
from vidgan.layers._winograd import winograd_conv2d

GPU_ROWS = [*gpu.STREAMS, gpu.STEP]


@pytest.mark.slow
@pytest.mark.parametrize("group", GROUPS)
def test_a_group_runs(group: str, tmp_path: Path) -> None:
    tf32 = torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32
    threads = torch.get_num_threads()
    try:
        file = tmp_path / "rows.json"
        main(["--quick", "--only", group, "--threads", str(threads), "--json", str(file)])
    finally:
        torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32 = tf32

    report = json.loads(file.read_text("utf-8"))
    rows = [row for row in report["rows"] if row["group"] == group]
    assert report["peak_gflops"].keys() == {"float32", "bfloat16"}
    assert len(rows) > 0
    for row in report["rows"]:
        assert set(KEYS) <= set(row)
        numbers = [value for value in row.values() if isinstance(value, float)]
        assert all(math.isfinite(number) for number in numbers)
        assert numbers or row["note"].startswith("not measured")
        assert row["ms"] is None or row["ms_low"] <= row["ms"] <= row["ms_high"]
        assert row["mib"] is None or row["mib"] >= 0
    if group == "functions":
        timed = {row["what"].partition(",")[0] for row in rows}
        assert timed == {name.partition(",")[0] for name in REGISTRY if name.startswith(PACKAGE)}
    if group == "gpu":
        assert list(dict.fromkeys(row["what"] for row in rows)) == GPU_ROWS


def test_a_row_of_the_table() -> None:
    bench = Bench(torch.device("cpu"))
    bench.group, bench.peaks = "frames", {"float32": 50.0}

    row = bench.add("frame", "float32", [200.0, 100.0, 300.0], [0.5, 0.25, 0.75], gflop=2.0)

    # 2 GFLOP in 200 ms are 10 GFLOP/s
    assert table_row(row) == (
        "| frame | float32 | 200 (150 to 250) | 0.500 (0.375 to 0.625) | 2.00 | 20% |  |  |"
    )


def test_operations_of_winograd() -> None:
    """16 multiplications in place of 36 for four results."""
    x, weight = torch.rand(1, 6, 10, 14), torch.rand(4, 6, 3, 3)

    dense = count_gflop(lambda: torch.nn.functional.conv2d(x, weight))

    assert count_gflop(lambda: winograd_conv2d(x, weight, None)) == dense * 16 / 36


def test_the_longest_series_is_the_largest() -> None:
    """The note compares the last point with the first."""
    for points in scaling.SERIES.values():
        assert points == sorted(points)
