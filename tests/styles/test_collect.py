"""Feature vectors of instances, collected by class."""

from __future__ import annotations

import pytest
import torch

from tests.assertions import rand
from vidgan.models import instance_encoder
from vidgan.styles import collect_features, majority_classes


def street() -> tuple[torch.Tensor, torch.Tensor]:
    """Labels and instances of a frame: road (0), cars 26001 and 26002 (class 26), sky (3)."""
    labels = torch.zeros(1, 1, 8, 12, dtype=torch.int64)
    instances = torch.zeros(1, 1, 8, 12, dtype=torch.int64)
    labels[..., :2, :], instances[..., :2, :] = 3, 3
    labels[..., 4:7, 1:4], instances[..., 4:7, 1:4] = 26, 26001
    labels[..., 4:7, 6:10], instances[..., 4:7, 6:10] = 26, 26002
    return labels, instances


def test_class_is_that_of_most_pixels() -> None:
    labels = torch.tensor([[[[7, 7, 2, 4, 4, 2]]], [[[1, 1, 1, 5, 5, 5]]]])
    instances = torch.tensor([[[[-9, -9, -9, 30, 30, 30]]], [[[30, 30, 30, 30, 30, 30]]]])

    # of 1 and 5, with three pixels each, the smaller
    assert majority_classes(labels, instances) == {(0, -9): 7, (0, 30): 4, (1, 30): 1}


def test_collects_a_vector_per_instance_by_class() -> None:
    labels, instances = street()
    first, second = rand(1, 3, 8, 12), rand(1, 3, 8, 12, seed=1)
    batch = (torch.cat([first, second]), labels.repeat(2, 1, 1, 1), instances.repeat(2, 1, 1, 1))

    found = collect_features([batch, (second, labels, instances)])

    assert {label: tuple(vectors.shape) for label, vectors in found.items()} == {
        0: (3, 3),
        3: (3, 3),
        26: (6, 3),
    }
    torch.testing.assert_close(found[26][0], first[0, :, 4:7, 1:4].mean((1, 2)))
    torch.testing.assert_close(found[26][3], second[0, :, 4:7, 6:10].mean((1, 2)))
    torch.testing.assert_close(found[3][2], second[0, :, :2].mean((1, 2)))


def test_collects_from_the_encoder() -> None:
    labels, instances = street()
    encoder = instance_encoder(base_channels=2, num_downsamplings=1)
    image = rand(1, 3, 8, 12)

    pooled = collect_features([(encoder(image, instances), labels, instances)])
    whole = collect_features([(encoder.pixel_features(image), labels, instances)])

    torch.testing.assert_close(pooled, whole)


def test_maps_that_do_not_fit() -> None:
    labels, instances = street()
    for wrong in (instances[..., :-1], instances[..., :-1, :], instances[0]):
        with pytest.raises(ValueError, match="majority_classes: instances must have shape"):
            majority_classes(labels, wrong)
        with pytest.raises(ValueError, match="instances must have shape"):
            collect_features([(rand(1, 3, 8, 12), labels, wrong)])
    with pytest.raises(ValueError, match="features"):
        collect_features([(rand(1, 3, 8, 11), labels, instances)])
    with pytest.raises(TypeError, match="labels must be an integer tensor"):
        majority_classes(labels.float(), instances)
    for bad in (labels - 1, labels[..., :0]):
        with pytest.raises(ValueError, match="labels must be class ids from 0 on, and not empty"):
            majority_classes(bad, instances[..., : bad.shape[-1]])
