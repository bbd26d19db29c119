"""What only Farneback's flow does."""

from __future__ import annotations

import sys

import pytest

from vidgan.flow_estimators import FarnebackFlow


@pytest.mark.parametrize("argument", ["levels", "window_size", "iterations"])
def test_numbers_below_one(argument: str) -> None:
    with pytest.raises(ValueError, match=rf"FarnebackFlow: {argument} must be at least 1, got 0"):
        FarnebackFlow(**{argument: 0})


def test_missing_opencv_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cv2", None)

    with pytest.raises(ImportError, match=r"cv2 is needed here; .* pip install 'vidgan\[flow\]'"):
        FarnebackFlow()
