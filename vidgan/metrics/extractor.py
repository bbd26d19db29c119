"""A feature network for metrics, with all that its features depend on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor, nn

from vidgan._checks import check_finite, check_shapes


class NamedExtractor(nn.Module):
    """A feature network that refuses what would give other features than those it is named for.

    Frechet distances of different networks, layers, sizes or ranges cannot be compared, and
    resizing in another way changes them as much as years of progress (Parmar et al. 2021,
    `arXiv:2104.11222 <https://arxiv.org/abs/2104.11222>`__). Nothing is resized or rescaled here:
    samples come in the right form, and `description` can stand beside the number.

    Args:
        network: maps samples to features (B, num_features); a module becomes a submodule in
            evaluation mode.
        name: of the network and its weights, such as ``"Inception-v3"``.
        layer: whose activations the features are, such as ``"pool3"``.
        num_features: D, as promised by the name.
        value_range: lowest and highest value of samples.
        size: (H, W) of samples; None leaves it free.
        num_frames: T of samples; None leaves it free.

    Raises:
        ValueError: if ``value_range`` is not increasing.

    Example:
        >>> import torch
        >>> network = lambda images: images.mean((2, 3))
        >>> extractor = NamedExtractor(
        ...     network, name="colors", layer="mean", num_features=3, size=(4, 6)
        ... )
        >>> extractor(torch.zeros(2, 3, 4, 6)).shape
        torch.Size([2, 3])
        >>> extractor.description
        'colors, mean, 3 features, values from -1 to 1, 4x6 pixels'
    """

    def __init__(
        self,
        network: Callable[[Tensor], Tensor],
        *,
        name: str,
        layer: str,
        num_features: int,
        value_range: tuple[float, float] = (-1.0, 1.0),
        size: Sequence[int] | None = None,
        num_frames: int | None = None,
    ) -> None:
        super().__init__()
        low, high = value_range
        if not low < high:
            rule = "must be the lowest and the highest value"
            raise ValueError(f"NamedExtractor: value_range {rule}, got {value_range}")
        self.network: Any = network
        self.name, self.layer = name, layer
        self.num_features = num_features
        self.value_range = value_range
        self.size = None if size is None else tuple(size)
        self.num_frames = num_frames
        self.eval()

    @property
    def description(self) -> str:
        """Name, layer, number of features, range and size, for reports."""
        low, high = self.value_range
        parts = [self.name, self.layer, f"{self.num_features} features"]
        parts.append(f"values from {low:g} to {high:g}")
        if self.num_frames is not None:
            parts.append(f"{self.num_frames} frames")
        if self.size is not None:
            parts.append("x".join(map(str, self.size)) + " pixels")
        return ", ".join(parts)

    def forward(self, samples: Tensor) -> Tensor:
        """Compute the features of samples.

        Args:
            samples: images (B, 3, H, W) or clips (B, T, 3, H, W).

        Returns:
            (B, num_features).

        Raises:
            TypeError: if the samples are not floating-point.
            ValueError: if the samples have another shape or range, or if the features have another
                shape or are NaN or infinite.
        """
        self._check_samples(samples)
        features: Tensor = self.network(samples)
        function = f"the extractor {self.name}"
        check_shapes(function, features=(features, f"{len(samples)} {self.num_features}"))
        check_finite(features, function, "features")
        return features

    def _check_samples(self, samples: Tensor) -> None:
        frames = "B [T]" if self.num_frames is None else f"B {self.num_frames}"
        height, width = self.size or ("H", "W")
        check_shapes(
            f"the extractor {self.name}", samples=(samples, f"{frames} 3 {height} {width}")
        )
        low, high = self.value_range
        tolerance = 1e-3 * (high - low)
        ends = samples.detach().aminmax() if samples.numel() else None
        if ends is not None and not (ends.min >= low - tolerance and ends.max <= high + tolerance):
            raise ValueError(
                f"the extractor {self.name}: samples must be in [{low:g}, {high:g}], got values "
                f"from {float(ends.min):.4g} to {float(ends.max):.4g}"
            )

    def train(self, mode: bool = True) -> NamedExtractor:  # noqa: ARG002 - frozen
        """Stay in eval mode for any ``mode``."""
        return super().train(False)

    def extra_repr(self) -> str:
        """Return the description for the module's repr."""
        return self.description
