"""Predict the frames that follow four given ones, with a generator that has a memory.

    python examples/future_frames.py --out runs/future_frames

A convolutional GRU (Ballas et al. 2016, arXiv:1511.06432) remembers how things move; a frame is the
last one, warped by a flow and blended with new pixels. There are no conditions: given frames enter
as real past frames; by scheduled sampling the generator sees more and more of its own. The error of
predicted held-out frames falls below 0.10 in 400 steps (repeating the last given frame: 0.19).
contact_sheet.png has rows of real frames, of predicted ones (four of them from real ones), of flow.
"""

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import l1_loss
from tqdm import trange

from vidgan.data import SyntheticVideo
from vidgan.discriminators import PatchDiscriminator3d
from vidgan.functional import flow_warp, occlusion_composite
from vidgan.layers import UpBlock
from vidgan.losses import AdversarialLoss
from vidgan.outputs import FrameOutput, RolloutOutput
from vidgan.rollout import RolloutState, SequentialRollout
from vidgan.training import LossSchedule, ScheduledSampling, adversarial_step
from vidgan.video import contact_sheet, write_frame

GIVEN, FUTURE, TRAINED, HELD_OUT = 4, 6, 56, 8  # frames of a clip, and numbers of clips


class Predictor(nn.Module):
    past_frames = 1

    def __init__(self, width: int) -> None:
        super().__init__()
        down = nn.Conv2d(3, width, 5, 2, 2), nn.Conv2d(width, 2 * width, 3, 2, 1)
        self.encoder = nn.Sequential(down[0], nn.ReLU(), down[1], nn.ReLU())
        self.gates = nn.Conv2d(4 * width, 4 * width, 3, padding=1)
        self.candidate = nn.Conv2d(4 * width, 2 * width, 3, padding=1)
        up = (UpBlock(c * width, width, upsampling="resize", norm="none") for c in (2, 1))
        self.decoder = nn.Sequential(*up, nn.Conv2d(width, 6, 3, padding=1))

    def forward(self, _: Tensor, past: Tensor, *, memory: tuple[Tensor, ...] = ()) -> FrameOutput:
        features = self.encoder(past[:, -1])  # (B, 2 * width, H / 4, W / 4)
        hidden = memory[0] if memory else torch.zeros_like(features)
        update, reset = self.gates(torch.cat([features, hidden], 1)).sigmoid().chunk(2, 1)
        candidate = self.candidate(torch.cat([features, reset * hidden], 1)).tanh()
        hidden = torch.lerp(hidden, candidate, update)
        flow, mask, pixels = self.decoder(hidden).split([2, 1, 3], 1)
        warped, mask, pixels = flow_warp(past[:, -1], flow), (mask - 2).sigmoid(), pixels.tanh()
        frame = occlusion_composite(pixels, warped, mask)
        return FrameOutput(frame, pixels, warped, flow, mask, memory=(hidden,))


def predict(clips: Tensor, step: int) -> RolloutOutput:
    """Predict frames 1, 2, ... of clips; the first ones are given to the frames after them."""
    maps, future = clips[:, :, :0], clips[:, 1:]  # condition maps without channels
    mask = sampling.mask(step, future.shape[:2])  # where the next frame sees the real one
    mask[:, : GIVEN - 1] = True
    state = RolloutState(clips[:, :1], maps[:, :1])
    return rollout(maps[:, 1:], state, real_frames=future, real_mask=mask)[0]


parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
parser.add_argument("--out", type=Path, default="runs/future_frames", help="folder to write")
parser.add_argument("--steps", type=int, default=400, help="optimizer steps")
parser.add_argument("--seed", type=int, default=0, help="of the weights and the order of clips")
args = parser.parse_args()
torch.manual_seed(args.seed)
videos = [SyntheticVideo((32, 48), seed=seed) for seed in range(TRAINED + HELD_OUT)]
clips = torch.stack([video.render(GIVEN + FUTURE).frames for video in videos])
generator, discriminator = Predictor(24), PatchDiscriminator3d(3, 16, spectral_norm=True)
rollout = SequentialRollout(generator, backprop_length=GIVEN + FUTURE)
sampling = ScheduledSampling("linear", k=args.steps / 2)
gan, gan_weight = AdversarialLoss("hinge"), LossSchedule(0.003, start=args.steps // 2)
losses = {"generator_losses": {"gan": gan}, "discriminator_losses": {"gan": gan.discriminator}}
optimizers = [torch.optim.Adam(generator.parameters(), 1e-3)]
optimizers += [torch.optim.Adam(discriminator.parameters(), 2e-4, betas=(0.5, 0.99))]

for step in (bar := trange(args.steps)):
    real = clips[torch.randperm(TRAINED)[:4]]
    fake = predict(real, step).frames
    terms = adversarial_step(discriminator, [real[:, 1:]], [fake], **losses)
    loss = l1_loss(fake, real[:, 1:]) + gan_weight(step) * terms.generator["gan"]
    for optimizer, value in zip(optimizers, (loss, terms.discriminator["gan"]), strict=True):
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
    bar.set_postfix(g=f"{loss:.3f}", d=f"{terms.discriminator['gan']:.3f}")

real = clips[TRAINED:]
with torch.no_grad():
    output = predict(real, args.steps)  # by now no frame but the given ones is real
print(f"held-out error: {l1_loss(output.frames[:, GIVEN - 1 :], real[:, GIVEN:]):.4f}")
rows = {"real": real[0, 1:], "predicted": output.frames[0], "flow": output.flows[0]}
args.out.mkdir(parents=True, exist_ok=True)
write_frame(args.out / "contact_sheet.png", contact_sheet(rows))
