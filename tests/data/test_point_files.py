import numpy as np
import pytest
import torch

from vidgan.data import PointStream, read_point_array, read_points

POINTS = [[float(i), 2.0 * i + 0.5] for i in range(68)]
PTS = "version: 1\nn_points:  68\n{\n" + "\n".join(f"{x + 1} {y + 1}" for x, y in POINTS) + "\n}\n"


def text(separator):
    return "\n".join(f"{x}{separator}{y}" for x, y in POINTS)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("0.txt", text(" ")),
        ("0.txt", text(",")),
        ("0.txt", text(", ") + "\n\n"),
        ("0.TXT", text("\t")),
        ("0.pts", PTS),
        ("0.pts", PTS.replace("\n", "\r\n")),
    ],
)
def test_text(tmp_path, name, content):
    (tmp_path / name).write_bytes(content.encode("utf-8-sig"))
    assert read_points(tmp_path / name).tolist() == POINTS


def test_confidence(tmp_path):
    (tmp_path / "0.txt").write_text("1 2 0.5\n3 4 0\n")
    assert read_points(tmp_path / "0.txt").tolist() == [[1, 2, 0.5], [3, 4, 0]]
    np.save(tmp_path / "0.npy", np.array([[1, 2, 1], [3, 4, 0]]))
    assert read_points(tmp_path / "0.npy").tolist() == [[1, 2, 1], [3, 4, 0]]


@pytest.mark.parametrize("name", ["0.json", "0.txt", "0.pts", "0.npy"])
def test_empty_file_is_a_frame_without_a_face(tmp_path, name):
    (tmp_path / name).touch()
    assert read_points(tmp_path / name) is None


def test_all_confidences_0(tmp_path):
    (tmp_path / "0.json").write_text("[[1, 2, 0], [3, 4, 0]]")
    assert read_points(tmp_path / "0.json") is None


@pytest.mark.parametrize(
    ("name", "content", "match"),
    [
        ("0.txt", "1 2\n3 x\n", "could not convert"),
        ("0.txt", "1 2\n3 4 5 6\n", "one on each line, got '3 4 5 6'"),
        ("0.txt", "1 2\n3 nan\n", "shape"),
        ("0.pts", "hello", "could not convert"),
        ("0.npy", "hello", "it is no readable array"),
    ],
)
def test_damaged(tmp_path, name, content, match):
    (tmp_path / name).write_text(content)
    with pytest.raises(ValueError, match=f"read_points: .*{name} must be a list of.*{match}") as e:
        read_points(tmp_path / name)
    assert "\n" not in str(e.value)


def test_array_of_all_frames(tmp_path):
    array = np.random.default_rng(0).uniform(1, 9, (4, 68, 2))
    array[2] = np.nan
    np.save(tmp_path / "walk.npy", array)
    stream = PointStream(tmp_path)
    assert stream.sequences() == {"walk": 4}
    assert torch.allclose(stream.load("walk", 3), torch.tensor(array[3]).float())
    assert stream.find("walk", 2) is None
    with pytest.raises(ValueError, match=r"PointStream: .*walk.npy, frame 2 must .* got no point"):
        stream.load("walk", 2)


@pytest.mark.parametrize("array", [np.zeros((68, 2)), np.zeros((2, 68, 4)), np.array(["a"])])
def test_other_arrays(tmp_path, array):
    np.save(tmp_path / "walk.npy", array + 1 if array.dtype.kind == "f" else array)
    with pytest.raises(ValueError, match=r"read_point_array: .*walk.npy must be an array \(T, N"):
        read_point_array(tmp_path / "walk.npy")
