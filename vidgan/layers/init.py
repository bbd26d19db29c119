"""Weight initialisation of the published networks."""

from __future__ import annotations

from torch import nn


def init_weights(module: nn.Module, *, std: float = 0.02) -> nn.Module:
    """Draw the weights of every layer as the published training does, in place.

    Convolutions get N(0, std) and zero biases; batch norms N(1, std) and zero biases.

    Args:
        module: any module; its submodules are visited in order.
        std: standard deviation of the weights.

    Returns:
        The same module.

    Example:
        >>> import torch
        >>> _ = torch.manual_seed(0)
        >>> conv = init_weights(nn.Conv2d(8, 64, 3))
        >>> round(float(conv.weight.std()), 3)
        0.02
    """
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
            nn.init.normal_(layer.weight, 0.0, std)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
        elif isinstance(layer, nn.BatchNorm2d):
            nn.init.normal_(layer.weight, 1.0, std)
            nn.init.zeros_(layer.bias)
    return module
