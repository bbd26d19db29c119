"""A mixture of Gaussians as plain tensors: fitted by scikit-learn, drawn from without it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from examples.vid2vid.command_line import require


class Mixture(NamedTuple):
    """The looks of one class.

    Attributes:
        weights: share of each component, (K,).
        means: (K, F).
        factors: lower Cholesky factors of the covariances, (K, F, F).
        center: mean over the instances of the class, (F,).
        count: number of those instances, ().
    """

    weights: Tensor
    means: Tensor
    factors: Tensor
    center: Tensor
    count: Tensor


def fit_mixture(vectors: Tensor, components: int, seed: int) -> Mixture:
    """Fit Gaussians to vectors (N, F), no more of them than there are different vectors."""
    vectors = vectors.detach().cpu().double()
    components = min(components, len(vectors.unique(dim=0)))
    center, count = vectors.mean(0), torch.tensor(len(vectors))
    if components == 1 and bool((vectors == vectors[0]).all()):  # no spread to fit
        spread = torch.zeros(1, vectors.shape[1], vectors.shape[1])
        return Mixture(torch.ones(1), center[None].float(), spread, center.float(), count)
    mixture = require("sklearn.mixture").GaussianMixture(components, random_state=seed)
    mixture.fit(vectors.numpy())
    fitted = (mixture.weights_, mixture.means_, np.linalg.cholesky(mixture.covariances_))
    weights, means, factors = (torch.from_numpy(value).float() for value in fitted)
    return Mixture(weights, means, factors, center.float(), count)


def sample_mixture(mixture: Mixture, random: np.random.Generator) -> Tensor:
    """Draw a vector (F,) in [-1, 1]."""
    shares = mixture.weights.double().numpy()
    component = int(random.choice(len(shares), p=shares / shares.sum()))
    noise = torch.from_numpy(random.standard_normal(mixture.means.shape[1])).float()
    drawn = mixture.means[component] + mixture.factors[component] @ noise
    return drawn.clamp(-1, 1)  # the features of E end in a tanh
