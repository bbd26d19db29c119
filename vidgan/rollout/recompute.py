"""Activation checkpointing of a generator's step that changes no statistic and no gradient."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from typing import Any

from torch import nn
from torch.nn.modules.batchnorm import _NormBase
from torch.nn.utils.parametrizations import _SpectralNorm
from torch.utils.checkpoint import checkpoint

_STATISTICS = ("running_mean", "running_var", "num_batches_tracked")


@contextmanager
def frozen_statistics(module: nn.Module) -> Iterator[None]:
    """Let the norms in train mode normalise as ever, but leave their running statistics alone."""
    kept = [
        (norm, [(name, getattr(norm, name)) for name in _STATISTICS])
        for norm in module.modules()
        if isinstance(norm, _NormBase) and norm.training
    ]
    try:
        for norm, buffers in kept:
            for name, _ in buffers:
                setattr(norm, name, None)
        yield
    finally:
        for norm, buffers in kept:
            for name, value in buffers:
                setattr(norm, name, value)


def _spectral_norms(module: nn.Module) -> list[_SpectralNorm]:
    return [norm for norm in module.modules() if isinstance(norm, _SpectralNorm) and norm.training]


@contextmanager
def frozen_spectral_norms(module: nn.Module) -> Iterator[None]:
    """Keep the singular vectors of spectral norms as they are: no power iteration."""
    norms = _spectral_norms(module)
    try:
        for norm in norms:
            norm.eval()
        yield
    finally:
        for norm in norms:
            norm.train()


def update_spectral_norms(module: nn.Module) -> None:
    """Run the power iteration of every spectral norm in train mode once."""
    for layer in module.modules():
        parametrizations = getattr(layer, "parametrizations", None)
        if parametrizations is None:
            continue
        for name, chain in parametrizations.items():
            if _spectral_norms(chain):
                getattr(layer, name)


def checkpointed(module: nn.Module, call: Callable[..., Any], *args: Any) -> Any:
    """Return ``call(*args)``, whose activations are recomputed in the backward pass.

    Args:
        module: the module that ``call`` runs; its norms are frozen while recomputing.
        call: a function of ``args`` that runs ``module``.
        args: its arguments; gradients flow to the tensors among them.
    """

    @contextmanager
    def recomputing() -> Iterator[None]:
        with ExitStack() as stack:
            stack.enter_context(frozen_statistics(module))
            stack.enter_context(frozen_spectral_norms(module))
            yield

    def contexts() -> tuple[AbstractContextManager[None], AbstractContextManager[None]]:
        return nullcontext(), recomputing()

    return checkpoint(call, *args, use_reentrant=False, context_fn=contexts)
