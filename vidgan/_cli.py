"""The command line ``vidgan``; what the commands need is imported once they are run."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

from vidgan import __version__


class _Parser(argparse.ArgumentParser):
    """Reports wrong arguments in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"error: {message} (see {self.prog} --help)\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code: 0 = all is well, 2 = problems or wrong usage.

    Args:
        arguments: what stands after the name of the program; None: those of this process.

    Raises:
        SystemExit: the arguments are wrong (code 2), or ask for help or the version (code 0).

    Example:
        >>> main(["check-data", "no/such/folder"])
        2
    """
    options = _parser().parse_args(arguments)
    run: dict[str, Callable[[argparse.Namespace], int]] = {
        "check-data": _check_data,
        "join-data": _join_data,
        "convert-weights": _convert_weights,
        "estimate-memory": _estimate_memory,
    }
    try:
        return run[options.command](options)
    except (ValueError, OSError) as error:
        sys.stderr.write(f"error: {' '.join(str(error).split()) or type(error).__name__}\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="vidgan", description="Parts of video GANs: the command line.")
    parser.add_argument("--version", action="version", version=f"vidgan {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    check = commands.add_parser(
        "check-data",
        help="check a data folder before anything is trained on it",
        description="Check a data folder, prepared or raw. Exit code 0: no problems (there may be "
        "warnings), 2: problems, or wrong usage. docs/data.md describes the layout and --json.",
    )
    check.add_argument("folder", metavar="FOLDER", help="the data folder")
    check.add_argument("--num-classes", type=int, metavar="N", help="label ids must be below N")
    check.add_argument(
        "--clip-length",
        type=int,
        metavar="N",
        help="frames of a clip (default 30, or as many as the longest sequence allows)",
    )
    check.add_argument(
        "--past-frames", type=int, default=2, metavar="N", help="frames before it (default 2)"
    )
    check.add_argument(
        "--strides",
        type=int,
        nargs="+",
        default=(1, 3),
        metavar="N",
        help="frame distances whose flow a prepared folder must have (default 1 3)",
    )
    check.add_argument("--quick", action="store_true", help="headers only, no pixels, no flows")
    check.add_argument("--json", action="store_true", help="print one JSON object instead of text")
    join = commands.add_parser(
        "join-data",
        help="join prepared data folders of one task into one",
        description="Copy the sequences of several prepared folders into one. They must have the "
        "same task, frame size and classes; a sequence whose name is taken gets a number.",
    )
    join.add_argument("folders", nargs="+", metavar="FOLDER", help="the prepared folders")
    join.add_argument("--out", required=True, metavar="FOLDER", help="the folder to write")
    join.add_argument("--overwrite", action="store_true", help="replace the folder if it exists")
    _add_convert_weights(commands)
    _add_estimate_memory(commands)
    return parser


def _add_convert_weights(commands: Any) -> None:
    convert = commands.add_parser(
        "convert-weights",
        help="convert released vid2vid weights to a folder of vidgan, or back",
        description="Build the network of released files (.pth or .safetensors) and save it as a "
        "folder for vidgan.load_model; or write such a folder back as files of the released "
        "layout. Nothing in the files is run. docs/weights.md describes both.",
    )
    convert.add_argument(
        "source",
        nargs="+",
        metavar="SOURCE",
        help="the released files, coarsest scale first; or one folder that was saved by vidgan",
    )
    convert.add_argument("--out", required=True, metavar="FOLDER", help="the folder to write")
    convert.add_argument(
        "--kind",
        choices=("generator", "discriminator", "image-generator", "instance-encoder"),
        help="what the files are (default: what their weights are called)",
    )
    convert.add_argument("--overwrite", action="store_true", help="replace the folder if it exists")


def _add_estimate_memory(commands: Any) -> None:
    estimate = commands.add_parser(
        "estimate-memory",
        help="estimate the memory that the training of a frame generator takes",
        description="Compute the memory of weights, gradients, Adam's moments and saved "
        "activations for a chunk of frames. Nothing is computed on the frames and no memory is "
        "taken, so that any size can be asked for. docs/guides/memory.md says what is not counted.",
    )
    estimate.add_argument(
        "network", metavar="NETWORK", help="a folder of save_model, or a builder of vidgan.models"
    )
    estimate.add_argument(
        "--arguments",
        metavar="JSON",
        help="arguments of the builder as a JSON object, such as '{\"condition_channels\": 35}'",
    )
    estimate.add_argument(
        "--size", type=int, nargs=2, required=True, metavar=("HEIGHT", "WIDTH"), help="of a frame"
    )
    estimate.add_argument("--batch", type=int, default=1, metavar="N", help="videos (default 1)")
    estimate.add_argument(
        "--frames", type=int, default=1, metavar="N", help="frames of a chunk (default 1)"
    )
    estimate.add_argument(
        "--dtype",
        choices=("float32", "bfloat16", "float16", "float64"),
        default="float32",
        help="of weights, gradients and activations (default float32)",
    )
    estimate.add_argument("--json", action="store_true", help="print one JSON object, in bytes")


def _check_data(options: argparse.Namespace) -> int:
    data = import_module("vidgan.data")  # takes seconds, since it loads torch
    report = data.check_data(
        options.folder,
        num_classes=options.num_classes,
        clip_length=options.clip_length,
        past_frames=options.past_frames,
        strides=options.strides,
        quick=options.quick,
        progress=_progress() if sys.stderr.isatty() else None,
    )
    if options.json:
        text = json.dumps(data.report_to_dict(report), indent=2)
    else:
        text = data.report_to_text(report)
    _write(text)
    return 0 if report.is_good else 2


def _join_data(options: argparse.Namespace) -> int:
    data = import_module("vidgan.data")
    joined = data.join_data_folders(
        options.folders, options.out, overwrite=options.overwrite, command="join-data"
    )
    frames, own = sum(joined.sequences.values()), joined.facts["sequences"].values()
    _write(f"{options.out}: {frames} frames in {len(joined.sequences)} sequences")
    other = sum("fps" in sequence for sequence in own)
    if other:
        _write(
            f"note: {other} sequences have another frame rate than {joined.fps:g}, which is used"
        )
    return 0


def _convert_weights(options: argparse.Namespace) -> int:
    converting = import_module("vidgan.interop.nvidia.converting")
    weights = import_module("vidgan.weights")
    sources, out = [Path(source) for source in options.source], Path(options.out)
    if sources[0].is_dir():
        if len(sources) > 1:
            raise ValueError(f"convert-weights: SOURCE must be one folder or files, got {sources}")
        network = weights.load_model(sources[0])
        names = converting.write_released(network, out, overwrite=options.overwrite)
        _write(f"{out}: {', '.join(names)}, in the released layout")
        return 0
    network = converting.load_released(sources, options.kind)
    weights.save_model(network, out, overwrite=options.overwrite)
    number = sum(weight.numel() for weight in network.parameters())
    _write(f"{out}: {type(network).__name__} with {number} weights")
    return 0


def _estimate_memory(options: argparse.Namespace) -> int:
    rollout = import_module("vidgan.rollout")
    building = import_module("vidgan.weights.building")
    network = building.meta_network(options.network, options.arguments, "estimate-memory")
    numbers = {"batch": options.batch, "num_frames": options.frames}
    dtype = getattr(import_module("torch"), options.dtype)
    try:
        estimate = rollout.estimate_memory(network, tuple(options.size), dtype=dtype, **numbers)
    except TypeError as error:  # a network of another kind
        raise ValueError(error) from error
    if options.json:
        sums = {"total": estimate.total, "checkpointed_total": estimate.checkpointed_total}
        _write(json.dumps(estimate._asdict() | sums, indent=2))
        return 0
    _write(estimate.to_text())
    return 0


def _write(text: str) -> None:
    """Write a line; a file name may have characters that the terminal's encoding lacks."""
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")


def _progress() -> Callable[[int, int], None]:
    """Count the files in one line of the terminal, a few times a second."""
    last = time.monotonic()

    def show(done: int, total: int) -> None:
        nonlocal last
        if done == total:
            sys.stderr.write("\r\033[K")  # leaves the line empty
        elif time.monotonic() - last > 0.2:
            last = time.monotonic()
            sys.stderr.write(f"\rchecked {done} of {total} files")
            sys.stderr.flush()

    return show
