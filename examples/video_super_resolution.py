"""Enlarge videos four times, frame by frame, as TecoGAN does (Chu et al. 2020, arXiv:1811.09393).

    python examples/video_super_resolution.py --out runs/video_super_resolution

Each frame is made from its low-resolution frame, the conditions of the rollout, and the frame made
before it, warped by a flow between low-resolution frames. A discriminator sees three frames, the
outer two warped onto the middle one, beside the enlarged low-resolution frame. The rollout goes to
the last frame and back: the ping-pong loss asks for the same frames both times, so that detail does
not pile up. TecoGAN also shows the frames without warping, and adds a loss of VGG features.

contact_sheet.png shows held-out frames, from above: bicubic enlargement, output, real frames, flow.
The mean absolute error of held-out frames falls below 0.05 in 300 steps; bicubic has 0.09.
"""

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate, l1_loss, pixel_shuffle, pixel_unshuffle
from torchvision.utils import make_grid
from tqdm import trange

from vidgan.data import SyntheticVideo
from vidgan.functional import flow_to_color, flow_warp, ping_pong, resize_flow
from vidgan.layers import ResidualBlock
from vidgan.losses import AdversarialLoss, FeatureMatchingLoss, WarpLoss
from vidgan.models import multiscale_discriminator
from vidgan.outputs import FrameOutput
from vidgan.rollout import GeneratedFirstFrame, SequentialRollout
from vidgan.training import LossSchedule, adversarial_step
from vidgan.video import write_frame

SCALE, LENGTH, TRAINED, HELD_OUT = 2, 5, 56, 4  # ratio of sizes, frames, and numbers of clips


class SuperResolution(nn.Module):
    past_frames, frame_scale = 1, SCALE

    def __init__(self, width: int) -> None:
        super().__init__()
        flow = [nn.Conv2d(6, width, 3, 1, 1), nn.ReLU(), nn.Conv2d(width, width, 3, 1, 1)]
        self.flow = nn.Sequential(*flow, nn.ReLU(), nn.Conv2d(width, 2, 3, 1, 1))
        blocks = [ResidualBlock(width, norm="none") for _ in range(4)]
        values = 3 * SCALE**2  # of the pixels that become one low-resolution pixel
        first, last = nn.Conv2d(3 + values, width, 3, 1, 1), nn.Conv2d(width, values, 3, 1, 1)
        self.trunk = nn.Sequential(first, nn.ReLU(), *blocks, last)

    def forward(self, conditions: Tensor, past: Tensor, **_: bool) -> FrameOutput:
        flow = resize_flow(self.flow(conditions.flatten(1, 2)), past.shape[-2:])
        warped = flow_warp(past[:, -1], flow)
        seen = torch.cat([conditions[:, -1], pixel_unshuffle(warped, SCALE)], 1)
        frame = enlarge(conditions[:, -1]) + pixel_shuffle(self.trunk(seen), SCALE)
        return FrameOutput(frame, frame, warped, flow)


def enlarge(low: Tensor) -> Tensor:
    return interpolate(low, scale_factor=SCALE, mode="bicubic")


def triplets(frames: Tensor, low: Tensor, flows: Tensor) -> Tensor:
    """Warp frames t-1 and t+1 onto t, by the flows on the way there and on the way back."""
    there, back = (way[:, 1 : LENGTH - 1].flatten(0, 1) for way in (flows, flows.flip(1)))
    before, now, after = (frames[:, t : LENGTH - 2 + t].flatten(0, 1) for t in range(3))
    parts = flow_warp(before, there), now, flow_warp(after, back)
    return torch.cat([*parts, enlarge(low[:, 1 : LENGTH - 1].flatten(0, 1))], 1)


parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
parser.add_argument(
    "--out", type=Path, default="runs/video_super_resolution", help="folder to write"
)
parser.add_argument("--steps", type=int, default=300, help="optimizer steps")
parser.add_argument("--seed", type=int, default=0, help="of the weights and the order of clips")
args = parser.parse_args()
torch.manual_seed(args.seed)
videos = [SyntheticVideo((64, 96), seed=seed) for seed in range(TRAINED + HELD_OUT)]
clips = torch.stack([video.render(LENGTH).frames for video in videos])
lows = avg_pool2d(clips.flatten(0, 1), SCALE).unflatten(0, clips.shape[:2])
generator = SuperResolution(32)
discriminator = multiscale_discriminator(12, base_channels=16, num_scales=1, norm="instance")
rollout = SequentialRollout(generator, backprop_length=2 * LENGTH)
adversarial, gan_weight = AdversarialLoss("hinge"), LossSchedule(0.002, start=args.steps // 3)
losses = {"discriminator_losses": {"gan": adversarial.discriminator}}
losses["generator_losses"] = {"gan": adversarial, "matching": FeatureMatchingLoss()}
optimizers = [torch.optim.Adam(generator.parameters(), 1e-3)]
optimizers += [torch.optim.Adam(discriminator.parameters(), 2e-4, betas=(0.5, 0.99))]
first_frame, warp_loss = GeneratedFirstFrame(1, frame_scale=SCALE), WarpLoss(weight=1.0)

for step in (bar := trange(args.steps)):
    index = torch.randperm(TRAINED)[:2]
    real, low = (torch.cat([part[index], part[index].flip(1)[:, 1:]], 1) for part in (clips, lows))
    output, _ = rollout(low, first_frame(low).state)
    seen = [triplets(frames, low, output.flows.detach()) for frames in (real, output.frames)]
    terms = adversarial_step(discriminator, seen[:1], seen[1:], **losses)
    loss = l1_loss(output.frames, real) + 0.5 * ping_pong(output.frames)
    everywhere = torch.ones_like(real[:, 1:, :1])
    loss = loss + warp_loss(output.flows[:, 1:], real[:, :-1], real[:, 1:], everywhere)
    loss = loss + gan_weight(step) * sum(terms.generator.values())
    for optimizer, value in zip(optimizers, (loss, terms.discriminator["gan"]), strict=True):
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
    bar.set_postfix(g=f"{loss:.3f}", d=f"{terms.discriminator['gan']:.3f}")

real, low = clips[TRAINED:], lows[TRAINED:]
with torch.no_grad():
    output, _ = rollout(low, first_frame(low).state)
print(f"error of held-out frames: {l1_loss(output.frames, real):.4f}")
bicubic = torch.stack([enlarge(frame) for frame in low])
print(l1_loss(bicubic, real))
sheet = torch.cat([bicubic[0], output.frames[0], real[0], flow_to_color(output.flows[0]) * 2 - 1])
args.out.mkdir(parents=True, exist_ok=True)
write_frame(args.out / "contact_sheet.png", make_grid(sheet, nrow=LENGTH))
