"""Train a video autoencoder, your own or one of diffusers, with the GAN half that it lacks.

L1 and KL alone at first; at step `start` a 3-D patch discriminator and feature matching join in,
as strong as the adaptive weight of VQGAN (arXiv:2012.09841) says. LeCam regularizes D. `train`
takes any module with the interface of diffusers' video autoencoders, and its last weight:

    vae = diffusers.AutoencoderKLWan.from_pretrained(PATH, subfolder="vae")
    train(vae, clips, vae.decoder.conv_out.weight, steps=1000, start=0)

By itself it trains a tiny one and writes autoencoder.png: frames of a video that was held out and
their reconstructions. Their mean absolute error falls below 0.11 in 300 steps.
"""

from argparse import ArgumentParser
from pathlib import Path
from types import SimpleNamespace

import torch
from torch import Tensor, nn
from torch.nn.functional import l1_loss
from torch.optim import Adam
from tqdm import trange

from vidgan.data import SyntheticVideo
from vidgan.functional import adaptive_weight
from vidgan.losses import AdversarialLoss, FeatureMatchingLoss, LeCamLoss
from vidgan.models import multiscale_discriminator_3d
from vidgan.training import LossSchedule, adversarial_step
from vidgan.video import contact_sheet, write_frame


class TinyAutoencoder(nn.Module):
    """A stand-in with diffusers' interface: 4x4 pixels of a video (B, 3, T, H, W) as 8 numbers."""

    def __init__(self) -> None:
        super().__init__()
        sizes = (3, 4, 4), (1, 2, 2), 1  # kernel, stride, padding
        self.encoder = nn.Sequential(nn.Conv3d(3, 32, *sizes), nn.SiLU(), nn.Conv3d(32, 16, *sizes))
        self.decoder = nn.Sequential(nn.ConvTranspose3d(8, 32, *sizes), nn.SiLU())
        self.decoder.append(nn.ConvTranspose3d(32, 3, *sizes))

    def encode(self, videos: Tensor) -> SimpleNamespace:
        mean, logvar = self.encoder(videos).chunk(2, 1)
        sample = mean + torch.randn_like(mean) * (logvar / 2).exp()
        kl = 0.5 * (mean.square() + logvar.exp() - 1 - logvar).flatten(1).sum(1)
        return SimpleNamespace(latent_dist=SimpleNamespace(sample=lambda: sample, kl=lambda: kl))

    def decode(self, latents: Tensor) -> SimpleNamespace:
        return SimpleNamespace(sample=self.decoder(latents))


def train(autoencoder: nn.Module, clips: Tensor, last: Tensor, *, steps: int, start: int) -> None:
    """Train on clips (N, T, 3, H, W) in [-1, 1], with the discriminator from step ``start`` on."""
    options = {"base_channels": 16, "num_scales": 1, "num_time_strides": 1}
    discriminator = multiscale_discriminator_3d(3, **options).to(last.device)
    optimizer = Adam(autoencoder.parameters(), lr=2e-3, betas=(0.5, 0.9))
    d_optimizer = Adam(discriminator.parameters(), lr=5e-4, betas=(0.5, 0.9))
    hinge, matching = AdversarialLoss("half_hinge"), FeatureMatchingLoss(weight=1.0)
    g_losses = {"gan": hinge, "matching": matching}
    d_losses = {"gan": hinge.discriminator, "lecam": LeCamLoss(weight=0.001)}
    schedule = LossSchedule(0.1, start=start, ramp=50)
    for step in (bar := trange(steps)):
        real = clips[torch.randint(len(clips), (4,))].to(last.device)
        posterior = autoencoder.encode(real.transpose(1, 2)).latent_dist  # of (B, 3, T, H, W)
        fake = autoencoder.decode(posterior.sample()).sample.transpose(1, 2)
        loss = reconstruction = l1_loss(fake, real) + 1e-6 * posterior.kl().sum() / real.numel()
        d_loss = None
        if weight := schedule(step):
            losses = {"generator_losses": g_losses, "discriminator_losses": d_losses}
            terms = adversarial_step(discriminator, [real], [fake], **losses)
            gan, d_loss = sum(terms.generator.values()), sum(terms.discriminator.values())
            loss = loss + weight * adaptive_weight(reconstruction, gan, last) * gan
        for each, value in ((optimizer, loss), (d_optimizer, d_loss)):
            if value is not None:
                each.zero_grad()
                value.backward()
                each.step()
        bar.set_postfix(reconstruction=f"{reconstruction:.3f}")


if __name__ == "__main__":
    parser = ArgumentParser(description="Train a tiny video autoencoder on moving shapes.")
    parser.add_argument("--out", type=Path, default="runs/autoencoder", help="folder to write")
    parser.add_argument("--steps", type=int, default=300, help="the last third with the GAN")
    parser.add_argument("--seed", type=int, default=0, help="of the weights and the batches")
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    clips = torch.stack(
        [SyntheticVideo((48, 48), seed=seed).render(8).frames for seed in range(33)]
    )
    model, start = TinyAutoencoder(), args.steps * 2 // 3
    train(model, clips[1:], model.decoder[-1].weight, steps=args.steps, start=start)
    with torch.no_grad():
        latents = model.encode(clips[:1].transpose(1, 2)).latent_dist.sample()
        output = model.decode(latents).sample.transpose(1, 2).clamp(-1, 1)
    args.out.mkdir(parents=True, exist_ok=True)
    sheet = contact_sheet({"real": clips[0], "decoded": output[0]})
    write_frame(args.out / "autoencoder.png", sheet)
    print(f"held-out error {l1_loss(output, clips[:1]):.4f}")
