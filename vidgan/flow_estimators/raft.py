"""Optical flow by torchvision's RAFT."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, get_args

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.functional import pad

from vidgan._checks import check_at_least, check_choice
from vidgan._weights import Weights, fetch_state, load_strictly
from vidgan.flow_estimators._estimate import ConfidenceKind, estimate_flow
from vidgan.outputs import FlowEstimate

if TYPE_CHECKING:
    from typing_extensions import Self

STRIDE = 8  # RAFT works on features of an eighth of the size
MINIMUM_SIZE = 128  # its correlation pyramid halves those features three times


class RAFTFlow(nn.Module):
    """Backward flow by RAFT, frozen.

    Teed and Deng 2020 (`arXiv:2003.12039 <https://arxiv.org/abs/2003.12039>`__) in torchvision's
    implementation. Frames whose size is no multiple of 8 or is below 128 are padded by their border
    pixels at the bottom and right, and the flow is cropped. It is computed in float32 under any
    autocast, and the weights stay float32 when the module, or one that contains it, is cast.

    Args:
        weights: ``"default"`` downloads torchvision's weights (small 4 MB, large 21 MB, kept in
            torch's cache), a path reads such a file, a member of torchvision's
            ``Raft_Small_Weights`` or ``Raft_Large_Weights`` downloads its weights, None leaves them
            random.
        size: ``"small"`` or ``"large"``, torchvision's two networks.
        iterations: flow updates, at least 1.
        confidence: ``"photometric"`` (Wang et al. 2018: the warped previous frame looks like the
            current one) or ``"forward_backward"`` (the flow back leads to where it came from; a
            second run of the network).

    Raises:
        ValueError: unknown size or confidence, no iteration, or a file or enum of another network.
        FileNotFoundError: there is no such file.
        ConnectionError: the download failed.

    Example:
        >>> frame = torch.rand(1, 3, 20, 36) * 2 - 1
        >>> flow, confidence = RAFTFlow(None, iterations=1)(frame, frame)
        >>> flow.shape, confidence.shape
        (torch.Size([1, 2, 20, 36]), torch.Size([1, 1, 20, 36]))
    """

    def __init__(
        self,
        weights: Weights = "default",
        size: Literal["small", "large"] = "small",
        iterations: int = 12,
        *,
        confidence: ConfidenceKind = "photometric",
    ) -> None:
        super().__init__()
        check_choice(size, ("small", "large"), "RAFTFlow", "size")
        check_at_least("RAFTFlow", 1, iterations=iterations)
        check_choice(confidence, get_args(ConfidenceKind), "RAFTFlow", "confidence")
        from torchvision.models import optical_flow  # noqa: PLC0415 - slow, and needed here alone

        if size == "small":
            self.network: nn.Module = optical_flow.raft_small()
            released: Any = optical_flow.Raft_Small_Weights.C_T_V2
        else:
            self.network = optical_flow.raft_large()
            released = optical_flow.Raft_Large_Weights.C_T_SKHT_V2
        if weights is not None:
            state = fetch_state(weights, released, "RAFTFlow")
            load_strictly(self.network, state, weights, "RAFTFlow")
        self.iterations = iterations
        self.confidence = confidence
        self.requires_grad_(False)
        self.eval()

    def forward(self, current: Tensor, previous: Tensor) -> FlowEstimate:
        """Estimate the flow so that ``flow_warp(previous, flow)`` looks like ``current``.

        Args:
            current: (B, 3, H, W), RGB in [-1, 1].
            previous: (B, 3, H, W), RGB in [-1, 1].

        Returns:
            flow (B, 2, H, W) in pixels and confidence (B, 1, H, W) in {0, 1}, without gradient.

        Raises:
            ValueError: the shapes differ or are no RGB images.
            TypeError: the images are not floating-point.
        """
        return estimate_flow(
            self._backward_flow,
            current,
            previous,
            confidence=self.confidence,
            function="RAFTFlow",
        )

    def train(self, mode: bool = True) -> Self:  # noqa: ARG002 - frozen
        """Stay in eval mode, whatever ``mode`` is."""
        return super().train(False)

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        """Move the weights to another device with a module that contains this one, never cast."""

        def move(weight: Tensor) -> Tensor:
            moved = fn(weight)
            return moved if moved.dtype == weight.dtype else weight.to(moved.device)

        super()._apply(move, recurse)  # type: ignore[no-untyped-call]
        return self

    def _backward_flow(self, current: Tensor, previous: Tensor) -> Tensor:
        height, width = current.shape[2:]
        right, bottom = (_padded(size) - size for size in (width, height))
        padded = (
            pad(frames.float(), (0, right, 0, bottom), "replicate")
            for frames in (current, previous)
        )
        # Whoever assigns to the weights themselves, such as a wrapper, may still have cast them.
        weights = {name: value.float() for name, value in self.network.named_parameters()}
        weights |= {
            name: value.float() if value.is_floating_point() else value
            for name, value in self.network.named_buffers()
        }
        with torch.autocast(current.device.type, enabled=False):
            flows: list[Tensor] = functional_call(
                self.network, weights, tuple(padded), {"num_flow_updates": self.iterations}
            )
        return flows[-1][..., :height, :width]


def _padded(size: int) -> int:
    return max(MINIMUM_SIZE, -(-size // STRIDE) * STRIDE)
