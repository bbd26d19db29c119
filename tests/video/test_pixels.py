"""Colors, against the matrix of ITU-R BT.601 written out."""

from __future__ import annotations

import pytest
import torch

from vidgan.video._pixels import frame_from_rgb, rgb_from_frame

av = pytest.importorskip("av")


@pytest.mark.parametrize(
    ("rgb", "yuv"),
    [  # limited range: black 16, white 235, gray has U = V = 128
        ((0, 0, 0), (16, 128, 128)),
        ((255, 255, 255), (235, 128, 128)),
        ((255, 0, 0), (81, 90, 240)),
        ((0, 255, 0), (145, 54, 34)),
        ((0, 0, 255), (41, 240, 110)),
    ],
)
def test_known_colors(rgb, yuv):
    image = torch.tensor(rgb, dtype=torch.uint8).view(3, 1, 1).expand(3, 16, 32)

    frame = frame_from_rgb(image, av)

    planes = frame.to_ndarray()  # (H * 3 / 2, W)
    y, u, v = planes[:16], planes[16:20], planes[20:]
    for plane, expected in zip((y, u, v), yuv, strict=True):
        assert plane.min() == plane.max()
        assert abs(int(plane[0, 0]) - expected) <= 1
    assert (rgb_from_frame(frame).int() - image.int()).abs().max() <= 2


def test_chroma_is_sampled_on_the_left():
    image = torch.zeros(3, 2, 8, dtype=torch.uint8)
    image[2, :, 4] = 255  # one blue column

    u = torch.from_numpy(frame_from_rgb(image, av).to_ndarray())[2].flatten()[:4]

    # The column has U 240, 112 above gray; [1 2 1] / 4 around columns 0, 2, 4, 6.
    assert u.tolist() == [128, 128, 184, 128]


@pytest.mark.parametrize("size", [(15, 32), (16, 31), (1, 1)])
def test_odd_sizes_are_padded(size):
    image = torch.full((3, *size), 200, dtype=torch.uint8)

    got = rgb_from_frame(frame_from_rgb(image, av))

    assert got.shape == (3, size[0] + size[0] % 2, size[1] + size[1] % 2)
    assert (got.int() - 200).abs().max() <= 2
