"""Clips of a data folder whose reference flow is not known everywhere."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest
import torch

from examples.edges_to_face.task import EdgesToFace
from examples.vid2vid.clips import open_clips, to_clip
from examples.vid2vid.config import ModelConfig, ObjectiveConfig, TrainConfig
from examples.vid2vid.train import train
from vidgan.data import check_data
from vidgan.functional import average_pyramid
from vidgan.video import read_flow, read_mask, write_flow, write_frame

TINY = TrainConfig(
    model=ModelConfig(
        base_channels=4, num_downsamplings=1, num_blocks=1, discriminator_channels=4, num_rates=2
    ),
    objective=ObjectiveConfig(perceptual="none", temporal_weight=10.0, mask_weight=1.0),
    steps=3,
    clip_length=8,
    chunk_length=8,
    precision="float32",
    log_every=1,
)
ROWS = slice(8, 20)


def change(data, out, *, suffix=".flo", value=torch.nan, confidence=255):
    """A copy of a folder with other vectors in some rows, and another confidence in them."""
    shutil.copytree(data, out)
    for file in sorted(out.glob("flow/*/*/*.flo")):
        flow = read_flow(file)
        flow[:, ROWS] = value
        file.unlink()
        (write_kitti if suffix == ".png" else write_flow)(file.with_suffix(suffix), flow)
    for file in sorted(out.glob("confidence/*/*/*.png")):
        mask = (read_mask(file) * 255).to(torch.uint8)
        mask[:, ROWS] = confidence
        write_frame(file, mask)
    return out


def write_kitti(path, flow):
    """64 steps per pixel around 2^15 in the first two channels of three, 1 = known in the third."""
    known = flow.isfinite().all(0)
    u, v = torch.where(known, flow, 0) * 64 + 2**15
    picture = torch.stack([known.float(), v, u], -1).numpy().astype("uint16")  # OpenCV: BGR
    assert pytest.importorskip("cv2").imwrite(str(path), picture)


def losses_of(data, run, config):
    events = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    train(EdgesToFace, data, run, config)
    curves = events.EventAccumulator(str(run / "tensorboard")).Reload()
    return {
        (name, point.step): point.value
        for name in curves.Tags()["scalars"]
        for point in curves.Scalars(name)
    }


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".flo", ".png"])
def test_unknown_flow_trains_as_if_not_trusted(data, tmp_path, suffix):
    unknown = change(data, tmp_path / "unknown", suffix=suffix)
    report = check_data(unknown, clip_length=8, strides=(1, 3))
    assert report.is_good
    assert {warning.code for warning in report.warnings} == {"unknown_flow"}
    losses = losses_of(unknown, tmp_path / "run", TINY)
    assert all(torch.isfinite(torch.tensor(list(losses.values()))))
    assert {"flow", "warp", "temporal", "mask", "video0_gan"} <= {name for name, _ in losses}

    # D_V is shown (0, 0) where the flow is unknown.
    zero = change(data, tmp_path / "zero", value=0, confidence=0)
    assert losses_of(zero, tmp_path / "zero_run", TINY) == losses
    # Without D_V, any vector gives the same.
    alone = replace(TINY, model=replace(TINY.model, num_rates=0))
    other = change(data, tmp_path / "other", value=7.5, confidence=0)
    assert losses_of(other, tmp_path / "other_run", alone) == losses_of(
        unknown, tmp_path / "alone", alone
    )


def test_confidence_is_0_where_the_flow_is_unknown_at_every_scale(data, tmp_path):
    task = EdgesToFace.open(change(data, tmp_path / "unknown"))
    clip = to_clip(task, [open_clips(task, 6, [1, 3])[0]], 0, 6, [1, 3])
    expected = torch.ones(6, 1, 48, 64)
    expected[0] = 0  # the first frame has no flow
    expected[1:, :, ROWS] = 0
    assert torch.equal(clip.confidence[0], expected)

    small = clip.downsample(1)
    unknown = ~small.flows[1].isfinite().all(2, keepdim=True)
    assert unknown[0, 1:].any()
    pooled = average_pyramid(expected[None], 2)[1]
    assert torch.equal(small.confidence, torch.where(unknown, 0, pooled))


@pytest.mark.slow
def test_two_scales_of_unknown_flow(data, tmp_path):
    config = replace(TINY, steps=4, model=replace(TINY.model, num_scales=2, num_fine_blocks=1))
    losses = losses_of(change(data, tmp_path / "unknown"), tmp_path / "run", config)
    assert all(torch.isfinite(torch.tensor(list(losses.values()))))


def test_flow_that_is_nowhere_known_is_a_problem(data, tmp_path):
    folder = change(data, tmp_path / "unknown")
    file = folder / "flow/stride1/walk/00004.flo"
    write_flow(file, torch.full((2, 48, 64), torch.nan))
    (problem,) = check_data(folder, clip_length=8).problems
    assert (problem.code, problem.examples) == (
        "not_finite",
        ("flow/stride1/walk/00004.flo (3072 of 3072 pixels)",),
    )
