"""Reading dataset.json."""

import json

import pytest

from vidgan.data import open_data_folder

FACTS = {"task": "faces", "fps": 25, "size": [48, 64], "sequences": {"walk": {"frames": 7}}}


def test_facts_are_read(tmp_path):
    (tmp_path / "dataset.json").write_text(json.dumps({**FACTS, "classes": ["road"]}))
    data = open_data_folder(str(tmp_path))
    assert (data.path, data.task, data.fps, data.size) == (tmp_path, "faces", 25.0, (48, 64))
    assert data.sequences == {"walk": 7}
    assert data.facts["classes"] == ["road"]


def test_no_description(tmp_path):
    with pytest.raises(ValueError, match=r"is no prepared data folder: it has no dataset\.json"):
        open_data_folder(tmp_path)


CHANGES = [
    {"size": [4]},
    {"size": "64"},
    {"size": ["4", "8"]},
    {"size": [4.5, 8]},
    {"size": [True, 8]},
    {"size": [-4, 8]},
    {"size": {"4": 1, "8": 1}},
    {"fps": "fast"},
    {"fps": "25"},
    {"fps": True},
    {"fps": float("nan")},
    {"fps": float("inf")},
    {"sequences": [1]},
    {"sequences": {"walk": {"frames": "7"}}},
    {"sequences": {"walk": {"frames": 7.5}}},
    {"sequences": {"walk": {"frames": -1}}},
    None,
]


@pytest.mark.parametrize("change", CHANGES)
def test_damaged_description(tmp_path, change):
    text = "{" if change is None else json.dumps(FACTS | change)
    (tmp_path / "dataset.json").write_text(text)
    with pytest.raises(ValueError, match=r"dataset\.json is damaged .*; run prepare again"):
        open_data_folder(tmp_path)
