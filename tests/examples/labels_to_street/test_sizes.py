"""One size for frames of several sizes, that the networks can halve."""

import numpy as np
import pytest
from PIL import Image

from examples.labels_to_street.frame_files import FrameFiles
from examples.labels_to_street.sizes import common_size, target_size


@pytest.fixture
def frames(tmp_path):
    def make(*sizes, labels=()):
        made = []
        for t, size in enumerate(sizes):
            paths = []
            for kind, own in (("image", size), ("labels", dict(labels).get(t, size))):
                paths.append(tmp_path / f"{kind}{t}.png")
                Image.fromarray(np.zeros(own, np.uint8)).save(paths[-1])
            made.append(FrameFiles(*paths, None))
        return {"a": made[:1], "b": made[1:]}

    return make


def test_the_most_frequent_size(frames):
    assert common_size(frames((4, 8), (4, 8))) == ((4, 8), [])
    size, notes = common_size(frames((4, 6), (4, 8), (4, 8), (5, 8)))
    assert size == (4, 8)
    assert notes == [
        "2 of 4 frames are not 8x4: scaled to cover that size, and cropped around the center"
    ]


def test_labels_of_another_size_than_their_frame(frames):
    with pytest.raises(
        ValueError, match=r"labels1\.png must have the size .* = \(4, 8\) of .*, got"
    ):
        common_size(frames((4, 8), (4, 8), labels={1: (8, 16)}))


@pytest.mark.parametrize(
    ("shape", "height", "width", "size"),
    [
        ((375, 1242), None, None, (376, 1240)),
        ((376, 1408), None, None, (376, 1408)),
        ((540, 960), None, None, (540, 960)),
        ((375, 1242), None, 512, (152, 512)),
        ((375, 1242), 128, None, (128, 424)),
        ((375, 1242), 50, 99, (50, 99)),
        ((5, 5), None, None, (8, 8)),
    ],
)
def test_sizes(shape, height, width, size):
    found, notes = target_size(shape, height, width)
    assert found == size
    assert len(notes) == (height is None and width is None and size != shape)
