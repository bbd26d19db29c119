"""Folders of frames: <folder>/<sequence>/<frame>.png."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from pathlib import Path

import torch
from torch import Tensor

from vidgan.files import visible_files, visible_folders
from vidgan.video._limits import MAX_BYTES, MAX_PIXELS, check_bytes
from vidgan.video._paths import existing_folder
from vidgan.video.images import IMAGE_SUFFIXES, image_size, read_frame, write_frame


def list_frames(
    folder: str | os.PathLike[str], suffixes: Collection[str] = IMAGE_SUFFIXES
) -> list[Path]:
    """List the files of one sequence in the order of their names, numbers counted as numbers.

    Args:
        folder: the folder of one sequence.
        suffixes: lower-case endings of the files to list; hidden files (`vidgan.files.is_hidden`)
            are left out.

    Returns:
        The files; ``frame9.png`` comes before ``frame10.png``.

    Raises:
        FileNotFoundError: there is no such folder.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> for name in ("10.png", "9.png", "notes.txt"):
        ...     (folder / name).touch()
        >>> [file.name for file in list_frames(folder)]
        ['9.png', '10.png']
    """
    return visible_files(existing_folder(folder, "list_frames"), suffixes)


def list_sequences(
    folder: str | os.PathLike[str], suffixes: Collection[str] = IMAGE_SUFFIXES
) -> dict[str, list[Path]]:
    """List the sequences of a folder laid out as folder/<sequence>/<frame>.

    Args:
        folder: the folder with one sub-folder per sequence.
        suffixes: lower-case endings of the frames to list.

    Returns:
        Sequence name -> its files, both in the order of their names; hidden sub-folders and those
        without such files are left out.

    Raises:
        FileNotFoundError: there is no such folder.
        ValueError: no sub-folder contains a frame.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> _ = write_frames(folder / "walk", torch.zeros(2, 3, 4, 6))
        >>> {name: len(files) for name, files in list_sequences(folder).items()}
        {'walk': 2}
    """
    folder = existing_folder(folder, "list_sequences")
    found = {child.name: list_frames(child, suffixes) for child in visible_folders(folder)}
    sequences = {name: files for name, files in found.items() if files}
    if not sequences:
        raise ValueError(
            f"list_sequences: {folder} must hold folders of frames "
            f"(<sequence>/<frame> ending in {', '.join(suffixes)}), found none"
        )
    return sequences


def read_frames(
    folder: str | os.PathLike[str],
    *,
    max_frames: int | None = None,
    max_pixels: int = MAX_PIXELS,
    max_bytes: int = MAX_BYTES,
) -> Tensor:
    """Read the frames of one sequence, in the order of their names.

    Args:
        folder: the folder of one sequence of PNG or JPEG frames of one size.
        max_frames: maximum number of frames to read.
        max_pixels: maximum number of pixels of a frame.
        max_bytes: maximum size of all frames in memory.

    Returns:
        uint8 (T, 3, H, W).

    Raises:
        FileNotFoundError: there is no such folder.
        ValueError: the folder has no frames, frames of different sizes, or frames that take more
            than ``max_bytes``; or as in `read_frame`.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> _ = write_frames(folder, torch.zeros(2, 3, 4, 6))
        >>> read_frames(folder).shape
        torch.Size([2, 3, 4, 6])
    """
    files = list_frames(folder)[:max_frames]
    if not files:
        raise ValueError(
            f"read_frames: {folder} must hold frames ending in {', '.join(IMAGE_SUFFIXES)}, "
            "found none"
        )
    sizes = [image_size(file, max_pixels=max_pixels) for file in files]
    check_same_size(files, sizes, "read_frames")
    check_bytes(len(files), *sizes[0], max_bytes, f"read_frames: {folder}")
    frames = torch.empty(len(files), 3, *sizes[0], dtype=torch.uint8)
    for index, file in enumerate(files):  # no list: it would need the memory twice
        frames[index] = read_frame(file, max_pixels=max_pixels)
    return frames


def check_same_size(files: list[Path], sizes: list[tuple[int, int]], function: str) -> None:
    """Raise ValueError naming the first two files whose sizes (H, W) differ."""
    for file, size in zip(files, sizes, strict=True):
        if size != sizes[0]:
            others = sum(other != sizes[0] for other in sizes)
            raise ValueError(
                f"{function}: the frames of {file.parent} must have one size, got {files[0].name} "
                f"with (H, W) = {sizes[0]} and {file.name} with {size} ({others} of {len(sizes)} "
                "frames differ from the first); resize or crop them first"
            )


def write_frames(folder: str | os.PathLike[str], frames: Iterable[Tensor]) -> list[Path]:
    """Write frames as 00000.png, 00001.png, ... into a folder, which is made where missing.

    Args:
        folder: the folder of the sequence.
        frames: (T, 3, H, W), or any iterable of frames as in `write_frame`.

    Returns:
        The files written.

    Raises:
        TypeError, ValueError, OSError: as in `write_frame`.

    Example:
        >>> import tempfile
        >>> files = write_frames(tempfile.mkdtemp(), torch.zeros(2, 3, 4, 6))
        >>> [file.name for file in files]
        ['00000.png', '00001.png']
    """
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise type(error)(
            f"write_frames: cannot make the folder {folder} ({error.strerror}); "
            "choose a folder that you may write to"
        ) from error
    files = []
    for index, frame in enumerate(frames):
        files.append(folder / f"{index:05d}.png")
        write_frame(files[-1], frame)
    return files
