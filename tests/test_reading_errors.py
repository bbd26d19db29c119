"""Whatever is wrong with a file, the error of every reader has one line that names the file."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from vidgan.checkpoint import load_checkpoint, save_checkpoint
from vidgan.conditions import read_openpose, write_openpose
from vidgan.data import open_data_folder, read_points
from vidgan.features import AlexNetFeatures
from vidgan.files import read_json, read_text
from vidgan.styles import GaussianMixture, StyleBank
from vidgan.video import (
    VideoReader,
    image_size,
    iterate_video,
    read_flow,
    read_frame,
    read_labels,
    read_mask,
    read_video,
    write_flow,
    write_frame,
    write_video,
)

RGB, GRAY = torch.zeros(3, 16, 24, dtype=torch.uint8), torch.zeros(1, 16, 24, dtype=torch.uint8)


def write_bank(path: Path) -> None:
    one = torch.ones(1)
    mixture = GaussianMixture(
        one, torch.zeros(1, 3), torch.eye(3)[None], torch.zeros(3), one.clone()
    )
    StyleBank({1: mixture}).save(path)


def write_person(path: Path) -> None:
    write_openpose(path, torch.ones(137, 3))


def write_state(path: Path) -> None:
    save_checkpoint(path, {"a": torch.ones(3)})


def write_points(path: Path) -> None:
    path.write_text(json.dumps([[1.0, 2.0], [3.0, 4.0]]))


def write_description(path: Path) -> None:
    facts = {"task": "faces", "fps": 25, "size": [48, 64], "sequences": {"anna": {"frames": 9}}}
    path.write_text(json.dumps(facts))


def write_array(path: Path) -> None:
    import numpy as np

    np.save(path, np.zeros((16, 24, 2), np.float32))


def write_video_file(path: Path) -> None:
    pytest.importorskip("av")
    write_video(path, [torch.zeros(3, 32, 32, dtype=torch.uint8)] * 4, 25.0)


def open_description(path: Path) -> object:
    return open_data_folder(path.parent)


# name of a reader -> name of a file, how to write a good one, how to read it
READERS: dict[str, tuple[str, Callable[[Path], object], Callable[[Path], object]]] = {
    "read_frame": ("a.png", lambda path: write_frame(path, RGB), read_frame),
    "read_mask": ("a.png", lambda path: write_frame(path, GRAY), read_mask),
    "read_labels": ("a.png", lambda path: write_frame(path, GRAY), read_labels),
    "image_size": ("a.png", lambda path: write_frame(path, RGB), image_size),
    "read_flow": ("a.flo", lambda path: write_flow(path, torch.zeros(2, 4, 6)), read_flow),
    "read_flow of an array": ("a.npy", write_array, read_flow),
    "read_points": ("a.json", write_points, read_points),
    "read_json": ("a.json", write_points, read_json),
    "read_text": ("a.txt", write_points, read_text),
    "read_openpose": ("a.json", write_person, read_openpose),
    "open_data_folder": ("dataset.json", write_description, open_description),
    "read_video": ("a.mp4", write_video_file, read_video),
    "iterate_video": ("a.mp4", write_video_file, lambda path: list(iterate_video(path))),
    "VideoReader": ("a.mp4", write_video_file, lambda path: list(VideoReader(path))),
    "load_checkpoint": ("a.pt", write_state, load_checkpoint),
    "weights": ("a.pt", write_state, AlexNetFeatures),
    "StyleBank": ("a.safetensors", write_bank, StyleBank.load),
}  # fmt: skip


def truncated(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def of_another_type(path: Path) -> None:
    path.write_bytes(b"\x89\xff\x00 not what it seems\n" * 40)


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def missing(path: Path) -> None:
    path.unlink()


def unreadable(path: Path) -> None:
    path.chmod(0)


def a_broken_link(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.with_name("nowhere"))


def a_fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def a_socket(path: Path) -> None:
    path.unlink()
    os.mknod(path, 0o600 | stat.S_IFSOCK)


def a_device(path: Path) -> None:
    path.unlink()
    path.symlink_to("/dev/zero")


FAULTS = [truncated, empty, of_another_type, a_folder, missing, unreadable, a_broken_link]
SPECIAL = [a_fifo, a_socket, a_device]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("reader", READERS)
def test_errors_have_one_line_that_names_the_file(
    tmp_path: Path, reader: str, fault: Callable[[Path], None]
) -> None:
    if fault is unreadable and os.geteuid() == 0:
        pytest.skip("the superuser may read any file")
    name, write, read = READERS[reader]
    path = tmp_path / name
    write(path)
    if reader != "weights":  # this file has no weights of that network
        read(path)
    fault(path)
    good = [("read_text", truncated), ("read_text", empty), ("read_points", empty)]
    if (reader, fault) in good:
        read(path)  # any text is; an empty file of points is a frame without a face
        return
    with pytest.raises((ValueError, OSError)) as caught:
        read(path)
    lines = str(caught.value).splitlines()
    assert len(lines) == 1, lines
    assert name in lines[0]
    assert str(tmp_path) in lines[0]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no FIFOs here")
@pytest.mark.parametrize("fault", SPECIAL)
@pytest.mark.parametrize("reader", READERS)
def test_what_is_no_ordinary_file_is_refused_before_it_is_opened(
    tmp_path: Path, reader: str, fault: Callable[[Path], None]
) -> None:
    name, write, read = READERS[reader]
    write(tmp_path / name)
    fault(tmp_path / name)
    kind = fault.__name__.removeprefix("a_").replace("fifo", "FIFO")
    with pytest.raises(
        (ValueError, OSError), match=f"{name} must be an ordinary file, got a {kind}"
    ):
        read(tmp_path / name)


JSON_READERS = ["read_points", "read_json", "read_openpose", "open_data_folder"]
HOSTILE_JSON = {
    "deep lists": "[" * 100_000,
    "deep objects": '{"a":' * 100_000,
    "65 deep": "[" * 65 + "]" * 65,
    "infinite": "[[1, Infinity]]",
    "too large": "[[1, 1e999]]",
    "a huge integer": f"[[1, {'9' * 400}]]",
    "endless digits": f"[[1, {'9' * 100_000}]]",
    "2^63": f'{{"people": [{2**63}]}}',
}


@pytest.mark.parametrize("text", HOSTILE_JSON.values(), ids=HOSTILE_JSON)
@pytest.mark.parametrize("reader", JSON_READERS)
def test_hostile_json_gives_one_line_that_names_the_file(
    tmp_path: Path, reader: str, text: str
) -> None:
    name, _, read = READERS[reader]
    (tmp_path / name).write_text(text)
    with pytest.raises(ValueError, match=rf"{name}.* no JSON: ") as caught:
        read(tmp_path / name)
    assert len(str(caught.value)) < 500
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("reader", [*JSON_READERS, "read_text"])
def test_endless_text_is_refused_before_it_is_read(tmp_path: Path, reader: str) -> None:
    name, _, read = READERS[reader]
    with (tmp_path / name).open("wb") as file:
        file.truncate(2**40)  # it takes no room on the disk
    with pytest.raises(ValueError, match=rf"{name} must have at most 67108864 bytes"):
        read(tmp_path / name)
