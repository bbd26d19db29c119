"""What the perceptual distances share: their linear heads, and the comparison of two images."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from torch import Tensor

from vidgan._checks import check_shapes, check_signed_range
from vidgan.functional import lpips_distance

# How far from 0 values may be: generators without a last tanh overshoot, resampled images by less.
_GENERATED_LIMIT, _REAL_LIMIT = 10.0, 2.0


def perceptual_distance(
    extractor: Callable[[Tensor], Sequence[Tensor]],
    heads: Iterable[Tensor],
    images: Tensor,
    references: Tensor,
    check_range: bool,
    function: str,
) -> Tensor:
    """Compute the distance of images (B, [T], 3, H, W) to their references: (B,) or (B, T)."""
    check_shapes(
        function,
        images=(images, "B [T] 3 H W"),
        references=(references, "B [T] 3 H W", "as in images"),
    )
    if check_range:
        check_signed_range(
            function, images=(images, _GENERATED_LIMIT), references=(references, _REAL_LIMIT)
        )
    distance = lpips_distance(
        extractor(images.flatten(0, -4)), extractor(references.flatten(0, -4)), list(heads)
    )
    return distance.view(images.shape[:-3])


def select_heads(
    state: Mapping[str, Tensor], channels: Sequence[int], path: str | Path, function: str
) -> list[Tensor]:
    """Select the linear heads (C,) of all layers from the weights in the file at ``path``."""
    heads = []
    for index, size in enumerate(channels):
        name = f"lin{index}.model.1.weight"
        head = state.get(name)
        if head is None or head.numel() != size:
            got = "none" if head is None else tuple(head.shape)
            raise ValueError(
                f"{function}: {path} must hold {name} of shape (1, {size}, 1, 1), got {got}"
            )
        heads.append(head.flatten())
    return heads
