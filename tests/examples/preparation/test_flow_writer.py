import pytest
import torch

from examples.preparation.flow_writer import FlowWriter
from vidgan.data import SyntheticVideo
from vidgan.video import to_float, to_uint8, write_flow, write_frame

KINDS = ("flow", "confidence")


@pytest.fixture(scope="module")
def frames():
    return to_uint8(SyntheticVideo((32, 48)).render(6).frames)


def estimate(current, previous):
    """No flow, but a function of both images that tells them apart."""
    flow = torch.cat([current.mean(1, keepdim=True), previous[:, :1] * 3], 1)
    return flow, (current[:, :1] - previous[:, 1:2]).abs().clamp(max=1)


def contents(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_files_are_those_of_every_pair(frames, tmp_path):
    writer = FlowWriter(tmp_path / "streamed", "walk", estimate, (1, 3, 9))
    returned = [writer.write(frame) for frame in frames]

    images = to_float(frames)
    for stride in (1, 3):
        flows, masks = (tmp_path / "known" / k / f"stride{stride}/walk" for k in KINDS)
        flows.mkdir(parents=True)
        masks.mkdir(parents=True)
        for t in range(stride, 6):
            flow, confidence = estimate(images[t, None], images[t - stride, None])
            write_flow(flows / f"{t:05d}.flo", flow[0])
            write_frame(masks / f"{t:05d}.png", to_uint8(confidence[0] * 2 - 1))
            if stride == 1:
                assert torch.equal(returned[t], flow[0])
    assert contents(tmp_path / "streamed") == contents(tmp_path / "known")
    assert returned[0] is None


def test_only_as_many_frames_as_the_longest_stride_are_kept(frames, tmp_path):
    writer = FlowWriter(tmp_path, "walk", estimate, (1, 2))
    for frame in frames:
        writer.write(frame)
    assert len(writer._past) == 2
