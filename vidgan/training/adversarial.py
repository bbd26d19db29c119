"""One adversarial step: the losses of a generator and of one discriminator together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from vidgan.training.freezing import frozen
from vidgan.training.frozen_norms import frozen_spectral_norms, frozen_statistics

Losses = Mapping[str, Callable[[Any, Any], Tensor]]


class AdversarialTerms(NamedTuple):
    """The losses of one adversarial step, scalars by name.

    Attributes:
        generator: their gradient reaches the generated samples, not the discriminator's weights.
        discriminator: their gradient reaches the discriminator's weights, not the generated
            samples.

    Example:
        >>> scale = nn.Linear(1, 1, bias=False)
        >>> terms = adversarial_step(
        ...     scale,
        ...     [torch.ones(1, 1)],
        ...     [torch.zeros(1, 1)],
        ...     generator_losses={"gan": lambda fake, real: -fake.mean()},
        ...     discriminator_losses={"both": lambda real, fake: fake.mean() - real.mean()},
        ... )
        >>> sorted(terms.generator), sorted(terms.discriminator)
        (['gan'], ['both'])
    """

    generator: dict[str, Tensor]
    discriminator: dict[str, Tensor]


def adversarial_step(
    discriminator: Callable[..., Any],
    real_inputs: Sequence[Tensor],
    fake_inputs: Sequence[Tensor],
    *,
    generator_losses: Losses,
    discriminator_losses: Losses,
) -> AdversarialTerms:
    r"""Compute the losses of a generator G and of one discriminator D with their present weights.

    .. math:: \mathcal L_G(D(x), D(\hat x)), \quad
        \nabla_{\theta_D} \mathcal L_G = 0 \qquad \text{and} \qquad
        \mathcal L_D(D(x), D(\hat x)), \quad \nabla_{\hat x} \mathcal L_D = 0

    for real inputs x and generated ones :math:`\hat x`. Take the generator's backward pass first,
    then the discriminator's; the optimizers step after it, or each after its own backward pass.

    Real and generated inputs pass through D once each. The usual form passes generated ones twice,
    frozen for the generator's losses and detached for the discriminator's; here the generator's
    backward pass goes through D to :math:`\hat x` without computing gradients of weights. If D or a
    part of it is compiled, generated inputs do pass twice, since a compiled graph can be
    passed backward only once.

    Args:
        discriminator: D, called with the inputs; it may return anything that the losses take.
        real_inputs: real samples, with what D takes beside them, such as condition maps.
        fake_inputs: generated samples in the same form; those without a gradient are passed as
            they are.
        generator_losses: losses of the generator by name, called with ``(fake, real)``, the outputs
            of D, as `vidgan.losses.AdversarialLoss` and `vidgan.losses.FeatureMatchingLoss` are.
        discriminator_losses: losses of the discriminator by name, called with ``(real, fake)``, as
            ``AdversarialLoss.discriminator`` is.

    Returns:
        `AdversarialTerms`. The generator's terms can be differentiated once.

    Raises:
        TypeError: if the inputs are a tensor in place of a sequence.
        ValueError: if there is another number of real than of generated inputs.

    Example:
        >>> from vidgan.losses import AdversarialLoss, FeatureMatchingLoss
        >>> from vidgan.models import multiscale_discriminator
        >>> adversarial, matching = AdversarialLoss("hinge"), FeatureMatchingLoss()
        >>> discriminator = multiscale_discriminator(3, base_channels=4, norm="instance")
        >>> real, fake = torch.rand(1, 3, 64, 64), torch.rand(1, 3, 64, 64, requires_grad=True)
        >>> terms = adversarial_step(
        ...     discriminator,
        ...     [real],
        ...     [fake],
        ...     generator_losses={"gan": adversarial, "matching": matching},
        ...     discriminator_losses={"discriminator": adversarial.discriminator},
        ... )
        >>> sum(terms.generator.values()).backward()
        >>> fake.grad is None, any(p.grad is not None for p in discriminator.parameters())
        (False, False)
        >>> sum(terms.discriminator.values()).backward()
        >>> all(p.grad is not None for p in discriminator.parameters())
        True
    """
    given: dict[str, Any] = {"real_inputs": real_inputs, "fake_inputs": fake_inputs}
    for name, inputs in given.items():
        if isinstance(inputs, Tensor):
            raise TypeError(
                f"adversarial_step: {name} must be a list or tuple of tensors, got one tensor"
            )
    if len(real_inputs) != len(fake_inputs):
        raise ValueError(
            f"adversarial_step: fake_inputs must have as many tensors as real_inputs "
            f"({len(real_inputs)}), got {len(fake_inputs)}"
        )
    # Leaves of a graph of their own: it ends at the generated samples on both sides.
    leaves = [part.detach().requires_grad_(part.requires_grad) for part in fake_inputs]
    is_compiled = _is_compiled(discriminator)
    # A compiled graph computes the gradients of all its inputs: it gets no leaves that need none
    # here, and is then the same for real and generated inputs.
    fakes = [leaf.detach() for leaf in leaves] if is_compiled else leaves
    real, fake = discriminator(*real_inputs), discriminator(*fakes)
    for_discriminator = {name: loss(real, fake) for name, loss in discriminator_losses.items()}
    if is_compiled:
        with _repeating(discriminator):
            fake = discriminator(*leaves)
    for_generator = {name: loss(fake, real) for name, loss in generator_losses.items()}
    tracked = [index for index, part in enumerate(fake_inputs) if part.requires_grad]
    values = _ContinueBackward.apply(
        [leaves[index] for index in tracked],
        [*for_generator.values()],
        not is_compiled,
        *(fake_inputs[index] for index in tracked),
    )
    return AdversarialTerms(dict(zip(for_generator, values, strict=True)), for_discriminator)


class _ContinueBackward(torch.autograd.Function):
    """Passes the gradient of terms at the leaves of their graph on to other tensors."""

    @staticmethod
    def forward(
        ctx: Any, leaves: list[Tensor], terms: list[Tensor], is_shared: bool, *_targets: Tensor
    ) -> tuple[Tensor, ...]:
        ctx.leaves, ctx.terms, ctx.is_shared = leaves, terms, is_shared
        return tuple(term.detach().clone() for term in terms)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        # Terms without a gradient, such as constants, have no graph to go through.
        pairs = zip(ctx.terms, gradients, strict=True)
        terms, gradients = zip(*(pair for pair in pairs if pair[0].requires_grad), strict=True)
        try:
            # Computes the path to the leaves only, not the gradients of weights. The graph is kept
            # where the discriminator's terms share it; a compiled one may refuse to be.
            inner = torch.autograd.grad(
                terms, ctx.leaves, gradients, retain_graph=ctx.is_shared, allow_unused=True
            )
        except RuntimeError as error:
            if "second time" not in str(error):
                raise
            raise RuntimeError(
                "adversarial_step: the generator's terms must be passed backward before the "
                "discriminator's, which free the graph that they share"
            ) from error
        return None, None, None, *inner


@contextmanager
def _repeating(discriminator: Callable[..., Any]) -> Iterator[None]:
    """Freeze weights, running statistics and singular vectors: the last pass comes again."""
    if not isinstance(discriminator, nn.Module):
        yield
        return
    with (
        frozen(discriminator),
        frozen_statistics(discriminator),
        frozen_spectral_norms(discriminator),
    ):
        yield


def _is_compiled(discriminator: Callable[..., Any]) -> bool:
    parts = discriminator.modules() if isinstance(discriminator, nn.Module) else [discriminator]
    # Set by torch.compile of a module, by Module.compile, and by torch.compile of a function.
    marks = ("_orig_mod", "_compiled_call_impl", "_torchdynamo_orig_callable")
    return any(getattr(part, mark, None) is not None for part in parts for mark in marks)
