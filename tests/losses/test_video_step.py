"""One call for D_I and every D_V, against the steps written out by hand."""

from itertools import chain

import pytest
import torch

from vidgan.discriminators import ImageDiscriminator, VideoDiscriminator
from vidgan.losses import AdversarialLoss, FeatureMatchingLoss, video_adversarial_step
from vidgan.models import multiscale_discriminator

MAPS, FRAMES, CHUNK = 2, 8, 4
ADVERSARIAL = AdversarialLoss("lsgan")
LOSSES = {
    "generator_losses": {"gan": ADVERSARIAL, "matching": FeatureMatchingLoss()},
    "discriminator_losses": {"gan": ADVERSARIAL.discriminator},
}


@pytest.fixture
def setup():
    """D_I, two D_V, and the videos."""
    torch.manual_seed(0)
    options = {"base_channels": 4, "num_scales": 1, "num_layers": 2, "norm": "instance"}
    d_image = ImageDiscriminator(multiscale_discriminator(MAPS + 3, **options))
    d_videos = [VideoDiscriminator(multiscale_discriminator(13, **options)) for _ in range(2)]
    maps, real, fake = (torch.rand(1, FRAMES, c, 32, 32) for c in (MAPS, 3, 3))
    flows = [torch.randn(1, FRAMES, 2, 32, 32) for _ in range(2)]
    networks = [d_image, *d_videos]
    for network in networks:
        network.double()
    videos = [maps.double(), real.double(), fake.double().requires_grad_()]
    return d_image, d_videos, videos, [flow.double() for flow in flows]


def by_hand(d_image, d_videos, videos, flows):
    """Groups (5, 6, 7) and (2, 3, 4) at rate 0 and (1, 4, 7) at rate 1, of the frames 0 to 7."""
    maps, real, fake = (video[0] for video in videos)
    pairs = [(d_image(maps[4:], real[4:]), d_image(maps[4:], fake[4:]))]
    for d_video, flow, groups in zip(
        d_videos, flows, ([(5, 6, 7), (2, 3, 4)], [(1, 4, 7)]), strict=True
    ):
        between = torch.stack([flow[0][list(group[1:])] for group in groups])
        pairs.append(
            tuple(
                d_video(torch.stack([video[list(group)] for group in groups]), between)
                for video in (real, fake)
            )
        )
    return pairs


def test_terms_and_gradients_are_those_by_hand(setup):
    d_image, d_videos, videos, flows = setup
    terms = video_adversarial_step(d_image, d_videos, *videos, flows, chunk_length=CHUNK, **LOSSES)
    pairs = by_hand(*setup)
    names = ("image", "video0", "video1")
    matching = FeatureMatchingLoss()
    weights = list(chain.from_iterable(d.parameters() for d in (d_image, *d_videos)))
    for name, (real, fake) in zip(names, pairs, strict=True):
        torch.testing.assert_close(terms.generator[f"{name}_gan"], ADVERSARIAL(fake, real))
        torch.testing.assert_close(terms.generator[f"{name}_matching"], matching(fake, real))
        expected = ADVERSARIAL.discriminator(real, fake)
        torch.testing.assert_close(terms.discriminator[f"{name}_gan"], expected)
    assert (len(terms.generator), len(terms.discriminator)) == (6, 3)

    g_loss, d_loss = sum(terms.generator.values()), sum(terms.discriminator.values())
    expected = sum(ADVERSARIAL(fake, real) + matching(fake, real) for real, fake in pairs)
    (gradient,) = torch.autograd.grad(expected, videos[2], retain_graph=True)
    g_loss.backward()
    torch.testing.assert_close(videos[2].grad, gradient)
    assert all(weight.grad is None for weight in weights)
    expected = sum(ADVERSARIAL.discriminator(real, fake) for real, fake in pairs)
    gradients = torch.autograd.grad(expected, weights)
    before = videos[2].grad.clone()
    d_loss.backward()
    for weight, gradient in zip(weights, gradients, strict=True):
        torch.testing.assert_close(weight.grad, gradient)
    assert torch.equal(videos[2].grad, before)


def test_a_rate_is_left_out_while_the_clip_is_too_short_for_it(setup):
    d_image, d_videos, videos, flows = setup
    videos, flows = [v[:, :6] for v in videos], [f[:, :6] for f in flows]
    terms = video_adversarial_step(d_image, d_videos, *videos, flows, chunk_length=2, **LOSSES)
    assert set(terms.discriminator) == {"image_gan", "video0_gan"}
    terms = video_adversarial_step(d_image, [], *videos, [], chunk_length=2, **LOSSES)
    assert set(terms.discriminator) == {"image_gan"}


def test_wrong_arguments_are_refused(setup):
    d_image, d_videos, (maps, real, fake), flows = setup
    with pytest.raises(ValueError, match=r"one tensor per video discriminator \(2\), got 1"):
        video_adversarial_step(
            d_image, d_videos, maps, real, fake, flows[:1], chunk_length=2, **LOSSES
        )
    with pytest.raises(ValueError, match=r"chunk_length must be in 1\.\.8, .* got 9"):
        video_adversarial_step(d_image, d_videos, maps, real, fake, flows, chunk_length=9, **LOSSES)
    with pytest.raises(ValueError, match="video_adversarial_step: fake_frames must have shape"):
        video_adversarial_step(
            d_image, d_videos, maps, real, fake[:, 1:], flows, chunk_length=2, **LOSSES
        )
