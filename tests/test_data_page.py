"""The page about data: its code runs, and it names every code that a check reports."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch

from tests.data.check.folders import label_maps
from vidgan.data import check_data
from vidgan.video import write_frames


def test_own_data_without_prepare(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("cv2")
    page = (root / "docs" / "data.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)
    monkeypatch.chdir(tmp_path)
    maps = label_maps(5).repeat(1, 1, 3, 3)  # DIS needs larger frames
    write_frames("data/mine/images/walk", torch.rand(5, 3, *maps.shape[2:]))
    write_frames("data/mine/labels/walk", maps)

    exec(compile(code, "data.md", "exec"), {})

    report = check_data("data/mine", clip_length=3)
    assert (report.problems, report.warnings) == ((), ())
    assert report.kinds["flow/stride3"].files == 2


def test_page_names_every_code(root: Path) -> None:
    page = (root / "docs" / "data.md").read_text(encoding="utf-8")
    table = page.partition("### What it reports")[2].partition("###")[0]
    on_page = {
        code
        for cell in re.findall(r"^\| (`[^|]+) \|", table, flags=re.MULTILINE)
        for code in re.findall(r"`(\w+)`", cell)
    }
    sources = [
        file.read_text(encoding="utf-8") for file in (root / "vidgan/data/check").glob("*.py")
    ]
    calls = re.compile(r"(?:problem|warning|Fault)\(\s*\"(\w+)\"")

    assert on_page == {code for source in sources for code in calls.findall(source)}
