"""Generate a video from its annotations alone with a trained run.

    python -m examples.vid2vid.generate runs/carphone data/carphone --out videos/carphone

The network sees L given frames first (L = 2: the frames start-2 and start-1), then nothing but the
annotations (landmarks, labels, keypoints) of the frames that it is to generate and its own last
frames.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Literal, NamedTuple

import torch

from examples.vid2vid.command_line import require, run_cli
from examples.vid2vid.data import open_data
from examples.vid2vid.driving import build_edit, driven_sequence, nearest_frame
from examples.vid2vid.first_frames import FirstFrame, Start, start_video
from examples.vid2vid.runs import Generator, Run, Weights, load_run
from examples.vid2vid.sequences import DrivingSequence, Styler, frame_range
from examples.vid2vid.staging import staged
from examples.vid2vid.styling import build_styler
from examples.vid2vid.visualization import GeneratedFrame, write_video_and_sheet
from vidgan.generators import CompositeGenerator
from vidgan.rollout import StreamingGenerator

Precision = Literal["float32", "bfloat16"]
_VIDEOS = (".mp4", ".m4v", ".mov", ".mkv")


class GenerateReport(NamedTuple):
    """What was written."""

    video: Path
    sheet: Path
    frames: Path
    num_frames: int


def generate_frames(
    generator: Generator,
    sequence: DrivingSequence,
    start: int,
    frames: int,
    *,
    first: Start | None = None,
    styler: Styler | None = None,
    precision: Precision = "float32",
) -> Iterator[GeneratedFrame]:
    """Generate ``frames`` frames from ``start`` on, one at a time with constant memory.

    Args:
        generator: in eval mode; L is its ``past_frames``.
        sequence: what drives it.
        start: index of the first frame to generate.
        frames: how many.
        first: the first frames, from `start_video`; None takes the real frames start-L to start-1
            of the sequence, or, where it has none, lets the generator make its own first frame.
        styler: gives instances their look, for a generator that has instance features.
        precision: ``"bfloat16"`` computes under autocast.

    Yields:
        The frames in order, on the CPU, with their parts.
    """
    if first is None:
        first = start_video(sequence, start, generator.past_frames, styler=styler)
    device = next(generator.parameters()).device
    stream = StreamingGenerator(generator)
    stream.reset(*(part.to(device) for part in first.given))
    has_foreground = _has_foreground(generator)
    for index in range(start, start + frames):
        maps = sequence.styled_maps(range(index, index + 1), styler)
        mask = maps.foreground_masks if has_foreground else None
        autocast = torch.autocast(device.type, torch.bfloat16)
        with autocast if precision == "bfloat16" else nullcontext():
            output = stream.step_with_parts(
                maps.conditions.to(device),
                foreground_mask=None if mask is None else mask.to(device),
            )
        yield GeneratedFrame(
            index,
            output.frame[0].float().cpu(),
            sequence.picture(maps.conditions[0]),
            sequence.real(index),
            None if output.flow is None else output.flow[0].float().cpu(),
            None if output.occlusion_mask is None else output.occlusion_mask[0].float().cpu(),
        )


def _has_foreground(generator: Generator) -> bool:
    return any(
        isinstance(part, CompositeGenerator) and part.foreground is not None
        for part in generator.modules()
    )


def generate(
    run: Path,
    data: Path,
    /,
    *,
    out: Path,
    start: int | None = None,
    frames: int | None = None,
    sequence: str | None = None,
    drive: Path | None = None,
    first_frame: FirstFrame = "given",
    first_frames: Path | None = None,
    image_run: Path | None = None,
    style: str | None = None,
    replace: tuple[str, ...] = (),
    paint: Path | None = None,
    weights: Weights = "averaged",
    precision: Precision = "float32",
    overwrite: bool = False,
) -> GenerateReport:
    """Generate a video from the annotations of a prepared data folder.

    Writes the video (conditions, generated and, if known, real frames side by side), a contact
    sheet as PNG, and the generated frames as frames/SEQUENCE/00090.png; all of them, or nothing.

    Args:
        run: Folder of the trained run, or a checkpoint file.
        data: Prepared data folder with the annotations; it needs no real frames.
        out: A folder to write SEQUENCE.mp4 and the rest into, or the name of the .mp4.
        start: First frame to generate; by default the first that the run was not trained on.
        frames: Number of frames; by default all that follow.
        sequence: Name of the sequence, where the data folder has several.
        drive: Another video, or prepared folder, whose motion drives the face or body of DATA.
        first_frame: The first frames are given (real ones), the network's own, or made by the
            single-image network of IMAGE-RUN.
        first_frames: Another prepared data folder, whose first frames the network is given.
        image_run: Folder of a run of train_image.
        style: Look of the instances: sample:SEED, mean, or from:FRAME of the real frames.
        replace: Exchange classes of the labels, such as vegetation=building.
        paint: A label map to use in place of all others, or a folder of some, named as frames.
        weights: The weights averaged over the training, or the last ones.
        precision: bfloat16 is faster on hardware made for it.
        overwrite: Replace a video that is there already.
    """
    folder = open_data(data)
    target = DrivingSequence(folder, sequence, edit=build_edit(folder, replace, paint))
    trained = load_run(run, folder, weights=weights)
    past = trained.config.model.past_frames
    driving, looks, given_from = target, target, None
    if drive is not None:
        driving = driven_sequence(target, drive, trained.config)
        given_from = nearest_frame(driving, target, past)
    if first_frames is not None:
        looks, given_from = _first_sequence(first_frames), 0
    is_given = first_frame == "given" and given_from is None
    begin, count = frame_range(driving, trained.config, start, frames, is_given=is_given)
    last_given = begin - 1 if given_from is None else given_from + past - 1
    styler = build_styler(trained, style, looks, last_given)
    first = start_video(
        driving,
        begin,
        past,
        policy=first_frame,
        given=None if given_from is None else (looks, given_from),
        image_run=image_run,
        styler=styler,
    )
    if first_frame == "given" and not first.given:
        print(
            f"note: {data} has no real frames before frame {begin}, so the network makes its "
            "first frame by itself; give it real ones with --first-frames",
            file=sys.stderr,
        )
    if first_frame == "generated" and trained.config.model.first_frame != "generated":
        print(
            f"note: {run} was trained from given first frames, so its own will look poor; train "
            "with --first-frame generated",
            file=sys.stderr,
        )
    is_video = out.suffix.lower() in _VIDEOS and not out.is_dir()
    root, video = (out.parent, out.name) if is_video else (out, f"{driving.name}.mp4")
    report = GenerateReport(
        root / video, root / f"{Path(video).stem}.png", root / "frames" / driving.name, count
    )
    _write(report, root, trained, driving, begin, first, styler, precision, overwrite=overwrite)
    return report


def _write(
    report: GenerateReport,
    root: Path,
    trained: Run,
    driving: DrivingSequence,
    begin: int,
    first: Start,
    styler: Styler | None,
    precision: Precision,
    *,
    overwrite: bool,
) -> None:
    names = [str(path.relative_to(root)) for path in report[:3]]
    count = report.num_frames
    with staged(root, names, command="generate", overwrite=overwrite) as temporary:
        steps = generate_frames(
            trained.generator,
            driving,
            begin,
            count,
            first=first,
            styler=styler,
            precision=precision,
        )
        write_video_and_sheet(
            require("tqdm").tqdm(steps, "frames", count, disable=None),
            count=count,
            fps=driving.data.fps,
            video=temporary / names[0],
            sheet=temporary / names[1],
            frames=temporary / names[2],
        )


def _first_sequence(path: Path) -> DrivingSequence:
    data = open_data(path)
    return DrivingSequence(data, next(iter(data.sequences), None))


def main() -> None:
    report = require("tyro").cli(generate, prog="examples.vid2vid.generate")
    print(f"wrote {report.num_frames} frames: {report.video}, {report.sheet}, {report.frames}")


if __name__ == "__main__":
    run_cli(main)
