"""Losses that tie frames together through optical flow: flow, warp and temporal."""

from __future__ import annotations

from torch import Tensor, nn

from vidgan._checks import check_frames, check_like
from vidgan.functional import flow_warp, masked_l1


class FlowLoss(nn.Module):
    """Pull a generated flow towards a reference flow.

    ``weight * masked_l1(flow, reference, confidence)``: the first term of Wang et al. 2018,
    arXiv:1808.06601, Eq. 8. The released training masks by the confidence, the paper does not.

    Args:
        weight: factor of the loss; 10 in the paper.

    Example:
        >>> import torch
        >>> flow, reference = torch.ones(1, 2, 4, 6), torch.zeros(1, 2, 4, 6)
        >>> FlowLoss()(flow, reference, torch.ones(1, 1, 4, 6))
        tensor(10.)
    """

    def __init__(self, *, weight: float = 10.0) -> None:
        super().__init__()
        self.weight = weight

    def forward(self, flow: Tensor, reference: Tensor, confidence: Tensor) -> Tensor:
        """Compute the loss.

        Args:
            flow: generated flow, (B, 2, H, W) or (B, T, 2, H, W), in pixels.
            reference: flow of a reference estimator, in the shape of ``flow``.
            confidence: how far to trust it, (B, 1, H, W) or (B, T, 1, H, W), in [0, 1].

        Returns:
            The loss, a scalar.

        Raises:
            TypeError: if an argument is not a floating-point tensor.
            ValueError: if the shapes do not fit.
        """
        check_frames(flow, "FlowLoss", "flow", channels=2, video=True)
        check_like(reference, flow, "FlowLoss", "reference", "flow")
        check_like(confidence, flow, "FlowLoss", "confidence", "flow", channels=1)
        return self.weight * masked_l1(flow, reference, confidence)

    def extra_repr(self) -> str:
        """Name the options in the module's repr."""
        return f"weight={self.weight}"


class WarpLoss(nn.Module):
    """Ask a generated flow to carry each real frame onto the next one.

    ``weight * masked_l1(flow_warp(previous, flow), current, confidence)``: the second term of
    Wang et al. 2018, arXiv:1808.06601, Eq. 8, masked as in the released training.

    Args:
        weight: factor of the loss; 10 in the paper.

    Example:
        >>> import torch
        >>> frame, flow = torch.ones(1, 3, 4, 6), torch.zeros(1, 2, 4, 6)
        >>> WarpLoss()(flow, frame, frame, torch.ones(1, 1, 4, 6))
        tensor(0.)
    """

    def __init__(self, *, weight: float = 10.0) -> None:
        super().__init__()
        self.weight = weight

    def forward(
        self, flow: Tensor, previous: Tensor, current: Tensor, confidence: Tensor
    ) -> Tensor:
        """Compute the loss.

        Args:
            flow: generated backward flow, (B, 2, H, W) or (B, T, 2, H, W), in pixels.
            previous: the real frame before each one, (B, C, H, W) or (B, T, C, H, W).
            current: the real frames, in the shape of ``previous``.
            confidence: weight of each pixel, (B, 1, H, W) or (B, T, 1, H, W), in [0, 1].

        Returns:
            The loss, a scalar.

        Raises:
            TypeError: if an argument is not a floating-point tensor.
            ValueError: if the shapes do not fit.
        """
        check_frames(previous, "WarpLoss", "previous", video=True)
        check_like(flow, previous, "WarpLoss", "flow", "previous", channels=2)
        check_like(current, previous, "WarpLoss", "current", "previous")
        check_like(confidence, previous, "WarpLoss", "confidence", "previous", channels=1)
        return self.weight * masked_l1(_warp_video(previous, flow), current, confidence)

    def extra_repr(self) -> str:
        """Name the options in the module's repr."""
        return f"weight={self.weight}"


class TemporalLoss(nn.Module):
    """Ask each generated frame to continue the one before it along the reference flow.

    ``weight * masked_l1(fake, flow_warp(fake_previous, reference), confidence)``, as in the
    released training of Wang et al. 2018. No gradient flows into the warped frame.

    Args:
        weight: factor of the loss; 10 in the released training.

    Example:
        >>> import torch
        >>> fake, previous = torch.ones(1, 3, 4, 6), torch.zeros(1, 3, 4, 6)
        >>> TemporalLoss()(fake, previous, torch.zeros(1, 2, 4, 6), torch.ones(1, 1, 4, 6))
        tensor(10.)
    """

    def __init__(self, *, weight: float = 10.0) -> None:
        super().__init__()
        self.weight = weight

    def forward(
        self, fake: Tensor, fake_previous: Tensor, reference: Tensor, confidence: Tensor
    ) -> Tensor:
        """Compute the loss.

        Args:
            fake: generated frames, (B, C, H, W) or (B, T, C, H, W).
            fake_previous: the generated frame before each one, in the shape of ``fake``; it is
                detached.
            reference: backward flow between the real frames, (B, 2, H, W) or (B, T, 2, H, W).
            confidence: how far to trust it, (B, 1, H, W) or (B, T, 1, H, W), in [0, 1].

        Returns:
            The loss, a scalar.

        Raises:
            TypeError: if an argument is not a floating-point tensor.
            ValueError: if the shapes do not fit.
        """
        name = "TemporalLoss"
        check_frames(fake, name, "fake", video=True)
        check_like(fake_previous, fake, name, "fake_previous", "fake")
        check_like(reference, fake, name, "reference", "fake", channels=2)
        check_like(confidence, fake, name, "confidence", "fake", channels=1)
        warped = _warp_video(fake_previous.detach(), reference.detach())
        return self.weight * masked_l1(fake, warped, confidence)

    def extra_repr(self) -> str:
        """Name the options in the module's repr."""
        return f"weight={self.weight}"


def _warp_video(images: Tensor, flow: Tensor) -> Tensor:
    """Warp frames (B, C, H, W), or each frame of a video (B, T, C, H, W), by its own flow."""
    warped = flow_warp(images.flatten(0, -4), flow.flatten(0, -4))  # (B*T, C, H, W)
    return warped.reshape(images.shape)
