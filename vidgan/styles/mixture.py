"""A mixture of Gaussians as plain tensors: fitted by scikit-learn, sampled without it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from vidgan._checks import check_at_least, check_finite, check_shapes
from vidgan.extras import import_extra


class GaussianMixture(NamedTuple):
    r"""The styles of one class: :math:`p(z) = \sum_k w_k \, N(z; \mu_k, L_k L_k^T)`.

    Attributes:
        weights: share :math:`w_k` of each component, (K,), sum 1.
        means: :math:`\mu_k`, (K, F).
        factors: lower Cholesky factors :math:`L_k` of the covariances, (K, F, F).
        center: mean over the instances of the class, (F,).
        num_instances: number of those instances, ().

    Example:
        >>> mixture = fit_mixture(torch.tensor([[0.5, -0.5], [0.5, -0.5]]))
        >>> mixture.center, mixture.num_instances
        (tensor([ 0.5000, -0.5000]), tensor(2))
    """

    weights: Tensor
    means: Tensor
    factors: Tensor
    center: Tensor
    num_instances: Tensor


def fit_mixture(vectors: Tensor, *, components: int = 10, seed: int = 0) -> GaussianMixture:
    """Fit Gaussians to vectors by expectation-maximization (scikit-learn).

    Args:
        vectors: features of the instances of one class, (N, F).
        components: number of Gaussians; as many as there are different vectors where those are
            fewer.
        seed: of the fit.

    Returns:
        The mixture, float32 on the CPU.

    Raises:
        ImportError: scikit-learn is not installed; equal vectors need no fit, and so not it.
        TypeError: ``vectors`` is not floating-point.
        ValueError: ``vectors`` is not (N, F) with N >= 1 or not finite, or ``components`` below 1.

    Example:
        >>> mixture = fit_mixture(torch.tensor([[0.5, -0.5], [0.5, -0.5]]))
        >>> mixture.weights, mixture.means
        (tensor([1.]), tensor([[ 0.5000, -0.5000]]))
    """
    check_shapes("fit_mixture", vectors=(vectors, "N F"))
    check_at_least("fit_mixture", 1, components=components, N=len(vectors))
    check_finite(vectors, "fit_mixture", "vectors")
    vectors = vectors.detach().cpu().double()
    components = min(components, len(torch.unique(vectors, dim=0)))
    center, count = vectors.mean(0), torch.tensor(len(vectors))
    if components == 1 and bool((vectors == vectors[0]).all()):  # no spread to fit
        spread = torch.zeros(1, vectors.shape[1], vectors.shape[1])
        return GaussianMixture(torch.ones(1), center[None].float(), spread, center.float(), count)
    mixture = import_extra("sklearn.mixture", "styles").GaussianMixture(
        components, random_state=seed
    )
    mixture.fit(vectors.numpy())
    fitted = (mixture.weights_, mixture.means_, np.linalg.cholesky(mixture.covariances_))
    weights, means, factors = (torch.from_numpy(value).float() for value in fitted)
    return GaussianMixture(weights, means, factors, center.float(), count)


def sample_mixture(mixture: GaussianMixture, rng: np.random.Generator) -> Tensor:
    r"""Sample a vector: :math:`z = \mu_k + L_k \epsilon` with :math:`k \sim w`, clamped to [-1, 1].

    The range is that of the features of ``InstanceEncoder``, which end in a tanh.

    Args:
        mixture: the styles of a class.
        rng: NumPy's generator; it is used for one choice and F normal numbers.

    Returns:
        The vector (F,), float32 in [-1, 1].

    Example:
        >>> mixture = fit_mixture(torch.tensor([[0.5, -0.5], [0.5, -0.5]]))
        >>> sample_mixture(mixture, np.random.default_rng(0))
        tensor([ 0.5000, -0.5000])
    """
    shares = mixture.weights.double().numpy()
    component = int(rng.choice(len(shares), p=shares / shares.sum()))
    noise = torch.from_numpy(rng.standard_normal(mixture.means.shape[1])).float()
    return (mixture.means[component] + mixture.factors[component] @ noise).clamp(-1, 1)
