"""Which files and folders count."""

import pytest

from vidgan.files import is_hidden, visible_entries, visible_files, visible_folders

HIDDEN = (
    ".ipynb_checkpoints",
    "._00001.png",
    ".DS_Store",
    "Thumbs.db",
    "__MACOSX",
    "@eaDir",
    "desktop.ini",
    "$RECYCLE.BIN",
    "lost+found",
)


@pytest.mark.parametrize("name", HIDDEN)
def test_hidden(tmp_path, name):
    (tmp_path / "walk").mkdir()
    (tmp_path / name).mkdir()
    (tmp_path / name / "0.png").touch()
    assert is_hidden(name)
    assert [path.name for path in visible_entries(tmp_path)] == ["walk"]
    assert visible_folders(tmp_path) == [tmp_path / "walk"]
    assert visible_files(tmp_path, (".png",), recursive=True) == []


def test_a_hidden_folder_may_be_asked_for(tmp_path):
    folder = tmp_path / ".cache" / "walk"
    folder.mkdir(parents=True)
    (folder / "0.png").touch()
    assert visible_files(folder, (".png",)) == [folder / "0.png"]
    assert visible_files(tmp_path / ".cache", (".png",), recursive=True) == [folder / "0.png"]
    assert visible_files(tmp_path, (".png",), recursive=True) == []


def test_folders_are_no_files(tmp_path):
    (tmp_path / "0.png").mkdir()  # as a network drive's thumbnails are kept
    (tmp_path / "0.png" / "small.png").touch()
    assert visible_files(tmp_path, (".png",)) == []


def test_links_count_as_what_they_lead_to(tmp_path):
    disk, data = tmp_path / "disk", tmp_path / "data"
    (disk / "walk").mkdir(parents=True)
    data.mkdir()
    (disk / "walk" / "0.PNG").touch()
    (data / "linked").symlink_to(disk / "walk")
    (data / "1.png").symlink_to(disk / "walk" / "0.PNG")
    (data / "linked" / "loop").symlink_to(data)
    (data / "gone.png").symlink_to(disk / "nothing")  # reading it says what is missing
    assert visible_folders(data) == [data / "linked"]
    assert [f.name for f in visible_files(data, (".png",))] == ["1.png", "gone.png"]
    found = visible_files(data, (".png",), recursive=True)
    assert found == [data / "1.png", data / "gone.png", data / "linked" / "0.PNG"]


def test_order_is_fixed(tmp_path):
    for name in ("10", "9", "1", "01", "001", "b"):
        (tmp_path / name).mkdir()
    names = [path.name for path in visible_folders(tmp_path)]
    assert names == ["001", "01", "1", "9", "10", "b"]
