"""Steps whose losses or gradients are not finite are left out, on all processes together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import torch
from torch import Tensor, distributed


class NonFiniteGuard:
    """Says before an optimizer step whether a loss or a gradient is NaN or infinite.

    One such step makes all weights NaN, and every checkpoint from then on worthless. Check after
    the backward passes and before the optimizers' steps, and leave out the steps of all networks
    where something is not finite. With `torch.distributed` all processes get the same answer, so
    that none takes a step that the others leave out. The check waits for the device once.

    Args:
        patience: number of steps in a row that may be left out, at least 1.

    Raises:
        ValueError: ``patience`` is below 1.

    Example:
        >>> weight = torch.nn.Parameter(torch.ones(2))
        >>> guard = NonFiniteGuard(patience=2)
        >>> loss = weight.log().sum()
        >>> loss.backward()
        >>> guard.check({"loss": loss}, {"generator": [weight]})
        []
        >>> loss = (weight - 1).log().sum()
        >>> loss.backward()
        >>> guard.check({"loss": loss}, {"generator": [weight]})
        ['loss', 'gradient of generator']
        >>> guard.check({"loss": loss}, {"generator": [weight]})
        Traceback (most recent call last):
        FloatingPointError: NonFiniteGuard: 2 steps in a row were not finite: loss, gradient of ...
    """

    def __init__(self, *, patience: int = 10) -> None:
        if patience < 1:
            raise ValueError(f"NonFiniteGuard: patience must be at least 1, got {patience}")
        self.patience = patience
        self.skipped = 0
        """Number of steps in a row that were not finite."""

    def check(
        self, losses: Mapping[str, Tensor], parameters: Mapping[str, Iterable[Tensor]]
    ) -> list[str]:
        """Return the names of what is not finite on any process; take the step if there are none.

        Args:
            losses: name -> scalar; the names are the same, in the same order, on all processes.
            parameters: name of a network -> its parameters, whose gradients are checked.

        Raises:
            FloatingPointError: this was the ``patience``-th step in a row.
        """
        names = [*losses, *(f"gradient of {name}" for name in parameters)]
        values = [loss.detach().float().sum() for loss in losses.values()]
        for group in parameters.values():
            gradients = [_local(each.grad) for each in group if each.grad is not None]
            gradients = [each for each in gradients if each.numel()]  # a process may have no part
            values.append(_norm(gradients).float())
        if not values:
            return []
        device = next((value.device for value in values if value.device.type != "cpu"), None)
        bad = ~torch.stack([value.to(device) if device else value for value in values]).isfinite()
        if distributed.is_available() and distributed.is_initialized():
            flags = bad.to(torch.int32)
            distributed.all_reduce(flags, distributed.ReduceOp.MAX)
            bad = flags > 0
        found = [name for name, is_bad in zip(names, bad.tolist(), strict=True) if is_bad]
        self.skipped = self.skipped + 1 if found else 0
        if self.skipped >= self.patience:
            raise FloatingPointError(
                f"NonFiniteGuard: {self.skipped} steps in a row were not finite: "
                f"{', '.join(found)}; lower the learning rate, or use a wider precision"
            )
        return found


def _norm(gradients: list[Tensor]) -> Tensor:
    """Return a norm of gradients, finite if all their values are."""
    if all(each.device.type == "cpu" for each in gradients):
        # the Euclidean norm overflows, but takes a tenth of the time of the largest value there
        norm = torch.nn.utils.get_total_norm(gradients)
        if norm.isfinite():
            return norm
    return torch.nn.utils.get_total_norm(gradients, torch.inf)


def _local(gradient: Tensor) -> Tensor:
    """Return the part in this process of a gradient that `fully_shard` spreads over several."""
    return gradient.to_local() if hasattr(gradient, "to_local") else gradient
