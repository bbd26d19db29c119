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
        ("{", "is no JSON: Expecting property name"),
        ("", "is no JSON: Expecting value"),
        ("[1, 2]", "is no OpenPose file: list indices must be"),
        ("{}", "has no 'people'; it is no OpenPose file"),
        ('{"people": [{}]}', "has no 'pose_keypoints_2d'"),
        ('{"people": 3}', "is no OpenPose file: 'int' object is not iterable"),
        ('{"people": [7]}', "is no OpenPose file: 'int' object"),
        ('{"people": [{"pose_keypoints_2d": [1, 2]}]}', "must hold 75 numbers .* got 2"),
        ('{"people": [{"pose_keypoints_2d": []}]}', "must hold 75 numbers .* got 0"),
        (json.dumps({"people": [{"pose_keypoints_2d": body(count=17)}]}), "75 numbers .* got 51"),
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


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_encodings_of_windows(tmp_path, encoding, newline):
    text = json.dumps({"people": [{"pose_keypoints_2d": body()}]}, indent=1)
    (tmp_path / "0.json").write_bytes(text.replace("\n", newline).encode(encoding))
    assert read_openpose(tmp_path / "0.json").keypoints[24].tolist() == [34, 68, 0.5]


def test_the_18_points_of_coco_become_25(tmp_path):
    names = "Nose Neck RShoulder RElbow RWrist LShoulder LElbow LWrist RHip RKnee RAnkle LHip LKnee"
    coco = f"{names} LAnkle REye LEye REar LEar".split()
    places = {name: (10.0 + 3 * i, 70.0 - i, 0.5 + i / 64) for i, name in enumerate(coco)}
    numbers = [n for name in coco for n in places[name]]

    got = read_openpose(write(tmp_path, [{"pose_keypoints_2d": numbers}])).keypoints

    body25 = [*coco[:8], "MidHip", *coco[8:]]
    places["MidHip"] = (
        (places["RHip"][0] + places["LHip"][0]) / 2,
        (places["RHip"][1] + places["LHip"][1]) / 2,
        places["RHip"][2],  # the lower confidence of the two
    )
    assert got[:19].tolist() == [list(places[name]) for name in body25]
    assert not got[19:].any()
    numbers[3 * 11 : 3 * 12] = [0.0] * 3  # no left hip: nothing lies between the hips
    got = read_openpose(write(tmp_path, [{"pose_keypoints_2d": numbers}])).keypoints
    assert got[[8, 12]].tolist() == [[0.0] * 3] * 2


@pytest.mark.parametrize("point", [[None, None, None], [None, None, 0], [float("nan")] * 2 + [0.0]])
def test_points_that_were_not_found(tmp_path, point):
    numbers = body()
    numbers[3:6] = point
    got = read_openpose(write(tmp_path, [{"pose_keypoints_2d": numbers}])).keypoints
    assert got[:3].tolist() == [[10, 20, 0.5], [0, 0, 0], [12, 24, 0.5]]


@pytest.mark.parametrize("point", [[None, 1.0, 0.5], [1.0, float("nan"), 0.5], [1.0, 1.0, None]])
def test_points_with_half_a_place_are_refused(tmp_path, point):
    numbers = body()
    numbers[3:6] = point
    with pytest.raises(ValueError, match=r"read_openpose: .*frame_keypoints\.json is no OpenPose"):
        read_openpose(write(tmp_path, [{"pose_keypoints_2d": numbers}]))


def test_missing_folder_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"write_openpose: the folder .* create it first"):
        write_openpose(tmp_path / "none" / "0.json", torch.zeros(137, 3))


def test_binary_file_is_named(tmp_path):
    (tmp_path / "frame7.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match=r"frame7.json must be text in UTF-8"):
        read_openpose(tmp_path / "frame7.json")


def test_no_such_file(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"frame7\.json"):
        read_openpose(tmp_path / "frame7.json")


@pytest.mark.parametrize("shape", [(136, 3), (137, 2), (1, 137, 3)])
def test_wrong_shape_is_not_written(tmp_path, shape):
    with pytest.raises(ValueError, match=r"write_openpose: keypoints must have shape \(137, 3\), "):
        write_openpose(tmp_path / "0.json", torch.zeros(shape))
    assert not (tmp_path / "0.json").exists()
