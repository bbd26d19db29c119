"""The weight files of the ``stlpips-pytorch`` wheel."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from torch import Tensor

from vidgan._checks import check_choice
from vidgan.extras import find_extra_file

StlpipsNetwork = Literal["vgg", "alex"]


def stlpips_weights(network: StlpipsNetwork) -> Path:
    """Find the weight file of a Shift-tolerant LPIPS network (works offline).

    The files ship in the ``stlpips-pytorch`` wheel (BSD-2): the feature network and the linear
    heads of Ghildyal and Liu 2022, "Shift-tolerant Perceptual Similarity Metric"
    (`arXiv:2207.13686 <https://arxiv.org/abs/2207.13686>`__). The package is not imported.

    Args:
        network: ``"vgg"`` (VGG16) or ``"alex"`` (AlexNet).

    Returns:
        Path of the file.

    Raises:
        ValueError: ``network`` is neither of the two.
        ImportError: the wheel is not installed; the text names the extra ``perceptual``.
        FileNotFoundError: the wheel is installed without the file.

    Example:
        >>> path = stlpips_weights("vgg")  # doctest: +SKIP
        >>> stlpips_weights("squeeze")
        Traceback (most recent call last):
        ValueError: stlpips_weights: network must be one of 'vgg', 'alex', got 'squeeze'
    """
    check_choice(network, ("vgg", "alex"), "stlpips_weights", "network")
    return find_extra_file(
        "stlpips_pytorch", f"weights/vST0.0/{network}_shift_tolerant.pth", "perceptual"
    )


def select_features(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Select the feature network's weights from a wheel file, under the names of `FeatureStages`.

    ``net.slice{n}.{i}.weight`` becomes ``stages.{n-1}.{i}.weight``. The blur kernels
    (``.filt``), the normalization constants and the linear heads are left out.
    """
    renamed = {}
    for key, value in state.items():
        match = re.fullmatch(r"net\.slice(\d)\.(\d+\.(?:weight|bias))", key)
        if match:
            renamed[f"stages.{int(match[1]) - 1}.{match[2]}"] = value
    return renamed
