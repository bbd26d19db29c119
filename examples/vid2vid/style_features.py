"""The looks of instances, collected over a data set by class."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from vidgan.functional import instance_features


def majority_classes(labels: Tensor, instances: Tensor) -> dict[tuple[int, int], int]:
    """Return the class of each instance: the label that most of its pixels have.

    Of labels with equally many pixels the smallest counts.

    Args:
        labels: integer class ids from 0 on, (B, 1, H, W).
        instances: integer instance ids, (B, 1, H, W).

    Returns:
        (sample, instance id) -> class id.
    """
    if labels.numel() == 0 or bool((labels < 0).any()):
        raise ValueError("majority_classes: labels must be class ids from 0 on, and not empty")
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
    """Gather one vector an instance over a data set, by class.

    Args:
        frames: batches of features (B, F, H, W), from ``InstanceEncoder`` or its
            ``pixel_features``, labels (B, 1, H, W) and instance ids (B, 1, H, W).

    Returns:
        class id -> vectors (N, F), in the order of the frames.
    """
    found: dict[int, list[Tensor]] = {}
    for features, labels, instances in frames:
        classes = majority_classes(labels, instances)
        table = instance_features(features.detach(), instances)
        rows = zip(table.samples.tolist(), table.ids.tolist(), table.means.cpu(), strict=True)
        for sample, instance, vector in rows:
            found.setdefault(classes[sample, instance], []).append(vector)
    return {label: torch.stack(found[label]) for label in sorted(found)}
