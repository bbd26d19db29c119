"""Fit the looks of instances, per class, after a training with instance features.

    python -m examples.vid2vid.fit_styles runs/street data/street

Encodes every instance of the training frames, fits a mixture of Gaussians to the features of each
class, and writes styles.safetensors into the run's folder; then ``generate --style`` can draw
from them (Wang et al. 2018, arXiv:1808.06601, multimodal synthesis).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from examples.vid2vid.command_line import parse, run_cli
from examples.vid2vid.data import open_data
from examples.vid2vid.runs import Run, load_run
from examples.vid2vid.sequences import DrivingSequence
from examples.vid2vid.style_features import collect_features
from examples.vid2vid.styles import StyleBank
from vidgan.data import DataFolder
from vidgan.generators import InstanceEncoder

STYLES = "styles.safetensors"


@dataclass(frozen=True)
class StylesConfig:
    """How the looks are fitted."""

    run: Path
    """The trained run, with instance features."""
    data: Path
    """The prepared folder that it was trained on."""
    components: int = 10
    """Gaussians a class, at most."""
    every: int = 4
    """Take one frame of so many: neighbors look alike."""
    seed: int = 0
    """Of the fit."""


def fit_styles(config: StylesConfig) -> tuple[Path, StyleBank]:
    """Write the style bank of a run, and return its path and itself.

    Raises:
        ValueError: the run has no feature encoder, or the data no instances.
    """
    data = open_data(config.data)
    run = load_run(config.run, data)
    encoder = encoder_of(run)
    bank = StyleBank.fit(
        collect_features(_encoded(encoder, run, data, config.every)),
        components=config.components,
        seed=config.seed,
    )
    path = run.checkpoint.parent / STYLES
    bank.save(path)
    return path, bank


def encoder_of(run: Run) -> InstanceEncoder:
    """Return the run's feature encoder.

    Raises:
        ValueError: it was trained without.
    """
    if run.encoder is None:
        raise ValueError(
            f"{run.checkpoint} was trained without instance features; train it with "
            "--feature-channels 3"
        )
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
    encoder: InstanceEncoder, run: Run, data: DataFolder, every: int
) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    for name, length in data.sequences.items():
        sequence = DrivingSequence(data, name)
        for index in range(0, min(length, run.config.num_train_frames or length), every):
            yield encode_frame(encoder, sequence, index)


def main() -> None:
    path, bank = fit_styles(parse(StylesConfig, description=__doc__))
    print(f"wrote {path}: the looks of {len(bank.mixtures)} classes")


if __name__ == "__main__":
    run_cli(main)
