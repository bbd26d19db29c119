"""Averages over the pixels of each instance."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from vidgan._checks import check_frames, check_shape, check_tensor
from vidgan.functional._precision import at_least_float32
from vidgan.outputs import InstanceFeatures

_LONGEST_RUN = 64  # so few pixels are summed in float32 without an error that counts


def instance_mean(features: Tensor, instances: Tensor) -> Tensor:
    """Replace the features of every pixel by their mean over the pixel's instance.

    The instance-wise average pooling of Wang et al., CVPR 2018, arXiv:1711.11585, Sec. 3.4. The
    samples of a batch are separate: the same id in two samples is two instances. The sums are
    accumulated in float64, since in float32 those over a large instance stop growing.

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
    _check(features, instances, "instance_mean")
    pooled: Tensor = _pool(features, instances)
    return pooled


def instance_features(features: Tensor, instances: Tensor) -> InstanceFeatures:
    """List the instances of a batch with the means of their features.

    One row an instance, ordered by sample, then by id: the table whose rows `instance_mean`
    spreads over the pixels.

    Args:
        features: (B, C, H, W), any range.
        instances: integer instance ids, (B, 1, H, W), any values.

    Returns:
        Means, ids, sample numbers and pixel counts of all instances. The means are float32, or
        float64 where ``features`` are.

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
    _check(features, instances, "instance_features")
    ids, means, counts, _, _ = _table(features, instances)
    present = counts > 0
    samples = torch.arange(features.shape[0], device=ids.device).repeat_interleave(len(ids))
    return InstanceFeatures(
        means=means[present].to(at_least_float32(features[:0]).dtype),
        ids=ids.repeat(features.shape[0])[present],
        samples=samples[present],
        counts=counts[present],
    )


# An operator of its own, since how many instances there are is known from the data alone:
# torch.compile would break its graph there.
@torch.library.custom_op("vidgan::instance_mean", mutates_args=())
def _pool(features: Tensor, instances: Tensor) -> Tensor:
    _, means, _, keys, lengths = _table(features, instances)
    of_runs = means.to(features.dtype)[keys].transpose(1, 2).flatten(0, 1)  # (B*C, R)
    num_pixels = instances.shape[2] * instances.shape[3]
    run_of_pixel = torch.repeat_interleave(lengths.int(), output_size=num_pixels)
    return of_runs.index_select(1, run_of_pixel).view(features.shape)


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
    """Average over instances by way of runs: neighbors in a row that share their instance.

    There are far fewer runs than pixels, and to sum up a run reads memory in order.

    Returns:
        The K distinct ids (K,) of the batch; for each sample and id the mean (B*K, C) and the
        pixel count (B*K,), 0 where the id is not in the sample; for each sample and run the row
        in those (B, R); and the length of each run (R,), the same for all samples.
    """
    batch, channels = features.shape[:2]
    pixels = instances.flatten(1)  # (B, N)
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
        unsafe=True,  # looks for wrong offsets otherwise
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


def _check(features: Tensor, instances: Tensor, function: str) -> None:
    check_frames(features, function, "features")
    check_tensor(instances, function, "instances")
    if instances.is_floating_point() or instances.is_complex() or instances.dtype == torch.bool:
        raise TypeError(
            f"{function}: instances must be an integer tensor, got {instances.dtype}; "
            "convert it with instances.long()"
        )
    batch, _, height, width = features.shape
    check_shape(instances, (batch, 1, height, width), function, "instances", why="as in features")
