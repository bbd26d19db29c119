"""Prepared folders joined into one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.data.check.folders import ANNOTATIONS, write_folder
from vidgan.data import check_data, join_data_folders, open_data_folder


def change(folder: Path, **facts: Any) -> None:
    file = folder / "dataset.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | facts))


def content(folder: Path) -> dict[str, bytes]:
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file() and file.name != "dataset.json"
    }


@pytest.mark.parametrize("task", ANNOTATIONS)
def test_all_files_are_copied_and_names_that_are_taken_get_a_number(
    tmp_path: Path, task: str
) -> None:
    first = write_folder(tmp_path / "a", task, {"walk": 5, "run": 4})
    second = write_folder(tmp_path / "b", task, {"Walk": 6})
    data = join_data_folders([first, second], tmp_path / "new" / "both")
    assert data.sequences == {"walk": 5, "run": 4, "Walk_2": 6}
    renamed = {name.replace("/Walk/", "/Walk_2/"): x for name, x in content(second).items()}
    assert content(tmp_path / "new" / "both") == content(first) | renamed
    assert check_data(tmp_path / "new" / "both", clip_length=2, strides=(1, 3)).is_good
    assert data.facts["sequences"]["Walk_2"] == {"frames": 6, "source_folder": "b"}


def test_a_folder_with_itself(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "a")
    data = join_data_folders([folder, folder, folder], tmp_path / "both")
    assert data.sequences == {"walk": 5, "walk_2": 5, "walk_3": 5}


def test_strides_that_not_all_have_are_left_out(tmp_path: Path) -> None:
    first = write_folder(tmp_path / "a", strides=(1, 2, 3))
    second = write_folder(tmp_path / "b", sequences={"run": 5}, strides=(1, 3))
    data = join_data_folders([first, second], tmp_path / "both")
    assert data.facts["strides"] == [1, 3]
    assert sorted(path.name for path in (tmp_path / "both/flow").iterdir()) == [
        *("stride1", "stride3"),
    ]
    assert check_data(tmp_path / "both", clip_length=3, strides=(1, 3)).is_good


def test_what_differs_without_harm_is_left_out(tmp_path: Path) -> None:
    first, second = write_folder(tmp_path / "a"), write_folder(tmp_path / "b")
    change(first, flow="dis", seed=1, fps=17)
    change(second, flow="dis", seed=2, fps=30)
    data = join_data_folders([first, second], tmp_path / "both")
    assert data.facts["flow"] == "dis"
    assert "seed" not in data.facts
    assert data.fps == 17
    own = data.facts["sequences"]
    assert ("fps" in own["walk"], own["walk_2"]["fps"]) == (False, 30)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("task", "edges_to_face"),
        ("size", [12, 24]),
        ("annotations", ["labels", "instances"]),
        ("classes", ["road", "bus"]),
        ("foreground", []),
        ("ignore", 255),
        ("instances", True),
    ],
)
def test_folders_that_do_not_belong_together(tmp_path: Path, key: str, value: object) -> None:
    first, second = write_folder(tmp_path / "a"), write_folder(tmp_path / "b")
    change(second, **{key: value})
    with pytest.raises(
        ValueError, match=f"^join_data_folders: all folders must have the same {key}"
    ) as caught:
        join_data_folders([first, second], tmp_path / "both")
    assert str(first) in str(caught.value)
    assert str(second) in str(caught.value)
    assert not (tmp_path / "both").exists()


def test_wrong_arguments(tmp_path: Path) -> None:
    first = write_folder(tmp_path / "a")
    with pytest.raises(ValueError, match="folders must be at least 2, got 1"):
        join_data_folders([first], tmp_path / "both")
    with pytest.raises(ValueError, match="is no prepared data folder"):
        join_data_folders([first, tmp_path], tmp_path / "both")
    with pytest.raises(FileExistsError, match="exists already; choose another path, or pass over"):
        join_data_folders([first, first], first)
    assert open_data_folder(first).sequences == {"walk": 5}


def test_overwrite_may_replace_one_of_the_folders(tmp_path: Path) -> None:
    first = write_folder(tmp_path / "a")
    second = write_folder(tmp_path / "b", sequences={"run": 4})
    join_data_folders([first, second], first, overwrite=True)
    assert open_data_folder(first).sequences == {"walk": 5, "run": 4}
