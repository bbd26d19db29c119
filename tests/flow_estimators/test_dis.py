"""What only the dense inverse search does."""

from __future__ import annotations

import sys

import pytest

from vidgan.flow_estimators import DISFlow


def test_presets_are_those_of_opencv() -> None:
    cv2 = pytest.importorskip("cv2", reason="needs vidgan[flow]")
    from vidgan.flow_estimators.dis import PRESETS

    for name, number in PRESETS.items():
        assert getattr(cv2, f"DISOPTICAL_FLOW_PRESET_{name.upper()}") == number


def test_unknown_preset() -> None:
    with pytest.raises(ValueError, match=r"DISFlow: preset must be one of 'ultrafast', 'fast'"):
        DISFlow("slow")  # type: ignore[arg-type]


def test_missing_opencv_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cv2", None)

    with pytest.raises(ImportError, match=r"cv2 is needed here; .* pip install 'vidgan\[flow\]'"):
        DISFlow()
