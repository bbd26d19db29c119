"""Only ordinary files are opened."""

import os

import pytest

from vidgan.files import existing_file


def test_files_and_links_to_them(tmp_path):
    (tmp_path / "a").touch()
    (tmp_path / "link").symlink_to("a")
    assert existing_file(str(tmp_path / "a"), "f") == tmp_path / "a"
    assert existing_file(tmp_path / "link", "f") == tmp_path / "link"


@pytest.mark.parametrize("name", ["none", "", "none/below", "zero\0byte"])
def test_no_file(tmp_path, name):
    with pytest.raises(FileNotFoundError, match=r"^f: no such file: "):
        existing_file(tmp_path / name, "f")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no FIFOs here")
def test_what_is_no_ordinary_file(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "link").symlink_to("fifo")
    for path, kind in {"fifo": "a FIFO", "link": "a FIFO", "/dev/null": "a device"}.items():
        with pytest.raises(ValueError, match=f"^f: .*{path} must be an ordinary file, got {kind}"):
            existing_file(tmp_path / path, "f")
