"""Six training steps of the recipe's own objective against the released training step."""

import json
from dataclasses import replace

import torch
from safetensors import safe_open

from examples.vid2vid.clips import Clip
from examples.vid2vid.objective import Objective, loss_values
from examples.vid2vid.settings import PUBLISHED
from vidgan.discriminators import ImageDiscriminator, VideoDiscriminator
from vidgan.functional import instance_edges, one_hot_labels, region_mask
from vidgan.interop.nvidia import load_discriminator, load_generator, to_state_dicts
from vidgan.models import composite_generator, multiscale_discriminator
from vidgan.rollout import RolloutState, SequentialRollout


def _reference(frames, stride):
    """The trace's stand-in for a flow network: a formula of the current and the earlier frame."""
    flows = torch.zeros_like(frames[:, :, :2])
    confidence = torch.zeros_like(frames[:, :, :1])
    current, previous = frames[:, stride:], frames[:, :-stride]
    flows[:, stride:, 0] = 3 * (current - previous).mean(2)
    flows[:, stride:, 1] = 2 * (current + previous).mean(2)
    squared = (current - previous).square().sum(2, keepdim=True)
    confidence[:, stride:] = (squared < 0.5).to(frames)
    return flows, confidence


def _named(losses):
    """The losses under the trace's names."""
    mine = loss_values(losses)
    named = {
        "G_GAN": mine["image_gan"] + mine["hallucinated_gan"],
        "G_GAN_Feat": mine["image_matching"] + mine["hallucinated_matching"],
        "D_real": 2 * (mine["image_real"] + mine["hallucinated_real"]),
        "D_fake": 2 * (mine["image_fake"] + mine["hallucinated_fake"]),
        "G_Warp": mine["temporal"],
        "F_Flow": mine["flow"],
        "F_Warp": mine["warp"],
        "loss_G": sum(float(loss.detach()) for loss in losses["generator"].values()),
        "loss_D": sum(float(loss.detach()) for loss in losses["image_discriminator"].values()),
    }
    for rate in range(2):
        if losses[f"video_discriminator{rate}"]:
            named |= {
                f"G_T_GAN{rate}": mine[f"video{rate}_gan"],
                f"G_T_GAN_Feat{rate}": mine[f"video{rate}_matching"],
                f"D_T_real{rate}": 2 * mine[f"video{rate}_real"],
                f"D_T_fake{rate}": 2 * mine[f"video{rate}_fake"],
            }
    return named


def test_six_training_steps(shared):
    with safe_open(shared / "golden" / "trace_labels_fg.safetensors", "pt") as file:
        golden = {key: file.get_tensor(key) for key in file.keys()}
        steps = json.loads(file.metadata()["losses"])

    def released(part):
        prefix = f"state.{part}."
        return {k[len(prefix) :]: v for k, v in golden.items() if k.startswith(prefix)}

    generator = load_generator([released("G0")]).train()
    d_i, *d_v = (load_discriminator(released(part)).train() for part in ("D", "D_T0", "D_T1"))

    frames, labels = golden["in.frames"], golden["in.maps"].long()
    conditions = torch.cat(
        [one_hot_labels(labels, 8).double(), instance_edges(golden["in.instance"]).double()], 2
    )
    flows, confidence = _reference(frames, 1)
    clip = Clip(
        conditions,
        frames,
        {1: flows, 3: _reference(frames, 3)[0]},
        confidence,
        region_mask(labels, [3]).double(),
    )

    config = replace(PUBLISHED.objective, perceptual="none")  # off in the trace
    objective = Objective(ImageDiscriminator(d_i), [VideoDiscriminator(d) for d in d_v], config)
    rollout = SequentialRollout(generator)
    optimizers = [
        torch.optim.Adam(network.parameters(), lr=2e-4, betas=(0.5, 0.999))
        for network in (generator, d_i, *d_v)
    ]
    state = RolloutState(frames[:, :2], conditions[:, :2])
    fake_before = frames[:, :0]
    for index, want in enumerate(steps):
        start = 2 + 2 * index
        chunk = clip.between(start, start + 2)
        output, state = rollout(chunk.conditions, state, foreground_masks=chunk.foreground_masks)
        losses = objective(output, chunk, clip.between(0, start), fake_before)
        for optimizer, terms in zip(optimizers, losses.values(), strict=True):
            if terms:
                optimizer.zero_grad()
                sum(terms.values()).backward()
                optimizer.step()
        fake_before = torch.cat([fake_before, output.frames.detach()], 1)

        named = _named(losses)
        not_computed = {"G_VGG", "W", "G_T_Warp0", "G_T_Warp1"}  # zero throughout the trace
        assert set(want) - not_computed == set(named)
        assert all(want.get(name, 0.0) == 0.0 for name in not_computed)
        for name, value in named.items():
            torch.testing.assert_close(value, want[name], rtol=1e-6, atol=1e-12, msg=name)
        for part, got in (
            ("fake", output.frames),
            ("flow", output.flows),
            ("weight", output.occlusion_masks),
            ("flow_ref", chunk.flows[1]),
            ("conf_ref", chunk.confidence),
        ):
            torch.testing.assert_close(got, golden[f"step{index}.{part}"], rtol=0, atol=1e-5)

    prefix = "final_state.G0."
    final = {k[len(prefix) :]: v for k, v in golden.items() if k.startswith(prefix)}
    (weights,) = to_state_dicts(generator)
    for key, value in final.items():
        torch.testing.assert_close(weights[key], value, rtol=0, atol=1e-7)


def test_published_terms_of_d_i_count_twice_without_flow():
    """The frame is then the hallucinated frame, and the released step counts the terms of both."""
    d_i = multiscale_discriminator(2 + 3, base_channels=4, num_scales=1)
    generator = composite_generator(
        2, base_channels=4, num_downsamplings=1, num_blocks=2, flow=False
    )
    config = replace(PUBLISHED.objective, perceptual="none")
    objective = Objective(ImageDiscriminator(d_i), [], config)
    frames, conditions = torch.rand(1, 4, 3, 32, 48) * 2 - 1, torch.rand(1, 4, 2, 32, 48)
    clip = Clip(conditions, frames, {1: torch.zeros(1, 4, 2, 32, 48)}, torch.ones(1, 4, 1, 32, 48))
    state = RolloutState(frames[:, :2], conditions[:, :2])
    output, _ = SequentialRollout(generator)(conditions[:, 2:], state)
    losses = objective(output, clip.between(2, 4), clip.between(0, 2), frames[:, :0])
    for network, kinds in (
        ("generator", ("gan", "matching")),
        ("image_discriminator", ("real", "fake")),
    ):
        for kind in kinds:
            terms = losses[network]
            pair = [float(terms[f"{name}_{kind}"].detach()) for name in ("image", "hallucinated")]
            assert pair[0] == pair[1] > 0
