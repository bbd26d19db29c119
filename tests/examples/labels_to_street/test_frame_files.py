"""Folders with files of several kinds."""

from pathlib import Path

import pytest

from examples.labels_to_street.frame_files import find_frames, list_kind


@pytest.fixture
def tree(tmp_path):
    def make(*places):
        for place in places:
            (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / place).touch()
        return tmp_path

    return make


def places(folder, kind, root, **options):
    return [str(file.path.relative_to(root)) for file in list_kind(folder, kind, **options)]


def test_wildcards(tree):
    root = tree("v/a/origin/1.jpg", "v/a/extra/1.jpg", "v/b/origin/1.jpg", "v/b/1.jpg")
    assert places(root / "v/*/origin", "images", root) == ["v/a/origin/1.jpg", "v/b/origin/1.jpg"]
    with pytest.raises(
        ValueError, match=r"must contain files ending in \.png, \.jpg, \.jpeg, found"
    ):
        list_kind(root / "v/*/none", "images")
    with pytest.raises(FileNotFoundError, match="no such folder"):
        list_kind(root / "w/*/origin", "images")


def test_a_folder_whose_name_has_brackets_is_no_pattern(tree):
    root = tree("v[1]/1.png")
    assert places(root / "v[1]", "labels", root) == ["v[1]/1.png"]


def test_kinds_by_folder(tree):
    root = tree(*(f"d/image_00/{kind}/1.png" for kind in ("semantic", "semantic_rgb", "instance")))
    assert places(root, "labels", root) == ["d/image_00/semantic/1.png"]
    assert places(root, "instances", root) == ["d/image_00/instance/1.png"]


def test_kinds_side_by_side(tree):
    root = tree("rgb_1.png", "semantic_1.png", "depth_1.png")
    found = find_frames(root, root)
    [(frame,)] = found.sequences.values()
    assert (frame.image.name, frame.labels.name) == ("rgb_1.png", "semantic_1.png")
    assert found.notes == []


def test_a_sequence_may_be_called_like_a_kind(tree):
    root = tree("i/a/1.png", "i/mask/1.png", "l/a/1.png", "l/mask/1.png")
    found = find_frames(root / "i", root / "l")
    assert set(found.sequences) == {"a", "mask"}


def test_left_out_files_are_noted(tree):
    root = tree(*(f"i/a/{t}.png" for t in range(3)), *(f"l/a/{t}.png" for t in (1, 2, 3, 4)))
    found = find_frames(root / "i", root / "l")
    assert [frame.image.name for frame in found.sequences["a"]] == ["1.png", "2.png"]
    assert found.notes == [
        f"--images: 1 file is left out, as there is none in --labels ({root / 'l'}) for a/0.png",
        f"--labels: 2 files are left out, as there is none in --images ({root / 'i'}) for "
        "a/3.png, a/4.png",
    ]


def test_nothing_fits(tree):
    root = tree("i/a/1.png", "l/b/2.png")
    with pytest.raises(
        ValueError, match=r"^every frame of --images must have its file in --labels"
    ):
        find_frames(Path(root / "i"), Path(root / "l"))


def test_one_folder_whose_kinds_are_unknown(tree):
    root = tree("stills/1.png", "approved/1.png")
    with pytest.raises(
        ValueError, match=r"^--images and --labels must be told apart, got .*1\.png"
    ):
        find_frames(root, root)
    assert list(find_frames(root / "stills", root / "approved").sequences) == ["sequence"]
