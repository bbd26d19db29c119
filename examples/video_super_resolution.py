"""Enlarge videos four times, frame by frame, as TecoGAN does (Chu et al. 2020, arXiv:1811.09393).

    python examples/video_super_resolution.py --out runs/super_resolution

A frame is made from its low-resolution frame, a condition of the rollout, and from the frame made
before it, warped. The rollout goes to the last frame and back: the ping-pong loss asks for the same
frames both times. The discriminator sees three frames, the outer two warped onto the middle one,
and the low-resolution frame. The error of held-out frames falls below 0.034 in 400 steps (bicubic:
0.042). contact_sheet.png has rows of bicubic frames, of generated ones, of real ones, of flow.
"""

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, l1_loss, pixel_shuffle, pixel_unshuffle
from tqdm import trange

from vidgan.data import SyntheticVideo
from vidgan.discriminators import PatchDiscriminator
from vidgan.functional import flow_warp, ping_pong, resize_flow
from vidgan.layers import ConvBlock, ResidualBlock
from vidgan.losses import AdversarialLoss
from vidgan.outputs import FrameOutput
from vidgan.rollout import GeneratedFirstFrame, SequentialRollout
from vidgan.training import LossSchedule, adversarial_step
from vidgan.video import contact_sheet, write_frame

SCALE, LENGTH, TRAINED, HELD_OUT = 4, 5, 256, 8  # ratio of sizes, frames, and numbers of clips
enlarge, double = (nn.Upsample(scale_factor=scale, mode="bicubic") for scale in (SCALE, 2))


class SuperResolution(nn.Module):
    past_frames, frame_scale = 1, SCALE

    def __init__(self, width: int) -> None:
        super().__init__()
        self.flow = nn.Sequential(ConvBlock(6, width, 5, norm="none"), nn.Conv2d(width, 2, 5, 1, 2))
        fine = 3 * SCALE**2  # values of the pixels that become one low-resolution pixel
        blocks = [ResidualBlock(width, norm="none") for _ in range(4)]
        self.trunk = nn.Sequential(ConvBlock(3 + fine, width, 3, norm="none"), *blocks)
        self.head = nn.Conv2d(width, fine, 3, padding=1)
        nn.init.zeros_(self.head.weight)  # it starts as bicubic enlargement

    def forward(self, conditions: Tensor, past: Tensor, **_: bool) -> FrameOutput:
        flow = resize_flow(self.flow(conditions.flatten(1, 2)), past.shape[-2:])
        warped = flow_warp(past[:, -1], flow)
        seen = torch.cat([conditions[:, -1], pixel_unshuffle(warped, SCALE)], 1)
        frame = enlarge(conditions[:, -1]) + pixel_shuffle(self.head(self.trunk(seen)), SCALE)
        return FrameOutput(frame, frame, warped, flow)


def triplets(frames: Tensor, low: Tensor, flows: Tensor) -> Tensor:
    """Warp frames t-1 and t+1 onto t, by the flows on the way there and on the way back."""
    there, back = (way[:, 1 : LENGTH - 1].flatten(0, 1) for way in (flows, flows.flip(1)))
    before, now, after = (frames[:, t : t + LENGTH - 2].flatten(0, 1) for t in range(3))
    small = enlarge(low[:, 1 : LENGTH - 1].flatten(0, 1))
    return torch.cat([flow_warp(before, there), now, flow_warp(after, back), small], 1)


parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
parser.add_argument("--out", type=Path, default="runs/super_resolution", help="folder to write")
parser.add_argument("--steps", type=int, default=400, help="optimizer steps")
parser.add_argument("--seed", type=int, default=0, help="of the weights and the order of clips")
args = parser.parse_args()
torch.manual_seed(args.seed)
videos = [SyntheticVideo((32, 48), seed=seed) for seed in range(TRAINED + HELD_OUT)]
clips = torch.stack([double(video.render(LENGTH).frames) for video in videos])
lows = avg_pool2d(clips.flatten(0, 1), SCALE).unflatten(0, clips.shape[:2])
generator, discriminator = SuperResolution(32), PatchDiscriminator(12, 16, norm="instance")
first_frame = GeneratedFirstFrame(1, frame_scale=SCALE)
rollout = SequentialRollout(generator, backprop_length=2 * LENGTH)
gan, gan_weight = AdversarialLoss("hinge"), LossSchedule(0.003, start=args.steps // 2)
losses = {"generator_losses": {"gan": gan}, "discriminator_losses": {"gan": gan.discriminator}}
optimizers = [torch.optim.Adam(generator.parameters(), 2e-3)]
optimizers += [torch.optim.Adam(discriminator.parameters(), 2e-4, betas=(0.5, 0.99))]

for step in (bar := trange(args.steps)):
    index = torch.randperm(TRAINED)[:2]
    real, low = (torch.cat([part[index], part[index].flip(1)[:, 1:]], 1) for part in (clips, lows))
    output, _ = rollout(low, first_frame(low).state)
    seen = [triplets(frames, low, output.flows.detach()) for frames in (real, output.frames)]
    terms = adversarial_step(discriminator, seen[:1], seen[1:], **losses)
    loss = l1_loss(output.frames, real) + l1_loss(output.warped[:, 1:], real[:, 1:])
    loss = loss + 0.5 * ping_pong(output.frames) + gan_weight(step) * terms.generator["gan"]
    for optimizer, value in zip(optimizers, (loss, terms.discriminator["gan"]), strict=True):
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
    bar.set_postfix(g=f"{loss:.3f}", d=f"{terms.discriminator['gan']:.3f}")

real, low = clips[TRAINED:], lows[TRAINED:]
with torch.no_grad():
    output, _ = rollout(low, first_frame(low).state)
print(f"held-out error: {l1_loss(output.frames, real):.4f}")
rows = {"bicubic": enlarge(low[0]), "generated": output.frames[0], "real": real[0]}
args.out.mkdir(parents=True, exist_ok=True)
write_frame(args.out / "contact_sheet.png", contact_sheet(rows | {"flow": output.flows[0]}))
