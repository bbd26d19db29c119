"""Activation checkpointing of one step of a generator, with equal statistics and gradients.

Convolutions with many multiplications per value of their result are not computed again, as far as
there is room: much of the time is theirs, and little of the memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from typing import Any

from torch import Tensor, nn
from torch.nn.utils.parametrizations import _SpectralNorm
from torch.utils.checkpoint import checkpoint

from vidgan.rollout._keeping import Keeping, Kept, Replaying, is_compiled
from vidgan.training.frozen_norms import frozen_spectral_norms, frozen_statistics, spectral_norms


@contextmanager
def replaced_vectors(vectors: Sequence[tuple[_SpectralNorm, Tensor, Tensor]]) -> Iterator[None]:
    """Restore the singular vectors that spectral norms had when ``vectors`` were copied."""
    kept = [(norm, norm._u, norm._v) for norm, _, _ in vectors]  # noqa: SLF001
    try:
        for norm, u, v in vectors:
            norm._u, norm._v = u, v  # noqa: SLF001
        yield
    finally:
        for norm, u, v in kept:
            norm._u, norm._v = u, v  # noqa: SLF001


def singular_vectors(module: nn.Module) -> list[tuple[_SpectralNorm, Tensor, Tensor]]:
    """Copy the singular vectors of every spectral norm: a later forward pass changes them."""
    return [
        (norm, norm._u.clone(), norm._v.clone())  # noqa: SLF001
        for norm in spectral_norms(module, training=False)
        if hasattr(norm, "_u")
    ]


def update_spectral_norms(module: nn.Module) -> None:
    """Run the power iteration of every spectral norm in train mode once."""
    for layer in module.modules():
        parametrizations = getattr(layer, "parametrizations", None)
        if parametrizations is None:
            continue
        for name, chain in parametrizations.items():
            if spectral_norms(chain):
                getattr(layer, name)  # reading a parametrized weight runs the iteration


class _Recomputing(AbstractContextManager[None]):
    """Freezes the norms of a module; may be entered again for each backward pass."""

    def __init__(self, module: nn.Module, kept: Kept) -> None:
        self._module, self._kept = module, kept
        self._vectors = singular_vectors(module)
        self._stack = ExitStack()

    def __enter__(self) -> None:
        # the recomputation is a second forward pass over the same frame: without these it would
        # update running statistics twice, and use singular vectors of a later frame
        self._stack.enter_context(frozen_statistics(self._module))
        self._stack.enter_context(frozen_spectral_norms(self._module))
        self._stack.enter_context(replaced_vectors(self._vectors))
        if any(result is not None for result in self._kept.results):
            self._stack.enter_context(Replaying(self._kept))

    def __exit__(self, *_: object) -> None:
        self._stack.close()


def checkpointed(module: nn.Module, call: Callable[..., Any], *args: Any) -> Any:
    """Return ``call(*args)``, whose activations are recomputed in the backward pass.

    Args:
        module: the module that ``call`` runs; its norms are frozen while recomputing.
        call: a function of ``args`` that runs ``module``.
        args: its arguments; gradients flow to the tensors among them and inside them.
    """
    kept = Kept(args)

    def contexts() -> tuple[AbstractContextManager[Any], AbstractContextManager[None]]:
        keeping = nullcontext() if is_compiled(module) else Keeping(kept)
        return keeping, _Recomputing(module, kept)

    output = checkpoint(call, *args, use_reentrant=False, context_fn=contexts)
    kept.forget(output)  # who called may change it
    return output
