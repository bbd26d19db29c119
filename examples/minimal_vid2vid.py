"""Train video-to-video synthesis (Wang et al. 2018, arXiv:1808.06601) in one flat script.

    python examples/minimal_vid2vid.py                  # moving shapes, rendered on the spot
    python examples/minimal_vid2vid.py data/carphone    # a face prepared by edges_to_face

Writes contact_sheet.png (a clip held out from the training) and checkpoint.pt.
"""

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from pathlib import Path

import torch
from torch.nn.functional import l1_loss
from torch.optim import Adam
from torch.optim.swa_utils import get_ema_multi_avg_fn
from torch.utils.data import DataLoader, RandomSampler
from torchvision.utils import make_grid
from tqdm import trange

from vidgan import data
from vidgan.checkpoint import save_checkpoint
from vidgan.conditions import color_labels, face_condition_maps, label_palette
from vidgan.discriminators import ImageDiscriminator, VideoDiscriminator
from vidgan.functional import flow_to_color, known_flow, one_hot_labels, temporal_groups
from vidgan.losses import AdversarialLoss, FeatureMatchingLoss, FlowLoss, WarpLoss
from vidgan.models import composite_generator, multiscale_discriminator
from vidgan.rollout import RolloutState, SequentialRollout
from vidgan.training import AveragedModel, adversarial_step
from vidgan.video import write_frame

PAST, CHUNK, NUM_CHUNKS = 2, 2, 6  # frames given, frames per step, steps per clip
CLIP = PAST + CHUNK * NUM_CHUNKS


def shape_clips() -> data.ClipDataset:
    """Build clips of moving shapes, to be rendered from label maps; the flow is the true one."""
    video, num_labels = data.SyntheticVideo((64, 96)).render(96), data.SyntheticVideo.num_labels
    tensors = {
        "conditions": one_hot_labels(video.labels, num_labels),
        "preview": color_labels(video.labels, label_palette(num_labels)) / 127.5 - 1,
        "frames": video.frames,
        "flow": video.flow,
        "confidence": video.visibility,
    }
    streams = {name: data.TensorStream("image", {"0": tensors[name]}) for name in tensors}
    return data.ClipDataset(streams, clip_length=CLIP)


def face_clips(folder: Path) -> data.ClipDataset:
    """Read clips of a face, to be rendered from landmarks; flow and confidence are estimates."""
    size = data.open_data_folder(folder).size

    def draw(clip: dict[str, torch.Tensor], _: object) -> dict[str, torch.Tensor]:
        # The edges and 14 distance maps, as finely drawn as the published ones of 512 pixels.
        oversampling = max(1, 512 // max(size))
        maps = face_condition_maps(clip["landmarks"], size, oversampling=oversampling)
        trusted = clip["confidence"] * known_flow(clip["flow"])[1]
        preview = maps[:, :1].expand(-1, 3, -1, -1) * 2 - 1
        return clip | {"conditions": maps, "preview": preview, "confidence": trusted}

    streams = {
        "landmarks": data.PointStream(folder / "landmarks"),
        "frames": data.ImageStream(folder / "images"),
        "flow": data.FlowStream(folder / "flow/stride1"),
        "confidence": data.MaskStream(folder / "confidence/stride1", missing=1),
    }
    return data.ClipDataset(streams, clip_length=CLIP, transform=draw)


parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
parser.add_argument("data", type=Path, nargs="?", help="prepared face; default: moving shapes")
parser.add_argument("--out", type=Path, default="runs/minimal", help="folder to write")
parser.add_argument("--steps", type=int, default=600, help="optimizer steps, one per chunk")
parser.add_argument("--seed", type=int, default=0, help="of the weights and the order of clips")
args = parser.parse_args()
torch.manual_seed(args.seed)
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")

# Clips in random order. The last one is held out, and with it all that share a frame with it.
clips = face_clips(args.data) if args.data else shape_clips()
if len(clips) <= CLIP:
    parser.error(f"{args.data} must have at least {2 * CLIP} frames")
held_out, others = clips[-1], range(len(clips) - CLIP)
loader = iter(DataLoader(clips, sampler=RandomSampler(others, True, num_samples=args.steps)))

# The generator blends a hallucinated frame and the last frame, warped by a flow (Eq. 4).
channels = len(held_out["conditions"][0])
sizes = {"past_frames": PAST, "base_channels": 16, "num_downsamplings": 2, "num_blocks": 6}
layers = {"norm": "instance", "upsampling": "resize"}  # steadier than the paper's at batch size 1
# It starts as one that repeats the last frame: flow 0, occlusion mask near 0.
generator = composite_generator(channels, init_copy=-2.0, **sizes, **layers).to(device)
rollout = SequentialRollout(generator)
averaged = AveragedModel(generator, multi_avg_fn=get_ema_multi_avg_fn(0.98))

# D_I sees a frame and its conditions, D_V three frames and the two flows between them.
options = {"base_channels": 16, "norm": "instance"}
d_image = ImageDiscriminator(multiscale_discriminator(channels + 3, **options)).to(device)
d_video = VideoDiscriminator(multiscale_discriminator(3 * 3 + 2 * 2, **options)).to(device)

adversarial, matching = AdversarialLoss("lsgan"), FeatureMatchingLoss()
gan_losses = {
    "generator_losses": {"gan": adversarial, "matching": matching},
    "discriminator_losses": {"loss": adversarial.discriminator},
}
flow_loss, warp_loss = FlowLoss(), WarpLoss()
networks = (generator, d_image, d_video)
optimizers = [Adam(network.parameters(), lr=4e-4, betas=(0.5, 0.999)) for network in networks]

# [training loop]
for step in (bar := trange(args.steps)):
    # A clip is generated chunk by chunk, each frame from the two before it (Eq. 3).
    start = CHUNK * (step % NUM_CHUNKS)
    if start == 0:  # a new clip, whose first two frames are real
        clip = {name: value.to(device) for name, value in next(loader).items()}
        state = RolloutState(clip["frames"][:, :PAST], clip["conditions"][:, :PAST])
    end = start + PAST + CHUNK
    window = {name: value[:, start:end] for name, value in clip.items()}
    chunk = {name: value[:, PAST:] for name, value in window.items()}
    output, next_state = rollout(chunk["conditions"], state)

    # D_I sees single frames; D_V groups of three, with the flow of the real video.
    videos = chunk["conditions"], chunk["frames"], output.frames
    maps, real, fake = (video.flatten(0, 1) for video in videos)  # (B*T, C, H, W)
    fakes = torch.cat([state.past_frames, output.frames], 1)
    videos = window["frames"], fakes, window["flow"]
    groups = (temporal_groups(video, chunk_length=CHUNK) for video in videos)
    # (B, G, 3, C, H, W) -> (B*G, 3, C, H, W); three frames have two flows between them.
    reals, fakes, flows = (group.flatten(0, 1) for group in groups)
    flows = flows[:, 1:]

    # Losses of D_I and D_V, and those of the generator through them (Eq. 5-7).
    image = adversarial_step(d_image, (maps, real), (maps, fake), **gan_losses)
    video = adversarial_step(d_video, (reals, flows), (fakes, flows), **gan_losses)
    g_loss = sum([*image.generator.values(), *video.generator.values()])

    # Losses of the flow (Eq. 8), and of the pixels.
    g_loss += flow_loss(output.flows, chunk["flow"], chunk["confidence"])
    previous = window["frames"][:, PAST - 1 : -1]
    g_loss += warp_loss(output.flows, previous, chunk["frames"], chunk["confidence"])
    for frames in (output.frames, output.hallucinated):  # not in the paper; faster
        g_loss += 10 * l1_loss(frames, chunk["frames"])

    # One step of each network; no gradient reaches the weights of another one.
    losses = g_loss, image.discriminator["loss"], video.discriminator["loss"]
    for optimizer, loss in zip(optimizers, losses, strict=True):
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    averaged.update_parameters(generator)  # the weights that will generate the video
    state = next_state
    bar.set_postfix(g=f"{g_loss:.2f}", d=f"{losses[1] + losses[2]:.2f}")
# [end of training loop]

# Generate the held-out clip from its first frames: one column per frame.
clip = {name: value[None].to(device) for name, value in held_out.items()}
state = RolloutState(clip["frames"][:, :PAST], clip["conditions"][:, :PAST])
with torch.no_grad():
    output, _ = SequentialRollout(averaged.module)(clip["conditions"][:, PAST:], state)
flow, mask = flow_to_color(output.flows[0]) * 2 - 1, output.occlusion_masks[0] * 2 - 1
rows = [clip["preview"][0, PAST:], clip["frames"][0, PAST:], output.frames[0], flow]
sheet = make_grid(torch.cat([*rows, mask.expand_as(flow)]), nrow=CLIP - PAST).cpu()
args.out.mkdir(parents=True, exist_ok=True)
write_frame(args.out / "contact_sheet.png", sheet)
weights = {"generator": averaged.module.state_dict(), "steps": args.steps}
weights |= {"d_image": d_image.state_dict(), "d_video": d_video.state_dict()}
save_checkpoint(args.out / "checkpoint.pt", weights)
