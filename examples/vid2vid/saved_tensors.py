"""How much memory autograd holds on to."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks


class SavedTensors(saved_tensors_hooks):
    """Counts the bytes of what is saved for backward while it is entered, each storage once.

    Args:
        without: modules whose weights and buffers do not count.
    """

    def __init__(self, *without: nn.Module) -> None:
        super().__init__(self._keep, lambda tensor: tensor)
        own = [t for m in without for t in (*m.parameters(), *m.buffers())]
        self._left_out = {id(tensor.untyped_storage()) for tensor in own}
        self._kept: dict[int, torch.UntypedStorage] = {}  # held, so that no id is used twice

    def __enter__(self) -> SavedTensors:
        super().__enter__()
        return self

    @property
    def num_bytes(self) -> int:
        """Of the storages saved so far."""
        return sum(storage.nbytes() for storage in self._kept.values())

    def _keep(self, tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if id(storage) not in self._left_out:
            self._kept[id(storage)] = storage
        return tensor
