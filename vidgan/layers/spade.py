"""Spatially adaptive normalization by one map or by several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from vidgan._checks import check_at_least, check_choice, check_maps, check_shapes
from vidgan.layers.conditional import ConditionalNorm
from vidgan.layers.norm import InstanceNorm, make_norm
from vidgan.layers.partial_conv import PartialConv2d

PlainNorm = Literal["batch", "group", "instance"]
"""The norm without weights that a `SPADE` modulates."""


class GuidanceMap(NamedTuple):
    """A map that modulates features, where it is known, and the style that it is read with.

    Attributes:
        maps: (B, M, h, w), of any size; resized to the features by nearest neighbors.
        validity: (B, 1, h, w) in [0, 1], 1 = known; None if all of it is known.
        style: (B, S), of which the weights of the modulation are generated; see `MultiSPADE`.

    Example:
        >>> GuidanceMap(torch.zeros(1, 3, 4, 6)).validity is None
        True
    """

    maps: Tensor
    validity: Tensor | None = None
    style: Tensor | None = None


class SPADE(ConditionalNorm):
    r"""Normalizes features, then scales and shifts every pixel by what a map says there.

    .. math:: y = (1 + \gamma(m)) \odot \operatorname{norm}(x) + \beta(m)

    with :math:`\gamma, \beta = \operatorname{conv}(\operatorname{ReLU}(\operatorname{conv}(m)))`,
    3x3 both. Park et al. 2019, `arXiv:1903.07291 <https://arxiv.org/abs/1903.07291>`__, Eq. 1; the
    1 makes a map that says nothing leave the norm as it is.

    Args:
        num_channels: channels C of the features.
        condition_channels: channels M of the map.
        hidden_channels: width between the two convolutions; 128 in the paper.
        norm: the norm without weights; ``"batch"`` in the paper.

    Raises:
        ValueError: a count is below 1, or ``norm`` is unknown.

    Example:
        >>> norm = SPADE(8, 5, hidden_channels=16)
        >>> norm(torch.rand(1, 8, 6, 10), torch.rand(1, 5, 24, 40)).shape
        torch.Size([1, 8, 6, 10])
    """

    def __init__(
        self,
        num_channels: int,
        condition_channels: int,
        *,
        hidden_channels: int = 128,
        norm: PlainNorm = "instance",
    ) -> None:
        super().__init__()
        self.norm = _plain_norm(norm, num_channels, "SPADE")
        self.modulation = _Modulation(num_channels, condition_channels, hidden_channels)

    def forward(self, x: Tensor, condition: Tensor | GuidanceMap) -> Tensor:
        """Normalize and modulate x.

        Args:
            x: features, (B, C, H, W).
            condition: the map, (B, M, h, w), or a `GuidanceMap` without style.

        Raises:
            TypeError: an input is not a floating-point tensor.
            ValueError: the shapes do not fit.
        """
        check_maps("SPADE", x)
        return _modulate(self.norm(x), self.modulation, condition, "SPADE", "condition")


class MultiSPADE(ConditionalNorm):
    r"""Normalizes features, then modulates them by several maps one after the other.

    .. math::

        y_0 = \operatorname{norm}(x), \qquad
        y_i = (1 + \gamma_i(m_i)) \odot y_{i-1} + \beta_i(m_i)

    Mallya et al. 2020, `arXiv:2007.08509 <https://arxiv.org/abs/2007.08509>`__: labels, the
    warped past frame, guidance images. A map that is None is skipped. Maps with holes are read
    by partial convolutions, and change nothing further inside a hole.

    With ``style_channels``, :math:`\gamma_1` and :math:`\beta_1` are 1x1 convolutions whose weights
    are a linear function of a style, one set per sample, as in Wang et al. 2019,
    `arXiv:1910.12713 <https://arxiv.org/abs/1910.12713>`__, where they are generated for
    larger kernels, and for the layers before, too.

    Args:
        num_channels: channels C of the features.
        condition_channels: channels of each map.
        hidden_channels: width between the two convolutions of a modulation.
        norm: the norm without weights.
        style_channels: channels S of the style of the first map; 0 for learned weights.

    Raises:
        ValueError: there is no map, a count is too small, or ``norm`` is unknown.

    Example:
        >>> norm = MultiSPADE(8, (5, 3), hidden_channels=16)
        >>> labels, warped = torch.rand(1, 5, 24, 40), torch.rand(1, 3, 24, 40)
        >>> x, known = torch.rand(1, 8, 6, 10), torch.zeros(1, 1, 24, 40)
        >>> without = norm(x, (labels, None))
        >>> torch.equal(norm(x, (labels, GuidanceMap(warped, known))), without)
        True
    """

    def __init__(
        self,
        num_channels: int,
        condition_channels: Sequence[int],
        *,
        hidden_channels: int = 128,
        norm: PlainNorm = "instance",
        style_channels: int = 0,
    ) -> None:
        super().__init__()
        check_at_least("MultiSPADE", 1, **{"the number of maps": len(condition_channels)})
        check_at_least("MultiSPADE", 0, style_channels=style_channels)
        self.norm = _plain_norm(norm, num_channels, "MultiSPADE")
        styles = (style_channels, *(0 for _ in condition_channels[1:]))
        self.modulations = nn.ModuleList(
            _Modulation(num_channels, channels, hidden_channels, style)
            for channels, style in zip(condition_channels, styles, strict=True)
        )

    def forward(self, x: Tensor, condition: Sequence[Tensor | GuidanceMap | None]) -> Tensor:
        """Normalize and modulate x.

        Args:
            x: features, (B, C, H, W).
            condition: one map for each of ``condition_channels``, or None to skip it.

        Raises:
            TypeError: an input is not a floating-point tensor.
            ValueError: there are more or fewer maps, the shapes do not fit, or a style is missing
                or unexpected.
        """
        if isinstance(condition, Tensor | GuidanceMap) or len(condition) != len(self.modulations):
            rule = f"a sequence of {len(self.modulations)} maps, each of which may be None"
            one = isinstance(condition, Tensor | GuidanceMap)
            got = type(condition).__name__ if one else f"{len(condition)}"
            raise ValueError(f"MultiSPADE: condition must be {rule}, got {got}")
        check_maps("MultiSPADE", x)
        out: Tensor = self.norm(x)
        for i, (modulation, guidance) in enumerate(zip(self.modulations, condition, strict=True)):
            if guidance is not None:
                out = _modulate(out, modulation, guidance, "MultiSPADE", f"condition[{i}]")
        return out


class _Modulation(nn.Module):
    """From a map to gamma and beta, by learned weights or by weights made of a style."""

    def __init__(
        self, num_channels: int, condition_channels: int, hidden: int, style_channels: int = 0
    ) -> None:
        super().__init__()
        counts = {"condition_channels": condition_channels, "hidden_channels": hidden}
        check_at_least("SPADE", 1, num_channels=num_channels, **counts)
        self.condition_channels = condition_channels
        self.style_channels = style_channels
        self.hidden = PartialConv2d(condition_channels, hidden, 3)
        self.out: nn.Module
        if style_channels:
            self.out = _generated_conv(style_channels, 2 * num_channels * (hidden + 1))
        else:
            self.out = PartialConv2d(hidden, 2 * num_channels, 3)

    def forward(self, maps: Tensor, mask: Tensor | None, style: Tensor | None) -> Tensor:
        hidden, mask = self.hidden(maps, mask)
        hidden = F.relu(hidden)
        if style is None:
            out: Tensor = self.out(hidden, mask)[0]
            return out
        # (B, 2C, hidden + 1): a matrix and a bias for each sample
        weights = self.out(style).unflatten(1, (-1, hidden.shape[1] + 1))
        out = torch.einsum("boi,bihw->bohw", weights[:, :, :-1], hidden)
        out = out + weights[:, :, -1, None, None]
        return out if mask is None else out * mask


def _generated_conv(style_channels: int, num_weights: int) -> nn.Linear:
    linear = nn.Linear(style_channels, num_weights)
    # its weights as torch draws them: with smaller ones the style is learned late or never
    nn.init.zeros_(linear.bias)
    return linear


def _plain_norm(norm: PlainNorm, num_channels: int, function: str) -> nn.Module:
    check_choice(norm, ("batch", "group", "instance"), function, "norm")
    if norm == "instance":
        return InstanceNorm()
    if norm == "batch":
        return nn.BatchNorm2d(num_channels, affine=False)
    groups: int = make_norm("group", num_channels).num_groups  # type: ignore[assignment]
    return nn.GroupNorm(groups, num_channels, affine=False)


def _modulate(
    x: Tensor, modulation: nn.Module, guidance: Tensor | GuidanceMap, function: str, argument: str
) -> Tensor:
    if isinstance(guidance, Tensor):
        guidance = GuidanceMap(guidance)
    maps, validity, style = guidance
    size, channels = modulation.style_channels, modulation.condition_channels
    if (style is not None) != bool(size):
        rule = f"have a style (B, {size})" if size else "have no style"
        raise ValueError(f"{function}: {argument} must {rule}, since style_channels = {size}")
    check_shapes(
        function,
        x=(x, "B C H W"),
        **{
            argument: (maps, f"B {channels} h w", "to fit x and condition_channels"),
            f"{argument}.validity": (validity, "B 1 h w or None", "to fit the map"),
            f"{argument}.style": (style, f"B {size} or None", "to fit style_channels"),
        },
    )
    maps = F.interpolate(maps, x.shape[-2:])
    if validity is not None:
        validity = F.interpolate(validity, x.shape[-2:])
    gamma, beta = modulation(maps, validity, style).chunk(2, 1)
    out: Tensor = (1 + gamma) * x + beta
    return out
