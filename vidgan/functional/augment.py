"""Differentiable augmentation of what a discriminator sees."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor

from vidgan._checks import check_choice, check_shapes

Augmentation = Literal["color", "translation", "cutout"]
"""Name of an augmentation; `diff_augment` describes them."""


def diff_augment(
    videos: Tensor,
    *others: Tensor,
    augmentations: Sequence[Augmentation] = ("color", "translation", "cutout"),
    generator: torch.Generator | None = None,
) -> Tensor | tuple[Tensor, ...]:
    r"""Augment samples at random, each in the same way in all of its frames.

    Differentiable augmentation (Zhao et al. 2020, `arXiv:2006.10738
    <https://arxiv.org/abs/2006.10738>`__): real and generated samples are augmented in every pass
    through the discriminator, so that it does not memorize few data, and the generator's gradient
    goes through the augmentation. All frames of a video, and what belongs to it, get the same
    change, so that its motion stays.

    - ``"color"``, of ``videos`` alone: brightness is shifted by up to 0.5, the distance to the
      gray of each pixel is scaled by 0 to 2, then that to the mean of the video by 0.5 to 1.5.
    - ``"translation"``: shifts by up to 1/8 of the height and width; what comes in is 0.
    - ``"cutout"``: a box of half the height and width, centered anywhere, is set to 0.

    Args:
        videos: frames, (B, 3, H, W) or (B, T, 3, H, W), RGB in [-1, 1].
        others: what the discriminator sees beside them, (B, ..., H, W), such as condition maps or
            flow; translated and cut out alike.
        augmentations: which ones, in this order.
        generator: random generator, on the device of the videos; None: torch's own.

    Returns:
        The augmented videos; with ``others`` a tuple of all.

    Raises:
        TypeError: if an argument is not a floating-point tensor.
        ValueError: if shapes do not fit, or if an augmentation is unknown.

    Example:
        >>> _ = torch.manual_seed(0)
        >>> video, maps = torch.ones(1, 2, 3, 16, 16), torch.ones(1, 2, 5, 16, 16)
        >>> video, maps = diff_augment(video, maps, augmentations=["cutout"])
        >>> 0 < (video[0, 0, 0] == 0).sum() <= 8 * 8, torch.equal(video[:, 0], video[:, 1])
        (tensor(True), True)
        >>> torch.equal(video[:, :, :1], maps[:, :, :1])
        True
    """
    check_shapes("diff_augment", videos=(videos, "B [T] 3 H W"))
    for index, other in enumerate(others):
        batch, size = videos.shape[0], tuple(videos.shape[-2:])
        if other.shape[0] != batch or tuple(other.shape[-2:]) != size:
            raise ValueError(
                f"diff_augment: others[{index}] must have the batch {batch} and the size {size} of "
                f"videos, got {tuple(other.shape)}"
            )
        check_shapes("diff_augment", **{f"others[{index}]": (other, "...")})
    parts = [videos, *others]
    for name in augmentations:
        check_choice(name, ("color", "translation", "cutout"), "diff_augment", "augmentations")
        if name == "color":
            parts[0] = _color(parts[0], generator)
        else:
            change = _translate if name == "translation" else _cut_out
            rows, columns = (_random(len(videos), videos, generator) for _ in range(2))
            parts = [change(part, rows, columns) for part in parts]
    return tuple(parts) if others else parts[0]


def _random(batch: int, like: Tensor, generator: torch.Generator | None) -> Tensor:
    """Return one number in [0, 1) per sample, in float32 for any dtype."""
    return torch.rand(batch, generator=generator, device=like.device)


def _color(videos: Tensor, generator: torch.Generator | None) -> Tensor:
    def sample() -> Tensor:
        numbers = _random(len(videos), videos, generator).to(videos.dtype)
        return numbers.reshape(-1, *[1] * (videos.dim() - 1))

    videos = videos + (sample() - 0.5)
    gray = videos.mean(-3, keepdim=True)
    videos = gray + (videos - gray) * (2 * sample())
    mean = videos.mean(tuple(range(1, videos.dim())), keepdim=True)
    return mean + (videos - mean) * (sample() + 0.5)


def _translate(part: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    height, width = part.shape[-2:]
    down, right = _shift(rows, height), _shift(columns, width)
    moved, inside = [], []
    for axis, shift, length in ((-2, down, height), (-1, right, width)):
        source = torch.arange(length, device=part.device) - shift[:, None]  # (B, length)
        shape = [len(part), *[1] * (part.dim() - 1)]
        shape[axis] = length
        moved.append(source.clamp(0, length - 1).reshape(shape))
        inside.append(((source >= 0) & (source < length)).reshape(shape))
    part = part.gather(-2, moved[0].expand(part.shape)).gather(-1, moved[1].expand(part.shape))
    return part * (inside[0] & inside[1])


def _shift(numbers: Tensor, length: int) -> Tensor:
    """Return shifts of up to 1/8 of a side, in whole pixels."""
    most = length // 8
    return (numbers * (2 * most + 1)).floor().long() - most


def _cut_out(part: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    keep = []
    for axis, numbers in ((-2, rows), (-1, columns)):
        length = part.shape[axis]
        size = length // 2
        # The center is anywhere in the frame: the box may reach beyond the border.
        start = (numbers * (length + 1 - size % 2)).floor().long() - size // 2
        position = torch.arange(length, device=part.device) - start[:, None]
        shape = [len(part), *[1] * (part.dim() - 1)]
        shape[axis] = length
        keep.append(~((position >= 0) & (position < size)).reshape(shape))
    return part * (keep[0] | keep[1])
