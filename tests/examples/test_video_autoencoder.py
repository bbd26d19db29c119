"""A video autoencoder with the GAN half of vidgan, its own or one with diffusers' interface."""

import copy
import re
from types import SimpleNamespace

import pytest
import torch
from torch import nn

pytest.importorskip("tqdm")

from examples.video_autoencoder import TinyAutoencoder, train
from tests.assertions import rand
from tests.examples.sheets import check_sheet


def test_the_script_learns_and_writes_its_picture(run_script):
    out, printed = run_script("video_autoencoder.py", "--steps", 24)
    check_sheet(out / "autoencoder.png", rows=2, columns=8, size=(48, 48))
    _, untrained = run_script("video_autoencoder.py", "--steps", 0)
    first, last = (float(re.search(r"held-out error (\S+)", p)[1]) for p in (untrained, printed))
    assert last < 0.8 * first


class Posterior:
    """Stands in for diffusers' DiagonalGaussianDistribution."""

    def __init__(self, moments):
        self.mean, self.logvar = moments.chunk(2, 1)

    def sample(self, generator=None):
        noise = torch.randn(self.mean.shape, generator=generator)
        return self.mean + (0.5 * self.logvar).exp() * noise

    def kl(self):
        terms = self.mean.square() + self.logvar.exp() - 1.0 - self.logvar
        return 0.5 * terms.sum(dim=[1, 2, 3, 4])


class Diffusers(nn.Module):
    """Stands in for a video autoencoder of diffusers that is strided in time."""

    def __init__(self):
        super().__init__()
        self.encoder = nn.Conv3d(3, 8, 3, stride=2, padding=1)
        self.decoder = nn.Module()
        self.decoder.conv_out = nn.Conv3d(4, 3, 3, padding=1)

    def encode(self, x, return_dict=True):
        assert x.shape[1] == 3
        latent_dist = Posterior(self.encoder(x))
        return SimpleNamespace(latent_dist=latent_dist) if return_dict else (latent_dist,)

    def decode(self, z, return_dict=True):
        frames = 2 * z.shape[2] - 1
        larger = nn.functional.interpolate(z, (frames, 2 * z.shape[3], 2 * z.shape[4]))
        sample = self.decoder.conv_out(larger)
        return SimpleNamespace(sample=sample) if return_dict else (sample,)


def trained(model, clips, last, **options):
    torch.manual_seed(0)
    train(model, clips, last, **options)
    return [weight.detach().clone() for weight in model.parameters()]


def test_an_autoencoder_with_the_interface_of_diffusers_is_trained_in_place():
    torch.manual_seed(1)
    vae, clips = Diffusers(), rand(4, 5, 3, 32, 32) * 2 - 1
    before = copy.deepcopy(vae.state_dict())
    trained(vae, clips, vae.decoder.conv_out.weight, steps=3, start=0)
    assert all(not torch.equal(before[name], value) for name, value in vae.state_dict().items())
    assert all(weight.isfinite().all() for weight in vae.parameters())


@pytest.mark.parametrize(("start", "differs"), [(2, False), (1, True)])
def test_the_discriminator_joins_in_at_its_start_step(start, differs):
    """Two steps: with the discriminator from step 2 on, as without any."""
    torch.manual_seed(1)
    model, clips = TinyAutoencoder(), rand(4, 4, 3, 32, 32) * 2 - 1
    weights = [
        trained(each, clips, each.decoder[-1].weight, steps=2, start=at)
        for each, at in ((copy.deepcopy(model), start), (copy.deepcopy(model), 1000))
    ]
    assert differs == any(not torch.equal(a, b) for a, b in zip(*weights, strict=True))
