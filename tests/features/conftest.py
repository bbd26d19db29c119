"""What the tests of the feature networks share."""

from __future__ import annotations

from pathlib import Path

import pytest

from vidgan.features import stlpips_weights


@pytest.fixture(params=["vgg", "alex"])
def wheel_file(request: pytest.FixtureRequest) -> tuple[str, Path]:
    """Name and weight file of each network of the stlpips-pytorch wheel."""
    try:
        return request.param, stlpips_weights(request.param)
    except ImportError as error:
        pytest.skip(str(error))
