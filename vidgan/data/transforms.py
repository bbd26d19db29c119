"""Transforms of whole clips: sampled once per clip, applied to every frame of every stream.

A transform is called with the clip, name -> (T, ...), and the kind of each stream. It uses
torch's global random generator. Images and masks are resized bilinearly with antialiasing, labels
to the nearest; a flow's vectors change with the pixels they count; points move with the image.
Of points (x, y, confidence) the confidence stays as it is, and a point that was not found,
(0, 0, 0), stays (0, 0, 0).
Pixel centers lie at the corners (``align_corners=True``) for all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from vidgan.data._resample import resize_bilinear, resize_nearest
from vidgan.data.clip_dataset import Clip, ClipTransform
from vidgan.data.streams import StreamKind
from vidgan.functional import resize_flow

Kinds = Mapping[str, StreamKind]


class ClipTransforms:
    """Applies transforms one after another.

    Args:
        transforms: in the order in which they are applied.

    Example:
        >>> transform = ClipTransforms([Resize((4, 8)), RandomHorizontalFlip()])
        >>> transform({"frames": torch.zeros(2, 3, 6, 9)}, {"frames": "image"})["frames"].shape
        torch.Size([2, 3, 4, 8])
    """

    def __init__(self, transforms: Sequence[ClipTransform]) -> None:
        self.transforms = tuple(transforms)

    def __call__(self, clip: Clip, kinds: Kinds) -> Clip:
        """Apply every transform to the clip in turn."""
        for transform in self.transforms:
            clip = transform(clip, kinds)
        return clip


class Resize:
    """Resizes every frame to one size.

    Args:
        size: the new (H, W), at least 2 each. Points at (x, y) move to
            (x (W2-1)/(W1-1), y (H2-1)/(H1-1)), and flow vectors are scaled in the same way.

    Raises:
        ValueError: a size is below 2; when called: the streams have no or different sizes.

    Example:
        >>> clip = {"frames": torch.zeros(2, 3, 3, 5), "points": torch.tensor([[[4.0, 2.0]]])}
        >>> resized = Resize((5, 9))(clip, {"frames": "image", "points": "points"})
        >>> resized["frames"].shape, resized["points"]
        (torch.Size([2, 3, 5, 9]), tensor([[[8., 4.]]]))
    """

    def __init__(self, size: tuple[int, int]) -> None:
        self.size = _checked_size(size, "Resize")

    def __call__(self, clip: Clip, kinds: Kinds) -> Clip:
        """Resize every stream of the clip."""
        return _resize_clip(clip, kinds, self.size, "Resize")


class RandomScale:
    """Resizes every frame by one uniformly sampled factor; a `RandomCrop` usually follows.

    Args:
        minimum: least factor, above 0.
        maximum: largest factor, at least ``minimum``.

    Raises:
        ValueError: the factors are no such range; when called: as in `Resize`.

    Example:
        >>> scale = RandomScale(1.5, 1.5)
        >>> scale({"frames": torch.zeros(2, 3, 4, 6)}, {"frames": "image"})["frames"].shape
        torch.Size([2, 3, 6, 9])
    """

    def __init__(self, minimum: float, maximum: float) -> None:
        if not 0 < minimum <= maximum < float("inf"):
            rule = "minimum and maximum must be finite with 0 < minimum <= maximum"
            raise ValueError(f"RandomScale: {rule}, got {minimum} and {maximum}")
        self.minimum = minimum
        self.maximum = maximum

    def __call__(self, clip: Clip, kinds: Kinds) -> Clip:
        """Sample a factor and resize every stream of the clip by it."""
        factor = self.minimum + (self.maximum - self.minimum) * float(torch.rand(()))
        height, width = _clip_size(clip, kinds, "RandomScale")
        size = (max(2, round(height * factor)), max(2, round(width * factor)))
        return _resize_clip(clip, kinds, size, "RandomScale")


class RandomCrop:
    """Cuts the same window out of every frame.

    Flow vectors stay as they are and may then point outside the window, where a warp repeats the
    border. Points may come to lie outside it too, and keep their confidence: a line that is drawn
    from them is cut off at the border as the image is.

    Args:
        size: (H, W) of the window.

    Raises:
        ValueError: a size is below 2; when called: the frames are smaller than the window, or the
            streams have no or different sizes.

    Example:
        >>> crop = RandomCrop((2, 4))
        >>> crop({"frames": torch.zeros(2, 3, 4, 6)}, {"frames": "image"})["frames"].shape
        torch.Size([2, 3, 2, 4])
    """

    def __init__(self, size: tuple[int, int]) -> None:
        self.size = _checked_size(size, "RandomCrop")

    def __call__(self, clip: Clip, kinds: Kinds) -> Clip:
        """Sample a place and crop every stream of the clip there."""
        height, width = _clip_size(clip, kinds, "RandomCrop")
        if height < self.size[0] or width < self.size[1]:
            rule = f"frames must have at least the size (H, W) = {self.size}"
            raise ValueError(f"RandomCrop: {rule}, got ({height}, {width}); resize them first")
        top = int(torch.randint(height - self.size[0] + 1, ()))
        left = int(torch.randint(width - self.size[1] + 1, ()))

        def crop(value: Tensor, kind: StreamKind) -> Tensor:
            if kind == "points":
                return _move(value, (1, 1), (-left, -top))
            return value[..., top : top + self.size[0], left : left + self.size[1]].contiguous()

        return {name: crop(value, kinds[name]) for name, value in clip.items()}


class RandomHorizontalFlip:
    """Mirrors every frame left to right, or none.

    The x of flow vectors changes its sign, points at x move to W-1-x.

    Args:
        probability: of a flip, in [0, 1].
        permutation: where each point's new value comes from after a flip, such as the index of the
            right eye at the place of the left; None keeps the order. ``vidgan.conditions`` has
            ``LANDMARK_FLIP`` and ``KEYPOINT_FLIP``. Where streams have different points, a
            dictionary from the stream's name to its permutation.

    Raises:
        ValueError: ``probability`` is outside [0, 1] or ``permutation`` is none; when called: the
            number of points differs from it, or the streams have no or different sizes.

    Example:
        >>> flip = RandomHorizontalFlip(1.0)
        >>> clip = {"frames": torch.zeros(1, 3, 4, 6), "points": torch.tensor([[[1.0, 2.0]]])}
        >>> flip(clip, {"frames": "image", "points": "points"})["points"]
        tensor([[[4., 2.]]])
    """

    def __init__(
        self,
        probability: float = 0.5,
        *,
        permutation: Sequence[int] | Mapping[str, Sequence[int]] | None = None,
    ) -> None:
        name = "RandomHorizontalFlip"
        if not 0 <= probability <= 1:
            raise ValueError(f"{name}: probability must lie in [0, 1], got {probability}")
        for each in permutation.values() if isinstance(permutation, Mapping) else [permutation]:
            if each is not None and sorted(each) != list(range(len(each))):
                rule = f"every index from 0 to {len(each) - 1} once"
                raise ValueError(f"{name}: permutation must hold {rule}, got {list(each)}")
        self.probability = probability
        self.permutation = permutation

    def __call__(self, clip: Clip, kinds: Kinds) -> Clip:
        """Flip every stream of the clip, or none."""
        if float(torch.rand(())) >= self.probability:
            return clip
        width = _clip_size(clip, kinds, "RandomHorizontalFlip")[1]
        return {name: self._flip(name, value, kinds[name], width) for name, value in clip.items()}

    def _flip(self, name: str, value: Tensor, kind: StreamKind, width: int) -> Tensor:
        if kind == "points":
            order = self.permutation
            order = order.get(name) if isinstance(order, Mapping) else order
            if order is not None and len(order) != value.shape[-2]:
                raise ValueError(
                    f"RandomHorizontalFlip: permutation must have one index per point, got "
                    f"{len(order)} for {value.shape[-2]} points"
                )
            moved = _move(value, (-1, 1), (width - 1, 0))
            return moved if order is None else moved[..., list(order), :]
        mirrored = value.flip(-1)
        if kind == "flow":
            mirrored = mirrored * mirrored.new_tensor([-1.0, 1.0]).view(2, 1, 1)
        return mirrored


def _move(points: Tensor, factors: tuple[float, float], shift: tuple[int, int]) -> Tensor:
    """Move (..., N, C) points whose first two numbers are x and y; the others stay."""
    moved = points[..., :2] * points.new_tensor(factors) + points.new_tensor(shift)
    if points.shape[-1] == 2:
        return moved
    moved = torch.cat((moved, points[..., 2:]), dim=-1)
    return torch.where((points != 0).any(-1, keepdim=True), moved, points)


def _checked_size(size: Sequence[int], function: str) -> tuple[int, int]:
    if len(size) != 2 or min(size) < 2:
        raise ValueError(f"{function}: size must be (H, W), each at least 2, got {size!r}")
    return (int(size[0]), int(size[1]))


def _clip_size(clip: Clip, kinds: Kinds, function: str) -> tuple[int, int]:
    sizes = {
        name: tuple(value.shape[-2:]) for name, value in clip.items() if kinds[name] != "points"
    }
    if len(set(sizes.values())) != 1:
        got = ", ".join(f"{name!r} {size}" for name, size in sizes.items()) or "points alone"
        raise ValueError(f"{function}: the streams must have one size (H, W), got {got}")
    height, width = next(iter(sizes.values()))
    return height, width


def _resize_clip(clip: Clip, kinds: Kinds, size: tuple[int, int], function: str) -> Clip:
    height, width = _clip_size(clip, kinds, function)
    if min(height, width) < 2:
        raise ValueError(f"{function}: frames must be at least 2 x 2, got {height} x {width}")
    factors = ((size[1] - 1) / (width - 1), (size[0] - 1) / (height - 1))  # x, y

    def resize(value: Tensor, kind: StreamKind) -> Tensor:
        if kind == "points":
            return _move(value if value.is_floating_point() else value.float(), factors, (0, 0))
        if kind == "flow":
            return resize_flow(value, size)
        if kind == "labels":
            return resize_nearest(value, size)
        # Weights that add up to 1 but for rounding: a mask stays within [0, 1].
        return resize_bilinear(value, size).clamp(value.min(), value.max())

    return {name: resize(value, kinds[name]) for name, value in clip.items()}
