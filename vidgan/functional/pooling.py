"""Means over the pixels of each instance."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from vidgan._checks import check_shapes
from vidgan.functional._memory import empty_maps
from vidgan.functional._precision import at_least_float32
from vidgan.outputs import InstanceFeatures

_LONGEST_RUN = 64  # pixels: a float32 sum of so few has a negligible rounding error


def instance_mean(features: Tensor, instances: Tensor) -> Tensor:
    r"""Replace the features of every pixel by their mean over the pixel's instance.

    .. math:: y(p) = \operatorname{mean}_{q :\, i(q) = i(p)} x(q)

    The instance-wise average pooling of Wang et al. 2018, `arXiv:1711.11585
    <https://arxiv.org/abs/1711.11585>`__, Sec. 3.4. The same id in two samples of a batch counts as
    two instances. Sums are accumulated in float64, as float32 sums over large instances stop
    growing.

    Args:
        features: (B, C, H, W), any range.
        instances: integer instance ids, (B, 1, H, W), any values.

    Returns:
        The pooled features, (B, C, H, W), in the dtype of ``features``.

    Raises:
        TypeError: if ``features`` is not floating-point, or ``instances`` not an integer tensor.
        ValueError: if the shapes do not fit.

    Example:
        >>> import torch
        >>> features = torch.tensor([[[[1.0, 3.0, 5.0]]]])
        >>> instance_mean(features, torch.tensor([[[[7, 7, 2]]]]))
        tensor([[[[2., 2., 5.]]]])
    """
    _check_maps("instance_mean", features, instances)
    pooled: Tensor = _pool(features, instances)
    return pooled


def instance_features(features: Tensor, instances: Tensor) -> InstanceFeatures:
    """Compute the mean features of every instance in a batch.

    The result has one row per instance, ordered by sample, then by id: the values that
    `instance_mean` assigns to the pixels.

    Args:
        features: (B, C, H, W), any range.
        instances: integer instance ids, (B, 1, H, W), any values.

    Returns:
        Means, ids, sample indices and pixel counts of all instances. The means are float32, or
        float64 for float64 features.

    Raises:
        TypeError: if ``features`` is not floating-point, or ``instances`` not an integer tensor.
        ValueError: if the shapes do not fit.

    Example:
        >>> import torch
        >>> features = torch.tensor([[[[1.0, 3.0, 5.0]]]])
        >>> table = instance_features(features, torch.tensor([[[[7, 7, 2]]]]))
        >>> table.ids, table.means.flatten(), table.counts
        (tensor([2, 7]), tensor([5., 2.]), tensor([1, 2]))
    """
    _check_maps("instance_features", features, instances)
    ids, means, counts, _, _ = _table(features, instances)
    present = counts > 0
    samples = torch.arange(features.shape[0], device=ids.device).repeat_interleave(len(ids))
    return InstanceFeatures(
        means=means[present].to(at_least_float32(features[:0]).dtype),
        ids=ids.repeat(features.shape[0])[present],
        samples=samples[present],
        counts=counts[present],
    )


def _check_maps(function: str, features: Tensor, instances: Tensor) -> None:
    ids = (instances, "int B 1 H W", "as in features")
    check_shapes(function, features=(features, "B C H W"), instances=ids)


# A custom operator, as the number of instances depends on the data, which would break the graph
# of torch.compile.
@torch.library.custom_op("vidgan::instance_mean", mutates_args=())
def _pool(features: Tensor, instances: Tensor) -> Tensor:
    _, means, _, keys, lengths = _table(features, instances)
    of_runs = means.to(features.dtype)[keys].transpose(1, 2).flatten(0, 1)  # (B*C, R)
    num_pixels = instances.shape[2] * instances.shape[3]
    run_of_pixel = torch.repeat_interleave(lengths.int(), output_size=num_pixels)
    pooled = empty_maps((len(of_runs), num_pixels), features)
    return torch.index_select(of_runs, 1, run_of_pixel, out=pooled).view(features.shape)


@_pool.register_fake
def _pool_like(features: Tensor, instances: Tensor) -> Tensor:  # noqa: ARG001  as _pool
    return features.new_empty(features.shape)


def _keep_instances(ctx: Any, inputs: tuple[Tensor, Tensor], output: Tensor) -> None:  # noqa: ARG001
    ctx.save_for_backward(inputs[1])


def _pool_backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
    (instances,) = ctx.saved_tensors
    return _pool(gradient, instances), None  # averaging over instances is symmetric


_pool.register_autograd(_pool_backward, setup_context=_keep_instances)


def _table(features: Tensor, instances: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Average over instances by way of runs: consecutive pixels of the same instance.

    There are far fewer runs than pixels, and summing a run reads memory in order.

    Returns:
        The K distinct ids (K,) of the batch; for each sample and id the mean (B*K, C) and the
        pixel count (B*K,), 0 where the sample lacks the id; for each sample and run its row in
        those (B, R); and the length of each run (R,), the same for all samples.
    """
    batch, channels = features.shape[:2]
    pixels = instances.flatten(1)  # (B, N)
    # A run starts where any sample of the batch changes its instance, so that all samples share
    # the boundaries of their runs.
    first = torch.zeros(pixels.shape[1], dtype=torch.bool, device=pixels.device)
    first[1:] = (pixels[:, 1:] != pixels[:, :-1]).any(0)
    first[::_LONGEST_RUN] = True
    starts = first.nonzero().flatten()
    bounds = F.pad(starts, (0, 1), value=len(first))
    sums = torch.segment_reduce(
        at_least_float32(features).flatten(2),
        "sum",
        offsets=bounds.expand(batch, channels, -1).contiguous(),
        axis=2,
        unsafe=True,  # skips a check of the offsets, which are right by construction
    )  # (B, C, R)
    ids, keys = torch.unique(pixels[:, starts].long(), return_inverse=True)
    keys = keys + len(ids) * torch.arange(batch, device=keys.device)[:, None]  # (B, R)
    rows, num_rows = keys.flatten(), batch * len(ids)
    precise = sums.dtype if sums.device.type == "mps" else torch.float64  # MPS has no float64
    totals = sums.new_zeros(num_rows, channels, dtype=precise)
    totals = totals.index_add(0, rows, sums.transpose(1, 2).flatten(0, 1).to(precise))
    lengths = bounds.diff()
    counts = lengths.new_zeros(num_rows).index_add(0, rows, lengths.repeat(batch))
    return ids, totals / counts.clamp_min(1)[:, None], counts, keys, lengths
