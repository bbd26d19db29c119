import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from vidgan.conditions import (
    CITYSCAPES_COLORS,
    CITYSCAPES_FOREGROUND,
    CITYSCAPES_NAMES,
    CITYSCAPES_TRAIN_IDS,
    color_labels,
    label_palette,
    labels_from_colors,
)


def test_cityscapes_table():
    assert len(CITYSCAPES_NAMES) == len(CITYSCAPES_COLORS) == len(set(CITYSCAPES_NAMES)) == 35
    at = {0: "unlabeled", 7: "road", 8: "sidewalk", 11: "building", 17: "pole", 21: "vegetation"}
    at |= {23: "sky", 24: "person", 26: "car", 33: "bicycle", 34: "license plate"}
    assert {index: CITYSCAPES_NAMES[index] for index in at} == at
    names = [CITYSCAPES_NAMES[index] for index in CITYSCAPES_TRAIN_IDS]
    assert names[:5] == ["road", "sidewalk", "building", "wall", "fence"]
    assert names[5:11] == [
        *("pole", "traffic light", "traffic sign", "vegetation", "terrain", "sky"),
    ]
    assert names[11:] == [
        *("person", "rider", "car", "truck", "bus", "train", "motorcycle", "bicycle"),
    ]
    foreground = [CITYSCAPES_NAMES[index] for index in CITYSCAPES_FOREGROUND]
    assert foreground[:3] == ["person", "rider", "car"]
    assert foreground[-1] == "bicycle"


def test_palette_of_cityscapes():
    palette = label_palette(35)
    assert palette.dtype == torch.uint8
    assert palette[7].tolist() == [128, 64, 128]
    assert palette[23].tolist() == [70, 130, 180]


def test_first_colors_are_those_of_the_training_ids():
    palette = label_palette(40)
    assert palette[:3].tolist() == [[128, 64, 128], [244, 35, 232], [70, 70, 70]]
    assert palette[18].tolist() == [119, 11, 32]
    assert torch.equal(label_palette(21), palette[:21])


@pytest.mark.parametrize("num_classes", [1, 14, 19, 20, 34, 36, 300])
def test_no_two_colors_are_equal(num_classes):
    assert len(label_palette(num_classes).unique(dim=0)) == num_classes


def test_hand_numbers():
    palette = torch.tensor([[1, 2, 3], [4, 5, 6]], dtype=torch.uint8)
    picture = color_labels(torch.tensor([[[0, 1, 2], [1, -1, 0]]]), palette)
    assert picture.tolist() == [
        [[1, 4, 0], [4, 0, 1]],
        [[2, 5, 0], [5, 0, 2]],
        [[3, 6, 0], [6, 0, 3]],
    ]
    assert picture.dtype == torch.uint8


@given(seed=st.integers(0, 2**31), num_classes=st.integers(1, 60).filter(lambda n: n != 35))
def test_labels_come_back_from_their_picture(seed, num_classes):
    rng = torch.Generator().manual_seed(seed)
    labels = torch.randint(num_classes, (2, 1, 3, 5), generator=rng)
    palette = label_palette(num_classes)
    assert torch.equal(labels_from_colors(color_labels(labels, palette), palette), labels)


def test_of_equal_colors_the_first_counts():
    palette = label_palette(35)
    labels = torch.arange(35).view(1, 5, 7)
    back = labels_from_colors(color_labels(labels, palette), palette).flatten().tolist()
    same = {1: 0, 2: 0, 3: 0, 4: 0, 18: 17, 34: 26}
    assert back == [same.get(index, index) for index in range(35)]


def test_video_keeps_its_axes():
    assert color_labels(torch.zeros(2, 3, 1, 4, 5).long(), label_palette(2)).shape == (
        *(2, 3, 3, 4, 5),
    )


def test_foreign_colors():
    picture = torch.zeros(3, 2, 4, dtype=torch.uint8)
    picture[0] = torch.arange(8).view(2, 4) + 1
    with pytest.raises(ValueError, match=r"got \(1, 0, 0\), \(2, 0, 0\), .* and 5 more .* in 8 of"):
        labels_from_colors(picture, label_palette(3))


def test_wrong_arguments():
    labels, palette = torch.zeros(1, 2, 3).long(), label_palette(3)
    picture = color_labels(labels, palette)
    with pytest.raises(ValueError, match="label_palette: num_classes must be at least 1, got 0"):
        label_palette(0)
    with pytest.raises(TypeError, match="color_labels: labels must be an integer tensor"):
        color_labels(labels.float(), palette)
    with pytest.raises(ValueError, match=r"labels must have shape \(..., 1, H, W\), got \(2, 3\)"):
        color_labels(labels[0], palette)
    with pytest.raises(ValueError, match=r"palette must have shape \(N, 3\), got \(3, 2\)"):
        color_labels(labels, palette[:, :2])
    with pytest.raises(TypeError, match="palette must be uint8"):
        labels_from_colors(picture, palette.float())
    with pytest.raises(TypeError, match="picture must be uint8"):
        labels_from_colors(picture.float(), palette)
    with pytest.raises(ValueError, match=r"picture must have shape \(..., 3, H, W\), got \(2, 2"):
        labels_from_colors(picture[:2], palette)
