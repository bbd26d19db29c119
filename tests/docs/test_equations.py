"""The weights on the page of equations are those of the recipe."""

import re
from pathlib import Path

import pytest
import torch

from examples.vid2vid.clips import Clip
from examples.vid2vid.objective import Objective
from examples.vid2vid.settings import PUBLISHED, RECOMMENDED
from vidgan.discriminators import ImageDiscriminator, VideoDiscriminator
from vidgan.losses import PerceptualLoss
from vidgan.models import multiscale_discriminator
from vidgan.outputs import RolloutOutput

PAGE = Path(__file__).parents[2] / "docs" / "equations.md"
ROW = re.compile(r"^\| `([\w<>]+)` \| .* \| (\d+) \| (\d+) \|$", re.MULTILINE)
TABLE = {name: (int(a), int(b)) for name, a, b in ROW.findall(PAGE.read_text(encoding="utf-8"))}


@pytest.mark.parametrize(("column", "setting"), [(0, RECOMMENDED), (1, PUBLISHED)])
def test_weights_are_those_of_the_settings(column, setting):
    config = setting.objective
    weights = {
        "feature_matching_weight": "image_matching",
        "flow_weight": "flow",
        "warp_weight": "warp",
        "temporal_weight": "temporal",
        "mask_weight": "mask",
        "l1_weight": "l1",
        "perceptual_weight": "perceptual",
    }
    for field, name in weights.items():
        assert getattr(config, field) == TABLE[name][column], name
    assert TABLE["video<r>_matching"][column] == config.feature_matching_weight
    # D_I on the hallucinated frame, as the setting says
    factor = config.hallucinated_losses == "all"
    assert TABLE["hallucinated_gan"][column] == factor
    assert TABLE["hallucinated_matching"][column] == factor * config.feature_matching_weight
    factor = config.hallucinated_losses != "none"
    assert TABLE["hallucinated_l1"][column] == factor * config.l1_weight
    assert TABLE["hallucinated_perceptual"][column] == factor * config.perceptual_weight


@pytest.mark.parametrize(("column", "setting"), [(0, RECOMMENDED), (1, PUBLISHED)])
def test_terms_are_those_of_the_objective(column, setting):
    objective = Objective(
        ImageDiscriminator(multiscale_discriminator(4 + 3, base_channels=4)),
        [VideoDiscriminator(multiscale_discriminator(9 + 4, base_channels=4))],
        setting.objective,
        PerceptualLoss(lambda images: (images,)),
    )
    conditions, masks = torch.rand(1, 6, 4, 32, 48), torch.rand(1, 6, 1, 32, 48)
    frames, flows = torch.rand(1, 6, 3, 32, 48), torch.zeros(1, 6, 2, 32, 48)
    clip = Clip(conditions, frames, {1: flows}, masks)
    new = clip.between(2, 6)
    output = RolloutOutput(new.frames, new.frames, new.frames, new.flows[1], new.confidence)
    losses = objective(output, new, clip.between(0, 2), frames[:, :0])
    expected = {name for name, weights in TABLE.items() if weights[column]}
    assert {re.sub(r"video\d", "video<r>", name) for name in losses["generator"]} == expected
