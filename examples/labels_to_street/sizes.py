"""The size that all frames of a data set are brought to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from examples.labels_to_street.frame_files import FrameFiles
from vidgan.video import image_size

_MULTIPLE = 8  # of the side that is not specified, so that the networks can halve it
_LEAST_MULTIPLE = 4  # of the sides of frames for the default setting of train


def common_size(
    sequences: Mapping[str, Sequence[FrameFiles]],
) -> tuple[tuple[int, int], list[str]]:
    """Return the most frequent size (H, W) of frames, and a note about the others.

    Raises:
        ValueError: the files of a frame differ in size.
    """
    every = [files for sequence in sequences.values() for files in sequence]
    sizes = [image_size(files.image) for files in every]
    common = Counter(sizes).most_common(1)[0][0]
    first = every[sizes.index(common)].image
    for files, size in zip(every, sizes, strict=True):
        found = {file: image_size(file) for file in files[1:] if file is not None}
        if any(other != size for other in found.values()):
            found = {files.image: size, **found}
            file = next(file for file, other in found.items() if other != common)
            raise ValueError(
                f"{file} must have the size (H, W) = {common} of {first}, or all files of its "
                f"frame another, got {found[file]}"
            )
    unlike = sum(size != common for size in sizes)
    if not unlike:
        return common, []
    return common, [
        f"{unlike} of {len(sizes)} frames are not {common[1]}x{common[0]}: scaled to cover that "
        "size, and cropped around the center"
    ]


def target_size(
    shape: tuple[int, int], height: int | None, width: int | None
) -> tuple[tuple[int, int], list[str]]:
    """Return the size (H, W) to write for frames of ``shape``, and a note if it is not asked for.

    Args:
        shape: (H, W) of the frames.
        height: requested height; None: to match ``width``.
        width: requested width; None: to match ``height``. If both are None, the size stays, or
            becomes the nearest one that the networks can halve.
    """
    if height is not None or width is not None:
        high = _to_multiple(shape[0] * (width or 0) / shape[1]) if height is None else height
        wide = _to_multiple(shape[1] * (height or 0) / shape[0]) if width is None else width
        return (high, wide), []
    if not any(side % _LEAST_MULTIPLE for side in shape):
        return shape, []
    size = _to_multiple(shape[0]), _to_multiple(shape[1])
    return size, [
        f"frames of {shape[1]}x{shape[0]} are resized to {size[1]}x{size[0]}, which the networks "
        "can halve"
    ]


def _to_multiple(side: float) -> int:
    return max(1, round(side / _MULTIPLE)) * _MULTIPLE
