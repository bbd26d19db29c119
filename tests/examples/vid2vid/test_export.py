"""The networks of a run leave it as folders that vidgan loads by itself."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch.optim.swa_utils import AveragedModel

from examples.edges_to_face.task import EdgesToFace
from examples.vid2vid.checkpoint import averaged_weights, find_checkpoint, run_state
from examples.vid2vid.command_line import run_task
from examples.vid2vid.config import ImageConfig
from examples.vid2vid.export import export
from examples.vid2vid.networks import build_encoder, build_image_generator
from tests.examples.conftest import TINY
from tests.networks import assert_same_bits
from vidgan.checkpoint import load_checkpoint, save_checkpoint
from vidgan.weights import load_model


@pytest.mark.parametrize("weights", ["averaged", "last"])
@pytest.mark.parametrize("num_scales", [1, 2])
def test_video_generator(tmp_path, make_run, weights, num_scales):
    run = make_run(model=replace(TINY, num_scales=num_scales))

    (written,) = export(run, out=tmp_path / "out", weights=weights)

    saved = load_checkpoint(find_checkpoint(run))
    want = averaged_weights(saved) if weights == "averaged" else saved["modules"]["generator"]
    generator = load_model(written)
    assert_same_bits(dict(generator.state_dict()), dict(want))
    assert generator.condition_channels == 15


def test_encoder_too(tmp_path, make_run):
    model = replace(TINY, feature_channels=3)
    encoder = build_encoder(model)
    run = make_run(model=model)
    saved = load_checkpoint(find_checkpoint(run))
    modules = saved["modules"] | {"encoder": encoder.state_dict()}
    run = make_run(model=model, modules=modules)

    written = export(run, out=tmp_path / "out")

    assert [path.name for path in written] == ["generator", "encoder"]
    assert_same_bits(dict(load_model(written[1]).state_dict()), dict(encoder.state_dict()))
    assert load_model(written[0]).condition_channels == 15 + 3


def test_image_generator(tmp_path):
    config = ImageConfig(base_channels=4, num_downsamplings=1, num_blocks=1)
    generator = build_image_generator(config, 15)
    modules = {"generator": generator, "averaged": AveragedModel(generator)}
    state = run_state(
        kind="image",
        task="edges_to_face",
        config=config,
        modules=modules,
        optimizers={},
        step=3,
    )
    save_checkpoint(tmp_path / "c.pt", state)

    (written,) = export(tmp_path / "c.pt", out=tmp_path / "out", kind="image")

    assert_same_bits(dict(load_model(written).state_dict()), dict(generator.state_dict()))
    with pytest.raises(ValueError, match=r"c.pt is not a run of a video generator"):
        export(tmp_path / "c.pt", out=tmp_path / "out")


def test_command(tmp_path, make_run, capsys):
    run = make_run()

    run_task(EdgesToFace, ["export", str(run), "--out", str(tmp_path / "out")])

    assert capsys.readouterr().out == f"wrote {tmp_path / 'out' / 'generator'}\n"
    with pytest.raises(SystemExit):
        run_task(EdgesToFace, ["export", str(run), "--out", str(tmp_path / "out")])
    assert "save_model: " in capsys.readouterr().err
    run_task(EdgesToFace, ["export", str(run), "--out", str(tmp_path / "out"), "--overwrite"])


def test_what_is_not_exported(tmp_path, make_run):
    with pytest.raises(ValueError, match="is of a frame-by-frame baseline"):
        export(make_run(model=replace(TINY, recurrent=False)), out=tmp_path / "out")
    state = load_checkpoint(find_checkpoint(make_run()))["modules"]["averaged"]
    key = "module.image_branch.head.conv.bias"
    run = make_run(averaged_weights={k: v for k, v in state.items() if k != key})
    with pytest.raises(ValueError, match=r"does not fit its configuration: .*head.conv.bias"):
        export(run, out=tmp_path / "out")
    run = make_run(averaged_weights={"module.x": torch.zeros(1)})
    with pytest.raises(ValueError, match="does not fit its configuration: no condition_encoder"):
        export(run, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()
