"""The generators whose quality is measured, and the U-Net among them."""

from __future__ import annotations

import pytest
import torch

from examples.edges_to_face.task import EdgesToFace
from examples.vid2vid.config import ModelConfig, ObjectiveConfig, TrainConfig
from examples.vid2vid.runs import load_run
from examples.vid2vid.train import train
from tests.assertions import rand
from tests.benchmarks.quality import CANDIDATES
from tests.benchmarks.unet import frame_by_frame
from tests.examples.conftest import data, make_data  # noqa: F401 -- fixtures


def test_reads_the_current_maps_only() -> None:
    torch.manual_seed(0)
    generator = frame_by_frame(2, width=4, num_blocks=1).eval()
    maps, past = rand(1, 3, 2, 16, 24), rand(1, 2, 3, 16, 24)

    frame = generator(maps, past).frame
    elsewhere = generator(torch.cat([rand(1, 2, 2, 16, 24), maps[:, 2:]], 1), 0 * past).frame
    other = generator(maps.roll(1, 1), past).frame

    assert frame.shape == (1, 3, 16, 24)
    assert torch.equal(frame, elsewhere)
    assert not torch.equal(frame, other)


@pytest.mark.parametrize("name", CANDIDATES)
def test_every_weight_of_a_candidate_is_trained(name: str) -> None:
    torch.manual_seed(0)
    candidate = CANDIDATES[name]
    generator = candidate.build(candidate.configure(1, 0).model, 3, 2)
    out = generator(rand(1, 3, 3, 16, 24), rand(1, 2, 3, 16, 24))

    (out.frame.square().sum() + out.hallucinated.square().sum()).backward()

    assert all(weight.grad is not None for weight in generator.parameters())


def test_is_trained_and_loaded_by_the_recipe(data, tmp_path) -> None:  # noqa: F811
    def build(model, channels, _):
        return frame_by_frame(channels, width=4, num_blocks=1, norm=model.norm)

    model = ModelConfig(flow=False, discriminator_channels=4, num_rates=1)
    objective = ObjectiveConfig(perceptual="none")
    config = TrainConfig(
        model, objective, steps=2, clip_length=4, first_clip_length=4, precision="float32"
    )
    train(EdgesToFace, data, tmp_path / "run", config, build=build)

    run = load_run(tmp_path / "run", EdgesToFace.open(data), build=build)

    assert run.step == 2
    names = [name for name, _ in run.generator.named_parameters()]
    assert any("merge2" in name for name in names)
