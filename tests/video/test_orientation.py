from __future__ import annotations

import pytest
import torch

from vidgan.video._orientation import display_matrix, orient

# Shown as      1 2     anticlockwise 90: 2 4   ...
# decoded       3 4                       1 3
DECODED = torch.tensor([[1, 2], [3, 4]])


@pytest.mark.parametrize(
    ("matrix", "shown"),
    [
        ((1, 0, 0, 1), [[1, 2], [3, 4]]),
        ((0, -1, 1, 0), [[2, 4], [1, 3]]),
        ((-1, 0, 0, -1), [[4, 3], [2, 1]]),
        ((0, 1, -1, 0), [[3, 1], [4, 2]]),
        ((-1, 0, 0, 1), [[2, 1], [4, 3]]),
        ((1, 0, 0, -1), [[3, 4], [1, 2]]),
        ((0, 1, 1, 0), [[1, 3], [2, 4]]),
        ((0, -1, -1, 0), [[4, 2], [3, 1]]),
    ],
)
def test_all_eight_orientations(matrix, shown):
    assert orient(DECODED, matrix).tolist() == shown
    scaled = tuple(65536 * entry for entry in matrix)
    assert orient(DECODED, scaled).tolist() == shown


@pytest.mark.parametrize("matrix", [(1, 1, -1, 1), (0, 0, 0, 0), (1, 0, 0, 0), (1, 0, 1, 1)])
def test_other_matrices_are_refused(matrix):
    with pytest.raises(ValueError, match="must rotate by a multiple of 90 degrees, got"):
        orient(DECODED, matrix)


class FrameOfOldPyav:
    """A frame whose side data cannot be read, but whose rotation can."""

    def __init__(self, rotation):
        self.rotation = rotation
        self.side_data = {}


@pytest.mark.parametrize(
    ("rotation", "turns"), [(0, 0), (90, 1), (180, 2), (-180, 2), (-90, 3), (270, 3)]
)
def test_rotation_alone_is_anticlockwise(rotation, turns):
    matrix = display_matrix(FrameOfOldPyav(rotation))

    assert torch.equal(orient(DECODED, matrix), DECODED.rot90(turns))
