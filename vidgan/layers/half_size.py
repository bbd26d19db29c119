"""Blocks that work at half the size."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate

from vidgan._checks import check_maps


class HalfSize(nn.Module):
    r"""Runs a module at half the size of its input.

    .. math:: y = \operatorname{up}_2(f(\operatorname{pool}_2(x)))

    with average pooling and bilinear upsampling. The result is smooth, what f sees of the frame is
    twice as wide, and f takes a quarter of the operations. Of an odd number of rows or columns the
    last is pooled alone, and the result is shrunk by one.

    Args:
        inner: f, which keeps the size.

    Example:
        >>> import torch
        >>> HalfSize(nn.Conv2d(4, 6, 3, padding=1))(torch.zeros(1, 4, 9, 12)).shape
        torch.Size([1, 6, 9, 12])
    """

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: Tensor, condition: Any = None) -> Tensor:
        """Return what f makes of x (B, C, H, W), at the size of x; H and W must be at least 3.

        f gets the condition, if there is one.
        """
        # half of two rows is one, which the reflected borders of most layers cannot have
        check_maps("HalfSize", x, least=3)
        pooled = avg_pool2d(x, 2, ceil_mode=True)
        inner = self.inner(pooled) if condition is None else self.inner(pooled, condition)
        larger: Tensor = interpolate(inner, x.shape[2:], mode="bilinear", align_corners=False)
        return larger
