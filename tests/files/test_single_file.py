"""Files are replaced as a whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from vidgan.files import atomic_file


def test_replaces_at_the_end(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")

    with atomic_file(path, function="f") as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old"
        assert temporary.parent == path.parent
        assert temporary.suffix == ".txt"

    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_leaves_nothing_on_error(tmp_path):
    def stop_halfway():
        with atomic_file(tmp_path / "a.txt", function="f") as temporary:
            temporary.write_text("half")
            raise KeyError("stop")

    with pytest.raises(KeyError, match="stop"):
        stop_halfway()

    assert list(tmp_path.iterdir()) == []


def test_folder_that_cannot_be_written(tmp_path, monkeypatch):
    def refuse(self, *args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with (
        pytest.raises(
            PermissionError, match=r"f: cannot write to the folder .*\(Permission denied\)"
        ),
        atomic_file(tmp_path / "a.txt", function="f"),
    ):
        pass


def test_folder_that_is_missing_or_a_file(tmp_path):
    (tmp_path / "file").touch()
    with (
        pytest.raises(FileNotFoundError, match=r"f: the folder .* does not exist; create it first"),
        atomic_file(tmp_path / "none" / "a.txt", function="f"),
    ):
        pass
    with (
        pytest.raises(NotADirectoryError, match=r"f: .*file must be a folder, but it is a file"),
        atomic_file(tmp_path / "file" / "a.txt", function="f"),
    ):
        pass
    with (
        pytest.raises(IsADirectoryError, match=r"f: .* must be a file, but it is a folder"),
        atomic_file(tmp_path, function="f"),
    ):
        pass
