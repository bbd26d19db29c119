"""Losses that relate frames through optical flow: flow, warp and temporal."""

from __future__ import annotations

from torch import Tensor, nn

from vidgan._checks import check_shapes
from vidgan.functional import flow_warp, known_flow, masked_l1


class FlowLoss(nn.Module):
    r"""L1 distance between a generated flow and a reference flow.

    .. math:: \mathrm{weight} \cdot \operatorname{mean} |c \odot (\tilde w - w)|

    with the generated flow :math:`\tilde w`, the reference flow w and its confidence c: the first
    term of Wang et al. 2018, `arXiv:1808.06601 <https://arxiv.org/abs/1808.06601>`__, Eq. 8. The
    released training masks by the confidence, the paper does not. Pixels whose reference flow is
    unknown (see `vidgan.functional.known_flow`) do not count, whatever their confidence.

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
            reference: flow of a reference estimator, in the shape of ``flow``; may be unknown at
                some pixels.
            confidence: confidence in it, (B, 1, H, W) or (B, T, 1, H, W), in [0, 1].

        Returns:
            The loss, a scalar.

        Raises:
            TypeError: if an argument is not a floating-point tensor.
            ValueError: if the shapes do not fit.
        """
        check_shapes(
            "FlowLoss",
            flow=(flow, "B [T] 2 H W"),
            reference=(reference, "B [T] 2 H W"),
            confidence=(confidence, "B [T] 1 H W"),
        )
        return self.weight * masked_l1(flow, reference, confidence)

    def extra_repr(self) -> str:
        """Name the options in the module's repr."""
        return f"weight={self.weight}"


class WarpLoss(nn.Module):
    r"""L1 distance between each real frame and the previous one warped by a generated flow.

    .. math:: \mathrm{weight} \cdot
        \operatorname{mean} |c \odot (\mathrm{warp}(x_{t-1}, \tilde w_{t-1}) - x_t)|

    with the real frames x, the generated flow :math:`\tilde w` and its confidence c: the second
    term of Wang et al. 2018, `arXiv:1808.06601 <https://arxiv.org/abs/1808.06601>`__, Eq. 8, masked
    as in the released training. Pixels whose flow is unknown do not count.

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
        check_shapes(
            "WarpLoss",
            previous=(previous, "B [T] C H W"),
            flow=(flow, "B [T] 2 H W"),
            current=(current, "B [T] C H W"),
            confidence=(confidence, "B [T] 1 H W"),
        )
        warped = _warp_video(previous, flow)
        return self.weight * masked_l1(warped, current, _where_known(confidence, flow))

    def extra_repr(self) -> str:
        """Name the options in the module's repr."""
        return f"weight={self.weight}"


class TemporalLoss(nn.Module):
    r"""L1 distance between each generated frame and the previous one warped by a reference flow.

    .. math:: \mathrm{weight} \cdot
        \operatorname{mean} |c \odot (\tilde x_t - \mathrm{warp}(\tilde x_{t-1}, w_{t-1}))|

    with the generated frames :math:`\tilde x`, the reference flow w and its confidence c, as in the
    released training of Wang et al. 2018, `arXiv:1808.06601 <https://arxiv.org/abs/1808.06601>`__.
    No gradient flows into the warped frame. Pixels whose reference flow is unknown (see
    `vidgan.functional.known_flow`) do not count, whatever their confidence.

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
            reference: backward flow between the real frames, (B, 2, H, W) or (B, T, 2, H, W); may
                be unknown at some pixels.
            confidence: confidence in it, (B, 1, H, W) or (B, T, 1, H, W), in [0, 1].

        Returns:
            The loss, a scalar.

        Raises:
            TypeError: if an argument is not a floating-point tensor.
            ValueError: if the shapes do not fit.
        """
        check_shapes(
            "TemporalLoss",
            fake=(fake, "B [T] C H W"),
            fake_previous=(fake_previous, "B [T] C H W"),
            reference=(reference, "B [T] 2 H W"),
            confidence=(confidence, "B [T] 1 H W"),
        )
        # Each frame learns from its predecessor, never the reverse.
        warped = _warp_video(fake_previous.detach(), reference.detach())
        return self.weight * masked_l1(fake, warped, _where_known(confidence, reference))

    def extra_repr(self) -> str:
        """Name the options in the module's repr."""
        return f"weight={self.weight}"


def _where_known(confidence: Tensor, flow: Tensor) -> Tensor:
    """Return the confidence (..., 1, H, W), 0 where the flow is unknown."""
    return confidence * known_flow(flow)[1]


def _warp_video(images: Tensor, flow: Tensor) -> Tensor:
    """Warp frames (B, C, H, W), or each frame of a video (B, T, C, H, W), by its own flow."""
    warped = flow_warp(images.flatten(0, -4), flow.flatten(0, -4))  # (B*T, C, H, W)
    return warped.reshape(images.shape)
