"""Train video-to-video synthesis (Wang et al. 2018, arXiv:1808.06601) in one flat script.

    python examples/minimal_vid2vid.py                  # moving shapes, rendered on the spot
    python examples/minimal_vid2vid.py data/carphone    # a folder prepared by one of the recipes

Writes weights and contact_sheet.png, a held-out clip. Its L1 error with shapes falls below 0.07.
"""

from argparse import ArgumentParser
from pathlib import Path

import torch
from torch.nn.functional import l1_loss
from torch.optim.swa_utils import get_ema_multi_avg_fn
from torch.utils.data import DataLoader, RandomSampler
from tqdm import trange

from vidgan import data, losses, save_model
from vidgan.discriminators import ImageDiscriminator, VideoDiscriminator
from vidgan.models import composite_generator, multiscale_discriminator
from vidgan.rollout import RolloutState, SequentialRollout
from vidgan.training import AveragedModel
from vidgan.video import contact_sheet, write_frame

PAST, CHUNK, CLIP = 2, 2, 14  # frames given, frames per step, frames of a clip
parser = ArgumentParser()
parser.add_argument("data", type=Path, nargs="?", help="prepared folder; default: moving shapes")
parser.add_argument("--out", type=Path, default="runs/minimal", help="folder to write")
parser.add_argument("--steps", type=int, default=360, help="optimizer steps, one per chunk")
parser.add_argument("--seed", type=int, default=0, help="of the weights and the order of clips")
args = parser.parse_args()
torch.manual_seed(args.seed)
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")

# Clips in random order. The last one is held out, and with it all that share a frame with it.
shapes = data.SyntheticVideo((64, 96))
clips = data.open_clips(args.data, CLIP) if args.data else shapes.clips(96, CLIP)
if len(clips) <= CLIP:
    parser.error(f"{args.data} must have at least {2 * CLIP} frames")
held_out, others = clips[-1], range(len(clips) - CLIP)
loader = iter(DataLoader(clips, sampler=RandomSampler(others, True, num_samples=args.steps)))

# The generator blends a hallucinated frame and the warped last one (Eq. 4), at first the latter.
channels = len(held_out["conditions"][0])
sizes = {"past_frames": PAST, "base_channels": 16, "num_downsamplings": 2, "num_blocks": 6}
layers = {"norm": "instance", "upsampling": "resize"}  # steadier than the paper's at batch size 1
generator = composite_generator(channels, init_copy=-2.0, **sizes, **layers).to(device)
rollout = SequentialRollout(generator)
averaged = AveragedModel(generator, multi_avg_fn=get_ema_multi_avg_fn(0.98))

# D_I sees a frame and its conditions, D_V three frames and the two flows between them.
options = {"base_channels": 16, "norm": "instance"}
d_image = ImageDiscriminator(multiscale_discriminator(channels + 3, **options)).to(device)
d_video = VideoDiscriminator(multiscale_discriminator(3 * 3 + 2 * 2, **options)).to(device)
adversarial = losses.AdversarialLoss("lsgan")
flow_loss, warp_loss = losses.FlowLoss(), losses.WarpLoss()
gan_options = {"chunk_length": CHUNK, "discriminator_losses": {"gan": adversarial.discriminator}}
gan_options["generator_losses"] = {"gan": adversarial, "matching": losses.FeatureMatchingLoss()}
weights = [*generator.parameters()], [*d_image.parameters(), *d_video.parameters()]
optimizers = [torch.optim.Adam(group, lr=4e-4, betas=(0.5, 0.999)) for group in weights]
# [training loop]
for step in (bar := trange(args.steps)):
    # A clip is generated chunk by chunk, each frame from the two before it (Eq. 3).
    start = CHUNK * step % (CLIP - PAST)
    if start == 0:  # a new clip, whose first two frames are real
        clip = {name: value.to(device) for name, value in next(loader).items()}
        state = RolloutState(clip["frames"][:, :PAST], clip["conditions"][:, :PAST])
    window = {name: value[:, start : start + PAST + CHUNK] for name, value in clip.items()}
    chunk = {name: value[:, PAST:] for name, value in window.items()}
    output, next_state = rollout(chunk["conditions"], state)
    # D_I sees single frames and D_V groups of three, with the flow of the real video (Eq. 5-7).
    fake = torch.cat([state.past_frames, output.frames], 1)
    videos = window["conditions"], window["frames"], fake, [window["flow"]]
    gan = losses.video_adversarial_step(d_image, [d_video], *videos, **gan_options)
    # The generator's losses through D_I and D_V, of the flow (Eq. 8), and of the pixels.
    g_loss, d_loss = sum(gan.generator.values()), sum(gan.discriminator.values())
    g_loss += flow_loss(output.flows, chunk["flow"], chunk["confidence"])
    previous = window["frames"][:, PAST - 1 : -1]
    g_loss += warp_loss(output.flows, previous, chunk["frames"], chunk["confidence"])
    for frames in (output.frames, output.hallucinated):  # not in the paper; faster
        g_loss += 10 * l1_loss(frames, chunk["frames"])
    # One step of the generator and one of D_I and D_V; neither reaches the other's weights.
    for optimizer, loss in zip(optimizers, (g_loss, d_loss), strict=True):
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    averaged.update_parameters(generator)  # the weights that will generate the video
    state = next_state
    bar.set_postfix(g=f"{g_loss:.2f}", d=f"{d_loss:.2f}")
# [end of training loop]
# Generate the held-out clip from its first frames: one column per frame.
clip = {name: value[None].to(device) for name, value in held_out.items()}
state = RolloutState(clip["frames"][:, :PAST], clip["conditions"][:, :PAST])
with torch.no_grad():
    output, _ = SequentialRollout(averaged.module)(clip["conditions"][:, PAST:], state)
print(f"held-out L1: {l1_loss(output.frames, clip['frames'][:, PAST:]):.4f}")
rows = {"conditions": clip["preview"][0, PAST:], "real": clip["frames"][0, PAST:]}
rows |= {"generated": output.frames[0], "flow": output.flows[0], "mask": output.occlusion_masks[0]}
save_model(averaged.module, args.out / "generator")
write_frame(args.out / "contact_sheet.png", contact_sheet(rows))
