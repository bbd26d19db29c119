import pytest
import torch

from vidgan.conditions import (
    MEDIAPIPE_TO_BODY25,
    MEDIAPIPE_TO_FACE68,
    mediapipe_to_body25,
    mediapipe_to_face68,
)


def landmarks():
    """Point i lies at (i, 100 + i) with visibility 0.5 + i / 100; the feet point down."""
    index = torch.arange(33, dtype=torch.float64)
    points = torch.stack([index, 100 + index, 0.5 + index / 100], dim=1)
    points[31, :2] = torch.tensor([60.0, 150.0])  # left foot, at the right of the picture
    points[29, :2] = torch.tensor([60.0, 140.0])
    points[32, :2] = torch.tensor([40.0, 150.0])
    points[30, :2] = torch.tensor([40.0, 140.0])
    return points


def test_single_points_by_hand():
    body = mediapipe_to_body25(landmarks())
    pairs = {0: 0, 2: 12, 3: 14, 4: 16, 5: 11, 6: 13, 7: 15, 9: 24, 10: 26, 11: 28, 12: 23,
             13: 25, 14: 27, 15: 5, 16: 2, 17: 8, 18: 7, 19: 31, 21: 29,
             22: 32, 24: 30}  # fmt: skip
    for ours, theirs in pairs.items():
        assert torch.equal(body[ours], landmarks()[theirs])


def test_neck_and_hip_are_means_with_the_lower_confidence():
    body = mediapipe_to_body25(landmarks())
    assert body[1].tolist() == pytest.approx([11.5, 111.5, 0.61])
    assert body[8].tolist() == pytest.approx([23.5, 123.5, 0.73])


def test_small_toes_lie_outwards_beside_the_big_ones():
    body = mediapipe_to_body25(landmarks())
    # The feet are 10 long: 3.5 to the right of the left toe, to the left of the right one.
    assert body[20].tolist() == pytest.approx([63.5, 150, 0.405])
    assert body[23].tolist() == pytest.approx([36.5, 150, 0.41])


def test_video_is_frame_by_frame():
    video = torch.stack([landmarks(), landmarks() * 2])
    expected = torch.stack([mediapipe_to_body25(frame) for frame in video])
    assert torch.equal(mediapipe_to_body25(video), expected)


def test_input_is_not_changed():
    points = landmarks()
    mediapipe_to_body25(points)
    assert torch.equal(points, landmarks())


def test_table_has_a_row_for_each_point():
    assert len(MEDIAPIPE_TO_BODY25) == 25
    assert all(0 <= i < 33 for points in MEDIAPIPE_TO_BODY25 for i in points)


@pytest.mark.parametrize("shape", [(32, 3), (33, 2), (1, 1, 33, 3)])
def test_wrong_shape(shape):
    with pytest.raises(ValueError, match=r"keypoints must have shape \(33, 3\) or \(T, 33, 3\)"):
        mediapipe_to_body25(torch.zeros(shape))


def mesh(count=468):
    """Vertex i lies at (i, 1000 + i, 2000 + i)."""
    return torch.arange(count)[:, None] + torch.tensor([0.0, 1000.0, 2000.0])


def test_landmarks_of_a_face_by_hand():
    face = mediapipe_to_face68(mesh())
    chin, nose_tip, mouth = {8: 152}, {30: 4}, {48: 61, 54: 291, 62: 13, 66: 14}
    eye_corners = {36: 33, 39: 133, 42: 362, 45: 263}
    for ours, theirs in {**chin, **nose_tip, **mouth, **eye_corners}.items():
        assert face[ours].tolist() == [theirs, 1000 + theirs, 2000 + theirs]


def test_each_landmark_has_a_vertex_of_its_own():
    assert len(MEDIAPIPE_TO_FACE68) == 68
    assert len(set(MEDIAPIPE_TO_FACE68)) == 68
    assert all(0 <= vertex < 468 for vertex in MEDIAPIPE_TO_FACE68)


@pytest.mark.parametrize("count", [468, 478])
def test_video_of_faces_is_frame_by_frame(count):
    points = mesh(count)[:, :2].double()
    video = torch.stack([points, points * 2])
    expected = torch.stack([mediapipe_to_face68(frame) for frame in video])
    assert torch.equal(mediapipe_to_face68(video), expected)
    assert expected.dtype == torch.float64


@pytest.mark.parametrize("shape", [(467, 2), (68, 2), (468,), (1, 1, 468, 2)])
def test_wrong_mesh(shape):
    with pytest.raises(ValueError, match="mediapipe_to_face68: landmarks must have shape"):
        mediapipe_to_face68(torch.zeros(shape))


def test_mesh_that_is_no_tensor():
    with pytest.raises(TypeError, match=r"landmarks must be a torch\.Tensor, got list"):
        mediapipe_to_face68([[0.0, 0.0]] * 468)
