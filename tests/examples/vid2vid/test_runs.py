"""A run is loaded as it was trained, or refused with its reason."""

from __future__ import annotations

import json
import shutil

import pytest
import torch

from examples.edges_to_face.task import EdgesToFace
from examples.vid2vid.checkpoint import find_checkpoint, read_config
from examples.vid2vid.config import ModelConfig, ObjectiveConfig, TrainConfig
from examples.vid2vid.runs import load_run
from vidgan.checkpoint import load_checkpoint


def _averaged(saved):
    return {
        name.removeprefix("module."): value
        for name, value in saved["modules"]["averaged"].items()
        if name != "n_averaged"
    }


@pytest.mark.parametrize("weights", ["averaged", "last"])
def test_weights_are_the_saved_ones(make_data, make_run, weights):
    folder = make_run()
    run = load_run(folder, EdgesToFace.open(make_data()), weights=weights)
    saved = load_checkpoint(find_checkpoint(folder))
    saved = saved["modules"]["generator"] if weights == "last" else _averaged(saved)
    loaded = run.generator.state_dict()
    assert loaded.keys() == saved.keys()
    assert all(torch.equal(loaded[name], saved[name]) for name in saved)
    assert not run.generator.training
    assert not any(weight.requires_grad for weight in run.generator.parameters())
    assert (run.step, run.config.num_train_frames) == (7, 5)
    assert run.checkpoint == folder / "checkpoints" / "step_000000007.pt"


def test_a_checkpoint_file_is_taken_as_well(make_data, make_run):
    file = find_checkpoint(make_run())
    assert load_run(file, EdgesToFace.open(make_data())).checkpoint == file


def test_config_is_read_back_with_its_groups():
    text = json.dumps({"model": {"base_channels": 6}, "objective": {"l1_weight": 3}, "seed": 5})
    assert read_config(text, TrainConfig) == TrainConfig(
        model=ModelConfig(base_channels=6), objective=ObjectiveConfig(l1_weight=3), seed=5
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "its configuration is unreadable"),
        (None, "its configuration is unreadable"),
        ("[1]", "must have a group of settings 'at the top'"),
        ('{"model": 3}', r"must have a group of settings 'model\.', got 3"),
        ('{"model": {"depth": 3}}', r"does not know: model\.depth; use the version"),
        ('{"color": 3, "seed": 1}', "does not know: color; use the version"),
    ],
)
def test_other_configurations_are_refused(text, message):
    with pytest.raises(ValueError, match=message):
        read_config(text, TrainConfig)


def test_folder_without_checkpoint(make_data, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"is not a trained run: it has no checkpoints"):
        load_run(tmp_path, EdgesToFace.open(make_data()))


def test_missing_file(make_data, tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no file"):
        load_run(tmp_path / "nothing.pt", EdgesToFace.open(make_data()))


def test_damaged_checkpoint(make_data, make_run):
    file = find_checkpoint(make_run())
    file.write_bytes(file.read_bytes()[:-2000])
    with pytest.raises(ValueError, match="is damaged or no checkpoint"):
        load_run(file, EdgesToFace.open(make_data()))


def test_checkpoint_of_something_else(make_data, make_run):
    file = find_checkpoint(make_run())
    torch.save({"epoch": 3}, file)
    with pytest.raises(ValueError, match="it has no 'task', 'config', 'step', 'modules'"):
        load_run(file, EdgesToFace.open(make_data()))


def test_checkpoint_that_lost_its_kind(make_data, make_run):
    file = find_checkpoint(make_run())
    saved = load_checkpoint(file)
    del saved["kind"]
    torch.save(saved, file)
    with pytest.raises(ValueError, match="is not a checkpoint of this recipe: it has no 'kind'"):
        load_run(file, EdgesToFace.open(make_data()))


def test_unknown_setting_names_the_file(make_data, make_run):
    folder = make_run(config='{"color": 1}')
    with pytest.raises(ValueError, match=r"step_\d+\.pt: its configuration has settings"):
        load_run(folder, EdgesToFace.open(make_data()))


def test_other_task(make_data, make_run):
    folder = make_run(task="labels_to_street")
    with pytest.raises(ValueError, match="trained for the task 'labels_to_street'"):
        load_run(folder, EdgesToFace.open(make_data()))


def test_other_condition_channels(make_data, make_run):
    folder = make_run(condition_channels=2)
    message = r"the 15 condition maps.*must have shape \(4, 45, 7, 7\), got \(4, 6, 7, 7\) \(1 w"
    with pytest.raises(ValueError, match=message):
        load_run(folder, EdgesToFace.open(make_data()))


def test_weights_of_another_network(make_data, make_run):
    missing = make_run("missing", averaged_weights={})
    with pytest.raises(ValueError, match=r"must have shape \(4, 45, 7, 7\), got none"):
        load_run(missing, EdgesToFace.open(make_data()))
    whole = make_run("whole")
    state = load_checkpoint(find_checkpoint(whole))
    extra = make_run(
        "extra",
        averaged_weights={**state["modules"]["averaged"], "module.new.weight": torch.ones(2)},
    )
    with pytest.raises(ValueError, match=r"new\.weight must not be there, got \(2,\)"):
        load_run(extra, EdgesToFace.open(make_data()))


def test_checkpoint_of_the_format_before(make_data, make_run):
    folder = make_run()
    saved = load_checkpoint(find_checkpoint(folder))
    old = {name: saved[name] for name in ("config", "task", "step")}
    shutil.rmtree(folder / "checkpoints")  # where the format before had one file
    torch.save({**old, "averaged": {}, "states": []}, folder / "checkpoint.pt")
    message = r"has the format 1 of another version of this recipe, which reads format 3; use the"
    with pytest.raises(ValueError, match=message):
        load_run(folder, EdgesToFace.open(make_data()))


def test_checkpoint_of_another_kind(make_data, make_run):
    with pytest.raises(
        ValueError, match="is not a run of a video generator but a single-image run"
    ):
        load_run(make_run(kind="image"), EdgesToFace.open(make_data()))


FOREIGN = {
    "a model": {"state_dict": {"weight": torch.ones(2)}},
    "no training": {},
    "tensors for names": {
        name: torch.ones(2)
        for name in ("format", "task", "config", "step", "modules", "optimizers", "kind")
    },
    "other types": {
        "format": 3,
        "kind": "video",
        "task": ["a"],
        "config": 5,
        "step": "x",
        "modules": [],
        "optimizers": None,
    },
    "a nested configuration": {
        "format": 3,
        "kind": "video",
        "task": "edges_to_face",
        "config": "[" * 100_000,
        "step": 1,
        "modules": {},
        "optimizers": {},
    },
}


@pytest.mark.parametrize("content", FOREIGN.values(), ids=FOREIGN)
def test_foreign_checkpoints_take_one_line(make_data, tmp_path, content):
    torch.save(content, tmp_path / "foreign.pt")
    task = EdgesToFace.open(make_data())
    if "task" in content and isinstance(content["task"], str):
        content = {**content, "task": task.name}
        torch.save(content, tmp_path / "foreign.pt")
    with pytest.raises(ValueError, match=r"load_run: .*foreign\.pt") as caught:
        load_run(tmp_path / "foreign.pt", task)
    assert len(str(caught.value).splitlines()) == 1
