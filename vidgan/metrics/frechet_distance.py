"""The Frechet distance between generated and real samples."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from vidgan.functional import frechet_distance_from_moments
from vidgan.functional.frechet import warn_of_few_samples
from vidgan.metrics._torchmetrics import Metric, add_sum
from vidgan.metrics.extractor import NamedExtractor


class FrechetDistance(Metric):
    r"""Frechet distance between the features of generated and of real samples: FID, FVD.

    .. math:: |\mu - \mu_r|^2 + \operatorname{tr}\left(\Sigma + \Sigma_r -
        2 (\Sigma \Sigma_r)^{1/2}\right)

    `vidgan.functional.frechet_distance` of all samples (Heusel et al. 2017, `arXiv:1706.08500
    <https://arxiv.org/abs/1706.08500>`__; Unterthiner et al. 2018, `arXiv:1812.01717
    <https://arxiv.org/abs/1812.01717>`__). The states are sums in float64, so that memory does not
    grow with the samples and processes are merged exactly. Equal sets give 0.

    Args:
        extractor: the feature network, such as `i3d_extractor`'s for FVD.
        options: of ``torchmetrics.Metric``, such as ``sync_on_compute``.

    Example:
        >>> import torch
        >>> extractor = NamedExtractor(
        ...     lambda images: images.mean((2, 3))[:, :1], name="red", layer="mean", num_features=1
        ... )
        >>> distance = FrechetDistance(extractor)
        >>> images = torch.linspace(-1, 0, 8).view(8, 1, 1, 1).expand(8, 3, 4, 6)
        >>> distance.update(images, real=True)
        >>> distance.update(images + 0.5, real=False)
        >>> distance.compute()
        tensor(0.2500, dtype=torch.float64)
    """

    higher_is_better = False
    is_differentiable = False
    full_state_update = False

    def __init__(self, extractor: NamedExtractor, **options: Any) -> None:
        super().__init__(**options)
        self.extractor = extractor
        size = extractor.num_features
        for side in ("real", "fake"):
            add_sum(self, f"{side}_count")
            add_sum(self, f"{side}_sum", size)
            add_sum(self, f"{side}_products", size, size)

    def update(self, samples: Tensor, *, real: bool) -> None:
        """Add samples.

        Args:
            samples: images (B, 3, H, W) or clips (B, T, 3, H, W), as the extractor takes them.
            real: whether they are real or generated.

        Raises:
            TypeError: if the samples are not floating-point.
            ValueError: if the extractor does not take them, or if features are NaN or infinite.
        """
        features = self.extractor(samples).double()  # (B, D)
        if real:
            self.real_count += len(features)
            self.real_sum += features.sum(0)
            self.real_products += features.T @ features
        else:
            self.fake_count += len(features)
            self.fake_sum += features.sum(0)
            self.fake_products += features.T @ features

    def compute(self) -> Tensor:
        """Compute the distance of all samples, a scalar in float64.

        Raises:
            ValueError: if there are fewer than 2 real or 2 generated samples.
        """
        counts = int(self.fake_count), int(self.real_count)
        if min(counts) < 2:
            raise ValueError(
                f"FrechetDistance: needs 2 generated and 2 real samples or more, got {counts[0]} "
                f"and {counts[1]}"
            )
        warn_of_few_samples("FrechetDistance", self.extractor.num_features, *counts)
        return frechet_distance_from_moments(
            *_moments(self.fake_count, self.fake_sum, self.fake_products),
            *_moments(self.real_count, self.real_sum, self.real_products),
        )


def _moments(count: Tensor, total: Tensor, products: Tensor) -> tuple[Tensor, Tensor]:
    mean = total / count
    return mean, (products - count * mean.outer(mean)) / (count - 1)
