from __future__ import annotations

import pytest
import torch

from vidgan.video import list_frames, list_sequences, read_frames, write_frame, write_frames


def test_round_trip(tmp_path):
    frames = torch.randint(0, 256, (3, 3, 5, 7), dtype=torch.uint8)

    files = write_frames(tmp_path / "new" / "walk", frames)

    assert [file.name for file in files] == ["00000.png", "00001.png", "00002.png"]
    assert torch.equal(read_frames(tmp_path / "new" / "walk"), frames)
    assert torch.equal(read_frames(tmp_path / "new" / "walk", max_frames=2), frames[:2])


def test_names_are_ordered_by_their_numbers(tmp_path):
    names = [
        "a2b10.png",
        "a10b1.png",
        "a2b9.png",
        "9.png",
        "10.jpg",
        "b.JPEG",
        ".hidden.png",
        "x.txt",
    ]
    for name in names:
        (tmp_path / name).touch()
    (tmp_path / "folder").mkdir()

    found = [file.name for file in list_frames(tmp_path)]

    assert found == ["9.png", "10.jpg", "a2b9.png", "a2b10.png", "a10b1.png", "b.JPEG"]


def test_sequences_are_listed_in_order(tmp_path):
    for name, count in (("s10", 1), ("s9", 2), ("empty", 0)):
        (tmp_path / name).mkdir()
        for index in range(count):
            write_frame(tmp_path / name / f"{index}.png", torch.zeros(3, 2, 3))
    (tmp_path / "notes.txt").touch()

    found = list_sequences(tmp_path)

    assert [(name, len(files)) for name, files in found.items()] == [("s9", 2), ("s10", 1)]


def test_other_endings_can_be_listed(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "0.flo").touch()
    (tmp_path / "a" / "0.png").touch()

    assert [f.name for f in list_sequences(tmp_path, (".flo",))["a"]] == ["0.flo"]


def test_missing_and_empty_folders(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"list_frames: no such folder: .*none"):
        list_frames(tmp_path / "none")
    with pytest.raises(FileNotFoundError, match=r"list_sequences: no such folder: .*none"):
        list_sequences(tmp_path / "none")
    with pytest.raises(ValueError, match=r"list_sequences: .* must hold folders of frames .* none"):
        list_sequences(tmp_path)
    with pytest.raises(
        ValueError, match=r"read_frames: .* must hold frames ending in .*found none"
    ):
        read_frames(tmp_path)


@pytest.mark.parametrize("other", [(6, 7), (5, 8)])
def test_frames_of_different_sizes(tmp_path, other):
    write_frames(tmp_path, torch.zeros(3, 3, 5, 7))
    write_frame(tmp_path / "00001.png", torch.zeros(3, *other))

    with pytest.raises(
        ValueError, match=r"one size, got 00000\.png with \(H, W\) = \(5, 7\)"
    ) as info:
        read_frames(tmp_path)
    assert f"00001.png with {other} (1 of 3 frames differ" in str(info.value)


def test_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match=r"write_frames: cannot make the folder .*file"):
        write_frames(tmp_path / "file" / "walk", torch.zeros(1, 3, 5, 7))
    with pytest.raises(OSError, match=r"write_frames: cannot make the folder .*file"):
        write_frames(tmp_path / "file", torch.zeros(1, 3, 5, 7))
