import pytest
import torch

from vidgan.conditions import pose_face_boxes, read_openpose


def face(low, high, confidence=0.9):
    """Face points spread over a box."""
    keypoints = torch.zeros(137, 3)
    share = torch.linspace(0, 1, 70)[:, None]
    keypoints[25:95, :2] = torch.tensor(low) + share * (torch.tensor(high) - torch.tensor(low))
    keypoints[25:95, 2] = confidence
    return keypoints


def test_square_around_the_face_by_hand():
    box = pose_face_boxes(face((10.0, 30.0), (30.0, 70.0)), margin=0.25)
    # Center (20, 50), longer side 40, and 10 more on every side.
    assert box.tolist() == [-10, 20, 50, 80]
    assert pose_face_boxes(face((10.0, 30.0), (30.0, 70.0)), margin=0).tolist() == [0, 30, 40, 70]


def test_face_without_confidence_is_none():
    boxes = pose_face_boxes(torch.stack([face((1.0, 2.0), (3.0, 4.0), 0.05)] * 2))
    assert boxes.shape == (2, 4)
    assert boxes.isnan().all()


def test_head_of_the_body_serves_where_the_face_is_unknown():
    keypoints = torch.zeros(137, 3)
    keypoints[[0, 15, 16]] = torch.tensor([[50.0, 42.0, 0.9], [47.0, 39, 0.9], [53.0, 39, 0.9]])
    assert pose_face_boxes(keypoints, margin=0).tolist() == [47, 37, 53, 43]
    keypoints[1] = torch.tensor([50.0, 62.0, 0.9])  # neck 20 below the nose: side 22
    assert pose_face_boxes(keypoints, margin=0).tolist() == [39, 29, 61, 51]
    keypoints[[15, 16], 2] = 0
    assert pose_face_boxes(keypoints).isnan().all()


def test_real_face_lies_in_its_box(shared):
    folder = shared / "realdata" / "pose" / "openpose" / "seq0001"
    for file in sorted(folder.iterdir()):
        keypoints = read_openpose(file).keypoints
        left, top, right, bottom = pose_face_boxes(keypoints).tolist()
        points = keypoints[25:95]
        inside = (points[:, 0] > left) & (points[:, 0] < right)
        inside &= (points[:, 1] > top) & (points[:, 1] < bottom)
        assert inside.all()
        assert right - left == pytest.approx(bottom - top, abs=0.01)
        body = keypoints.clone()
        body[25:, 2] = 0
        rough = pose_face_boxes(body)
        assert abs(float(rough[0] + rough[2]) - left - right) < right - left
        assert 0.5 < float(rough[2] - rough[0]) / (right - left) < 2


def test_video_is_frame_by_frame_and_may_be_empty():
    video = torch.stack([face((1.0, 2.0), (30.0, 40.0)), torch.zeros(137, 3)])
    boxes = pose_face_boxes(video)
    assert torch.equal(boxes[0], pose_face_boxes(video[0]))
    assert boxes[1].isnan().all()
    assert pose_face_boxes(video[:0]).shape == (0, 4)


def test_wrong_margin():
    with pytest.raises(ValueError, match="pose_face_boxes: margin must be at least 0, got -1"):
        pose_face_boxes(torch.zeros(137, 3), margin=-1)


@pytest.mark.parametrize("shape", [(136, 3), (137, 2), (1, 1, 137, 3)])
def test_wrong_shape(shape):
    with pytest.raises(ValueError, match=r"pose_face_boxes: keypoints must have shape \(137, 3\)"):
        pose_face_boxes(torch.zeros(shape))
