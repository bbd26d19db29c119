"""Feature vectors of instances, collected over a data set by class."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from vidgan._checks import check_shapes
from vidgan.functional import instance_features


def majority_classes(labels: Tensor, instances: Tensor) -> dict[tuple[int, int], int]:
    """Return the class of each instance: the label that most of its pixels have.

    Of labels with equally many pixels the smallest counts.

    Args:
        labels: integer class ids from 0 on, (B, 1, H, W).
        instances: integer instance ids, (B, 1, H, W), any values.

    Returns:
        (sample, instance id) -> class id.

    Raises:
        TypeError: one of the maps is not an integer tensor.
        ValueError: the shapes differ, a label is negative, or the maps are empty.

    Example:
        >>> labels = torch.tensor([[[[7, 7, 2, 4]]]])
        >>> instances = torch.tensor([[[[26, 26, 26, 30]]]])
        >>> majority_classes(labels, instances)
        {(0, 26): 7, (0, 30): 4}
    """
    check_shapes(
        "majority_classes", labels=(labels, "int B 1 H W"), instances=(instances, "int B 1 H W")
    )
    if labels.numel() == 0 or bool((labels < 0).any()):
        raise ValueError("majority_classes: labels must be class ids from 0 on, and not empty")
    # Every pair of instance and label is counted as a separate instance, under one number.
    radix = int(labels.max()) + 1
    pairs = instances.long() * radix + labels.long()
    table = instance_features(torch.zeros(pairs.shape), pairs.cpu())
    best: dict[tuple[int, int], tuple[int, int]] = {}
    rows = zip(table.samples.tolist(), table.ids.tolist(), table.counts.tolist(), strict=True)
    for sample, pair, count in rows:
        instance, label = divmod(pair, radix)
        best[sample, instance] = max(best.get((sample, instance), (0, 0)), (count, -label))
    return {key: -label for key, (_, label) in best.items()}


def collect_features(frames: Iterable[tuple[Tensor, Tensor, Tensor]]) -> dict[int, Tensor]:
    """Collect one feature vector per instance over a data set, by class.

    The vector is the mean of the features over the instance's pixels, as in pix2pixHD (Wang et
    al., CVPR 2018, `arXiv:1711.11585 <https://arxiv.org/abs/1711.11585>`__, Sec. 3.4).

    Args:
        frames: batches of features (B, F, H, W), from ``InstanceEncoder`` or its
            ``pixel_features``, labels (B, 1, H, W) and instance ids (B, 1, H, W).

    Returns:
        class id -> vectors (N, F) on the CPU, in the order of the frames.

    Raises:
        TypeError: features are not floating-point, or the maps not integer tensors.
        ValueError: the shapes of a batch differ, or a label is negative.

    Example:
        >>> features = torch.tensor([[[[1.0, 3.0, 5.0]]]])
        >>> labels, instances = torch.tensor([[[[7, 7, 2]]]]), torch.tensor([[[[1, 1, 2]]]])
        >>> collect_features([(features, labels, instances)])
        {2: tensor([[5.]]), 7: tensor([[2.]])}
    """
    found: dict[int, list[Tensor]] = {}
    for features, labels, instances in frames:
        classes = majority_classes(labels, instances)
        table = instance_features(features.detach(), instances)
        rows = zip(table.samples.tolist(), table.ids.tolist(), table.means.cpu(), strict=True)
        for sample, instance, vector in rows:
            found.setdefault(classes[sample, instance], []).append(vector)
    return {label: torch.stack(found[label]) for label in sorted(found)}
