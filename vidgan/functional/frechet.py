"""The Frechet distance between two sets of features."""

from __future__ import annotations

import warnings

import torch
from torch import Tensor

from vidgan._checks import check_finite, check_shapes


def frechet_distance(features: Tensor, references: Tensor) -> Tensor:
    r"""Compute the Frechet distance between two sets of features, in float64.

    .. math:: |\mu - \mu_r|^2 + \operatorname{tr}\left(\Sigma + \Sigma_r -
        2 (\Sigma \Sigma_r)^{1/2}\right)

    with the means :math:`\mu` and covariances :math:`\Sigma` (over N - 1) of both sets: FID
    with the features of an image network (Heusel et al. 2017, `arXiv:1706.08500
    <https://arxiv.org/abs/1706.08500>`__, Eq. 6), FVD with those of a video network (Unterthiner et
    al. 2018, `arXiv:1812.01717 <https://arxiv.org/abs/1812.01717>`__). The distance of few samples
    is too large; with fewer samples than dimensions there is a warning.

    Args:
        features: of the generated samples, (N, D), N at least 2.
        references: features of the real samples, (M, D), M at least 2.

    Returns:
        The distance, a scalar in float64; 0 for equal sets. Its gradient needs covariances of full
        rank.

    Raises:
        TypeError: if an argument is not a floating-point tensor.
        ValueError: if a shape does not fit, a set has fewer than 2 samples, or features are NaN or
            infinite.

    Example:
        >>> import torch
        >>> features = torch.tensor([[0.0, 0.0], [2.0, 0.0], [0.0, 2.0]])
        >>> frechet_distance(features + 3, features)
        tensor(18., dtype=torch.float64)
    """
    check_features("frechet_distance", features, references)
    moments = []
    for samples in (features.double(), references.double()):
        mean = samples.mean(0)
        centered = samples - mean
        moments += [mean, centered.T @ centered / (len(samples) - 1)]
    warn_of_few_samples("frechet_distance", features.shape[1], len(features), len(references))
    return frechet_distance_from_moments(*moments)


def frechet_distance_from_moments(
    mean: Tensor, covariance: Tensor, reference_mean: Tensor, reference_covariance: Tensor
) -> Tensor:
    r"""Compute the Frechet distance between two Gaussians, in float64; see `frechet_distance`.

    The trace of :math:`(\Sigma \Sigma_r)^{1/2}` is the sum of the roots of the eigenvalues of
    :math:`\Sigma \Sigma_r`. They are computed as singular values of :math:`\Sigma^{1/2}
    \Sigma_r^{1/2}`, with roots from the eigenvalues of each symmetric matrix: without this,
    rounding in the many eigenvalues that should be 0 adds up.

    Args:
        mean: (D,).
        covariance: (D, D), symmetric and positive semidefinite.
        reference_mean: (D,).
        reference_covariance: (D, D).

    Returns:
        The distance, a scalar in float64.

    Raises:
        TypeError: if an argument is not a floating-point tensor.
        ValueError: if a shape does not fit.

    Example:
        >>> import torch
        >>> zero, one = torch.zeros(2), torch.eye(2)
        >>> frechet_distance_from_moments(zero, 4 * one, zero, one)  # 8 + 2 - 2 * (2 + 2)
        tensor(2., dtype=torch.float64)
    """
    check_shapes(
        "frechet_distance_from_moments",
        mean=(mean, "D"),
        covariance=(covariance, "D D"),
        reference_mean=(reference_mean, "D"),
        reference_covariance=(reference_covariance, "D D"),
    )
    shift = (mean.double() - reference_mean.double()).square().sum()
    ours, theirs = covariance.double(), reference_covariance.double()
    common = torch.linalg.svdvals(_root(ours).T @ _root(theirs)).sum()
    distance: Tensor = shift + ours.trace() + theirs.trace() - 2 * common
    return distance.clamp_min(0)


def check_features(function: str, features: Tensor, references: Tensor) -> None:
    """Raise ValueError unless both are finite features (N, D) of at least 2 samples."""
    check_shapes(function, features=(features, "N D"), references=(references, "M D"))
    for argument, value in (("features", features), ("references", references)):
        if len(value) < 2:
            raise ValueError(
                f"{function}: {argument} must hold 2 samples or more, got {len(value)}"
            )
        if not torch.compiler.is_compiling():
            check_finite(value, function, argument)


def warn_of_few_samples(function: str, dimensions: int, *counts: int) -> None:
    """Warn if one of the sets has fewer samples than its features have dimensions."""
    if min(counts) < dimensions:
        warnings.warn(
            f"{function}: {min(counts)} samples are fewer than the {dimensions} dimensions of the "
            "features, so that the covariance is not known; the distance will be much too large",
            UserWarning,
            stacklevel=3,
        )


def _root(covariance: Tensor) -> Tensor:
    """Compute a matrix R with R R^T = C; columns of eigenvectors times roots of eigenvalues."""
    values, vectors = torch.linalg.eigh(covariance)
    root: Tensor = vectors * torch.where(values > 0, values, 0).sqrt()
    return root
