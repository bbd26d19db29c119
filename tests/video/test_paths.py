from pathlib import Path

import pytest

from vidgan.video._paths import existing_folder, suffix_of


def test_paths_that_are_there(tmp_path):
    (tmp_path / "a.PNG").touch()
    assert existing_folder(str(tmp_path), "f") == tmp_path
    assert suffix_of(tmp_path / "a.PNG", (".jpg", ".png"), "f") == ".png"


def test_paths_that_are_not_there(tmp_path):
    (tmp_path / "a").touch()
    with pytest.raises(FileNotFoundError, match=r"f: no such folder: .*a"):
        existing_folder(tmp_path / "a", "f")


def test_wrong_suffix():
    with pytest.raises(ValueError, match=r"f: path must end in \.mp4, \.mkv, got 'a\.gif'"):
        suffix_of(Path("b") / "a.gif", {".mp4": "mp4", ".mkv": "matroska"}, "f")
