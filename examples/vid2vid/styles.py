"""Fits the styles of instances after a training, and selects those of a generated video."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from examples.vid2vid.runs import Run, load_run
from examples.vid2vid.sequences import DrivingSequence, Styler
from examples.vid2vid.task import Task
from vidgan.generators import InstanceEncoder
from vidgan.styles import StyleBank, collect_features

STYLES = "styles.safetensors"


def fit_styles(
    task: type[Task],
    run: Path,
    data: Path,
    /,
    *,
    components: int = 10,
    every: int = 4,
    seed: int = 0,
) -> tuple[Path, StyleBank]:
    """Fit the styles of instances per class, after a training with instance features.

    Encodes every instance of the training frames, fits a mixture of Gaussians to the features of
    each class, and writes styles.safetensors into the run's folder, for ``generate --style``
    (Wang et al. 2018, arXiv:1808.06601, multimodal synthesis).

    Args:
        task: Task of the data and the run.
        run: The trained run, with instance features.
        data: The prepared folder that it was trained on.
        components: Maximum number of Gaussians per class.
        every: Use every n-th frame, since consecutive ones are similar.
        seed: Seed of the fit.

    Returns:
        The path of the style bank, and the style bank.

    Raises:
        ValueError: the run has no feature encoder, or the data have no instances.
    """
    bound = task.open(data)
    trained = load_run(run, bound)
    encoder = encoder_of(trained, DrivingSequence(bound, next(iter(bound.data.sequences))))
    bank = StyleBank.fit(
        collect_features(_encoded(encoder, trained, bound, every)), components=components, seed=seed
    )
    path = trained.folder / STYLES
    bank.save(path)
    return path, bank


def encoder_of(run: Run, sequence: DrivingSequence) -> InstanceEncoder:
    """Return the run's feature encoder, for a sequence.

    Raises:
        ValueError: the run was trained without instance features.
    """
    if run.encoder is None:
        repair = f"{sequence.data.path} has no instances to give a style: leave out --style"
        if sequence.maps(range(1)).instances is not None:
            repair = "train another run with --feature-channels 3"
        raise ValueError(f"{run.checkpoint} was trained without instance features; {repair}")
    return run.encoder


@torch.no_grad()
def encode_frame(
    encoder: InstanceEncoder, sequence: DrivingSequence, index: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Encode a real frame: features (1, F, H, W), labels and instances (1, 1, H, W), on the CPU."""
    labels, instances = sequence.labels_and_instances(range(index, index + 1))
    device = next(encoder.parameters()).device
    frame = sequence.real_frames(range(index, index + 1)).to(device)
    return encoder(frame, instances.to(device)).float().cpu(), labels, instances


def _encoded(
    encoder: InstanceEncoder, run: Run, task: Task, every: int
) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    for name, length in task.data.sequences.items():
        sequence = DrivingSequence(task, name)
        for index in range(0, min(length, run.config.num_train_frames or length), every):
            yield encode_frame(encoder, sequence, index)


def build_styler(
    run: Run, style: str | None, source: DrivingSequence, last_given: int
) -> Styler | None:
    """Build the function that assigns a style to each instance.

    Args:
        run: the trained run.
        style: ``sample:SEED``, ``mean``, ``from:FRAME``, or None: from the last given frame if it
            is known, else the mean.
        source: the sequence whose real frames ``from`` takes styles from.
        last_given: index of the last given frame in that sequence.

    Returns:
        The function; None for a run without instance features.

    Raises:
        ValueError: the style cannot be parsed, the run has no instance features, or its styles are
            not fitted yet.
    """
    if run.encoder is None:
        if style is not None:
            encoder_of(run, source)  # its error tells how to train one
        return None
    path = run.folder / STYLES
    if not path.is_file():
        raise ValueError(
            f"{run.folder} has no {STYLES}; make it with: "
            f"python -m examples.{source.task.name} fit-styles {run.folder} DATA "
            "(the folder that it was trained on)"
        )
    bank = StyleBank.load(path)
    if style is None:
        known = last_given >= 0 and source.has_real(range(last_given, last_given + 1))
        style = f"from:{last_given}" if known else "mean"
    kind, _, number = style.partition(":")
    if style == "mean":
        return bank.mean
    if kind not in {"sample", "from"} or not number.isdecimal():
        raise ValueError(
            f"style must be sample:SEED, mean or from:FRAME, such as sample:3, got {style!r}"
        )
    if kind == "sample":
        return partial(bank.sample, seed=int(number))
    if int(number) >= source.length:
        raise ValueError(
            f"style from:{number}: sequence {source.name!r} has the frames 0 to {source.length - 1}"
        )
    frame = encode_frame(run.encoder, source, int(number))
    return partial(bank.copy_from, frame=frame)
