"""Networks as folders: every builder, its arguments, and what cannot be saved."""

from __future__ import annotations

import copy
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import vidgan
import vidgan.models
from tests.networks import assert_same_bits
from vidgan.models import composite_generator, instance_encoder, multiscale_discriminator
from vidgan.models._record import builder_call
from vidgan.training import AveragedModel
from vidgan.weights import load_model, save_model

# Small networks of every builder: one with the defaults where they can be small, others without.
CALLS: dict[str, list[dict[str, Any]]] = {
    "composite_generator": [
        {"condition_channels": 2, "base_channels": 4, "num_downsamplings": 1, "num_blocks": 1},
        {
            "condition_channels": 2,
            "base_channels": 4,
            "num_downsamplings": 1,
            "num_blocks": 3,
            "norm": "instance_tracked",
            "past_frames": 1,
            "foreground": True,
            "foreground_form": "paper",
            "upsampling": "resize",
        },
        {"condition_channels": 1, "base_channels": 2, "num_blocks": 0, "flow": False},
    ],
    "coarse_to_fine_generator": [
        {"condition_channels": 2, "base_channels": 4, "num_downsamplings": 1, "num_blocks": 1},
        {"condition_channels": 2, "base_channels": 8, "num_scales": 3, "foreground": True},
    ],
    "fast_generator": [
        {"condition_channels": 2, "base_channels": 4, "num_blocks": 1, "num_branch_blocks": 1},
        {"condition_channels": 1, "base_channels": 2, "num_blocks": 0, "flow": False},
    ],
    "global_generator": [
        {"condition_channels": 2, "base_channels": 2, "num_downsamplings": 1, "num_blocks": 1},
        {
            "condition_channels": 2,
            "base_channels": 2,
            "num_downsamplings": 1,
            "feature_channels": 3,
        },
    ],
    "local_enhancer": [
        {"condition_channels": 2, "base_channels": 2, "num_downsamplings": 1, "num_blocks": 1},
    ],
    "instance_encoder": [{"base_channels": 2, "num_downsamplings": 1}],
    "multiscale_discriminator": [
        {"in_channels": 3, "base_channels": 2},
        {"in_channels": 3, "base_channels": 2, "norm": "group", "spectral_norm": True},
    ],
    "spade_generator": [
        {"condition_channels": 2, "base_channels": 4, "num_downsamplings": 1, "num_blocks": 1},
        {
            "condition_channels": 2,
            "base_channels": 4,
            "num_downsamplings": 1,
            "num_blocks": 1,
            "hidden_channels": 4,
            "few_shot": True,
        },
    ],
    "multiscale_discriminator_3d": [
        {"in_channels": 3, "base_channels": 2},
        {"in_channels": 3, "base_channels": 2, "causal": True, "spectral_norm": True},
    ],
}


def test_every_builder_has_its_calls() -> None:
    assert sorted(CALLS) == sorted(vidgan.models.__all__)


@pytest.mark.parametrize(
    ("builder", "options"), [(name, options) for name, calls in CALLS.items() for options in calls]
)
def test_round_trip(tmp_path: Path, builder: str, options: dict[str, Any]) -> None:
    torch.manual_seed(0)
    model = getattr(vidgan.models, builder)(**options)
    for value in model.state_dict().values():  # running statistics of its own too
        if value.is_floating_point():
            value.uniform_(0.1, 1)
    before = torch.get_rng_state()

    save_model(model, tmp_path / "network")
    loaded = load_model(tmp_path / "network")

    assert type(loaded) is type(model)
    assert repr(loaded) == repr(model)
    assert_same_bits(dict(loaded.state_dict()), dict(model.state_dict()))
    assert not loaded.training
    assert all(weight.requires_grad for weight in loaded.parameters())
    assert torch.equal(torch.get_rng_state(), before)
    assert builder_call(loaded) == builder_call(model)


def encoder(**options: Any) -> nn.Module:
    return instance_encoder(base_channels=2, num_downsamplings=1, **options)


def test_top_level_names_are_the_same() -> None:
    assert (vidgan.save_model, vidgan.load_model) == (save_model, load_model)
    with pytest.raises(AttributeError, match="module 'vidgan' has no attribute 'save_models'"):
        _ = vidgan.save_models  # type: ignore[attr-defined]


def test_description_is_for_people_too(tmp_path: Path) -> None:
    save_model(encoder(), tmp_path / "network")

    written = json.loads((tmp_path / "network" / "config.json").read_text())

    assert written["builder"] == "instance_encoder"
    assert written["arguments"] == {
        "image_channels": 3,
        "feature_channels": 3,
        "base_channels": 2,
        "num_downsamplings": 1,
        "norm": "instance",
        "upsampling": "transposed",
    }
    assert written["versions"]["vidgan"] == vidgan.__version__
    checked = subprocess.run(
        ["sha256sum", "-c", "SHA256SUMS"], cwd=tmp_path / "network", capture_output=True, check=True
    )
    assert checked.stdout == b"config.json: OK\nmodel.safetensors: OK\n"


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_dtype_is_kept(tmp_path: Path, dtype: torch.dtype) -> None:
    save_model(encoder().to(dtype), tmp_path / "network")

    assert next(load_model(tmp_path / "network").parameters()).dtype == dtype


def test_wrappers_are_left_out(tmp_path: Path) -> None:
    model = encoder()
    for name, wrapped in {
        "averaged": AveragedModel(model),
        "parallel": nn.DataParallel(model),
        "compiled": torch.compile(model),
        "both": torch.compile(AveragedModel(model)),
        "copied": copy.deepcopy(model),
    }.items():
        save_model(wrapped, tmp_path / name)
        assert_same_bits(dict(load_model(tmp_path / name).state_dict()), dict(model.state_dict()))


def test_synchronous_batch_norms_are_batch_norms(tmp_path: Path) -> None:
    model = nn.SyncBatchNorm.convert_sync_batchnorm(encoder(norm="batch"))

    save_model(model, tmp_path / "network")

    loaded = load_model(tmp_path / "network")
    assert_same_bits(dict(loaded.state_dict()), dict(model.state_dict()))
    assert isinstance(loaded.network.encoder.stem.norm, nn.BatchNorm2d)


def test_a_part_may_be_saved(tmp_path: Path) -> None:
    generator = vidgan.models.coarse_to_fine_generator(
        1, base_channels=4, num_downsamplings=1, num_blocks=1
    )
    save_model(generator.generators[0], tmp_path / "coarse")

    assert builder_call(load_model(tmp_path / "coarse")).builder == "composite_generator"


def test_another_module_raises(tmp_path: Path) -> None:
    rule = r"save_model: model must be made by a builder of vidgan.models, .* got a Linear that"
    with pytest.raises(ValueError, match=rule):
        save_model(nn.Linear(2, 3), tmp_path / "network")
    assert not list(tmp_path.iterdir())


def test_a_callable_norm_raises(tmp_path: Path) -> None:
    rule = r"save_model: instance_encoder: norm must be a text, .* got <class"
    with pytest.raises(ValueError, match=rule):
        save_model(encoder(norm=nn.BatchNorm2d), tmp_path / "network")


def test_a_changed_model_raises(tmp_path: Path) -> None:
    model = encoder()
    model.head.conv = nn.Conv2d(2, 4, 3)
    rule = r"no longer what instance_encoder made.*: 2 of another shape: head.conv.weight \(4, 2, 3"
    with pytest.raises(ValueError, match=rule):
        save_model(model, tmp_path / "network")

    model = multiscale_discriminator(3, base_channels=2, norm="instance")
    model.discriminators[0].layers[1][1] = nn.Identity()
    with pytest.raises(ValueError, match=r"no longer what multi.*: its parts are others"):
        save_model(model, tmp_path / "network")


def test_existing_folder(tmp_path: Path) -> None:
    save_model(encoder(), tmp_path / "network")
    with pytest.raises(FileExistsError, match=r"save_model: .* or pass overwrite=True"):
        save_model(encoder(), tmp_path / "network")

    save_model(encoder(feature_channels=4), tmp_path / "network", overwrite=True)
    assert load_model(tmp_path / "network").feature_channels == 4

    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "file").touch()
    with pytest.raises(FileExistsError, match=r"save_model: .* is no folder with SHA256SUMS"):
        save_model(encoder(), tmp_path / "other", overwrite=True)


def test_training_goes_on(tmp_path: Path) -> None:
    model = composite_generator(1, base_channels=2, num_downsamplings=1, num_blocks=0)
    save_model(model, tmp_path / "network")
    loaded = load_model(tmp_path / "network").train()
    conditions, past = torch.rand(1, 3, 1, 8, 8), torch.rand(1, 2, 3, 8, 8)

    loaded(conditions, past).frame.sum().backward()

    assert all(weight.grad is not None for weight in loaded.image_branch.parameters())
