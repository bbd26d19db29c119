"""Folders, and several entries of one, appear as a whole or not at all."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

from vidgan.files import atomic_entries, atomic_folder, make_folder

MARK = "dataset.json"


def everything(folder: Path) -> dict[str, str]:
    """Text of every file below ``folder``; '' for an empty folder."""
    return {
        str(path.relative_to(folder)): path.read_text() if path.is_file() else ""
        for path in sorted(folder.rglob("*"))
        if path.is_file() or not any(path.iterdir())
    }


def write_folder(path: Path, text: str = "new", **options) -> None:
    with atomic_folder(path, mark=MARK, **options) as folder:
        (folder / MARK).write_text(text)


def write_entries(root: Path, **options) -> None:
    with atomic_entries(root, ["a.txt", "frames/walk"], **options) as folder:
        (folder / "a.txt").write_text("new")
        (folder / "frames" / "walk").mkdir(parents=True)
        (folder / "frames" / "walk" / "1.png").write_text("new")


WHOLE = {"a.txt": "new", "frames/walk/1.png": "new"}


def test_folder_appears_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "data"

    with atomic_folder(path, mark=MARK) as folder:
        (folder / MARK).write_text("new")
        assert folder.name == "data"
        assert not path.exists()

    assert everything(tmp_path) == {"deep/data/dataset.json": "new"}


@pytest.mark.parametrize("error", [KeyError, KeyboardInterrupt])
def test_failed_folder_leaves_nothing(tmp_path: Path, error: type[BaseException]) -> None:
    def stop_halfway(path: Path, **options) -> None:
        with atomic_folder(path, mark=MARK, **options) as folder:
            (folder / "half").touch()
            raise error

    with pytest.raises(error):
        stop_halfway(tmp_path / "deep" / "data")
    assert not list(tmp_path.iterdir())

    write_folder(tmp_path / "data", "old")
    with pytest.raises(error):
        stop_halfway(tmp_path / "data", overwrite=True)
    assert everything(tmp_path) == {"data/dataset.json": "old"}


def test_existing_folder_is_replaced_on_request(tmp_path: Path) -> None:
    write_folder(tmp_path / "data", "old")
    (tmp_path / "data" / "more").touch()

    write_folder(tmp_path / "data", overwrite=True)

    assert everything(tmp_path) == {"data/dataset.json": "new"}


def test_empty_folder_is_replaced_on_request(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()

    write_folder(tmp_path / "data", overwrite=True)

    assert everything(tmp_path) == {"data/dataset.json": "new"}


def test_hidden_files_fill_no_folder_and_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "data"
    (path / ".git").mkdir(parents=True)
    (path / ".git" / "HEAD").write_text("theirs")
    (path / ".DS_Store").write_text("theirs")
    kept = {"data/.git/HEAD": "theirs", "data/.DS_Store": "theirs"}

    with suppress(KeyError), atomic_folder(path, mark=MARK) as folder:
        (folder / "half").touch()
        raise KeyError
    assert everything(tmp_path) == kept

    write_folder(path)
    assert everything(tmp_path) == {**kept, "data/dataset.json": "new"}


@pytest.mark.parametrize(
    ("command", "text"),
    [
        (
            None,
            r"atomic_folder: .*data exists already; choose another path, or pass overwrite=True",
        ),
        ("prepare", r"prepare: .*data exists already; choose another --out, or --overwrite it"),
    ],
)
def test_existing_folder_is_kept(tmp_path: Path, command: str | None, text: str) -> None:
    write_folder(tmp_path / "data", "old")

    with pytest.raises(FileExistsError, match=text):
        write_folder(tmp_path / "data", command=command)

    assert everything(tmp_path) == {"data/dataset.json": "old"}


@pytest.mark.parametrize(
    ("command", "text"),
    [
        (
            None,
            r"atomic_folder: .* is not overwritten: .* no folder with dataset.json; choose .* path",
        ),
        ("prepare", r"prepare: .* is not overwritten: .*dataset.json; choose another --out"),
    ],
)
def test_folder_of_someone_else_is_kept(tmp_path: Path, command: str | None, text: str) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "thesis.tex").touch()
    (tmp_path / "file").touch()

    for name in ("data", "file"):
        with pytest.raises(FileExistsError, match=text):
            write_folder(tmp_path / name, overwrite=True, command=command)
        # An advice to overwrite it would fail.
        with pytest.raises(FileExistsError, match=r"exists already; choose another (path|--out)$"):
            write_folder(tmp_path / name, command=command)

    assert everything(tmp_path) == {"data/thesis.tex": "", "file": ""}


@pytest.mark.parametrize("overwrite", [False, True])
def test_folder_that_appears_meanwhile_is_kept(tmp_path: Path, overwrite: bool) -> None:
    path = tmp_path / "deep" / "data"

    def write() -> None:
        with atomic_folder(path, mark=MARK, overwrite=overwrite) as folder:
            (folder / MARK).write_text("new")
            path.mkdir()
            (path / "thesis.tex").write_text("theirs")

    with pytest.raises(FileExistsError, match=r"is not overwritten|exists already"):
        write()

    assert everything(tmp_path) == {"deep/data/thesis.tex": "theirs"}


def test_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(OSError, match=r"prepare: cannot write into .*more \(Not a directory\); ch"):
        write_folder(tmp_path / "file" / "more" / "data", command="prepare")

    assert everything(tmp_path) == {"file": ""}


def test_entries_appear_together(tmp_path: Path) -> None:
    root = tmp_path / "deep" / "out"
    with atomic_entries(root, ["a.txt", "frames/walk"]) as folder:
        (folder / "a.txt").write_text("new")
        (folder / "frames" / "walk").mkdir(parents=True)
        (folder / "frames" / "walk" / "1.png").write_text("new")
        (folder / "scratch").touch()  # not named: goes away
        assert everything(root).keys().isdisjoint(WHOLE)

    assert everything(root) == WHOLE


def test_entries_stand_beside_others(tmp_path: Path) -> None:
    (tmp_path / "frames" / "run").mkdir(parents=True)
    (tmp_path / "frames" / "run" / "1.png").write_text("other")

    write_entries(tmp_path)

    assert everything(tmp_path) == {**WHOLE, "frames/run/1.png": "other"}


def test_entries_are_replaced_on_request(tmp_path: Path) -> None:
    write_entries(tmp_path)
    (tmp_path / "a.txt").write_text("old")
    (tmp_path / "frames" / "walk" / "2.png").write_text("old")

    write_entries(tmp_path, overwrite=True)

    assert everything(tmp_path) == WHOLE


@pytest.mark.parametrize(
    ("command", "text"),
    [
        (None, r"atomic_entries: .*walk exists; give other names, or overwrite=True"),
        ("generate", r"generate: .*walk exists; give another --out, or --overwrite"),
    ],
)
def test_existing_entries_are_kept(tmp_path: Path, command: str | None, text: str) -> None:
    (tmp_path / "frames" / "walk").mkdir(parents=True)

    with pytest.raises(FileExistsError, match=text):
        write_entries(tmp_path, command=command)

    assert everything(tmp_path) == {"frames/walk": ""}


def test_failed_entries_leave_nothing(tmp_path: Path) -> None:
    def stop_halfway() -> None:
        with atomic_entries(tmp_path / "deep" / "out", ["a.txt"]) as folder:
            (folder / "a.txt").write_text("half")
            raise KeyError

    with pytest.raises(KeyError):
        stop_halfway()

    assert not list(tmp_path.iterdir())


def test_entry_that_was_not_written(tmp_path: Path) -> None:
    def forget() -> None:
        with atomic_entries(tmp_path / "out", ["a.txt", "b.txt"]) as folder:
            (folder / "a.txt").touch()

    with pytest.raises(FileNotFoundError, match=r"the block did not make b\.txt"):
        forget()

    assert not list(tmp_path.iterdir())


def test_entry_that_appears_meanwhile_is_kept(tmp_path: Path) -> None:
    def write() -> None:
        with atomic_entries(tmp_path, ["a.txt", "b"]) as folder:
            (folder / "a.txt").write_text("new")
            (folder / "b").mkdir()
            (tmp_path / "b").mkdir()
            (tmp_path / "b" / "thesis.tex").write_text("theirs")

    with pytest.raises(FileExistsError, match="b exists"):
        write()

    assert everything(tmp_path) == {"b/thesis.tex": "theirs"}


def test_entries_are_put_back_when_a_move_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "out"
    write_entries(root)
    (root / "a.txt").write_text("old")
    rename = Path.rename

    def fail_for_walk(self: Path, target: Path) -> Path:
        if self.name == "walk" and "new" in self.parts:  # the second entry, on its way in
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fail_for_walk)
    with pytest.raises(OSError, match="No space left"):
        write_entries(root, overwrite=True)

    assert everything(root) == {**WHOLE, "a.txt": "old"}


def test_entry_below_a_file(tmp_path: Path) -> None:
    (tmp_path / "frames").write_text("a file")

    with pytest.raises(OSError, match=r"cannot write to the folder .* \(Not a directory\)"):
        write_entries(tmp_path)

    assert everything(tmp_path) == {"frames": "a file"}


@pytest.mark.parametrize("name", ["../a.txt", "/a.txt", "", "."])
def test_entries_lie_inside_the_root(tmp_path: Path, name: str) -> None:
    with (
        pytest.raises(ValueError, match="f: names must be relative paths inside root, got"),
        atomic_entries(tmp_path, [name], command="f"),
    ):
        pass


def test_root_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(OSError, match=r"generate: cannot write to the folder .*file \(Not a dir"):
        write_entries(tmp_path / "file", command="generate")

    assert everything(tmp_path) == {"file": ""}


def test_made_folders_are_named(tmp_path: Path) -> None:
    assert make_folder(tmp_path / "a" / "b") == [tmp_path / "a" / "b", tmp_path / "a"]
    assert make_folder(tmp_path / "a" / "b" / "c") == [tmp_path / "a" / "b" / "c"]
    assert make_folder(tmp_path / "a") == []


def test_parents_go_when_a_folder_cannot_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mkdir = Path.mkdir

    def refuse_runs(self: Path, *args, **kwargs) -> None:
        if self.name == "runs":
            raise PermissionError(13, "Permission denied")
        mkdir(self, *args, **kwargs)

    monkeypatch.setattr(Path, "mkdir", refuse_runs)
    with pytest.raises(
        PermissionError, match=r"train: cannot write to the folder .*runs \(Permission denied\); ch"
    ):
        make_folder(tmp_path / "a" / "runs", function="train")

    assert not list(tmp_path.iterdir())
