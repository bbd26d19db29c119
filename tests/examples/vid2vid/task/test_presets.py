"""The settings by task and size, and the check of a data folder against them."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from examples.edges_to_face.task import EdgesToFace
from examples.labels_to_street import prepare as street
from examples.labels_to_street.task import LabelsToStreet
from examples.pose_to_body.task import PoseToBody
from examples.vid2vid import train as train_module
from examples.vid2vid.command_line import run_task
from examples.vid2vid.config import ModelConfig
from examples.vid2vid.networks import build_generator, check_fit
from examples.vid2vid.settings import SETTINGS
from examples.vid2vid.training_clips import growth_schedule
from vidgan.data import DataFolder
from vidgan.generators import CompositeGenerator

TASKS = (LabelsToStreet, EdgesToFace, PoseToBody)
OWNERS = {name: task for task in TASKS for name in task.presets}
PRESETS = {name: task.presets[name] for name, task in OWNERS.items()}
NAMES = sorted(PRESETS)
PUBLISHED_STREETS = [f"street-{width}" for width in (512, 1024, 2048)]


def folder(task=LabelsToStreet, size=(256, 512), foreground=(26,)):
    facts = {"foreground": list(foreground)}
    return DataFolder(Path("data/x"), task.name, 17.0, size, {"a": 40}, facts)


def generator_of(name):
    preset = PRESETS[name]
    with torch.device("meta"):
        return build_generator(preset.config.model, preset.condition_channels)


def test_every_preset_has_a_name_of_its_own():
    assert len(PRESETS) == sum(len(task.presets) for task in TASKS)
    assert not PRESETS.keys() & SETTINGS.keys()


@pytest.mark.parametrize("name", NAMES)
def test_preset_builds_for_frames_of_its_size(name):
    preset, generator = PRESETS[name], generator_of(name)
    fitting = folder(OWNERS[name], preset.size)
    OWNERS[name](fitting).check_setting(name)
    check_fit(preset.config.model, fitting)
    height, width = preset.size
    maps = torch.empty(1, 3, preset.condition_channels, height, width, device="meta")
    mask = maps[:, 0, :1] if preset.config.model.foreground else None
    output = generator(maps, maps[:, 1:, :3], foreground_mask=mask)
    assert output.frame.shape == (1, 3, height, width)


@pytest.mark.parametrize("name", NAMES)
def test_schedule_reaches_everything_that_is_asked_for(name):
    config = PRESETS[name].config
    schedule = growth_schedule(config)
    last = schedule.at(1.0)
    assert last.num_scales == config.model.num_scales
    assert last.clip_length == config.clip_length
    assert last.rate_weights == (1.0,) * config.model.num_rates
    assert config.chunk_length <= schedule.at(0.0).clip_length
    # The flows that `prepare` makes unless told otherwise.
    strides = {config.objective.video_frames**rate for rate in range(config.model.num_rates)}
    assert strides <= set(street.PrepareConfig.__dataclass_fields__["strides"].default)


def test_published_clips_fit_into_the_sequences_of_cityscapes():
    for name in PUBLISHED_STREETS:
        config = PRESETS[name].config
        assert config.model.past_frames + config.clip_length == 30  # frames of a sequence


def test_coarsest_scale_is_the_same_at_every_published_size():
    coarsest = []
    for name in PUBLISHED_STREETS:
        generator = generator_of(name)
        first = generator if isinstance(generator, CompositeGenerator) else generator.generators[0]
        coarsest.append({key: value.shape for key, value in first.state_dict().items()})
    assert coarsest[0] == coarsest[1] == coarsest[2]


@pytest.mark.parametrize("name", [name for name in NAMES if not name.endswith("small")])
def test_what_is_known_of_the_released_models(name):
    config = PRESETS[name].config
    model, objective = config.model, config.objective
    assert model.base_channels == (64 if name.endswith("256") else 128)
    assert (model.num_downsamplings, model.num_blocks) == (3, 9)
    assert (model.upsampling, model.discriminator_channels, model.num_rates) == (
        "transposed",
        64,
        3,
    )
    assert (objective.perceptual, objective.video_frames, objective.adversarial) == (
        "vgg19",
        3,
        "lsgan",
    )
    assert (config.learning_rate, config.precision) == (2e-4, "float32")


@pytest.mark.parametrize("name", PUBLISHED_STREETS)
def test_streets_have_a_foreground_and_bodies_a_face(name):
    assert PRESETS[name].config.model.foreground
    assert all(PRESETS[pose].config.model.region_size for pose in NAMES if pose.startswith("pose"))


@pytest.mark.parametrize(
    ("task", "name", "size", "rule"),
    [
        (
            LabelsToStreet,
            "street-512",
            (512, 1024),
            r"street-512 is for frames of width 512, and those of data/x are 512x1024 \(HxW\): "
            r"prepare them again at that width, or use street-small or street-1024; 256x512 fits$",
        ),
        (
            PoseToBody,
            "pose-512",
            (256, 512),
            r"height 512, .* 256x512 .*use pose-small or pose-256",
        ),
    ],
)
def test_setting_for_frames_of_another_size(task, name, size, rule):
    with pytest.raises(ValueError, match=rule):
        task(folder(task, size)).check_setting(name)


def test_other_side_is_free_and_general_settings_fit_all():
    LabelsToStreet(folder(size=(320, 512))).check_setting("street-512")
    PoseToBody(folder(PoseToBody, (512, 384))).check_setting("pose-512")
    LabelsToStreet(folder(size=(96, 160))).check_setting("street-small")
    LabelsToStreet(folder(size=(48, 64))).check_setting("published")


@pytest.mark.parametrize(
    ("options", "size", "rule"),
    [
        (
            {"num_scales": 3, "num_downsamplings": 3},
            (1000, 2048),
            r"height .* multiple of 32 and at least 64 for 3 scales and 3 downsamplings, and those "
            r"of data/x are 1000x2048 \(HxW\): prepare them again with the height 992 or 1024 "
            r"and the width 2048$",
        ),
        ({"num_downsamplings": 2}, (64, 130), r"width .* multiple of 4 .* the width 128 or 132"),
        ({"num_downsamplings": 3}, (8, 64), r"at least 16 .* the height 16 and the width 64$"),
        ({"num_scales": 2, "num_downsamplings": 0}, (64, 6), r"at least 8 .* the width 8$"),
    ],
)
def test_frames_that_the_network_cannot_divide(options, size, rule):
    with pytest.raises(ValueError, match=rule):
        check_fit(ModelConfig(**options), folder(size=size))


@pytest.mark.parametrize("scales", [1, 2, 3])
def test_smallest_frames_that_are_let_through_can_be_generated(scales):
    model = ModelConfig(base_channels=8, num_downsamplings=2, num_blocks=2, num_scales=scales)
    side = 2 * 4 * 2 ** (scales - 1)
    check_fit(model, folder(size=(side, side)))
    generator = build_generator(model, 4)
    maps = torch.zeros(1, 3, 4, side, side)
    assert generator(maps, maps[:, 1:, :3]).frame.shape[-1] == side


def test_foreground_that_the_data_do_not_name():
    model = PRESETS["street-256"].config.model
    with pytest.raises(ValueError, match="foreground must be off: data/x names no foreground"):
        check_fit(model, folder(foreground=()))


@pytest.fixture
def command(monkeypatch):
    """Run the command line without the training; return the arguments of the training."""
    pytest.importorskip("tyro")
    calls = []
    monkeypatch.setattr(train_module, "train", lambda *args, **_: calls.append(args))

    def run(*arguments):
        run_task(EdgesToFace, ["train", *map(str, arguments)])
        return calls[-1]

    return run


@pytest.mark.parametrize("setting", ["recommended", "published", "frame_by_frame", "face-small"])
def test_command_line_takes_a_setting(command, make_data, setting):
    config = command(make_data(frames=32), "runs/x", "--setting", setting, "--steps", "7")[3]
    assert config == replace(EdgesToFace.settings()[setting], steps=7)


def test_setting_of_another_task(command, make_data, capsys):
    with pytest.raises(SystemExit) as stop:
        command(make_data(), "runs/x", "--setting", "street-512")
    assert stop.value.code == 2
    assert "invalid choice: 'street-512' (choose from 'recommended'" in capsys.readouterr().err


def test_command_line_says_in_one_line_that_the_size_does_not_fit(command, make_data, capsys):
    with pytest.raises(SystemExit) as stop:
        command(make_data(size=(48, 64)), "runs/x", "--setting", "face-512")
    assert stop.value.code == 2
    assert re.fullmatch(r"error: setting face-512 .* 48x64 .*\n", capsys.readouterr().err)


def test_training_says_so_before_it_begins(make_data, tmp_path):
    config = replace(SETTINGS["recommended"], model=ModelConfig(num_downsamplings=5))
    with pytest.raises(ValueError, match="multiple of 32"):
        train_module.train(EdgesToFace, make_data(size=(48, 64)), tmp_path / "run", config)
    assert not (tmp_path / "run").exists()


def test_every_setting_is_on_the_page(root):
    page = (root / "docs" / "presets.md").read_text(encoding="utf-8")
    choices = page.partition("## Choosing a preset")[2]
    assert [name for name in (*SETTINGS, *PRESETS) if f"`{name}`" not in choices] == []
