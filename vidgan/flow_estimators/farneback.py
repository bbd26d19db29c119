"""Optical flow by polynomial expansion (OpenCV)."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
from torch import Tensor, nn

from vidgan._checks import check_at_least, check_choice
from vidgan.extras import import_extra
from vidgan.flow_estimators._estimate import (
    ConfidenceKind,
    GrayImage,
    estimate_flow,
    loop_over_pairs,
)
from vidgan.outputs import FlowEstimate

PYRAMID_SCALE = 0.5
# Neighborhood of the expansion and its Gaussian, as OpenCV recommends for smoother flow.
EXPANSION_SIZE, EXPANSION_SIGMA = 7, 1.5
# Within a few pixels of the border OpenCV's equations are not those of the inside (identical
# frames get flows of up to 0.6 px there), so the border is repeated and cropped again.
BORDER = 16


class FarnebackFlow(nn.Module):
    """Backward flow by polynomial expansion, on the CPU.

    Farneback 2003, "Two-Frame Motion Estimation Based on Polynomial Expansion", in OpenCV's
    implementation with a Gaussian window. It needs ``pip install 'vidgan[flow]'``.

    Args:
        levels: pyramid levels, at least 1; each halves the size.
        window_size: averaging window in pixels; larger is smoother and finds faster motion.
        iterations: iterations at each level.
        confidence: ``"photometric"`` (Wang et al. 2018: the warped previous frame looks like the
            current one) or ``"forward_backward"`` (the flow back leads to where it came from).

    Raises:
        ValueError: a number below 1, or an unknown confidence.
        ImportError: OpenCV is not installed.

    Example:
        >>> import torch
        >>> frame = torch.rand(1, 3, 48, 64) * 2 - 1
        >>> flow, confidence = FarnebackFlow()(frame, frame)
        >>> flow.shape, confidence.shape
        (torch.Size([1, 2, 48, 64]), torch.Size([1, 1, 48, 64]))
    """

    def __init__(
        self,
        *,
        levels: int = 5,
        window_size: int = 15,
        iterations: int = 3,
        confidence: ConfidenceKind = "photometric",
    ) -> None:
        super().__init__()
        check_at_least(
            "FarnebackFlow", 1, levels=levels, window_size=window_size, iterations=iterations
        )
        check_choice(confidence, get_args(ConfidenceKind), "FarnebackFlow", "confidence")
        import_extra("cv2", "flow")
        self.levels = levels
        self.window_size = window_size
        self.iterations = iterations
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
        cv2 = import_extra("cv2", "flow")

        def pair_flow(ours: GrayImage, theirs: GrayImage) -> Any:
            flow = cv2.calcOpticalFlowFarneback(
                np.pad(ours, BORDER, mode="edge"),
                np.pad(theirs, BORDER, mode="edge"),
                None,
                PYRAMID_SCALE,
                self.levels,
                self.window_size,
                self.iterations,
                EXPANSION_SIZE,
                EXPANSION_SIGMA,
                cv2.OPTFLOW_FARNEBACK_GAUSSIAN,
            )
            return flow[BORDER:-BORDER, BORDER:-BORDER]

        return estimate_flow(
            lambda a, b: loop_over_pairs(pair_flow, a, b),
            current,
            previous,
            confidence=self.confidence,
            function="FarnebackFlow",
        )
