"""Middlebury files, against bytes written by hand."""

from __future__ import annotations

import struct

import pytest
import torch

from vidgan.video.flow_files import read_flow, read_flow_size, write_flow

# 2 wide, 1 high: vectors (1, -2) and (0.5, 4)
BY_HAND = struct.pack("<fii4f", 202021.25, 2, 1, 1.0, -2.0, 0.5, 4.0)


def test_reads_bytes_written_by_hand(tmp_path):
    (tmp_path / "a.flo").write_bytes(BY_HAND)

    flow = read_flow(tmp_path / "a.flo")

    assert torch.equal(flow, torch.tensor([[[1.0, 0.5]], [[-2.0, 4.0]]]))
    assert read_flow_size(tmp_path / "a.flo") == (1, 2)


def test_writes_the_bytes_of_the_format(tmp_path):
    write_flow(tmp_path / "a.flo", torch.tensor([[[1.0, 0.5]], [[-2.0, 4.0]]]))

    assert (tmp_path / "a.flo").read_bytes() == BY_HAND
    assert [file.name for file in tmp_path.iterdir()] == ["a.flo"]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16])
def test_round_trip(tmp_path, dtype):
    flow = (torch.randn(2, 5, 7) * 10).to(dtype)

    write_flow(tmp_path / "a.flo", flow)

    assert torch.equal(read_flow(tmp_path / "a.flo"), flow.float())


def test_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"read_flow: no such file: .*none\.flo"):
        read_flow(tmp_path / "none.flo")


@pytest.mark.parametrize("content", [b"", b"PIE", b"hello world, hello", BY_HAND[::-1]])
def test_other_files(tmp_path, content):
    (tmp_path / "a.flo").write_bytes(content)
    with pytest.raises(ValueError, match=r"read_flow: .*a\.flo is not a Middlebury \.flo file"):
        read_flow(tmp_path / "a.flo")


@pytest.mark.parametrize("length", [4, 11, 12, 13, 27])
def test_cut_files(tmp_path, length):
    (tmp_path / "a.flo").write_bytes(BY_HAND[:length])
    with pytest.raises(ValueError, match=rf"bytes as its header says, got {length}; .* cut short"):
        read_flow(tmp_path / "a.flo")


def test_file_that_is_too_long(tmp_path):
    (tmp_path / "a.flo").write_bytes(BY_HAND + b"x")
    with pytest.raises(ValueError, match=r"must have 28 bytes .* got 29; the file is too long"):
        read_flow(tmp_path / "a.flo")


@pytest.mark.parametrize(("width", "height"), [(0, 4), (4, 0), (-1, 4), (4, -1), (10**9, 10**9)])
def test_impossible_sizes(tmp_path, width, height):
    (tmp_path / "a.flo").write_bytes(struct.pack("<fii", 202021.25, width, height))
    with pytest.raises(ValueError, match=rf"of 1 to 99999, got {width} x {height}"):
        read_flow(tmp_path / "a.flo")


def test_wrong_flows_are_not_written(tmp_path):
    path = tmp_path / "a.flo"
    with pytest.raises(ValueError, match=r"write_flow: flow must have shape \(2, H, W\), got \(3"):
        write_flow(path, torch.zeros(3, 4, 6))
    with pytest.raises(
        ValueError, match=r"write_flow: flow must have shape \(2, H, W\), got \(1, 2"
    ):
        write_flow(path, torch.zeros(1, 2, 4, 6))
    with pytest.raises(ValueError, match="write_flow: flow must have a width and height of 1"):
        write_flow(path, torch.zeros(2, 0, 6))
    with pytest.raises(TypeError, match="write_flow: flow must be a floating-point tensor"):
        write_flow(path, torch.zeros(2, 4, 6, dtype=torch.int32))
    with pytest.raises(FileNotFoundError, match=r"write_flow: the folder .* does not exist"):
        write_flow(tmp_path / "none" / "a.flo", torch.zeros(2, 4, 6))
    assert list(tmp_path.iterdir()) == []
