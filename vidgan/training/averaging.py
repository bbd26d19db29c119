"""Averages of the weights of modules, with or without spectral norm."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import _SpectralNorm
from torch.nn.utils.spectral_norm import SpectralNorm
from torch.optim import swa_utils

from vidgan._checks import check_at_least

_NUM_ITERATIONS = 15  # as many as torch runs when it adds a spectral norm


class AveragedModel(swa_utils.AveragedModel):
    r"""Averages the weights of a module, with spectral norms that are those of the average.

    `torch.optim.swa_utils.AveragedModel`, with the same arguments and the same names in its state.
    A spectral norm (Miyato et al. 2018, `arXiv:1802.05957 <https://arxiv.org/abs/1802.05957>`__)
    divides a weight W by :math:`\sigma = u^\top W v`, with two unit vectors in its buffers. The
    mean of unit vectors is shorter than 1, and vectors of the last weights are not those of the
    average: with either, :math:`\sigma` is too small and the averaged weights too large. After
    each `update_parameters`, this class computes the vectors of the averaged weights.

    Args:
        model: the module to average; it is copied.
        device: where the average is kept; None: where ``model`` is.
        avg_fn: how one tensor is averaged; the default is the mean of all updates.
        multi_avg_fn: how lists of tensors are averaged, such as
            ``torch.optim.swa_utils.get_ema_multi_avg_fn(0.999)``.
        use_buffers: average buffers too, such as the running statistics of norms; otherwise they
            are those of the last update.

    Example:
        >>> from torch.optim.swa_utils import get_ema_multi_avg_fn
        >>> generator = nn.utils.parametrizations.spectral_norm(nn.Linear(3, 4))
        >>> averaged = AveragedModel(
        ...     generator, multi_avg_fn=get_ema_multi_avg_fn(0.99), use_buffers=True
        ... )
        >>> averaged.update_parameters(generator)  # after each step
        >>> round(torch.linalg.matrix_norm(averaged.module.weight, 2).item(), 2)
        1.0
    """

    def update_parameters(self, model: nn.Module) -> None:
        """Take the weights of ``model`` into the average."""
        # The vectors are nearly those of the average already, so the iterations start from them.
        first = int(self.n_averaged) == 0
        vectors = [] if first else [(v, v.clone()) for v in _singular_vectors(self.module)]
        super().update_parameters(model)
        for vector, kept in vectors:
            vector.copy_(kept)
        refresh_spectral_norm(self.module)


@torch.no_grad()
def refresh_spectral_norm(module: nn.Module, *, num_iterations: int = _NUM_ITERATIONS) -> None:
    r"""Compute the unit vectors u and v of every spectral norm from its present weight.

    By the power iteration :math:`u \leftarrow \frac{W v}{|W v|}`,
    :math:`v \leftarrow \frac{W^\top u}{|W^\top u|}` (Miyato et al. 2018, `arXiv:1802.05957
    <https://arxiv.org/abs/1802.05957>`__, Sec. 2.1). Needed after weights were set from outside, as
    by averaging checkpoints: the vectors in the buffers, averaged or of other weights, would let
    weights have a largest singular value above 1. Both of torch's spectral norms are found; weights
    and the modes of the modules stay as they are.

    Args:
        module: any module, such as a generator whose state is the mean of several checkpoints.
        num_iterations: of the power iteration, at least 1; the default is what torch runs at the
            start.

    Raises:
        ValueError: if ``num_iterations`` is below 1.

    Example:
        >>> layer = nn.utils.parametrizations.spectral_norm(nn.Linear(3, 4))
        >>> state = {name: value / 2 for name, value in layer.state_dict().items()}
        >>> _ = layer.eval().load_state_dict(state)
        >>> round(torch.linalg.matrix_norm(layer.weight, 2).item())  # u and v were halved too
        4
        >>> refresh_spectral_norm(layer)
        >>> round(torch.linalg.matrix_norm(layer.weight, 2).item(), 2)
        1.0
    """
    check_at_least("refresh_spectral_norm", 1, num_iterations=num_iterations)
    for vector in _singular_vectors(module):
        # A mean of opposite vectors is 0, from where no iteration leads away.
        vector.copy_(torch.where(vector.norm() > 0, vector, torch.ones_like(vector)))
    for layer in module.modules():
        for chain in getattr(layer, "parametrizations", {}).values():
            _refresh_chain(chain, num_iterations)
        for hook in layer._forward_pre_hooks.values():  # noqa: SLF001
            if isinstance(hook, SpectralNorm):
                for _ in range(num_iterations):
                    weight = hook.compute_weight(layer, do_power_iteration=True)
                setattr(layer, hook.name, weight)


def _refresh_chain(chain: nn.Module, num_iterations: int) -> None:
    """Refresh the spectral norms among the parametrizations of one weight."""
    norms = [norm for norm in chain.children() if isinstance(norm, _SpectralNorm)]
    modes = [norm.training for norm in norms]
    try:
        for norm in norms:
            norm.train()
        for _ in range(num_iterations if norms else 0):
            chain()  # in train mode, each call runs the iteration
    finally:
        for norm, mode in zip(norms, modes, strict=True):
            norm.train(mode)


def _singular_vectors(module: nn.Module) -> list[Tensor]:
    """List the buffers u and v of every spectral norm."""
    vectors = []
    for layer in module.modules():
        if isinstance(layer, _SpectralNorm) and hasattr(layer, "_u"):
            vectors += [layer._u, layer._v]  # noqa: SLF001
        for hook in layer._forward_pre_hooks.values():  # noqa: SLF001
            if isinstance(hook, SpectralNorm):
                vectors += [getattr(layer, f"{hook.name}_u"), getattr(layer, f"{hook.name}_v")]
    return vectors
