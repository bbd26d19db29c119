"""Label maps: one-hot maps, instance edges and region masks."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from vidgan._checks import check_at_least, check_shapes
from vidgan._outputs import output_dtype, output_maps

_LISTED_IDS = 10


def one_hot_labels(
    labels: Tensor,
    num_classes: int,
    *,
    ignore_id: int | None = None,
    others: Tensor | None = None,
    dtype: torch.dtype | None = None,
    out: Tensor | None = None,
) -> Tensor:
    """Turn a map of class ids into one binary map per class.

    Ids out of range raise an error that names them. The check synchronizes with the device.
    Compiled code cannot raise it and encodes such pixels as all zeros.

    As ``torch.bool`` or ``torch.uint8`` the maps take a quarter of the memory of float32, and much
    less of the time, most of which is the first touch of new memory; so does a second call with the
    same ``out``.

    Args:
        labels: integer class ids, (B, 1, H, W) or (B, T, 1, H, W), in 0..num_classes-1.
        num_classes: number of classes, at least 1.
        ignore_id: id of pixels without a class (any integer), which are encoded as all zeros.
        others: maps that follow those of the classes, (B, N, H, W) or (B, T, N, H, W), or None.
        dtype: of the maps; that of ``out``, or float32, if None.
        out: a contiguous tensor of the result's shape, to be written and returned, on the device of
            ``labels``.

    Returns:
        One-hot maps, (B, num_classes, H, W) or (B, T, num_classes, H, W), and the others behind
        them. They sum to 1 over the classes, or to 0 where the label is ``ignore_id``.

    Raises:
        TypeError: if ``labels`` is not an integer tensor, ``others`` not a floating-point one, or
            ``out`` not a tensor of ``dtype``.
        ValueError: if ``labels``, ``others`` or ``out`` has another shape, if ``num_classes`` is
            under 1, or if an id other than ``ignore_id`` is out of range.

    Example:
        >>> import torch
        >>> one_hot_labels(torch.tensor([[[[0, 2, 255]]]]), 3, ignore_id=255)[0, :, 0]
        tensor([[1., 0., 0.],
                [0., 0., 0.],
                [0., 1., 0.]])
    """
    check_shapes(
        "one_hot_labels",
        labels=(labels, "int B [T] 1 H W"),
        others=(others, "B [T] N H W or None", "to fit labels"),
    )
    check_at_least("one_hot_labels", 1, num_classes=num_classes)
    dtype = output_dtype("one_hot_labels", dtype, out)
    ids = labels.long()  # as uint8, id 255 would equal an ignore_id of -1
    if not torch.compiler.is_compiling():
        _check_label_range(ids, num_classes, ignore_id)
        number = num_classes + (0 if others is None else others.shape[-3])
        shape = (*ids.shape[:-3], number, *ids.shape[-2:])
        maps = output_maps("one_hot_labels", shape, dtype, out, ids.device)
        classes = maps[..., :num_classes, :, :]
        if ids.device.type != "cpu":
            _scatter(ids, classes, ignore_id)
        elif out is None and dtype.itemsize > 1:
            _place(ids, maps, ignore_id)
        else:
            _compare(ids, classes, ignore_id)
        if others is not None:
            maps[..., num_classes:, :, :] = others
        return maps
    hot = ids == torch.arange(num_classes, device=ids.device).view(num_classes, 1, 1)
    if ignore_id is not None:
        hot = hot & (ids != ignore_id)
    hot = hot.to(dtype)
    maps = hot if others is None else torch.cat([hot, others.to(dtype)], -3)
    return maps if out is None else out.copy_(maps)


def instance_edges(instances: Tensor) -> Tensor:
    """Mark the pixels that differ from a direct neighbor.

    A pixel is 1 where its value differs from that of its right, left, upper or lower neighbor: the
    boundary map of Wang et al. 2018, `arXiv:1711.11585 <https://arxiv.org/abs/1711.11585>`__, Sec.
    3.3.

    Args:
        instances: instance ids of any dtype, (B, 1, H, W) or (B, T, 1, H, W).

    Returns:
        The edges, float32, 0 or 1, in the shape of ``instances``.

    Raises:
        TypeError: if ``instances`` is not a tensor.
        ValueError: if ``instances`` has another shape.

    Example:
        >>> import torch
        >>> instance_edges(torch.tensor([[[[7, 7, 9, 9]]]]))
        tensor([[[[0., 1., 1., 0.]]]])
    """
    check_shapes("instance_edges", instances=(instances, "any B [T] 1 H W"))
    edges = torch.zeros(instances.shape, dtype=torch.bool, device=instances.device)
    beside = instances[..., :, 1:] != instances[..., :, :-1]
    below = instances[..., 1:, :] != instances[..., :-1, :]
    edges[..., :, 1:] |= beside
    edges[..., :, :-1] |= beside
    edges[..., 1:, :] |= below
    edges[..., :-1, :] |= below
    if not torch.compiler.is_compiling():
        edges = edges.view(torch.uint8)  # the same bytes, which are converted ten times as fast
    return edges.float()


def region_mask(labels: Tensor, ids: Sequence[int]) -> Tensor:
    """Mark the pixels whose label is one of ``ids``, such as those of the foreground classes.

    Args:
        labels: class or part ids of any dtype, (B, 1, H, W) or (B, T, 1, H, W).
        ids: the ids of the region, at least one.

    Returns:
        The mask, float32, 0 or 1, in the shape of ``labels``.

    Raises:
        TypeError: if ``labels`` is not a tensor.
        ValueError: if ``labels`` has another shape or ``ids`` is empty.

    Example:
        >>> import torch
        >>> region_mask(torch.tensor([[[[1, 2, 3]]]]), ids=[1, 3])
        tensor([[[[1., 0., 1.]]]])
    """
    check_shapes("region_mask", labels=(labels, "any B [T] 1 H W"))
    if len(ids) == 0:
        raise ValueError("region_mask: ids must name at least one label, got none")
    values = labels if labels.is_floating_point() else labels.long()
    mask = torch.zeros(values.shape, dtype=torch.bool, device=values.device)
    for label in ids:
        mask = mask | (values == label)
    return mask.float()


def _scatter(ids: Tensor, maps: Tensor, ignore_id: int | None) -> None:
    """Write every map once: they are large, and comparing ids with every class reads them again."""
    maps.zero_()
    known = torch.ones_like(ids, dtype=torch.bool) if ignore_id is None else ids != ignore_id
    # an ignored pixel writes the zero that is there already
    maps.scatter_(-3, ids * known, known.to(maps.dtype))


def _place(ids: Tensor, maps: Tensor, ignore_id: int | None) -> None:
    """Write the ones alone, into memory that is zero already."""
    *frames, number, height, width = maps.shape
    num_pixels = height * width
    places = ids.reshape(math.prod(frames), num_pixels) * num_pixels
    places += torch.arange(num_pixels)
    places += torch.arange(len(places))[:, None] * (number * num_pixels)
    if ignore_id is not None:
        places = places[(ids != ignore_id).view(places.shape)]
    # as whole numbers: NumPy has no bfloat16
    whole = {2: torch.int16, 4: torch.int32, 8: torch.int64}[maps.element_size()]
    one = torch.ones(1, dtype=maps.dtype).view(whole).item()
    maps.view(whole).view(-1).numpy()[places.numpy().reshape(-1)] = one


def _compare(ids: Tensor, maps: Tensor, ignore_id: int | None) -> None:
    """Compare ids of one byte with every class, in NumPy, which does so 64 at a time."""
    if maps.numel() == 0:
        return
    num_classes = maps.shape[-3]
    small = torch.uint8 if num_classes < 256 else torch.int32  # one more: no class
    if ignore_id is not None:
        ids = ids.masked_fill(ids == ignore_id, num_classes)
    frames = ids.to(small).numpy().reshape(-1, *ids.shape[-2:])
    numbers = np.arange(num_classes, dtype=frames.dtype)
    equal = torch.empty(ids.shape[-2:], dtype=torch.bool)
    for frame, classes in zip(frames, maps.reshape(-1, *maps.shape[-3:]), strict=True):
        if maps.element_size() == 1 and not maps.is_floating_point():
            hot = classes.view(torch.bool).numpy()  # the same bytes
            np.equal(frame, numbers[:, None, None], out=hot)
            continue
        for number, one in zip(numbers, classes, strict=True):
            np.equal(frame, number, out=equal.numpy())
            one.copy_(equal.view(torch.uint8))  # while it is in the cache


def _check_label_range(ids: Tensor, num_classes: int, ignore_id: int | None) -> None:
    if ids.numel() == 0:
        return
    least, greatest = torch.stack(torch.aminmax(ids)).tolist()
    if least >= 0 and greatest < num_classes:  # one pass, where the rest takes several
        return
    bad = (ids < 0) | (ids >= num_classes)
    if ignore_id is not None:
        bad = bad & (ids != ignore_id)
    if bool(bad.any()):
        found = torch.unique(ids[bad]).tolist()
        listed = ", ".join(str(label) for label in found[:_LISTED_IDS])
        more = f" and {len(found) - _LISTED_IDS} more" if len(found) > _LISTED_IDS else ""
        raise ValueError(
            f"one_hot_labels: labels must be in 0..{num_classes - 1} (num_classes = "
            f"{num_classes}), got {listed}{more}; map them to classes, or pass ignore_id"
        )
