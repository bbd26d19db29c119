"""A video autoencoder with the discriminators and losses of vidgan."""

import pytest
import torch

from examples.video_autoencoder import (
    AutoencoderConfig,
    VideoAutoencoder,
    adversarial_terms,
    build_discriminators,
    discriminator_loss,
    split_views,
    train,
)
from tests.assertions import rand
from vidgan.data import SyntheticVideo
from vidgan.flow_estimators import DISFlow
from vidgan.video import read_frame, write_frames

pytest.importorskip("cv2")
pytest.importorskip("tqdm")


def tiny(out, **options):
    return AutoencoderConfig(
        out, size=16, clip_length=7, batch_size=1, channels=8, learning_rate=2e-3, **options
    )


@pytest.mark.slow
def test_reconstructions_of_unseen_frames_improve(tmp_path):
    """With every term enabled at the end, the error falls to less than half."""
    write_frames(tmp_path / "frames", SyntheticVideo((16, 24), seed=1).render(48).frames)
    options = {"steps": 120, "warm_up": 90, "ramp": 10, "r1_every": 4, "flow": True}
    run = tmp_path / "run"
    before, after = train(tiny(run, source=tmp_path / "frames", **options))
    assert after < 0.5 * before
    sheet = read_frame(run / "autoencoder.png")
    assert sheet.shape == (3, 2 * 18 + 2, 7 * 18 + 2)  # real above reconstructed, 2 pixels between


@pytest.mark.parametrize("weight", ["gan_weight", "matching_weight"])
def test_the_terms_enter_after_the_warm_up_and_the_ramp(tmp_path, weight):
    """A weight has no effect until warm-up and ramp are over, and an effect afterwards."""
    at = {"warm_up": 2, "ramp": 1}

    def error(steps, value):
        return train(tiny(tmp_path / "run", steps=steps, **at, **{weight: value}))[1]

    assert error(3, 0.3) == error(3, 0.0)  # step 2 is the ramp's first, with strength 0
    assert error(4, 0.3) != error(4, 0.0)


@pytest.mark.parametrize("flow", [True, False])
def test_what_the_video_discriminators_say_reaches_the_decoder(tmp_path, flow):
    """D_V without D_I: its gradient reaches all weights of the autoencoder, but not its own."""
    config = tiny(tmp_path, num_rates=2, flow=flow)
    model, d_videos = VideoAutoencoder(8), build_discriminators(config)[1:]
    real = rand(1, 7, 3, 16, 16)
    views = split_views(real, model(real), 2, DISFlow() if flow else None)
    reals, fakes = (side[1:] for side in views)
    assert [view[0].shape[0] for view in fakes] == [2, 1]  # groups at rates 0 and 1
    gan, matching = adversarial_terms(d_videos, reals, fakes)
    for term in (gan, matching):
        weights = dict(model.named_parameters())
        gradients = torch.autograd.grad(term, list(weights.values()), retain_graph=True)
        for name, gradient in zip(weights, gradients, strict=True):
            assert gradient.abs().max() > 0, name
    assert all(weight.grad is None and weight.requires_grad for weight in d_videos.parameters())


def test_a_discriminator_sees_its_frames_and_the_real_flow(tmp_path):
    real, fake = rand(1, 7, 3, 16, 16), rand(1, 7, 3, 16, 16, seed=1)
    reals, fakes = split_views(real, fake, 2, DISFlow())
    assert torch.equal(reals[1][0][0], real[0, 4:])
    assert torch.equal(fakes[1][0][1], fake[0, 1:4])
    assert torch.equal(fakes[2][0][0], fake[0, ::3])
    for rate in (0, 1):
        groups, flow = reals[1 + rate]
        want = DISFlow()(groups[:, 2], groups[:, 1]).flow
        assert torch.equal(flow[:, 1], want)
        assert torch.equal(fakes[1 + rate][1], flow)


def test_the_penalty_is_added_and_the_autoencoder_hears_nothing_of_it(tmp_path):
    discriminators = build_discriminators(tiny(tmp_path))
    real, fake = rand(1, 7, 3, 16, 16), rand(1, 7, 3, 16, 16, seed=1).requires_grad_()
    views = split_views(real, fake, 2)
    plain = discriminator_loss(discriminators, *views)
    one, two = (discriminator_loss(discriminators, *views, r1_weight=w) for w in (1.0, 2.0))
    assert one > plain
    torch.testing.assert_close(two - plain, 2 * (one - plain), rtol=1e-3, atol=1e-6)
    two.backward()
    assert fake.grad is None
    assert all(weight.grad is not None for weight in discriminators.parameters())


def test_a_source_that_is_too_short(tmp_path):
    write_frames(tmp_path / "frames", rand(20, 3, 16, 24))
    with pytest.raises(ValueError, match="must have 28 frames, got 20"):
        train(tiny(tmp_path / "run", source=tmp_path / "frames"))
