"""Weight initialization of the published networks."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.utils.parametrize import is_parametrized

_POWER_ITERATIONS = 15  # as many as a new spectral norm runs


def init_weights(module: nn.Module, *, std: float = 0.02) -> nn.Module:
    r"""Initialize the weights of every layer as the published training does, in place.

    Weights of convolutions are drawn from :math:`\mathcal N(0, \mathrm{std}^2)`, weights of batch
    norms from :math:`\mathcal N(1, \mathrm{std}^2)`; all biases are zero. Under a spectral norm,
    the weight before normalization is drawn, and its singular vectors are updated.

    Args:
        module: any module; its submodules are visited in order.
        std: standard deviation of the weights.

    Returns:
        The same module.

    Example:
        >>> import torch
        >>> _ = torch.manual_seed(0)
        >>> conv = init_weights(nn.Conv2d(8, 64, 3))
        >>> round(conv.weight.std().item(), 3)
        0.02
    """
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d | nn.Conv3d | nn.ConvTranspose2d):
            _draw(layer, 0.0, std)
        elif isinstance(layer, nn.BatchNorm2d) and layer.affine:
            _draw(layer, 1.0, std)
    return module


def _draw(
    layer: nn.Conv2d | nn.Conv3d | nn.ConvTranspose2d | nn.BatchNorm2d, mean: float, std: float
) -> None:
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    if not is_parametrized(layer, "weight"):
        nn.init.normal_(layer.weight, mean, std)
        return
    drawn: Tensor = nn.init.normal_(layer.weight.detach().clone(), mean, std)
    layer.weight = drawn  # a parametrized layer stores it as its original weight
    for _ in range(_POWER_ITERATIONS):
        _ = layer.weight  # in train mode, each access runs one power iteration
