import json
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from examples.labels_to_street.task import LabelsToStreet
from examples.vid2vid.data import TASKS, open_data
from examples.vid2vid.label_maps import write_ids
from vidgan.conditions import color_labels, label_palette, semantic_condition_maps
from vidgan.data import DataFolder

TASK = LabelsToStreet()


def folder(**facts):
    facts = {"classes": ["road", "sky", "car"], "foreground": [2], "ignore": None} | facts
    return DataFolder(Path("data"), "labels_to_street", 17.0, (5, 7), {"a": 4}, facts)


def random_ids(seed, limit, shape=(4, 1, 5, 7)):
    return torch.randint(limit, shape, generator=torch.Generator().manual_seed(seed))


def test_task_is_known():
    assert isinstance(TASKS["labels_to_street"], LabelsToStreet)


def test_maps_of_labels_alone():
    labels, data = random_ids(0, 3), folder(instances=False)
    maps = TASK.draw({"labels": labels}, data)
    assert torch.equal(maps.conditions, semantic_condition_maps(labels, 3))
    assert TASK.condition_channels(data) == maps.conditions.shape[1] == 3
    assert torch.equal(maps.foreground_masks, (labels == 2).float())
    assert maps.instances is None


def test_maps_with_instances():
    labels, instances = random_ids(0, 3), random_ids(1, 6)
    data = folder(instances=True)
    maps = TASK.draw({"labels": labels, "instances": instances}, data)
    assert torch.equal(maps.conditions, semantic_condition_maps(labels, 3, instances=instances))
    assert TASK.condition_channels(data) == maps.conditions.shape[1] == 4
    assert torch.equal(maps.instances, instances)


def test_no_foreground_classes_no_mask():
    labels = random_ids(0, 3)
    assert TASK.draw({"labels": labels}, folder(foreground=[])).foreground_masks is None


def test_ignored_pixels():
    labels = torch.where(random_ids(0, 3) == 1, 255, 0)
    maps = TASK.draw({"labels": labels}, folder(ignore=255))
    assert torch.equal(maps.conditions[:, :1], (labels == 0).float())
    with pytest.raises(ValueError, match=r"must be in 0\.\.2"):
        TASK.draw({"labels": labels}, folder())


@pytest.mark.parametrize("classes", [None, [], "road", [1, 2]])
def test_folder_without_classes(classes):
    with pytest.raises(ValueError, match=r"dataset.json must have a list of names 'classes'"):
        TASK.condition_channels(folder(classes=classes))


NOT_TAKEN_FOR_CITYSCAPES = st.integers(1, 60).filter(lambda n: n not in (34, 36))


@given(seed=st.integers(0, 2**31), num_classes=NOT_TAKEN_FOR_CITYSCAPES, edges=st.booleans())
def test_picture_shows_the_labels_in_color(seed, num_classes, edges):
    labels = random_ids(seed, num_classes)
    instances = random_ids(seed + 1, 9) if edges else None
    maps = semantic_condition_maps(labels, num_classes, instances=instances)
    expected = color_labels(labels, label_palette(num_classes)).float() / 255
    assert torch.equal(torch.stack([TASK.picture(frame) for frame in maps]), expected)


def test_picture_of_ignored_pixels_is_black():
    labels = torch.tensor([[[[0, 255, 1]]]])
    instances = torch.tensor([[[[0, 0, 1]]]])
    maps = semantic_condition_maps(labels, 2, instances=instances, ignore_id=255)
    picture = (TASK.picture(maps[0]) * 255).round().int()
    assert picture[:, 0].T.tolist() == [[128, 64, 128], [0, 0, 0], [244, 35, 232]]


def test_picture_without_an_edge_in_sight_keeps_its_colors():
    labels = torch.full((1, 1, 2, 3), 7)
    for num_classes in (14, 35):
        maps = semantic_condition_maps(labels, num_classes, instances=0 * labels)
        expected = color_labels(labels, label_palette(num_classes))[0].float() / 255
        assert torch.equal(TASK.picture(maps[0]), expected)


def test_streams(tmp_path):
    for kind in ("labels", "instances"):
        write_ids(tmp_path / kind / "a", random_ids(3, 3))
    facts = {"format": 1, "task": TASK.name, "fps": 17, "size": [5, 7], "classes": ["x", "y", "z"]}
    facts |= {"sequences": {"a": {"frames": 4}}}
    for instances, names in ((True, ["labels", "instances"]), (False, ["labels"])):
        (tmp_path / "dataset.json").write_text(json.dumps(facts | {"instances": instances}))
        streams = TASK.streams(open_data(tmp_path))
        assert list(streams) == names
        assert torch.equal(streams["labels"].load("a", 2), random_ids(3, 3)[2])
