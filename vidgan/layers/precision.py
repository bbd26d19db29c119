"""Weights in the precision that autocast computes in."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn.utils.parametrize import is_parametrized

_CASTED = (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.ConvTranspose2d, nn.ConvTranspose3d, nn.Linear)


def cast_convolutions(network: nn.Module, dtype: torch.dtype = torch.bfloat16) -> nn.Module:
    """Cast the weights of convolutions and linear layers, for inference under autocast; in place.

    Autocast casts these weights in every forward pass, for every frame of a stream. Cast once they
    give the very same results. All else, such as norms, stays in float32. Layers whose weights are
    parametrized, as by a spectral norm, are left as they are.

    Args:
        network: any module that is run under ``torch.autocast(..., dtype)``.
        dtype: that of the autocast.

    Returns:
        The same network. Without autocast it no longer takes float32 inputs.

    Example:
        >>> conv = cast_convolutions(nn.Conv2d(3, 8, 3))
        >>> with torch.autocast("cpu", torch.bfloat16):
        ...     conv(torch.zeros(1, 3, 8, 12)).dtype
        torch.bfloat16
    """
    for layer in network.modules():
        if isinstance(layer, _CASTED) and not is_parametrized(layer):
            layer.to(dtype)
    return network
