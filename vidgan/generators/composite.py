"""Modules that warp the previous frame and composite the layers of a frame."""

from __future__ import annotations

from typing import Literal, get_args

from torch import Tensor, nn

from vidgan._checks import check_choice
from vidgan.functional import (
    flow_warp,
    foreground_composite,
    layered_composite,
    occlusion_composite,
)

CompositeForm = Literal["released", "paper"]
"""Where a `ForegroundComposite` puts the foreground: over the frame, or before the mask (Eq. 9)."""


class FlowWarp(nn.Module):
    r"""Warps a frame by a backward flow.

    .. math:: \text{warped}(p) = \text{image}(p + \text{flow}(p))

    The module form of `vidgan.functional.flow_warp`.

    Args:
        padding_mode: ``"border"`` or ``"zeros"``.

    Raises:
        ValueError: ``padding_mode`` is neither.

    Example:
        >>> import torch
        >>> image = torch.rand(1, 3, 8, 12)
        >>> torch.allclose(FlowWarp()(image, torch.zeros(1, 2, 8, 12)), image, atol=1e-5)
        True
    """

    def __init__(self, *, padding_mode: Literal["border", "zeros"] = "border") -> None:
        super().__init__()
        check_choice(padding_mode, ("border", "zeros"), "FlowWarp", "padding_mode")
        self.padding_mode: Literal["border", "zeros"] = padding_mode

    def forward(self, image: Tensor, flow: Tensor) -> Tensor:
        """Return image (B, [T,] C, H, W) sampled at p + flow[p], flow (B, [T,] 2, H, W) in pixels.

        Raises:
            TypeError: an input is not a floating-point tensor.
            ValueError: the shapes do not fit.
        """
        return flow_warp(image, flow, padding_mode=self.padding_mode)


class OcclusionComposite(nn.Module):
    r"""Blends the warped and the hallucinated frame by the occlusion mask.

    .. math::

        \tilde x_t = (1 - \tilde m_t) \odot \tilde w_{t-1}(\tilde x_{t-1})
            + \tilde m_t \odot \tilde h_t

    Wang et al. 2018, `arXiv:1808.06601 <https://arxiv.org/abs/1808.06601>`__, Eq. 4. The module
    form of `vidgan.functional.occlusion_composite`.

    Example:
        >>> import torch
        >>> h, w = torch.ones(1, 3, 4, 6), torch.zeros(1, 3, 4, 6)
        >>> float(OcclusionComposite()(h, w, torch.full((1, 1, 4, 6), 0.25)).mean())
        0.25
    """

    def forward(self, hallucinated: Tensor, warped: Tensor, occlusion_mask: Tensor) -> Tensor:
        """Return the composite (B, [T,] C, H, W); mask (B, [T,] 1, H, W), 1 = hallucinate.

        Raises:
            TypeError: an input is not a floating-point tensor.
            ValueError: the shapes do not fit.
        """
        return occlusion_composite(hallucinated, warped, occlusion_mask)


class ForegroundComposite(nn.Module):
    r"""Composites a hallucinated foreground into a frame, in the released or the paper's form.

    With the foreground mask :math:`f = 1 - m_B`, the occlusion mask :math:`m`, the hallucinated
    foreground :math:`h_F` and background :math:`h_B`, and the warped frame :math:`w`:

    - ``"released"``, as in the published networks, where the foreground is never warped:

      .. math:: \tilde x = f \odot h_F + (1 - f) \odot ((1 - m) \odot w + m \odot h_B)

    - ``"paper"``, where it replaces the hallucinated pixels only (Wang et al. 2018,
      `arXiv:1808.06601 <https://arxiv.org/abs/1808.06601>`__, Eq. 9):

      .. math:: \tilde x = (1 - m) \odot w + m \odot (f \odot h_F + (1 - f) \odot h_B)

    Args:
        form: ``"released"`` or ``"paper"``.

    Raises:
        ValueError: ``form`` is neither.

    Example:
        >>> import torch
        >>> fg, bg, warped = (torch.full((1, 3, 4, 6), v) for v in (1.0, 0.0, -1.0))
        >>> f, m = torch.ones(1, 1, 4, 6), torch.zeros(1, 1, 4, 6)
        >>> float(ForegroundComposite("released")(fg, bg, f, warped, m).mean())
        1.0
        >>> float(ForegroundComposite("paper")(fg, bg, f, warped, m).mean())
        -1.0
    """

    def __init__(self, form: CompositeForm = "released") -> None:
        super().__init__()
        check_choice(form, get_args(CompositeForm), "ForegroundComposite", "form")
        self.form: CompositeForm = form

    def forward(
        self,
        foreground: Tensor,
        background: Tensor,
        foreground_mask: Tensor,
        warped: Tensor,
        occlusion_mask: Tensor,
    ) -> Tensor:
        """Return the frame (B, [T,] C, H, W).

        Args:
            foreground: h_F, (B, [T,] C, H, W).
            background: h_B, (B, [T,] C, H, W).
            foreground_mask: f = 1 - m_B, (B, [T,] 1, H, W) in [0, 1].
            warped: (B, [T,] C, H, W).
            occlusion_mask: m, (B, [T,] 1, H, W) in [0, 1].

        Raises:
            TypeError: an input is not a floating-point tensor.
            ValueError: the shapes do not fit.
        """
        # Eq. 9: the mask decides last, so a foreground pixel may still be warped
        if self.form == "paper":
            return layered_composite(
                foreground, background, warped, foreground_mask, occlusion_mask
            )
        # released: the foreground decides last, and is hallucinated in every frame
        frame = occlusion_composite(background, warped, occlusion_mask)
        return foreground_composite(foreground, frame, foreground_mask)
