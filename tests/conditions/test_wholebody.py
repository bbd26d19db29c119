import json

import pytest
import torch

from vidgan.conditions import (
    WHOLEBODY133_TO_OPENPOSE,
    read_people,
    wholebody133_to_openpose,
)


def numbered(score=0.9):
    """Point i of the 133 lies at (i, 1000 + 2 i)."""
    index = torch.arange(133.0)
    return torch.stack([index, 1000 + 2 * index, torch.full((133,), score)], 1)


# From the definition of COCO-WholeBody (nose 0, left_eye 1, ..., right_ankle 16, left_big_toe 17,
# left_small_toe 18, left_heel 19, right_big_toe 20, ..., face-0 23, left_hand_root 91,
# right_hand_root 112) and of OpenPose's BODY_25.
@pytest.mark.parametrize(
    ("openpose", "place"),
    [
        (0, 0),  # nose
        (1, 5.5),  # neck
        (2, 6),  # right shoulder
        (4, 10),  # right wrist
        (7, 9),  # left wrist
        (8, 11.5),  # mid-hip
        (9, 12),  # right hip
        (11, 16),  # right ankle
        (14, 15),  # left ankle
        (15, 2),  # right eye
        (16, 1),  # left eye
        (17, 4),  # right ear
        (18, 3),  # left ear
        (19, 17),  # left big toe
        (20, 18),  # left small toe
        (21, 19),  # left heel
        (22, 20),  # right big toe
        (23, 21),
        (24, 22),  # right heel
        (25, 23),  # jaw
        (25 + 36, 59),  # corner of the right eye
        (25 + 67, 90),  # last of the inner lips
        (25 + 68, 61.5),  # right pupil: middle of 59 to 64
        (25 + 69, 67.5),  # left pupil: middle of 65 to 70
        (95, 91),  # wrist of the left hand
        (99, 95),  # tip of its thumb
        (115, 111),  # tip of its little finger
        (116, 112),  # wrist of the right hand
        (136, 132),
    ],
)
def test_places(openpose, place):
    got = wholebody133_to_openpose(numbered())[openpose]
    assert got.tolist() == pytest.approx([place, 1000 + 2 * place, 0.9])


def test_scores():
    points = numbered()
    points[5, 2], points[6, 2], points[12, 2], points[0, 2] = 0.4, 0.6, 0.2, 7.5
    keypoints = wholebody133_to_openpose(torch.stack([points, numbered()]))
    assert keypoints[0, [0, 1, 2, 8, 9], 2].tolist() == pytest.approx([1, 0.4, 0.6, 0, 0])
    assert keypoints[0, 9].tolist() == [0, 0, 0]
    assert keypoints[1, 9, 2] == pytest.approx(0.9)
    assert wholebody133_to_openpose(points, threshold=0.1)[9, 2] == pytest.approx(0.2)


def test_table_has_every_keypoint():
    assert len(WHOLEBODY133_TO_OPENPOSE) == 137
    used = {point for points in WHOLEBODY133_TO_OPENPOSE for point in points}
    assert used == set(range(133))


def test_wrong_shape():
    with pytest.raises(ValueError, match="wholebody133_to_openpose: keypoints must have shape"):
        wholebody133_to_openpose(torch.zeros(137, 3))


def instance(count=133, shift=0.0):
    places = [[shift + i, 1000.0 + 2 * i] for i in range(count)]
    return {"keypoints": places, "keypoint_scores": [0.9] * count, "bbox": [[0, 0, 9, 9]]}


def triples(points):
    return [[*place, 0.9] for place in points["keypoints"]]


DOCUMENTS = {
    "MMPose's list": [instance(), instance(shift=500)],
    "instances": {"frame_id": 3, "instances": [instance(), instance(shift=500)]},
    "instance_info": {"meta_info": {}, "instance_info": [instance(), instance(shift=500)]},
    "one frame of a video": {
        "instance_info": [{"frame_id": 1, "instances": [instance(), instance(shift=500)]}]
    },
    "rtmlib": {
        "keypoints": [instance()["keypoints"], instance(shift=500)["keypoints"]],
        "scores": [[0.9] * 133, [0.9] * 133],
    },
    "triples": [{"keypoints": triples(instance(shift=shift))} for shift in (0, 500)],
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_documents(tmp_path, name):
    file = tmp_path / "0.json"
    file.write_text(json.dumps(DOCUMENTS[name]))
    people = read_people(file)
    assert people.shape == (2, 137, 3)
    assert people[:, 116].tolist() == [
        pytest.approx([112, 1224, 0.9]),
        pytest.approx([612, 1224, 0.9]),
    ]


@pytest.mark.parametrize(
    ("count", "openpose", "index"),
    [(17, 4, 10), (26, 4, 10), (26, 19, 20), (26, 21, 24), (26, 22, 21), (26, 24, 25)],
)
def test_coco_and_halpe(tmp_path, count, openpose, index):
    file = tmp_path / "0.json"
    file.write_text(json.dumps([instance(count)]))
    person = read_people(file)[0]
    assert person[openpose].tolist() == pytest.approx([index, 1000 + 2 * index, 0.9])
    assert not person[25:].any()


@pytest.mark.parametrize(
    ("openpose", "index"),
    [(0, 0), (1, 1), (2, 2), (7, 7), (9, 8), (14, 13), (18, 17), (19, 18), (25, 24), (95, 92)],
)
def test_rtmlib_in_the_order_of_openpose(tmp_path, openpose, index):
    file = tmp_path / "0.json"
    file.write_text(json.dumps([instance(134)]))
    got = read_people(file)[0, openpose]
    assert got.tolist() == pytest.approx([index, 1000 + 2 * index, 0.9])


def test_controlnet_writes_a_list_of_one_frame_and_68_points_of_a_face(tmp_path):
    body = [n for i in range(18) for n in (i, 1000 + 2 * i, 0.9)]
    face = [n for i in range(68) for n in (i, 50, 0.9)]
    person = {"pose_keypoints_2d": body, "face_keypoints_2d": face, "hand_left_keypoints_2d": None}
    file = tmp_path / "0.json"
    file.write_text(json.dumps([{"people": [person], "canvas_width": 64, "canvas_height": 64}]))
    got = read_people(file)[0]
    assert got[9].tolist() == pytest.approx([8, 1016, 0.9])
    assert got[25 + 67].tolist() == pytest.approx([67, 50, 0.9])
    assert not got[25 + 68 :].any()


@pytest.mark.parametrize("document", [[], {"instances": []}, {"keypoints": [], "scores": []}])
def test_nobody(tmp_path, document):
    file = tmp_path / "0.json"
    file.write_text(json.dumps(document))
    assert read_people(file).shape == (0, 137, 3)


@pytest.mark.parametrize(
    ("document", "text"),
    [
        ([instance(50)], "must have 17 .*, 26 .*, 133 .* keypoints, got 50"),
        ([{"keypoints": [[1.0, 2.0]] * 133}], r"must be \[x, y, score\]"),
        ([{**instance(), "keypoint_scores": [1.0]}], "as many scores: 1"),
        ({"instance_info": [{"instances": []}, {"instances": []}]}, "holds 2 frames; write one"),
    ],
)
def test_damaged(tmp_path, document, text):
    file = tmp_path / "0.json"
    file.write_text(json.dumps(document))
    with pytest.raises(ValueError, match=f"read_people: .*0.json is no OpenPose file: .*{text}"):
        read_people(file)
