"""Label maps written frame by frame."""

import pytest
import torch
from PIL import Image

from examples.preparation.label_maps import IdWriter, SequenceWriter
from tests.label_files import write_ids
from vidgan.video import read_frame, read_labels


@pytest.mark.parametrize("tops", [(0, 255), (3, 256, 7), (256, 1), (1, 2, 65535)])
def test_depth_is_that_of_the_largest_id_whenever_it_comes(tmp_path, tops):
    ids = torch.tensor(tops)[:, None, None, None] * torch.tensor([[0, 1]])
    writer = IdWriter(tmp_path / "frame_by_frame")
    for frame in ids:
        writer.write(frame)
    write_ids(tmp_path / "at_once", ids)
    for t, frame in enumerate(ids):
        path = tmp_path / "frame_by_frame" / f"{t:05d}.png"
        with Image.open(path) as image:
            assert image.mode == ("L" if max(tops) < 256 else "I;16")
        assert torch.equal(read_labels(path), frame)
        assert path.read_bytes() == (tmp_path / "at_once" / path.name).read_bytes()


def test_ids_out_of_range(tmp_path):
    writer = IdWriter(tmp_path / "a")
    for wrong in (-1, 65536):
        with pytest.raises(ValueError, match="ids must be 0 to 65535, got"):
            writer.write(torch.full((1, 2, 2), wrong))


def test_sequence(tmp_path):
    writer = SequenceWriter(tmp_path, "a", 2)
    labels = torch.tensor([[[0, 1]]])
    for t in range(3):
        frame = torch.full((3, 1, 2), t, dtype=torch.uint8)
        colored = writer.write(frame, labels, labels * 1000)
        assert torch.equal(read_frame(tmp_path / f"images/a/{t:05d}.png"), frame)
    assert torch.equal(read_frame(tmp_path / "conditions/a/00002.png"), colored)
    assert torch.equal(read_labels(tmp_path / "labels/a/00002.png"), labels)
    assert torch.equal(read_labels(tmp_path / "instances/a/00000.png"), labels * 1000)
