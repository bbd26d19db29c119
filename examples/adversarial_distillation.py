"""Distill a video diffusion model of 16 steps to one of a single step, by a discriminator.

The teacher, a tiny flow-matching model, is trained first. The student starts as its copy and maps
noise to clips in one step. Heads on the features of the frozen teacher tell noised clips from
noised real ones (LADD, arXiv:2403.12015; SF-V, arXiv:2406.04324), with a relativistic loss and
approximate R1 and R2 (APT, arXiv:2501.08316; AAPT, arXiv:2506.09350). Regression to the teacher's
clips keeps the student close to it (ADD, arXiv:2311.17042).

Writes distillation.png, four clips per row: real; teacher, 16 steps; teacher, one step; student.
The Frechet distance of the student's clips, seen in blocks of 4x4 pixels, falls below VALUE.
"""

from argparse import ArgumentParser
from copy import deepcopy
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, l1_loss, mse_loss
from torch.optim import Adam
from torchvision.utils import make_grid
from tqdm import trange

from vidgan.data import SyntheticVideo
from vidgan.discriminators import FeatureDiscriminator, SpatialHead, TemporalHead
from vidgan.functional import frechet_distance
from vidgan.losses import AdversarialLoss, FiniteDifferencePenalty
from vidgan.training import adversarial_step
from vidgan.video import write_frame


class FlowModel(nn.Module):
    """Velocity v(x_t, t) from clips x to noise z, x_t = (1 - t) x + t z, and its features."""

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        sizes = (3, 4, 4), (1, 2, 2), 1  # kernel, stride, padding
        layers = [nn.Conv3d(4, width, *sizes)]  # frames and t, as a fourth channel
        for _ in range(3):
            conv = nn.Conv3d(width, width, 3, padding=1)
            layers.append(nn.Sequential(nn.SiLU(), conv, nn.GroupNorm(4, width)))
        self.layers, self.last = nn.ModuleList(layers), nn.ConvTranspose3d(width, 3, *sizes)

    def features(self, x: Tensor, t: Tensor) -> list[Tensor]:
        features = [self.layers[0](torch.cat([x, t.expand_as(x[:, :, :1])], 2).transpose(1, 2))]
        for layer in self.layers[1:]:
            features.append(features[-1] + layer(features[-1]))
        return features

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        return self.last(self.features(x, t)[-1]).transpose(1, 2)

    def generate(self, x: Tensor, steps: int) -> Tensor:
        """Go from noise (B, T, 3, H, W), t = 1, to clips, t = 0."""
        for step in range(steps):
            x = x - self(x, x.new_full((1, 1, 1, 1, 1), 1 - step / steps)) / steps
        return x


parser = ArgumentParser(description="Distill a tiny video diffusion model to one step.")
parser.add_argument("--out", type=Path, default="runs/distillation", help="folder to write")
parser.add_argument("--steps", type=int, default=300, help="of the student, and of the teacher")
parser.add_argument("--seed", type=int, default=0, help="of weights, noise and batches")
args = parser.parse_args()
torch.manual_seed(args.seed)
clips = SyntheticVideo((16, 16)).render(512).frames.unfold(0, 4, 1).movedim(-1, 1)  # (N, T, ...)

teacher = FlowModel()
optimizer = Adam(teacher.parameters(), lr=3e-3)
for _ in trange(args.steps, desc="teacher"):
    real, t = clips[torch.randint(len(clips), (16,))], torch.rand(16, 1, 1, 1, 1)
    noise = torch.randn_like(real)
    optimizer.zero_grad()
    mse_loss(teacher((1 - t) * real + t * noise, t), noise - real).backward()
    optimizer.step()

student, teacher = deepcopy(teacher), teacher.requires_grad_(False)
noises = torch.randn(64, *clips.shape[1:])
targets = teacher.generate(noises, 16)
heads = [SpatialHead(32, 32), TemporalHead(32, 32)]
discriminator = FeatureDiscriminator(teacher.features, heads, layers=[2, 3])
gan, penalty = AdversarialLoss("relativistic"), FiniteDifferencePenalty(gamma=2.0, sigma=0.1)
losses = {"generator_losses": {"gan": gan}, "discriminator_losses": {"gan": gan.discriminator}}
optimizer = Adam([*student.parameters(), *discriminator.parameters()], lr=1e-3, betas=(0.0, 0.9))
for _ in (bar := trange(args.steps, desc="student")):
    picks = torch.randint(64, (8,))
    real, fake = clips[torch.randint(len(clips), (8,))], student.generate(noises[picks], 1)
    t, noise = 0.5 * torch.rand(8, 1, 1, 1, 1), torch.randn_like(real)
    noised = [(1 - t) * side + t * noise for side in (real, fake)]  # both sides alike
    terms = adversarial_step(discriminator, *([side, t] for side in noised), **losses)
    g_loss = terms.generator["gan"] + 2 * l1_loss(fake, targets[picks])
    d_loss, both = terms.discriminator["gan"], torch.cat([t, t])
    d_loss = d_loss + penalty(lambda x, t=both: discriminator(x, t), torch.cat(noised))
    optimizer.zero_grad()
    g_loss.backward()  # reaches the student alone
    d_loss.backward()  # reaches the heads alone
    optimizer.step()
    bar.set_postfix(g=f"{g_loss:.2f}", d=f"{d_loss:.2f}")

with torch.no_grad():
    noise, picks = torch.randn(256, *clips.shape[1:]), torch.randint(len(clips), (256,))
    sets = {"real": clips[picks], "teacher, 16 steps": teacher.generate(noise, 16)}
    sets |= {"teacher, 1 step": teacher.generate(noise, 1), "student": student.generate(noise, 1)}
blocks = {name: avg_pool2d(x.flatten(1, 2), 4).flatten(1) for name, x in sets.items()}
for name in list(sets)[1:]:
    print(f"Frechet distance, {name}: {frechet_distance(blocks[name], blocks['real']):.2f}")
args.out.mkdir(parents=True, exist_ok=True)
tiles = torch.cat([x[:4].flatten(0, 1) for x in sets.values()]).clamp(-1, 1)
write_frame(args.out / "distillation.png", make_grid(tiles, nrow=16))
