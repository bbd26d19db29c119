"""Optical flow by dense inverse search (OpenCV)."""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np
from torch import Tensor, nn

from vidgan._checks import check_choice
from vidgan.extras import import_extra
from vidgan.flow_estimators._estimate import (
    ConfidenceKind,
    GrayImage,
    estimate_flow,
    loop_over_pairs,
)
from vidgan.outputs import FlowEstimate

PRESETS = {"ultrafast": 0, "fast": 1, "medium": 2}  # cv2.DISOPTICAL_FLOW_PRESET_*
# OpenCV reads outside its buffers (and may crash) where a pyramid level is smaller than its 8
# pixel patch; from this size on no level is.
MINIMUM_SIZE = 32


class DISFlow(nn.Module):
    """Backward flow by dense inverse search, on the CPU.

    Kroeger et al. 2016 (`arXiv:1603.03590 <https://arxiv.org/abs/1603.03590>`__) in OpenCV's
    implementation, which adds a variational
    refinement. About 5 ms for a pair of 128x128 frames. It needs ``pip install 'vidgan[flow]'``.

    Args:
        preset: OpenCV's preset, a trade of speed against accuracy.
        confidence: ``"photometric"`` (Wang et al. 2018: the warped previous frame looks like the
            current one) or ``"forward_backward"`` (the flow back leads to where it came from).

    Raises:
        ValueError: unknown preset or confidence.
        ImportError: OpenCV is not installed.

    Example:
        >>> import torch
        >>> frame = torch.rand(1, 3, 48, 64) * 2 - 1
        >>> flow, confidence = DISFlow()(frame, frame)
        >>> flow.shape, confidence.mean().item()
        (torch.Size([1, 2, 48, 64]), 1.0)
    """

    def __init__(
        self,
        preset: Literal["ultrafast", "fast", "medium"] = "medium",
        *,
        confidence: ConfidenceKind = "photometric",
    ) -> None:
        super().__init__()
        check_choice(preset, tuple(PRESETS), "DISFlow", "preset")
        check_choice(confidence, get_args(ConfidenceKind), "DISFlow", "confidence")
        import_extra("cv2", "flow")
        self.preset = preset
        self.confidence = confidence

    def forward(self, current: Tensor, previous: Tensor) -> FlowEstimate:
        """Estimate the flow so that ``flow_warp(previous, flow)`` looks like ``current``.

        Args:
            current: (B, 3, H, W), RGB in [-1, 1].
            previous: (B, 3, H, W), RGB in [-1, 1].

        Returns:
            flow (B, 2, H, W) in pixels and confidence (B, 1, H, W) in {0, 1}.

        Raises:
            ValueError: the shapes differ or are no RGB images.
            TypeError: the images are not floating-point.
        """
        # Made here and not kept: OpenCV's object can be neither copied nor sent to a worker.
        search = import_extra("cv2", "flow").DISOpticalFlow_create(PRESETS[self.preset])

        def pair_flow(ours: GrayImage, theirs: GrayImage) -> Any:
            height, width = ours.shape
            flow = search.calc(_pad(ours), _pad(theirs), None)
            return flow[:height, :width]

        return estimate_flow(
            lambda a, b: loop_over_pairs(pair_flow, a, b),
            current,
            previous,
            confidence=self.confidence,
            function="DISFlow",
        )


def _pad(image: GrayImage) -> GrayImage:
    rows, columns = (max(0, MINIMUM_SIZE - size) for size in image.shape)
    return np.ascontiguousarray(np.pad(image, ((0, rows), (0, columns)), mode="edge"))
