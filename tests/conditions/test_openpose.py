import json

import pytest
import torch

from vidgan.conditions import read_openpose, write_openpose


def body(scale=1.0, count=25):
    return [n for i in range(count) for n in (10 + scale * i, 20 + 2 * scale * i, 0.5)]


def write(folder, people):
    file = folder / "frame_keypoints.json"
    file.write_text(json.dumps({"version": 1.3, "people": people}))
    return file


def test_real_file(shared):
    folder = shared / "realdata" / "pose" / "openpose" / "seq0001"
    people = read_openpose(folder / "frame000100.json")
    assert people.people == 1
    assert people.keypoints.shape == (137, 3)
    assert people.keypoints[0].tolist() == pytest.approx([989.392, 409.487, 0.896952])
    assert people.keypoints[25].tolist() == pytest.approx([949.508, 412.241, 0.548972])
    assert people.keypoints[95].tolist() == pytest.approx([945.061, 518.675, 0.0210557])
    assert people.keypoints[18].tolist() == [0, 0, 0]


def test_what_is_written_is_read(tmp_path):
    keypoints = torch.rand(137, 3, generator=torch.Generator().manual_seed(0)) * 100
    write_openpose(tmp_path / "0.json", keypoints)
    people = read_openpose(tmp_path / "0.json")
    assert torch.allclose(people.keypoints, keypoints, atol=0.006)
    assert people.people == 1


def test_largest_of_several_is_taken(tmp_path):
    people = [{"pose_keypoints_2d": body(scale)} for scale in (1.0, 3.0, 2.0)]
    found = read_openpose(write(tmp_path, people))
    assert found.people == 3
    assert found.keypoints[24].tolist() == [10 + 3 * 24, 20 + 6 * 24, 0.5]


def test_size_counts_confident_points_alone(tmp_path):
    large = body(9.0)
    large[2::3] = [0.0] * 25
    people = [{"pose_keypoints_2d": large}, {"pose_keypoints_2d": body(1.0)}]
    assert read_openpose(write(tmp_path, people)).keypoints[1, 0] == 11


def test_nobody(tmp_path):
    found = read_openpose(write(tmp_path, []))
    assert found.people == 0
    assert torch.equal(found.keypoints, torch.zeros(137, 3))


@pytest.mark.parametrize("missing", [{}, {"face_keypoints_2d": [], "hand_left_keypoints_2d": None}])
def test_face_and_hands_may_be_missing(tmp_path, missing):
    found = read_openpose(write(tmp_path, [{"pose_keypoints_2d": body(), **missing}]))
    assert found.keypoints[:25].any(1).all()
    assert not found.keypoints[25:].any()


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("{", "is no OpenPose file: Expecting property name"),
        ("", "is no OpenPose file: Expecting value"),
        ("[1, 2]", "is no OpenPose file: list indices must be"),
        ("{}", "has no 'people'; it is no OpenPose file"),
        ('{"people": [{}]}', "has no 'pose_keypoints_2d'"),
        ('{"people": 3}', "is no OpenPose file: 'int' object is not iterable"),
        ('{"people": [7]}', "is no OpenPose file: 'int' object"),
        ('{"people": [{"pose_keypoints_2d": [1, 2]}]}', "must hold 75 numbers .* got 2"),
        ('{"people": [{"pose_keypoints_2d": []}]}', "must hold 75 numbers .* got 0"),
        (json.dumps({"people": [{"pose_keypoints_2d": body(count=18)}]}), "75 numbers .* got 54"),
        (
            json.dumps({"people": [{"pose_keypoints_2d": body(), "face_keypoints_2d": [1.0]}]}),
            "face_keypoints_2d must hold 210 numbers .* got 1",
        ),
        (
            json.dumps({"people": [{"pose_keypoints_2d": ["a"] * 75}]}),
            "is no OpenPose file",
        ),
        (
            json.dumps({"people": [{"pose_keypoints_2d": [float("nan")] * 75}]}),
            "pose_keypoints_2d must hold finite numbers",
        ),
        ('{"people": [{"pose_keypoints_2d": 5}]}', "is no OpenPose file"),
    ],
)
def test_damaged_file_is_named(tmp_path, content, text):
    file = tmp_path / "frame7.json"
    file.write_text(content)
    with pytest.raises(ValueError, match=f"read_openpose: .*frame7.json {text}|{text}") as error:
        read_openpose(file)
    assert "frame7.json" in str(error.value)


def test_missing_folder_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"write_openpose: the folder .* create it first"):
        write_openpose(tmp_path / "none" / "0.json", torch.zeros(137, 3))


def test_binary_file_is_named(tmp_path):
    (tmp_path / "frame7.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match=r"frame7.json is no OpenPose file"):
        read_openpose(tmp_path / "frame7.json")


def test_no_such_file(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"frame7\.json"):
        read_openpose(tmp_path / "frame7.json")


@pytest.mark.parametrize("shape", [(136, 3), (137, 2), (1, 137, 3)])
def test_wrong_shape_is_not_written(tmp_path, shape):
    with pytest.raises(ValueError, match=r"write_openpose: keypoints must have shape \(137, 3\), "):
        write_openpose(tmp_path / "0.json", torch.zeros(shape))
    assert not (tmp_path / "0.json").exists()
