"""The losses of a generator and of its image and video discriminators, after one chunk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor

from vidgan._checks import check_shapes
from vidgan.functional import temporal_group_inputs
from vidgan.training import AdversarialTerms, adversarial_step
from vidgan.training.adversarial import Losses


def video_adversarial_step(
    image_discriminator: Callable[..., Any],
    video_discriminators: Sequence[Callable[..., Any]],
    conditions: Tensor,
    real_frames: Tensor,
    fake_frames: Tensor,
    flows: Sequence[Tensor],
    *,
    chunk_length: int,
    num_frames: int = 3,
    generator_losses: Losses,
    discriminator_losses: Losses,
) -> AdversarialTerms:
    r"""Compute the losses of D_I, of one D_V per temporal rate, and of the generator through them.

    :math:`\mathcal L_I + \sum_r \mathcal L_V^{(r)}` of Wang et al. 2018, `arXiv:1808.06601
    <https://arxiv.org/abs/1808.06601>`__, Eq. 5-7: :math:`D_I` scores each frame of the newest
    chunk with its condition maps, :math:`D_V` at rate r groups of K frames, :math:`K^r` apart, with
    the flows of the real video between them. Each is an `vidgan.training.adversarial_step`, whose
    order of backward passes holds here too. A rate is left out while no group of it fits.

    Args:
        image_discriminator: D_I, called with (conditions, frames), (B*T, C, H, W) each, as
            `vidgan.discriminators.ImageDiscriminator` is.
        video_discriminators: D_V of rates 0, 1, ..., called with (groups, flows), as
            `vidgan.discriminators.VideoDiscriminator` is; may be empty.
        conditions: of past frames, followed by the newest chunk, (B, N, C, H, W).
        real_frames: the same frames of the real video, (B, N, 3, H, W).
        fake_frames: the same frames as the generator saw and made them, (B, N, 3, H, W).
        flows: real backward flow of each frame from the one :math:`K^r` frames before, (B, N, 2,
            H, W), per rate.
        chunk_length: T, the number of frames in the newest chunk, the last ones of the N.
        num_frames: K, the number of frames per group.
        generator_losses: by name, called with ``(fake, real)``, as in `adversarial_step`.
        discriminator_losses: by name, called with ``(real, fake)``.

    Returns:
        `vidgan.training.AdversarialTerms`, whose names are those of the losses after ``image_``,
        ``video0_``, ``video1_``, ...

    Raises:
        TypeError: if a video is not a tensor.
        ValueError: if shapes do not fit, ``chunk_length`` is not in 1..N, or there is another
            number of flows than of video discriminators.

    Example:
        >>> import torch
        >>> from vidgan.discriminators import ImageDiscriminator, VideoDiscriminator
        >>> from vidgan.losses import AdversarialLoss
        >>> from vidgan.models import multiscale_discriminator
        >>> d_image = ImageDiscriminator(multiscale_discriminator(5, base_channels=4))
        >>> d_video = VideoDiscriminator(multiscale_discriminator(13, base_channels=4))
        >>> maps, flow = torch.rand(1, 4, 2, 64, 64), torch.zeros(1, 4, 2, 64, 64)
        >>> real, fake = torch.rand(2, 1, 4, 3, 64, 64)
        >>> gan = AdversarialLoss("lsgan")
        >>> losses = {
        ...     "generator_losses": {"gan": gan},
        ...     "discriminator_losses": {"gan": gan.discriminator},
        ... }
        >>> terms = video_adversarial_step(
        ...     d_image, [d_video], maps, real, fake, [flow], chunk_length=2, **losses
        ... )
        >>> sorted(terms.generator), sorted(terms.discriminator)
        (['image_gan', 'video0_gan'], ['image_gan', 'video0_gan'])
    """
    name = "video_adversarial_step"
    check_shapes(
        name,
        real_frames=(real_frames, "any B N 3 H W"),
        fake_frames=(fake_frames, "any B N 3 H W", "as in real_frames"),
        conditions=(conditions, "any B N C H W", "as in real_frames"),
    )
    if not 1 <= chunk_length <= real_frames.shape[1]:
        rule = f"in 1..{real_frames.shape[1]}, the number of frames"
        raise ValueError(f"{name}: chunk_length must be {rule}, got {chunk_length}")
    if len(flows) != len(video_discriminators):
        raise ValueError(
            f"{name}: flows must have one tensor per video discriminator "
            f"({len(video_discriminators)}), got {len(flows)}"
        )
    losses = {"generator_losses": generator_losses, "discriminator_losses": discriminator_losses}
    chunks = (video[:, -chunk_length:] for video in (conditions, real_frames, fake_frames))
    maps, real, fake = (chunk.flatten(0, 1) for chunk in chunks)
    steps = {"image": adversarial_step(image_discriminator, (maps, real), (maps, fake), **losses)}
    pairs = zip(video_discriminators, flows, strict=True)
    for rate, (discriminator, flow) in enumerate(pairs):
        reals, fakes = (
            temporal_group_inputs(
                video, flow, chunk_length=chunk_length, num_frames=num_frames, rate=rate
            )
            for video in (real_frames, fake_frames)
        )
        if len(reals[0]):
            steps[f"video{rate}"] = adversarial_step(discriminator, reals, fakes, **losses)
    generator, discriminators = (
        {
            f"{part}_{key}": value
            for part, step in steps.items()
            for key, value in step[side].items()
        }
        for side in (0, 1)
    )
    return AdversarialTerms(generator, discriminators)
