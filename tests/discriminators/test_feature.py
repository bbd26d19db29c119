"""The discriminator on the features of a backbone."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from tests.assertions import rand
from vidgan.discriminators import (
    AttentionHead,
    FeatureDiscriminator,
    MultiscaleHead,
    SpatialHead,
    TemporalHead,
)
from vidgan.losses import AdversarialLoss
from vidgan.training import adversarial_step, frozen


class TwoLayers(nn.Module):
    """Features of 4 and 6 channels of images."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 6, 3, stride=2)
        self.dropout = nn.Dropout(0.5)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        first = self.first(x).tanh()
        return first, self.dropout(self.second(first))


def images() -> FeatureDiscriminator:
    return FeatureDiscriminator(TwoLayers(), [SpatialHead(4, 4), AttentionHead(6, 4)])


def test_adversarial_step_trains_the_heads_alone() -> None:
    network = images().train()
    before = {name: weight.clone() for name, weight in network.named_parameters()}
    loss, real = AdversarialLoss("lsgan"), rand(2, 3, 9, 11)
    fake = rand(2, 3, 9, 11, seed=1).requires_grad_()
    optimizer = torch.optim.AdamW(network.parameters(), weight_decay=0.1)

    for _ in range(2):
        terms = adversarial_step(
            network,
            [real],
            [fake],
            generator_losses={"gan": loss},
            discriminator_losses={"d": loss.discriminator},
        )
        terms.generator["gan"].backward()
        terms.discriminator["d"].backward()
        optimizer.step()

    assert fake.grad.abs().sum() > 0
    for name, weight in network.named_parameters():
        is_head = name.startswith("heads.")
        assert weight.requires_grad == is_head, name
        assert torch.equal(weight, before[name]) != is_head, name
        assert (weight.grad is not None) == is_head, name


def test_nothing_unfreezes_the_backbone() -> None:
    network = images()

    with frozen(network):
        assert not any(weight.requires_grad for weight in network.parameters())
    network.requires_grad_(False).requires_grad_(True).train()

    assert not any(weight.requires_grad for weight in network.backbone.parameters())
    assert all(weight.requires_grad for weight in network.heads.parameters())
    assert not any(part.training for part in network.backbone.modules())
    assert network.training
    assert all(part.training for part in network.heads.modules())
    assert not network.eval().heads[0].training


def test_a_module_around_it_cannot_train_the_backbone() -> None:
    network = images()
    around = nn.ModuleList([network]).requires_grad_(True).train()

    sum(part.sum() for part in around[0](rand(2, 3, 9, 11))).backward()

    assert all(weight.grad is None for weight in network.backbone.parameters())
    assert not any(weight.requires_grad for weight in network.backbone.parameters())
    assert not any(part.training for part in network.backbone.modules())


def test_maps_of_images_tokens_and_clips() -> None:
    features = [rand(2, 4, 5, 6), rand(2, 4, 3, 5, 6), rand(2, 15, 4)]
    kinds = [SpatialHead(4, 4), TemporalHead(4, 4), SpatialHead(4, 4)]

    logits = FeatureDiscriminator(lambda x: x, kinds)(features)

    assert [tuple(part.shape) for part in logits] == [(2, 1, 5, 6), (2, 3, 5, 6), (2, 1, 1, 15)]
    torch.testing.assert_close(logits[0], kinds[0](features[0][:, :, None]))
    torch.testing.assert_close(logits[1], kinds[1](features[1]))


def test_tokens_on_a_grid() -> None:
    """Tokens in the order of time, rows and columns."""
    head, clips = TemporalHead(4, 4), rand(2, 4, 3, 2, 5)
    network = FeatureDiscriminator(lambda x: [x], [head], grid=(3, 2, 5))

    torch.testing.assert_close(network(clips.flatten(2).mT)[0], head(clips))
    with pytest.raises(ValueError, match=r"grid must have as many .* tokens, 29, got \(3, 2, 5\)"):
        network(rand(2, 29, 4))


@pytest.mark.parametrize("tokens", [False, True])
def test_frames_as_batch(tokens: bool) -> None:
    """A backbone of images, applied to every frame of the clips."""
    heads, x = [TemporalHead(3, 4)], rand(2, 4, 3, 5, 6)

    def backbone(frames: Tensor) -> list[Tensor]:
        assert frames.shape == (8, 3, 5, 6)
        return [frames.flatten(2).mT if tokens else frames]

    grid = (1, 5, 6) if tokens else None
    network = FeatureDiscriminator(backbone, heads, frames_as_batch=True, grid=grid)

    torch.testing.assert_close(network(x)[0], heads[0](x.transpose(1, 2)))
    with pytest.raises(ValueError, match=r"x must have shape \(B, T, C, H, W\)"):
        network(x[0])


def test_conditions_and_inputs_of_the_backbone() -> None:
    """Some heads have a condition, others have none; the backbone takes what else is given."""
    kinds = [MultiscaleHead(4, 4, condition_channels=3), MultiscaleHead(4, 4)]
    network = FeatureDiscriminator(lambda x, time: [x * time], kinds, layers=[0, 0])
    x, condition = rand(2, 4, 3, 5, 6), rand(2, 3)

    logits = network(x, 0.5, condition=condition)

    torch.testing.assert_close(logits[0], kinds[0](x * 0.5, condition))
    torch.testing.assert_close(logits[1], kinds[1](x * 0.5))
    with pytest.raises(TypeError, match=r"condition must be a torch\.Tensor, got NoneType"):
        network(x, 0.5)
    for wrong in (rand(1, 3), rand(2, 4)):
        with pytest.raises(ValueError, match=r"condition must have shape \(2, 3\)"):
            network(x, 0.5, condition=wrong)
    with pytest.raises(ValueError, match="condition must be None for heads without a condition"):
        FeatureDiscriminator(lambda x: [x], kinds[1:])(x, condition=condition)


def test_features_of_the_wrong_number_or_order_raise() -> None:
    network = images()
    first, second = network.backbone(rand(2, 3, 9, 11))

    with pytest.raises(ValueError, match="features must be 2, one per head, got 1"):
        network.score([first])
    with pytest.raises(ValueError, match="features must be 2, one per head, got 3"):
        network.score([first, second, second])
    order = r"features\[0\] must have shape \(B, 4, T, H, W\) .* in the order .* got \(2, 6, 1,"
    with pytest.raises(ValueError, match=order):
        network.score([second, first])
    with pytest.raises(ValueError, match="must have at least 2 frames for TemporalHead, got 1"):
        FeatureDiscriminator(lambda x: [x], [TemporalHead(4, 4)])(first)
    with pytest.raises(ValueError, match="features must be 3, got 2"):
        FeatureDiscriminator(lambda x: [x, x], [SpatialHead(4, 4)], layers=[2])(first)


def test_wrong_options_raise() -> None:
    with pytest.raises(ValueError, match="heads must not be empty"):
        FeatureDiscriminator(TwoLayers(), [])
    with pytest.raises(ValueError, match=r"layers must have one index per head \(1\), got 2"):
        FeatureDiscriminator(TwoLayers(), [SpatialHead(4)], layers=[0, 1])
