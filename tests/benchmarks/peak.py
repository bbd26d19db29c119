"""The convolution peak: the street generator's own layers, as torch convolves them."""

from __future__ import annotations

import torch
from torch.nn import functional as F  # noqa: N812

from tests.benchmarks.measuring import Bench, count_gflop, print_row


def layers(channels: int, height: int, width: int) -> list[tuple[int, int, int, int, int, int]]:
    """List the layers of a generator: in, out, kernel, stride, height and width of the input."""
    c, h, w = channels, height, width
    return [
        (3 * 36, c, 7, 1, h, w),
        (c, 2 * c, 3, 2, h, w),
        (2 * c, 4 * c, 3, 2, h // 2, w // 2),
        (4 * c, 8 * c, 3, 2, h // 4, w // 4),
        (8 * c, 8 * c, 3, 1, h // 8, w // 8),
        (8 * c, 4 * c, 3, 1, h // 4, w // 4),
        (c, 3, 7, 1, h, w),
    ]


def run(bench: Bench) -> None:
    """Time each layer in both memory formats; the best of all is the peak of its precision.

    On a GPU float32 has TF32 on, as the whole run.
    """
    on_gpu = bench.device.type == "cuda"
    channels, height, width = (128, 256, 512) if on_gpu else (64, 128, 256)
    channels, height, width = bench.size((channels, height, width), (4, 16, 32))
    rows: list[tuple[dict, str, float]] = []
    for precision in ("float32", "bfloat16"):
        dtype = getattr(torch, precision)
        for inputs, outputs, kernel, stride, rows_in, columns in layers(channels, height, width):
            calls, sizes = {}, (inputs, rows_in, columns)
            for name in ("contiguous_format", "channels_last"):
                layout = getattr(torch, name)
                x = torch.rand(1, *sizes, device=bench.device).to(dtype, memory_format=layout)
                weight = torch.rand(outputs, inputs, kernel, kernel, device=bench.device)
                weight = weight.to(dtype, memory_format=layout)
                padding = kernel // 2
                calls[f"{precision}, {name}"] = lambda x=x, w=weight, s=stride, p=padding: F.conv2d(
                    x, w, None, s, p
                )
            gflop = count_gflop(next(iter(calls.values())))
            what = f"{inputs} to {outputs}, {kernel}x{kernel}, stride {stride}, {columns}x{rows_in}"
            for path, times in bench.turns(calls).items():
                rows.append((bench.add(what, path, times, gflop=gflop), precision, min(times)))
    for row, precision, fastest in rows:
        rate = row["gflop"] / fastest * 1000
        bench.peaks[precision] = max(bench.peaks.get(precision, 0.0), rate)
    for row, precision, _ in rows:
        row["peak_share"] = row["gflop"] / row["ms"] * 1000 / bench.peaks[precision]
        print_row(row)
    for name, peak in bench.peaks.items():
        print(f"peak, {name}: {peak:,.0f} GFLOP/s", flush=True)
