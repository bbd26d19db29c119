"""Files of one frame in folders that are laid out and named differently."""

from pathlib import Path

import pytest

from examples.labels_to_street.pairing import Listed, pair_files


def listed(*places):
    return [Listed(Path("data", place), Path(place).parts[:-1]) for place in places]


def pairs(ours, theirs):
    found = pair_files(listed(*ours), listed(*theirs)).found
    return {str(a.relative_to("data")): str(b.relative_to("data")) for a, b in found.items()}


@pytest.mark.parametrize(
    ("image", "labels"),
    [
        ("a/00001.png", "a/00001.png"),
        ("a/1.jpg", "a/00001.png"),
        ("a/frame_00001.jpg", "a/mask-00001.png"),
        ("0001TP_006690.png", "0001TP_006690_L.png"),
        ("0000/000001.png", "train/0000/000001.png"),
        ("train/0000/000001.png", "0000/000001.png"),
        ("image_02/0000/000001.png", "0000/000001.png"),
        ("0000/000001.png", "0000_000001_label.png"),
        ("train/img/001/001_00001.jpg", "train/cls/001/001_00001.png"),
        ("video_7/1.png", "video_7_seg/1.png"),
        ("train/0001TP_1.png", "train_labels/0001TP_1_L.png"),
        (
            "s/camera/front/2018_camera_front_001617.png",
            "s/label/front/2018_label_front_001617.png",
        ),
        ("RGB/Left/Omni_F/000001.png", "GT/LABELS/Left/Omni_F/000001.png"),
        (
            "2013_drive_0003_sync/image_00/data_rect/0000000250.png",
            "train/2013_drive_0003_sync/image_00/semantic/0000000250.png",
        ),
        (
            "Scene01/fog/frames/rgb/Camera_0/rgb_00001.jpg",
            "Scene01/fog/frames/classSegmentation/Camera_0/classgt_00001.png",
        ),
        ("x/aachen_000001_000019_leftImg8bit.png", "x/aachen_000001_000019_gtFine_labelIds.png"),
        ("data_raw/drive/data_rect/0000000250.png", "data_semantics/drive/semantic/0000000250.png"),
        ("A/FRAME0001.PNG", "a/frame0001.png"),
        ("データ/1.png", "データ/1.png"),
    ],
)
def test_published_names(image, labels):
    def other(place):  # the next frame
        stem, dot, suffix = place.rpartition(".")
        for number in ("001617", "0000000250", "000019", "006690", "00001", "0001", "1"):
            if number in stem:
                head, _, tail = stem.rpartition(number)
                return f"{head}{int(number) + 1:0{len(number)}d}{tail}{dot}{suffix}"
        raise AssertionError(place)

    ours, theirs = [image, other(image)], [labels, other(labels)]
    assert pairs(ours, theirs[::-1]) == dict(zip(ours, theirs, strict=True))
    assert pairs(theirs, ours) == dict(zip(theirs, ours, strict=True))


def test_other_numbers_words_and_cameras_do_not_match():
    assert pairs(["a/1.png", "b/1.png"], ["a/2.png", "b/2.png"]) == {}
    assert pairs(["a/1.png", "b/1.png", "c/1.png"], ["b/1.png"]) == {"b/1.png": "b/1.png"}
    images = ["d/image_00/rect/5.png", "d/image_01/rect/5.png", "d/image_02/rgb/5.png"]
    assert pairs(images, ["d/image_01/semantic/5.png", "d/image_00/semantic/5.png"]) == {
        images[0]: "d/image_00/semantic/5.png",
        images[1]: "d/image_01/semantic/5.png",
    }


def test_frames_without_labels_may_look_alike():
    images = [f"{name}/{t}.png" for name in "abc" for t in range(3)]
    assert pairs(images, ["a/1.png", "a/2.png"]) == {"a/1.png": "a/1.png", "a/2.png": "a/2.png"}


@pytest.mark.parametrize(
    ("theirs", "got"),
    [
        (["a/1_x.png", "a/1_y.png"], "1_x.png and 1_y.png"),
        (["a/semantic/1.png", "a/semantic_rgb/1.png"], "a/semantic/1.png and a/semantic_rgb/1.png"),
    ],
)
def test_two_files_for_one_frame(theirs, got):
    message = f"^data must contain one file per frame, got {got}; move one"
    with pytest.raises(ValueError, match=message):
        pairs(["a/1.png"], theirs)
    with pytest.raises(ValueError, match=message):
        pairs(theirs, ["a/1.png"])
