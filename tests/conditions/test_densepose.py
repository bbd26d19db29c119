import pytest
import torch

from vidgan.conditions import NUM_DENSEPOSE_PARTS, densepose_maps
from vidgan.video import image_size, read_frame


def parts():
    """Every part once in a row of 25 pixels, two equal frames."""
    row = torch.arange(25, dtype=torch.uint8)
    return torch.stack([10 * row, 250 - 10 * row, row])[:, None].expand(2, -1, 4, -1)


def test_scaling_by_hand():
    maps = densepose_maps(parts())
    assert (maps.shape, maps.dtype) == ((2, 3, 4, 25), torch.float32)
    for index in (1, 12, 24):
        expected = [20 * index / 255 - 1, 2 * (250 - 10 * index) / 255 - 1, index / 12 - 1]
        assert maps[1, :, 2, index].tolist() == pytest.approx(expected, abs=1e-6)


def test_real_map_uses_the_whole_range(shared):
    file = shared / "realdata" / "pose" / "densepose" / "seq0001" / "frame000100.png"
    maps = densepose_maps(read_frame(file))
    assert maps.shape[1:] == image_size(file)
    assert maps[2].max() == 1
    assert maps.amin(dim=(1, 2)).tolist() == [-1, -1, -1]


def test_dropped_parts_become_background_in_all_frames_alike():
    generator = torch.Generator().manual_seed(0)
    maps = densepose_maps(parts(), drop_probability=0.5, generator=generator)
    gone = (maps == -1).all(dim=1)
    assert torch.equal(gone[0], gone[1])
    assert 5 < gone[0, 0, 1:].sum() < 19
    kept = ~gone[:, None].expand_as(maps)
    assert torch.equal(maps[kept], densepose_maps(parts())[kept])


def test_background_is_never_dropped():
    every = densepose_maps(
        parts(), drop_probability=1.0, generator=torch.Generator().manual_seed(0)
    )
    assert (every[:, :, :, 1:] == -1).all()
    assert torch.equal(every[..., 0], densepose_maps(parts())[..., 0])
    assert NUM_DENSEPOSE_PARTS == 24


def test_no_frames():
    assert densepose_maps(torch.zeros(0, 3, 4, 5, dtype=torch.uint8)).shape == (0, 3, 4, 5)


def test_index_out_of_range():
    densepose = parts().clone()
    densepose[0, 2, 0, 0] = 25
    with pytest.raises(ValueError, match="must be a part index of 0 to 24, got 25; resize such"):
        densepose_maps(densepose)


@pytest.mark.parametrize("shape", [(2, 4, 5), (3, 5), (1, 1, 3, 4, 5), (1, 4, 4, 5)])
def test_wrong_shape(shape):
    with pytest.raises(ValueError, match=r"densepose must have shape \(3, H, W\) or \(T, 3, H, W"):
        densepose_maps(torch.zeros(shape, dtype=torch.uint8))


def test_wrong_dtype():
    with pytest.raises(TypeError, match=r"densepose must be uint8, got torch.float32"):
        densepose_maps(parts().float())
