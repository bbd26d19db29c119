"""The perceptual loss, with a small network in place of a trained one."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from tests.assertions import assert_compiles, assert_gradients, rand, wrong_shapes
from vidgan.losses import PerceptualLoss
from vidgan.protocols import FeatureExtractor

law = settings(max_examples=200, deadline=None)


class SmallExtractor(nn.Module):
    """Two layers of features of a frozen random network."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 4, 3, padding=1)
        self.second = nn.Conv2d(4, 6, 3, stride=2, padding=1)
        for seed, parameter in enumerate(self.parameters()):
            parameter.data.copy_(rand(*parameter.shape, seed=seed))
        self.requires_grad_(False)

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        first = torch.tanh(self.first(images))
        return first, torch.tanh(self.second(first))


class Multiples:
    """Not a module: the images, twice them, three times them."""

    def __call__(self, images: Tensor) -> tuple[Tensor, ...]:
        return images, 2 * images, 3 * images


def test_stand_ins_are_extractors() -> None:
    assert isinstance(SmallExtractor(), FeatureExtractor)
    assert isinstance(Multiples(), FeatureExtractor)


def test_layers_are_weighted_and_summed() -> None:
    fake, real = torch.full((1, 3, 2, 4), 0.5), torch.full((1, 3, 2, 4), -0.5)

    # the layers lie 1, 2 and 3 apart
    assert PerceptualLoss(Multiples())(fake, real).item() == 10 * (1 + 2 + 3)
    assert PerceptualLoss(Multiples(), weight=1)(fake, real).item() == 1 + 2 + 3
    weighted = PerceptualLoss(Multiples(), layer_weights=[1, 0, 0.5], weight=2)
    assert weighted(fake, real).item() == 2 * (1 + 1.5)


def test_same_frames_have_no_loss() -> None:
    frames = rand(2, 3, 6, 8)

    assert PerceptualLoss(SmallExtractor())(frames, frames.clone()).item() == 0


def test_real_side_is_detached() -> None:
    fake, real = rand(1, 3, 6, 8).requires_grad_(), rand(1, 3, 6, 8, seed=1).requires_grad_()

    PerceptualLoss(SmallExtractor())(fake, real).backward()

    assert real.grad is None
    assert fake.grad is not None
    assert fake.grad.abs().sum() > 0


def test_real_features_keep_no_graph() -> None:
    graphs = []

    def extractor(images: Tensor) -> tuple[Tensor, ...]:
        graphs.append(torch.is_grad_enabled())
        return (images,)

    PerceptualLoss(extractor)(rand(1, 3, 6, 8), rand(1, 3, 6, 8, seed=1))

    assert graphs == [True, False]  # the fake frames first


def test_video_is_its_frames() -> None:
    fake, real = rand(2, 3, 3, 6, 8), rand(2, 3, 3, 6, 8, seed=1)
    loss = PerceptualLoss(SmallExtractor())

    frames = torch.stack([loss(fake[:, t], real[:, t]) for t in range(3)])

    torch.testing.assert_close(loss(fake, real), frames.mean())


def test_module_is_a_submodule() -> None:
    loss = PerceptualLoss(SmallExtractor()).double()

    assert loss(rand(1, 3, 6, 8).double(), rand(1, 3, 6, 8, seed=1).double()).dtype == torch.float64


@law
@given(height=st.integers(1, 7), width=st.integers(1, 7), seed=st.integers(0, 2**31))
def test_does_not_change_when_the_batch_is_doubled(height: int, width: int, seed: int) -> None:
    fake, real = (rand(2, 3, height, width, seed=seed + side) for side in (0, 1))
    loss = PerceptualLoss(SmallExtractor())

    doubled = loss(torch.cat([fake, fake]), torch.cat([real, real]))

    torch.testing.assert_close(doubled, loss(fake, real))


def test_gradients() -> None:
    loss = PerceptualLoss(SmallExtractor().double(), layer_weights=(0.25, 1))
    real = rand(1, 3, 3, 4, seed=1, dtype=torch.float64)

    assert_gradients(lambda fake: loss(fake, real), rand(1, 3, 3, 4))


def test_compiles() -> None:
    assert_compiles(PerceptualLoss(SmallExtractor()), rand(1, 3, 6, 8), rand(1, 3, 6, 8, seed=1))


def test_says_its_options() -> None:
    text = repr(PerceptualLoss(Multiples(), layer_weights=[1, 2, 3]))

    assert text == "PerceptualLoss(layer_weights=(1, 2, 3), weight=10.0)"


@pytest.mark.parametrize("number", [0, 2, 4])
def test_other_number_of_weights_raises(number: int) -> None:
    loss = PerceptualLoss(Multiples(), layer_weights=[1.0] * number)
    rule = f"one weight for each of the extractor's 3 layers, got {number}"
    with pytest.raises(ValueError, match=rule):
        loss(rand(1, 3, 4, 6), rand(1, 3, 4, 6))


@pytest.mark.parametrize("shape", wrong_shapes(2, 3, 4, 6))
def test_real_of_another_shape_raises(shape: tuple[int, ...]) -> None:
    rule = r"PerceptualLoss: real must have shape \(2, 3, 4, 6\) as fake, got "
    with pytest.raises(ValueError, match=rule):
        PerceptualLoss(Multiples())(torch.zeros(2, 3, 4, 6), torch.zeros(shape))


def test_fake_that_is_no_frame_raises() -> None:
    loss, frame = PerceptualLoss(Multiples()), torch.zeros(1, 3, 4, 6)
    rule = r"fake must have shape \(B, 3, H, W\) or \(B, T, 3, H, W\), got \(1, 1, 4, 6\)"
    with pytest.raises(ValueError, match=rule):
        loss(frame[:, :1], frame[:, :1])
    with pytest.raises(TypeError, match=r"fake must be a floating-point tensor, got torch.uint8"):
        loss(frame.byte(), frame)
