"""The optimizer steps of a training: gradients of one or more batches, and one step per network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import get_ema_multi_avg_fn

from examples.vid2vid.config import ImageConfig, TrainConfig
from examples.vid2vid.distributed import average, local, running_statistics, shard
from examples.vid2vid.objective import Losses
from vidgan.training import AveragedModel, NonFiniteGuard


class Updates:
    """Updates the networks of a training, and averages the weights of the generator.

    Args:
        modules: networks by name, ``generator`` first; they are updated in this order.
        config: configuration of the training.
        trained_with_generator: networks that the losses of the generator train.
    """

    def __init__(
        self,
        modules: Mapping[str, nn.Module],
        config: TrainConfig | ImageConfig,
        *,
        trained_with_generator: Sequence[str] = (),
    ) -> None:
        self.config = config
        self.averaged = AveragedModel(modules["generator"], use_buffers=True)
        self.modules = {**modules, "averaged": self.averaged}
        if config.shard_generator:
            for name in ("generator", *trained_with_generator):
                shard(modules[name])
            shard(self.averaged.module)
        self._weights = {
            name: [*module.parameters()]
            for name, module in modules.items()
            if name not in trained_with_generator
        }
        for name in trained_with_generator:
            self._weights["generator"] += modules[name].parameters()
        self.optimizers = {
            name: torch.optim.Adam(each, lr=config.learning_rate, betas=(0.5, 0.999))
            for name, each in self._weights.items()
        }
        self._guard = NonFiniteGuard()
        self._buffers = [b for module in modules.values() for b in module.buffers()]
        self._statistics = [s for m in modules.values() for s in running_statistics(m)]
        self._begin()
        self.keep_buffers()

    @property
    def is_open(self) -> bool:
        """Whether more batches belong to the step that was begun."""
        return self._batches > 0

    def add(self, losses: Losses) -> bool:
        """Take the backward pass of a batch, and return whether the step has all its batches."""
        if not self.is_open:
            for optimizer in self.optimizers.values():
                optimizer.zero_grad()
        terms = {name: loss for part in losses.values() for name, loss in part.items()}
        count = self.config.accumulate
        # One pass for all networks. The losses of the generator have no gradient with respect to
        # the discriminators, and vice versa.
        loss = torch.stack([*terms.values()]).sum()
        (loss if count == 1 else loss / count).backward()
        reshard(self.modules["generator"])
        for name, value in terms.items():
            before = self._summed.get(name)
            self._summed[name] = value.detach() if before is None else before + value.detach()
        self._batches += 1
        # A video discriminator has no losses while clips are too short.
        self._trained |= {name for name in losses if losses[name]}
        return self._batches == count

    def take(self, step: int, learning_rate: float) -> list[str]:
        """Take the optimizers' steps, unless a loss or a gradient is not finite.

        Args:
            step: number of the step, from 1 on.
            learning_rate: of all networks.

        Returns:
            The names of what is not finite.

        Raises:
            FloatingPointError: too many steps in a row were not finite.
        """
        if self.config.accumulate > 1:
            weights = chain.from_iterable(self._weights.values())
            average([weight.grad for weight in weights if weight.grad is not None])
        trained = {name: self._weights[name] for name in self._weights if name in self._trained}
        summed = self._summed
        self._begin()
        try:
            bad = self._guard.check(summed, trained)
        except FloatingPointError:
            self._restore_buffers()
            raise
        if bad:
            self._restore_buffers()
            return bad
        for name in trained:
            self.optimizers[name].param_groups[0]["lr"] = learning_rate
            self.optimizers[name].step()
        average(self._statistics)
        self.keep_buffers()
        # A short average at first, so that the initial weights are soon forgotten.
        decay = min(self.config.ema_decay, step / (9 + step))
        ema = get_ema_multi_avg_fn(decay)
        self.averaged.multi_avg_fn = lambda old, new, n: ema(local(old), local(new), n)
        self.averaged.update_parameters(self.modules["generator"])
        return []

    def keep_buffers(self) -> None:
        """Take the present buffers as those that a step that is not finite falls back to."""
        self._good_buffers = [buffer.clone() for buffer in self._buffers]

    def _restore_buffers(self) -> None:
        for value, place in zip(self._good_buffers, self._buffers, strict=True):
            place.copy_(value)

    def _begin(self) -> None:
        self._summed: dict[str, Tensor] = {}  # losses of the batches so far
        self._trained: set[str] = set()
        self._batches = 0


def reshard(module: nn.Module) -> None:
    """Take away the weights of other processes that a backward pass has left, of frozen parts."""
    for part in module.modules():
        if hasattr(part, "reshard"):
            part.reshard()
