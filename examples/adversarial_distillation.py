"""Distill a video diffusion model of 16 steps to one of a single step, by a discriminator.

Heads on features of the frozen teacher tell noised clips of the student from noised real ones
(LADD, arXiv:2403.12015), with a relativistic loss and approximate R1 and R2 (AAPT,
arXiv:2506.09350); regression to the teacher's clips steadies it (ADD, arXiv:2311.17042).

Writes distillation.png, four clips per row: real; teacher, 16 steps; teacher, 1 step; student. The
Frechet distance of clips in blocks of 4x4 pixels falls from above 1.7 (teacher, 1 step) below 1.6.
"""

from argparse import ArgumentParser
from copy import deepcopy
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, l1_loss, mse_loss, silu
from torch.optim import Adam
from tqdm import trange

from vidgan.data import SyntheticVideo
from vidgan.discriminators import FeatureDiscriminator, SpatialHead, TemporalHead
from vidgan.functional import frechet_distance
from vidgan.losses import AdversarialLoss, FiniteDifferencePenalty
from vidgan.training import adversarial_step
from vidgan.video import contact_sheet, write_frame


class FlowModel(nn.Module):
    """Predicts a clip x (B, T, 3, H, W) from x_t = (1 - t) x + t z, with noise z."""

    def __init__(self) -> None:
        super().__init__()
        sizes = (3, 4, 4), (1, 2, 2), 1  # kernel, stride, padding
        middle = [nn.Conv3d(32, 32, 3, padding=1) for _ in range(3)]
        self.layers = nn.ModuleList([nn.Conv3d(4, 32, *sizes), *middle])  # 3 colors and t
        self.last = nn.ConvTranspose3d(32, 3, *sizes)

    def features(self, x: Tensor, t: Tensor) -> list[Tensor]:
        features = [self.layers[0](torch.cat([x, t.expand_as(x[:, :, :1])], 2).transpose(1, 2))]
        for layer in self.layers[1:]:
            features.append(features[-1] + layer(silu(features[-1])))
        return features

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        return self.last(self.features(x, t)[-1]).transpose(1, 2)

    def generate(self, x: Tensor, steps: int) -> Tensor:
        for step in range(steps, 0, -1):  # from noise at t = 1 to clips, along (x_t - x) / t
            clips = self(x, x.new_full((1, 1, 1, 1, 1), step / steps))
            x = clips + (step - 1) / step * (x - clips)
        return x


parser = ArgumentParser(description="Distill a tiny video diffusion model to one step.")
parser.add_argument("--out", type=Path, default="runs/distillation", help="folder to write")
parser.add_argument("--steps", type=int, default=200, help="of the student; teacher: three times")
parser.add_argument("--seed", type=int, default=0, help="of weights, noise and batches")
args = parser.parse_args()
torch.manual_seed(args.seed)
clips = SyntheticVideo((16, 16), num_shapes=1).render(256).frames.unfold(0, 4, 1).movedim(-1, 1)
teacher = FlowModel()
optimizer = Adam(teacher.parameters(), lr=3e-3)
for _ in trange(3 * args.steps, desc="teacher"):
    real, t = clips[torch.randint(len(clips), (16,))], torch.rand(16, 1, 1, 1, 1)
    optimizer.zero_grad()
    mse_loss(teacher((1 - t) * real + t * torch.randn_like(real), t), real).backward()
    optimizer.step()

student, teacher = deepcopy(teacher), teacher.requires_grad_(False)
noises = torch.randn(64, *clips.shape[1:])
targets = teacher.generate(noises, 16)
heads = [SpatialHead(32, 32), TemporalHead(32, 32)]
discriminator = FeatureDiscriminator(teacher.features, heads, layers=[2, 3])
gan, penalty = AdversarialLoss("relativistic"), FiniteDifferencePenalty(gamma=2.0, sigma=0.1)
losses = {"generator_losses": {"gan": gan}, "discriminator_losses": {"gan": gan.discriminator}}
optimizer = Adam([*student.parameters(), *discriminator.parameters()], lr=1e-3, betas=(0.0, 0.9))
for _ in trange(args.steps, desc="student"):
    picks = torch.randint(64, (8,))
    real, fake = clips[torch.randint(len(clips), (8,))], student.generate(noises[picks], 1)
    t, noise = 0.5 * torch.rand(1, 1, 1, 1, 1), torch.randn_like(real)
    noised = [(1 - t) * side + t * noise for side in (real, fake)]  # both sides alike
    terms = adversarial_step(discriminator, *([side, t] for side in noised), **losses)
    both = penalty(lambda x, t=t: discriminator(x, t), torch.cat(noised))  # R1 and R2
    optimizer.zero_grad()
    (terms.generator["gan"] + 2 * l1_loss(fake, targets[picks])).backward()  # student alone
    (terms.discriminator["gan"] + both).backward()  # heads alone
    optimizer.step()

with torch.no_grad():
    noise, picks = torch.randn(256, *clips.shape[1:]), torch.randint(len(clips), (256,))
    sets = {"real": clips[picks], "teacher, 16 steps": teacher.generate(noise, 16)}
    sets |= {"teacher, 1 step": teacher.generate(noise, 1), "student": student.generate(noise, 1)}
blocks = {name: avg_pool2d(x.flatten(1, 2), 4).flatten(1) for name, x in sets.items()}
for name in list(sets)[1:]:
    print(f"Frechet distance, {name}: {frechet_distance(blocks[name], blocks['real']):.2f}")
args.out.mkdir(parents=True, exist_ok=True)
sheet = contact_sheet({name: x[:4].flatten(0, 1) for name, x in sets.items()})
write_frame(args.out / "distillation.png", sheet)
