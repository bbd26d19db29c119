"""The maximum mean discrepancy between generated and real samples."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from vidgan.functional import polynomial_mmd
from vidgan.metrics._torchmetrics import Metric
from vidgan.metrics.extractor import NamedExtractor


class KernelDistance(Metric):
    r"""Unbiased maximum mean discrepancy between features of generated and of real samples: KID.

    .. math:: \operatorname{mean}_{i \ne j} k(x_i, x_j) + \operatorname{mean}_{i \ne j} k(y_i, y_j)
        - 2 \operatorname{mean}_{i j} k(x_i, y_j), \quad
        k(x, y) = \left(\frac{x^T y}{D} + 1\right)^{\mathrm{degree}}

    `vidgan.functional.polynomial_mmd` of all samples at once (Binkowski et al. 2018,
    `arXiv:1801.01401 <https://arxiv.org/abs/1801.01401>`__), without random subsets. It keeps the
    features of all samples, and is meant for few of them, where a Frechet distance is biased.

    Args:
        extractor: the feature network.
        degree: of the polynomial kernel.
        options: of ``torchmetrics.Metric``.

    Example:
        >>> extractor = NamedExtractor(
        ...     lambda images: images.mean((2, 3)), name="colors", layer="mean", num_features=3
        ... )
        >>> distance = KernelDistance(extractor)
        >>> distance.update(torch.zeros(2, 3, 4, 6), real=True)
        >>> distance.update(torch.ones(2, 3, 4, 6), real=False)
        >>> distance.compute()  # 2^3 + 1 - 2 * 1
        tensor(7., dtype=torch.float64)
    """

    higher_is_better = False
    is_differentiable = False
    full_state_update = False
    real_features: list[Tensor]
    fake_features: list[Tensor]

    def __init__(self, extractor: NamedExtractor, *, degree: int = 3, **options: Any) -> None:
        super().__init__(**options)
        self.extractor = extractor
        self.degree = degree
        for side in ("real", "fake"):
            self.add_state(f"{side}_features", default=[], dist_reduce_fx="cat")

    def update(self, samples: Tensor, *, real: bool) -> None:
        """Add samples.

        Args:
            samples: images (B, 3, H, W) or clips (B, T, 3, H, W), as the extractor takes them.
            real: whether they are real or generated.

        Raises:
            TypeError: if the samples are not floating-point.
            ValueError: if the extractor does not take them, or if features are NaN or infinite.
        """
        features = self.extractor(samples)
        (self.real_features if real else self.fake_features).append(features)

    def compute(self) -> Tensor:
        """Compute the discrepancy of all samples, a scalar in float64.

        Raises:
            ValueError: if there are fewer than 2 real or 2 generated samples.
        """
        return polynomial_mmd(
            self._join(self.fake_features), self._join(self.real_features), degree=self.degree
        )

    def _join(self, features: list[Tensor] | Tensor) -> Tensor:
        if isinstance(features, Tensor):  # merged from several processes
            return features
        if not features:
            return torch.zeros(0, self.extractor.num_features)
        return torch.cat(features)
