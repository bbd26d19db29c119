"""Presets train, made narrow: all scales, the foreground, the face, three temporal rates."""

from dataclasses import replace

import pytest
import torch

from examples.labels_to_street.task import LabelsToStreet
from examples.pose_to_body.task import PoseToBody
from examples.preset_costs import PRESETS
from examples.synthetic.dancer.data_folder import DancerConfig, make_dancer
from examples.synthetic.street.data_folder import StreetConfig, make_street
from examples.vid2vid.train import train
from vidgan.checkpoint import load_checkpoint


def narrow(name, **model):
    config = PRESETS[name].config
    widths = {"base_channels": 8, "num_blocks": 1, "discriminator_channels": 4}
    return replace(
        config,
        model=replace(config.model, **widths, **model),
        objective=replace(config.objective, perceptual="none"),
        steps=24,
        clip_length=20,
        log_every=1,
    )


def losses_of(run):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    return set(EventAccumulator(str(run / "tensorboard")).Reload().Tags()["scalars"])


def assert_finite(checkpoint):
    weights = load_checkpoint(checkpoint)["modules"]["generator"]
    assert all(torch.isfinite(weight).all() for weight in weights.values())


@pytest.mark.slow
def test_three_scales_of_a_street(tmp_path):
    make_street(StreetConfig(out=tmp_path / "data", sequences=1, frames=24, height=64, width=128))
    config = narrow("street-2048", num_downsamplings=1)
    assert_finite(train(LabelsToStreet, tmp_path / "data", tmp_path / "run", config))
    assert {"hallucinated_gan", "temporal", "video0_gan", "video1_gan"} <= losses_of(
        tmp_path / "run"
    )


@pytest.mark.slow
def test_two_scales_of_a_body_and_its_face(tmp_path):
    make_dancer(DancerConfig(out=tmp_path / "data", frames=24))
    assert_finite(train(PoseToBody, tmp_path / "data", tmp_path / "run", narrow("pose-1024")))
    assert {"region_gan", "region_matching"} <= losses_of(tmp_path / "run")
