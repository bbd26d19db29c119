from __future__ import annotations

import pytest
import torch

from vidgan.data import TensorStream


def test_gives_its_tensors():
    frames = torch.rand(2, 3, 4, 6)
    stream = TensorStream("image", {"a": frames, "b": torch.rand(5, 3, 4, 7)})

    assert stream.kind == "image"
    assert stream.sequences() == {"a": 2, "b": 5}
    assert (stream.size("a"), stream.size("b")) == ((4, 6), (4, 7))
    assert torch.equal(stream.load("a", 1), frames[1])


def test_points_have_no_size():
    assert TensorStream("points", {"a": torch.zeros(2, 68, 2)}).size("a") is None
    assert TensorStream("points", {"a": torch.zeros(2, 137, 3)}).load("a", 1).shape == (137, 3)


def test_wrong_arguments():
    with pytest.raises(ValueError, match="TensorStream: kind must be one of 'image', 'labels', 'm"):
        TensorStream("video", {"a": torch.zeros(2, 3, 4, 6)})
    with pytest.raises(ValueError, match="TensorStream: tensors must hold at least one sequence"):
        TensorStream("image", {})
    with pytest.raises(ValueError, match=r"tensors\['a'\] must have shape \(T, C, H, W\), got \(3"):
        TensorStream("image", {"a": torch.zeros(3, 4, 6)})
    with pytest.raises(
        ValueError,
        match=r"tensors\['a'\] must have shape \(T, N, 2\) or \(T, N, 3\), got \(2, 5, 4\)",
    ):
        TensorStream("points", {"a": torch.zeros(2, 5, 4)})
    with pytest.raises(TypeError, match=r"tensors\['a'\] must be a torch\.Tensor, got list"):
        TensorStream("image", {"a": []})
