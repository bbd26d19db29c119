"""The plain baseline: the same weights, executed in the published way.

Contiguous float32, dense convolutions of one-hot maps, torch's own layers, and three passes of
every discriminator per step, with all gradients of weights.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from vidgan.layers import InstanceNorm, ReflectConv2d, TrackedInstanceNorm

Losses = tuple[dict[str, Tensor], dict[str, Tensor]]


class _InstanceNorm(nn.Module):
    def __init__(self, eps: float) -> None:
        super().__init__()
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        return F.instance_norm(x, eps=self.eps)


def plain_network(network: nn.Module) -> nn.Module:
    """Return a contiguous copy of a network that consists of torch's own layers."""
    plain = copy.deepcopy(network).to(memory_format=torch.contiguous_format)
    for module in [*plain.modules()]:
        for name, child in [*module.named_children()]:
            replaced: nn.Module
            if isinstance(child, ReflectConv2d):
                sizes = (child.in_channels, child.out_channels, child.kernel_size[0])
                options: dict[str, Any] = {"padding": sizes[2] // 2, "padding_mode": "reflect"}
                replaced = nn.Conv2d(*sizes, child.stride[0], **options)
            elif isinstance(child, InstanceNorm):
                replaced = _InstanceNorm(child.eps)
            elif isinstance(child, TrackedInstanceNorm):
                replaced = nn.InstanceNorm2d(child.num_features, track_running_stats=True)
            else:
                continue
            replaced.load_state_dict(child.state_dict())
            setattr(module, name, replaced.train(child.training))
    return plain


def plain_adversarial_step(
    discriminator: Callable[..., Any],
    real_inputs: Sequence[Tensor],
    fake_inputs: Sequence[Tensor],
    *,
    generator_losses: dict[str, Callable[[Any, Any], Tensor]],
    discriminator_losses: dict[str, Callable[[Any, Any], Tensor]],
) -> Losses:
    """Compute what `vidgan.training.adversarial_step` does, with three passes."""
    detached = discriminator(*(part.detach() for part in fake_inputs))
    real = discriminator(*real_inputs)
    fake = discriminator(*fake_inputs)
    return (
        {name: loss(fake, real) for name, loss in generator_losses.items()},
        {name: loss(real, detached) for name, loss in discriminator_losses.items()},
    )


def plain_rollout(
    generator: nn.Module, maps: Tensor, past: Tensor, masks: Tensor
) -> tuple[Tensor, Tensor]:
    """Generate the frames of a clip one after the other: frames and flows (B, T, ..., H, W).

    Args:
        generator: one frame from L + 1 condition maps and L frames.
        maps: (B, L + T, C, H, W).
        past: the L frames before, (B, L, 3, H, W).
        masks: of the foreground, (B, T, 1, H, W).
    """
    frames, flows, length = past, [], past.shape[1]
    for t in range(masks.shape[1]):
        window = maps[:, t : t + length + 1]
        out = generator(window, frames[:, -length:].detach(), foreground_mask=masks[:, t])
        frames = torch.cat([frames, out.frame.unsqueeze(1)], 1)
        flows.append(out.flow)
    return frames[:, length:], torch.stack(flows, 1)
