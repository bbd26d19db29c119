"""What a stream of a clip data set is, and a stream of data already in memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Protocol, get_args

from torch import Tensor

from vidgan._checks import check_choice, check_same_length, check_shapes

StreamKind = Literal["image", "labels", "mask", "flow", "points"]
"""How transforms treat a stream, such as whether resizing interpolates it or scales its values."""


class ClipStream(Protocol):
    """One kind of data for every frame of several sequences. Any object that fits may be used.

    Example:
        >>> import torch
        >>> from vidgan.data import ClipDataset
        >>> class Fade:
        ...     kind = "image"
        ...     def sequences(self):
        ...         return {"fade": 5}
        ...     def size(self, sequence):
        ...         return (2, 3)
        ...     def load(self, sequence, index):
        ...         return torch.full((3, 2, 3), index / 4)
        >>> clips = ClipDataset({"frames": Fade()}, clip_length=2)
        >>> clips[1]["frames"][:, 0, 0, 0]
        tensor([0.2500, 0.5000])
    """

    @property
    def kind(self) -> StreamKind:
        """How transforms treat the data."""
        ...

    def sequences(self) -> Mapping[str, int]:
        """Return the number of frames of each sequence."""
        ...

    def size(self, sequence: str) -> tuple[int, int] | None:
        """Return the size (H, W) of a sequence's frames; None where they have none (points)."""
        ...

    def load(self, sequence: str, index: int) -> Tensor:
        """Load the data of one frame."""
        ...


class TensorStream:
    """Data already in memory, such as a decoded video file.

    Args:
        kind: how transforms treat the data.
        tensors: sequence name -> (T, C, H, W), or for points (T, N, 2) or, with confidence,
            (T, N, 3), in the form of the folder streams.

    Raises:
        TypeError: an entry is not a tensor.
        ValueError: ``kind`` is unknown, an entry has another shape, or there is no sequence.

    Example:
        >>> import torch
        >>> stream = TensorStream("image", {"walk": torch.zeros(2, 3, 4, 6)})
        >>> stream.sequences(), stream.size("walk")
        ({'walk': 2}, (4, 6))
    """

    def __init__(self, kind: StreamKind, tensors: Mapping[str, Tensor]) -> None:
        check_choice(kind, get_args(StreamKind), "TensorStream", "kind")
        check_same_length("TensorStream", "sequence", tensors=tensors)
        for name, value in tensors.items():
            check_shapes("TensorStream", **{f"tensors[{name!r}]": (value, *_shape(kind, value))})
        self.kind: StreamKind = kind
        self.tensors = dict(tensors)

    def sequences(self) -> dict[str, int]:
        """Return the number of frames of each sequence."""
        return {name: len(value) for name, value in self.tensors.items()}

    def size(self, sequence: str) -> tuple[int, int] | None:
        """Return the size (H, W) of a sequence, None for points."""
        shape = self.tensors[sequence].shape
        return None if self.kind == "points" else (shape[-2], shape[-1])

    def load(self, sequence: str, index: int) -> Tensor:
        """Return the data of one frame."""
        return self.tensors[sequence][index]


def _shape(kind: StreamKind, value: Any) -> tuple[str, ...]:
    """Return the shape that a tensor must have, and what to say of it, for `check_shapes`."""
    if kind != "points":
        return ("any T C H W",)
    has_confidence = isinstance(value, Tensor) and value.shape[-1:] == (3,)
    return (f"any T N {3 if has_confidence else 2}", "or (T, N, 3)")
