import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st

from examples.labels_to_street.task import LabelsToStreet
from examples.vid2vid.networks import build_generator
from tests.label_files import write_ids
from vidgan.conditions import color_labels, label_palette, semantic_condition_maps
from vidgan.data import DataFolder
from vidgan.layers import OneHotConv2d


def task(**facts):
    facts = {"classes": ["road", "sky", "car"], "foreground": [2], "ignore": None} | facts
    return LabelsToStreet(
        DataFolder(Path("data"), "labels_to_street", 17.0, (5, 7), {"a": 4}, facts)
    )


def random_ids(seed, limit, shape=(4, 1, 5, 7)):
    return torch.randint(limit, shape, generator=torch.Generator().manual_seed(seed))


def test_maps_of_labels_alone():
    labels, street = random_ids(0, 3), task(instances=False)
    maps = street.draw({"labels": labels})
    assert torch.equal(maps.conditions, semantic_condition_maps(labels, 3))
    assert street.condition_channels == maps.conditions.shape[1] == 3
    assert torch.equal(maps.foreground_masks, (labels == 2).float())
    assert maps.instances is None


def test_maps_with_instances():
    labels, instances = random_ids(0, 3), random_ids(1, 6)
    street = task(instances=True)
    maps = street.draw({"labels": labels, "instances": instances})
    assert torch.equal(maps.conditions, semantic_condition_maps(labels, 3, instances=instances))
    assert street.condition_channels == maps.conditions.shape[1] == 4
    assert torch.equal(maps.instances, instances)


def test_generator_looks_its_class_maps_up():
    street = task(instances=True)
    model = replace(LabelsToStreet.presets["street-small"].config.model, base_channels=4)

    generator = build_generator(model, street.condition_channels, street.num_classes)

    stem = generator.condition_encoder.stem.conv
    assert isinstance(stem, OneHotConv2d)
    assert (stem.num_groups, stem.num_classes) == (3, 3)
    plain = build_generator(model, street.condition_channels)
    assert plain.state_dict().keys() == generator.state_dict().keys()


def test_no_foreground_classes_no_mask():
    labels = random_ids(0, 3)
    assert task(foreground=[]).draw({"labels": labels}).foreground_masks is None


def test_ignored_pixels():
    labels = torch.where(random_ids(0, 3) == 1, 255, 0)
    maps = task(ignore=255).draw({"labels": labels})
    assert torch.equal(maps.conditions[:, :1], (labels == 0).float())
    with pytest.raises(ValueError, match=r"must be in 0\.\.2"):
        task().draw({"labels": labels})


@pytest.mark.parametrize("classes", [None, [], "road", [1, 2]])
def test_folder_without_classes(classes):
    with pytest.raises(ValueError, match=r"dataset.json must have a list of names 'classes'"):
        _ = task(classes=classes).condition_channels


def many(num_classes, **facts):
    return task(classes=[f"class {i}" for i in range(num_classes)], **facts)


@given(seed=st.integers(0, 2**31), num_classes=st.integers(1, 60), edges=st.booleans())
@example(seed=0, num_classes=34, edges=True)  # as many maps as Cityscapes has classes
def test_image_shows_the_labels_in_color(seed, num_classes, edges):
    labels = random_ids(seed, num_classes)
    instances = random_ids(seed + 1, 9) if edges else None
    maps = semantic_condition_maps(labels, num_classes, instances=instances)
    expected = color_labels(labels, label_palette(num_classes)).float() / 255
    street = many(num_classes, instances=edges)
    assert torch.equal(torch.stack([street.visualize(frame) for frame in maps]), expected)


def test_image_of_ignored_pixels_is_black():
    labels = torch.tensor([[[[0, 255, 1]]]])
    instances = torch.tensor([[[[0, 0, 1]]]])
    maps = semantic_condition_maps(labels, 2, instances=instances, ignore_id=255)
    image = (many(2, instances=True).visualize(maps[0]) * 255).round().int()
    assert image[:, 0].T.tolist() == [[128, 64, 128], [0, 0, 0], [244, 35, 232]]


def test_streams(tmp_path):
    for kind in ("labels", "instances"):
        write_ids(tmp_path / kind / "a", random_ids(3, 3))
    facts = {
        "format": 1,
        "task": LabelsToStreet.name,
        "fps": 17,
        "size": [5, 7],
        "classes": ["x", "y", "z"],
    }
    facts |= {"sequences": {"a": {"frames": 4}}}
    for instances, names in ((True, ["labels", "instances"]), (False, ["labels"])):
        (tmp_path / "dataset.json").write_text(json.dumps(facts | {"instances": instances}))
        streams = LabelsToStreet.open(tmp_path).streams()
        assert list(streams) == names
        assert torch.equal(streams["labels"].load("a", 2), random_ids(3, 3)[2])
