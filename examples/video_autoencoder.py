"""Train a video autoencoder with the discriminators and losses of vidgan.

    python -m examples.video_autoencoder runs/autoencoder
    python -m examples.video_autoencoder runs/autoencoder --source clip.mp4 --perceptual-weight 0.5

Without a source it trains on rendered shapes. docs/guides/video_autoencoder.md explains the parts.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import torch
import tyro
from torch import Tensor, nn
from torchvision.transforms.v2 import functional as transforms
from torchvision.utils import make_grid
from tqdm import trange

from vidgan.data import SyntheticVideo
from vidgan.discriminators import VideoDiscriminator
from vidgan.features import AlexNetFeatures
from vidgan.flow_estimators import DISFlow
from vidgan.functional import adaptive_weight, gradient_penalty_r1, temporal_groups
from vidgan.losses import AdversarialLoss, FeatureMatchingLoss, PerceptualLoss
from vidgan.models import multiscale_discriminator
from vidgan.training import frozen
from vidgan.video import read_frames, read_video, to_float, write_frame

Views = list[tuple[Tensor, ...]]  # what each discriminator sees: frames, or groups and their flow


@dataclass(frozen=True)
class AutoencoderConfig:
    """Options of the training."""

    out: Path  # The folder to write: autoencoder.png shows real and reconstructed frames.
    source: Path | None = None  # A video or a folder of frames, its last quarter held out.
    size: int = 64  # Height and width of the frames, a multiple of 8.
    clip_length: int = 8  # Frames of a clip, 3 at least; rate 1 of D_V needs 7, rate 2 needs 19.
    batch_size: int = 2  # Clips per step.
    channels: int = 32  # Width of the first layers, a multiple of 4.
    steps: int = 1000  # Optimizer steps.
    warm_up: int = 400  # Steps without discriminators.
    ramp: int = 200  # Steps over which their losses then rise to full weight.
    gan_weight: float = 0.3  # Norm of the adversarial gradient, relative to the reconstruction's.
    matching_weight: float = 0.3  # Feature matching.
    perceptual_weight: float = 0.0  # AlexNet features, from the stlpips-pytorch wheel; 0: none.
    num_rates: int = 2  # Video discriminators, one per temporal rate; 0: none.
    flow: bool = False  # Show D_V the flow between the real frames (OpenCV's DIS).
    r1_weight: float = 1.0  # Gamma of the R1 penalty; 0: none.
    r1_every: int = 8  # Steps between penalties; each is multiplied by this number.
    learning_rate: float = 4e-4  # Of Adam, for all networks.
    seed: int = 0  # Seed of the weights and of the choice of clips.


class VideoAutoencoder(nn.Module):
    """Encodes each 8x8 block of frames (B, T, 3, H, W) into 8 numbers, and decodes them."""

    def __init__(self, channels: int) -> None:
        super().__init__()

        def block(width_in: int, width_out: int, stride: int = 1) -> nn.Module:
            conv = nn.Conv3d(width_in, width_out, 3, stride=(1, stride, stride), padding=1)
            return nn.Sequential(conv, nn.GroupNorm(4, width_out), nn.SiLU())

        self.encoder = nn.Sequential(
            block(3, channels, 2),
            block(channels, 2 * channels, 2),
            block(2 * channels, 4 * channels, 2),
            nn.Conv3d(4 * channels, 8, 1),
        )
        larger = nn.Upsample(scale_factor=(1, 2, 2))
        self.decoder = nn.Sequential(
            *(block(8, 4 * channels), larger),
            *(block(4 * channels, 2 * channels), larger),
            *(block(2 * channels, channels), larger),
        )
        self.head = nn.Conv3d(channels, 3, 3, padding=1)

    def forward(self, frames: Tensor) -> Tensor:
        latents = self.encoder(frames.transpose(1, 2))  # (B, 8, T, H/8, W/8)
        return self.head(self.decoder(latents)).tanh().transpose(1, 2)


def build_discriminators(config: AutoencoderConfig) -> nn.ModuleList:
    """Return D_I for single frames and one D_V per temporal rate for three frames each."""
    stacked = 3 * 3 + (2 * 2 if config.flow else 0)
    d_image, *d_videos = (
        multiscale_discriminator(channels, base_channels=config.channels, norm="instance")
        for channels in (3, *[stacked] * config.num_rates)
    )
    return nn.ModuleList([d_image, *(VideoDiscriminator(network) for network in d_videos)])


def split_views(
    real: Tensor, fake: Tensor, num_rates: int, estimator: DISFlow | None = None
) -> tuple[Views, Views]:
    """List the inputs of each discriminator from clips (B, T, 3, H, W); both get the real flow."""
    reals, fakes = [(real.flatten(0, 1),)], [(fake.flatten(0, 1),)]
    for rate in range(num_rates):
        real_groups, fake_groups = (  # (B*G, 3, 3, H, W)
            temporal_groups(clip, chunk_length=clip.shape[1], rate=rate).flatten(0, 1)
            for clip in (real, fake)
        )
        flow: tuple[Tensor, ...] = ()
        if estimator is not None:
            pairs = real_groups[:, 1:].flatten(0, 1), real_groups[:, :-1].flatten(0, 1)
            flow = (estimator(*pairs).flow.unflatten(0, (len(real_groups), 2)),)
        reals.append((real_groups, *flow))
        fakes.append((fake_groups, *flow))
    return reals, fakes


def adversarial_terms(
    discriminators: nn.ModuleList, reals: Views, fakes: Views
) -> tuple[Tensor, Tensor]:
    """Compute the autoencoder's adversarial and feature matching losses."""
    adversarial, matching = AdversarialLoss("hinge"), FeatureMatchingLoss(weight=1.0)
    terms = []
    with frozen(discriminators):  # their weights accumulate no gradient here
        for discriminator, real, fake in zip(discriminators, reals, fakes, strict=True):
            on_real, on_fake = discriminator(*real), discriminator(*fake)
            terms.append(torch.stack([adversarial(on_fake), matching(on_fake, on_real)]))
    gan, features = torch.stack(terms).mean(0)
    return gan, features


def discriminator_loss(
    discriminators: nn.ModuleList, reals: Views, fakes: Views, *, r1_weight: float = 0.0
) -> Tensor:
    """Compute the loss of the discriminators, with an R1 penalty if its weight is not 0."""
    adversarial, losses = AdversarialLoss("hinge"), []
    for discriminator, real, fake in zip(discriminators, reals, fakes, strict=True):
        frames = real[0].detach().requires_grad_(r1_weight > 0)
        on_real = discriminator(frames, *real[1:])
        on_fake = discriminator(fake[0].detach(), *fake[1:])
        losses.append(adversarial.discriminator(on_real, on_fake))
        if r1_weight:
            logits = torch.cat([scale.logits.flatten(1) for scale in on_real], 1)
            losses.append(r1_weight / 2 * gradient_penalty_r1(frames, logits))
    return torch.stack(losses).sum()


def load_videos(config: AutoencoderConfig) -> tuple[list[Tensor], Tensor]:
    """Return the videos to train on, each (T, 3, H, W) in [-1, 1], and the held-out one."""
    source, size = config.source, config.size
    if source is None:
        videos = [SyntheticVideo((size, size), seed=seed).render(32).frames for seed in range(9)]
        return videos[:-1], videos[-1]
    frames = to_float(read_frames(source) if source.is_dir() else read_video(source).frames)
    frames = transforms.center_crop(transforms.resize(frames, [size]), [size])
    held_out = len(frames) // 4
    if held_out < config.clip_length:
        raise ValueError(f"{source} must have {4 * config.clip_length} frames, got {len(frames)}")
    return [frames[:-held_out]], frames[-held_out:]


def train(config: AutoencoderConfig) -> tuple[float, float]:
    """Train, reconstruct held-out frames, and return their mean absolute error before and after."""
    videos, held_out = load_videos(config)
    torch.manual_seed(config.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model = VideoAutoencoder(config.channels).to(device)
    discriminators = build_discriminators(config).to(device)
    estimator = DISFlow() if config.flow else None
    perceptual = None
    if config.perceptual_weight:
        perceptual = PerceptualLoss(AlexNetFeatures(), weight=config.perceptual_weight).to(device)
    optimizer, d_optimizer = (
        torch.optim.Adam(network.parameters(), lr=config.learning_rate, betas=(0.5, 0.999))
        for network in (model, discriminators)
    )
    test = held_out[None, : config.clip_length].to(device)
    with torch.no_grad():
        error_before = (model(test) - test).abs().mean().item()

    for step in (bar := trange(config.steps, disable=None)):
        picks = torch.randint(len(videos), (config.batch_size,)).tolist()
        starts = torch.randint(len(videos[0]) - config.clip_length + 1, (config.batch_size,))
        clips = [videos[i][t : t + config.clip_length] for i, t in zip(picks, starts, strict=True)]
        real = torch.stack(clips).to(device)  # (B, T, 3, H, W)

        # The autoencoder: reconstruction alone at first, then the discriminators' losses as well.
        fake = model(real)
        loss = (fake - real).abs().mean()
        if perceptual is not None:
            loss = loss + perceptual(fake, real)
        strength = min(1.0, (step - config.warm_up) / max(1, config.ramp))
        if step >= config.warm_up:
            reals, fakes = split_views(real, fake, config.num_rates, estimator)
            gan, matching = adversarial_terms(discriminators, reals, fakes)
            balance = config.gan_weight * adaptive_weight(loss, gan, model.head.weight)
            loss = loss + strength * (balance * gan + config.matching_weight * matching)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step < config.warm_up:
            continue

        # The discriminators, on the same clips and reconstructions.
        penalty = config.r1_weight * config.r1_every if step % config.r1_every == 0 else 0.0
        d_loss = discriminator_loss(discriminators, reals, fakes, r1_weight=penalty)
        d_optimizer.zero_grad()
        d_loss.backward()
        d_optimizer.step()
        bar.set_postfix(loss=f"{loss.item():.3f}", discriminators=f"{d_loss.item():.3f}")

    with torch.no_grad():
        output = model(test)
    config.out.mkdir(parents=True, exist_ok=True)
    rows = torch.cat([test[0], output[0].clamp(-1, 1)]).cpu()
    sheet = make_grid(rows, nrow=config.clip_length, padding=2, pad_value=1.0)
    write_frame(config.out / "autoencoder.png", sheet)
    return error_before, (output - test).abs().mean().item()


def main() -> None:
    config = tyro.cli(
        AutoencoderConfig, description=__doc__, config=(tyro.conf.PositionalRequiredArgs,)
    )
    before, after = train(config)
    print(
        f"held-out error {before:.4f} before, {after:.4f} after: {config.out / 'autoencoder.png'}"
    )


if __name__ == "__main__":
    try:
        main()
    except (OSError, ValueError) as error:
        sys.exit(f"error: {error}")
