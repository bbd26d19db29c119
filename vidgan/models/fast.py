"""Builder of the frame generator for real time."""

from __future__ import annotations

from torch import nn

from vidgan._checks import check_at_least
from vidgan.generators import (
    CompositeGenerator,
    ConvexFlowHead,
    ConvexOcclusionHead,
    ConvexUpsample,
    FlowBranch,
    ImageBranch,
    ImageHead,
    UnshuffleEncoder,
)
from vidgan.layers import (
    Blur,
    ConditionalSequential,
    ConvBlock,
    HalfSize,
    Norm,
    SeparableResidualBlock,
    UpBlock,
    init_weights,
)
from vidgan.models._record import recorded


@recorded
def fast_generator(
    condition_channels: int,
    *,
    image_channels: int = 3,
    past_frames: int = 2,
    base_channels: int = 128,
    num_blocks: int = 6,
    num_branch_blocks: int = 2,
    norm: Norm = "batch",
    flow: bool = True,
    init_copy: float | None = 0.0,
) -> CompositeGenerator:
    r"""Build a frame generator for streaming, nearly all of which works at a quarter of the size.

    .. math::

        e_t = T(C(s_{t-L}^t) + P(\tilde x_{t-L}^{t-1})), \qquad
        \tilde x_t = (1 - \tilde m_t) \odot \tilde w_{t-1}(\tilde x_{t-1})
            + \tilde m_t \odot \tilde h_t

    C and P put patches of 4x4 pixels into channels (`UnshuffleEncoder`); T, shared by both
    branches, and the branches are depthwise-separable residual blocks, those of flow and mask at an
    eighth of the size. Flow and mask are upsampled as in RAFT (`ConvexUpsample`), the features of
    the hallucinated frame :math:`\tilde h_t` by two narrow pixel-shuffles and a `Blur`. Most of
    what is sharp comes from the warp of the previous frame. The composite is that of Wang et al.
    2018, `arXiv:1808.06601 <https://arxiv.org/abs/1808.06601>`__, Eq. 4; upsampling of Teed and
    Deng 2020, `arXiv:2003.12039 <https://arxiv.org/abs/2003.12039>`__; pixel-shuffle of Shi et al.
    2016, `arXiv:1609.05158 <https://arxiv.org/abs/1609.05158>`__.

    Args:
        condition_channels: channels C of one frame's condition maps.
        image_channels: channels of a frame, 3 for RGB.
        past_frames: L, the number of past frames that the generator sees.
        base_channels: width of the layers at a quarter of the size; those at half the size have a
            quarter of it, those at full size an eighth, at least 8. Height and width of frames must
            be multiples of 4 and at least 12.
        num_blocks: residual blocks of T.
        num_branch_blocks: residual blocks of each branch.
        norm: see `vidgan.layers.make_norm`.
        flow: whether to build a flow branch; without one every frame is hallucinated.
        init_copy: logit of the occlusion mask that the generator starts with, 0 for a mask of
            about 0.5; the flow then starts at 0, see `FlowBranch.start_as_copy`. None: random.

    Returns:
        The generator, in train mode.

    Raises:
        ValueError: a count is out of range or a choice is unknown.

    Example:
        >>> import torch
        >>> generator = fast_generator(4, base_channels=8, num_blocks=1, num_branch_blocks=1)
        >>> out = generator(torch.rand(1, 3, 4, 32, 48), torch.rand(1, 2, 3, 32, 48))
        >>> out.frame.shape, out.flow.shape, out.occlusion_mask.shape
        (torch.Size([1, 3, 32, 48]), torch.Size([1, 2, 32, 48]), torch.Size([1, 1, 32, 48]))
    """
    name, width = "fast_generator", base_channels
    check_at_least(name, 1, condition_channels=condition_channels, image_channels=image_channels)
    check_at_least(name, 1, past_frames=past_frames, base_channels=base_channels)
    check_at_least(name, 0, num_blocks=num_blocks, num_branch_blocks=num_branch_blocks)

    def blocks(count: int) -> nn.Module:
        return ConditionalSequential(
            *(SeparableResidualBlock(width, norm=norm) for _ in range(count))
        )

    flow_branch = None
    if flow:
        # Residual blocks add up: without a norm behind them, a step of the optimizer would move
        # flow and mask by nine times as much as those of `composite_generator`.
        narrow = max(1, 3 * width // 4)
        heads = ConvexFlowHead(narrow), ConvexOcclusionHead(narrow)
        last = ConvBlock(width, narrow, 1, norm=norm)
        trunk = HalfSize(ConditionalSequential(blocks(num_branch_blocks), last))
        flow_branch = FlowBranch(trunk, *heads)
    generator = CompositeGenerator(
        UnshuffleEncoder((past_frames + 1) * condition_channels, width, norm=norm),
        UnshuffleEncoder(past_frames * image_channels, width, norm=norm),
        _image_branch(blocks(num_branch_blocks), width, image_channels, norm),
        flow_branch,
        shared_trunk=blocks(num_blocks),
        past_frames=past_frames,
    )
    init_weights(generator)
    # The standard deviation of the published networks is that of convolutions with many inputs; a
    # depthwise one has nine, and would all but silence its block where there is no norm. Where
    # there is one, small weights learn faster, since steps of Adam have the same size for all.
    for layer in generator.modules():
        if isinstance(layer, nn.Conv2d) and layer.groups > 1:
            if norm == "none":
                nn.init.kaiming_normal_(layer.weight)
            else:
                nn.init.normal_(layer.weight, 0.0, 0.05)
        elif isinstance(layer, ConvexUpsample):
            layer.start_as_bilinear()
    if init_copy is not None and flow_branch is not None:
        flow_branch.start_as_copy(init_copy)
    return generator


def _image_branch(trunk: nn.Module, width: int, image_channels: int, norm: Norm) -> ImageBranch:
    half, full = (max(8, width // share) for share in (4, 8))
    upsample = (
        UpBlock(width, half, upsampling="shuffle", norm=norm),
        UpBlock(half, full, upsampling="shuffle", norm=norm),
        Blur(full),
    )
    return ImageBranch(ConditionalSequential(trunk, *upsample), ImageHead(full, image_channels))
