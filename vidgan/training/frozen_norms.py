"""Norms that keep their state through a further forward pass over the same values."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn
from torch.nn.modules.batchnorm import _NormBase
from torch.nn.utils.parametrizations import _SpectralNorm


@contextmanager
def frozen_statistics(module: nn.Module) -> Iterator[None]:
    """Keep the running statistics of norms in train mode as they are; normalization is the same."""
    kept = [
        (norm, name, value)
        for norm in module.modules()
        if isinstance(norm, _NormBase) and norm.training
        for name, value in norm.named_buffers(recurse=False)
    ]
    try:
        for norm, name, value in kept:
            setattr(norm, name, value.clone())  # the copy takes the update
        yield
    finally:
        for norm, name, value in kept:
            setattr(norm, name, value)


def spectral_norms(module: nn.Module, *, training: bool = True) -> list[_SpectralNorm]:
    """List the spectral norms in train mode, or all."""
    return [
        norm
        for norm in module.modules()
        if isinstance(norm, _SpectralNorm) and (norm.training or not training)
    ]


@contextmanager
def frozen_spectral_norms(module: nn.Module) -> Iterator[None]:
    """Keep the singular vectors of spectral norms as they are: no power iteration."""
    norms = spectral_norms(module)
    try:
        for norm in norms:
            norm.eval()
        yield
    finally:
        for norm in norms:
            norm.train()
