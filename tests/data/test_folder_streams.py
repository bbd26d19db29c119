from __future__ import annotations

import numpy as np
import pytest
import torch

from vidgan.data import (
    FlowStream,
    ImageStream,
    KeypointStream,
    LabelStream,
    MaskStream,
    PointStream,
)
from vidgan.video import write_frame, write_frames
from vidgan.video.flow_files import write_flow


@pytest.fixture
def folder(tmp_path):
    """Sequence 'a' of 3 frames of 4 x 6: images, labels, confidence, flow."""
    pixels = torch.arange(3 * 4 * 6, dtype=torch.uint8).view(3, 1, 4, 6)
    write_frames(tmp_path / "images" / "a", pixels.expand(3, 3, 4, 6))
    write_frames(tmp_path / "labels" / "a", pixels)
    for name in ("confidence", "flow"):
        (tmp_path / name / "a").mkdir(parents=True)
    for index in (1, 2):
        write_frame(tmp_path / "confidence" / "a" / f"{index:05d}.png", pixels[0] * 0 + 51 * index)
        write_flow(tmp_path / "flow" / "a" / f"{index:05d}.flo", torch.full((2, 4, 6), 1.0 * index))
    return tmp_path


def test_images(folder):
    stream = ImageStream(folder / "images")

    frame = stream.load("a", 2)

    assert (stream.kind, stream.sequences(), stream.size("a")) == ("image", {"a": 3}, (4, 6))
    assert (frame.shape, frame.dtype) == ((3, 4, 6), torch.float32)
    torch.testing.assert_close(frame[0, 0, 0], torch.tensor(48 / 127.5 - 1))


def test_labels(folder):
    stream = LabelStream(folder / "labels")

    labels = stream.load("a", 1)

    assert (stream.kind, stream.sequences(), stream.size("a")) == ("labels", {"a": 3}, (4, 6))
    assert (labels.shape, labels.dtype) == ((1, 4, 6), torch.int64)
    assert labels.flatten().tolist() == list(range(24, 48))


def test_masks_with_a_missing_first_frame(folder):
    stream = MaskStream(folder / "confidence", missing=1)

    masks = [stream.load("a", index) for index in range(3)]

    assert (stream.kind, stream.sequences(), stream.size("a")) == ("mask", {"a": 3}, (4, 6))
    assert all(mask.shape == (1, 4, 6) and mask.dtype == torch.float32 for mask in masks)
    assert [round(float(mask.mean()), 6) for mask in masks] == [0, 0.2, 0.4]


def test_flows_with_a_missing_first_frame(folder):
    stream = FlowStream(folder / "flow")

    flows = [stream.load("a", index) for index in range(3)]

    assert (stream.kind, stream.sequences(), stream.size("a")) == ("flow", {"a": 3}, (4, 6))
    assert all(flow.shape == (2, 4, 6) and flow.dtype == torch.float32 for flow in flows)
    assert [float(flow.mean()) for flow in flows] == [0, 1, 2]


def test_flows_with_several_missing_frames(folder):
    stream = FlowStream(folder / "flow", missing=3)

    assert stream.sequences() == {"a": 5}
    assert [float(stream.load("a", i).abs().max()) for i in range(5)] == [0, 0, 0, 1, 2]


def test_missing_must_not_be_negative(folder):
    with pytest.raises(ValueError, match="FlowStream: missing must be at least 0, got -1"):
        FlowStream(folder / "flow", missing=-1)


@pytest.mark.parametrize(
    "stream", [ImageStream, LabelStream, MaskStream, FlowStream, PointStream, KeypointStream]
)
def test_missing_and_empty_folders(tmp_path, stream):
    with pytest.raises(FileNotFoundError, match="list_sequences: no such folder"):
        stream(tmp_path / "none")
    with pytest.raises(ValueError, match=r"list_sequences: .* must hold folders of frames"):
        stream(tmp_path)


def test_flow_of_other_formats(folder):
    vectors = torch.ones(4, 6, 2)
    vectors[1, 2] = float("nan")
    for name in ("a", "b"):
        (folder / "other" / name).mkdir(parents=True)
    for index in (1, 2):
        np.save(folder / "other" / "a" / f"{index}.npy", vectors.numpy())
        write_frame(folder / "other" / "a" / f"{index}.png", torch.zeros(3, 4, 6))  # to look at
        np.savez(folder / "other" / "b" / f"{index}.npz", flow=vectors.numpy())
    stream = FlowStream(folder / "other")

    assert stream.sequences() == {"a": 3, "b": 3}
    for name in ("a", "b"):
        assert stream.size(name) == (4, 6)
        assert torch.equal(stream.load(name, 0), torch.zeros(2, 4, 6))
        assert stream.load(name, 2).isnan().sum() == 2
