"""Condition maps of a scene of labeled classes, and label maps with classes exchanged."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from vidgan._checks import check_shapes
from vidgan.functional import instance_edges, one_hot_labels


def semantic_condition_maps(
    labels: Tensor,
    num_classes: int,
    *,
    instances: Tensor | None = None,
    ignore_id: int | None = None,
    dtype: torch.dtype | None = None,
    out: Tensor | None = None,
) -> Tensor:
    """Compute the condition maps of a street: one map per class, and the edges of the instances.

    Wang et al. 2018, `arXiv:1808.06601 <https://arxiv.org/abs/1808.06601>`__, labels to street:
    one-hot class maps, and one map that is 1 where two instances touch, without which neighboring
    cars would be one blob.

    Args:
        labels: integer class ids, (T, 1, H, W) or (B, T, 1, H, W), in 0..num_classes-1.
        num_classes: number of classes, at least 1.
        instances: instance ids in the shape of ``labels``; any numbers that tell neighbors
            apart. None: there is no edge map.
        ignore_id: id of pixels without a class (any integer): their class maps are all zero.
        dtype: of the maps; that of ``out``, or float32, if None. ``torch.bool`` takes a quarter of
            the memory and of the way to a GPU.
        out: a contiguous tensor of the result's shape, to be written and returned, on the device of
            ``labels``, so that a stream needs no new memory for every frame.

    Returns:
        0 and 1, (T, C, H, W) or (B, T, C, H, W): C is ``num_classes``, or one more
        with ``instances``; the edges come last.

    Raises:
        TypeError: ``labels`` is not an integer tensor, ``instances`` or ``out`` is no tensor, or
            ``out`` is not of ``dtype``.
        ValueError: a wrong shape, ``num_classes`` under 1, or ids that are out of range.

    Example:
        >>> labels = torch.tensor([[[[0, 1, 1]]]])
        >>> semantic_condition_maps(labels, 2, instances=torch.tensor([[[[0, 5, 6]]]]))[0, :, 0]
        tensor([[1., 0., 0.],
                [0., 1., 1.],
                [1., 1., 1.]])
    """
    if instances is None:
        return one_hot_labels(labels, num_classes, ignore_id=ignore_id, dtype=dtype, out=out)
    check_shapes(
        "semantic_condition_maps", labels=(labels, "int ..."), instances=(instances, "any ...")
    )
    edges = instance_edges(instances).to(labels.device)
    return one_hot_labels(
        labels, num_classes, ignore_id=ignore_id, others=edges, dtype=dtype, out=out
    )


def replace_classes(labels: Tensor, replacements: Mapping[int, int]) -> Tensor:
    """Exchange classes of a label map, such as trees for buildings.

    All at once: ``{1: 2, 2: 1}`` swaps the two classes.

    Args:
        labels: integer ids, any shape.
        replacements: id -> the id that takes its place; ids that do not occur change nothing.

    Returns:
        The new label map; ``labels`` is left as it is.

    Raises:
        TypeError: ``labels`` is not an integer tensor.
        ValueError: a new id does not fit the dtype of ``labels``.

    Example:
        >>> replace_classes(torch.tensor([0, 1, 2]), {1: 2, 2: 1})
        tensor([0, 2, 1])
    """
    check_shapes("replace_classes", labels=(labels, "int ..."))
    limits = torch.iinfo(labels.dtype)
    replaced = labels.clone()
    for old, new in replacements.items():
        if not limits.min <= new <= limits.max:
            raise ValueError(
                f"replace_classes: replacements must be ids that fit {labels.dtype}, "
                f"{limits.min} to {limits.max}, got {new} for {old}; convert labels to int64"
            )
        if limits.min <= old <= limits.max:  # no other id occurs
            replaced[labels == old] = new
    return replaced
