"""The last few checkpoints of a training: kept, found, and passed over if damaged."""

import json
import os
import subprocess
import sys
import textwrap

import pytest
import torch

from vidgan.checkpoint import CheckpointManager, load_checkpoint


def saved(folder, *steps, keep=3):
    manager = CheckpointManager(folder / "checkpoints", keep=keep)
    for step in steps:
        manager.save(step, {"step": step, "weights": torch.full((40,), float(step))})
    return manager


def names(manager):
    return sorted(path.name for path in manager.folder.iterdir())


def test_the_last_few_are_kept(tmp_path):
    manager = saved(tmp_path, 1, 2, 30, 400, keep=2)
    assert manager.steps() == [30, 400]
    assert names(manager) == [
        "step_000000030.json",
        "step_000000030.pt",
        "step_000000400.json",
        "step_000000400.pt",
    ]
    found = manager.find_newest()
    assert (found.path, found.step, found.refused) == (manager.path(400), 400, ())
    assert torch.equal(load_checkpoint(found.path)["weights"], torch.full((40,), 400.0))


def test_the_manifest_is_that_of_sha256sum(tmp_path):
    manager = saved(tmp_path, 7)
    manifest = json.loads((manager.folder / "step_000000007.json").read_text())
    printed = subprocess.run(
        ["sha256sum", manager.path(7)], check=True, capture_output=True, text=True
    ).stdout
    assert manifest["sha256"] == printed.split()[0]
    assert manifest["bytes"] == manager.path(7).stat().st_size


def damage(manager, kind):
    path = manager.path(3)
    content = bytearray(path.read_bytes())
    if kind == "one bit":
        content[len(content) // 2] ^= 4
        path.write_bytes(content)
    elif kind == "truncated":
        path.write_bytes(content[:-1])
    elif kind == "empty":
        path.write_bytes(b"")
    elif kind == "swapped":
        path.write_bytes(manager.path(2).read_bytes())
    elif kind == "missing":
        path.unlink()
    elif kind == "no manifest":
        path.with_suffix(".json").unlink()
    elif kind == "damaged manifest":
        path.with_suffix(".json").write_text('{"bytes": ')
    else:
        path.with_suffix(".json").write_text("[]")


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("one bit", "do not fit each other"),
        ("truncated", "do not fit each other"),
        ("empty", "do not fit each other"),
        ("swapped", "do not fit each other"),
        ("missing", "there is no file"),
        ("no manifest", "has no manifest step_000000003.json: it was not finished"),
        ("damaged manifest", "do not fit each other"),
        ("another JSON", "do not fit each other"),
    ],
)
def test_a_damaged_one_is_passed_over_with_its_reason(tmp_path, kind, message):
    manager = saved(tmp_path, 1, 2, 3)
    damage(manager, kind)
    found = manager.find_newest()
    assert found.step == 2
    (reason,) = found.refused
    assert "step_000000003" in reason
    with pytest.raises((OSError, ValueError), match=message):
        manager.check(3)
    # training goes on from step 2 and saves step 3 again
    manager.save(3, {"step": 3})
    assert manager.find_newest()[1:] == (3, ())


def test_flipped_bits_are_noticed(tmp_path):
    manager = saved(tmp_path, 1, 2)
    generator = torch.Generator().manual_seed(0)
    for suffix in (".json", ".pt"):
        path = manager.path(2).with_suffix(suffix)
        whole = path.read_bytes()
        bits = torch.randint(8 * len(whole), (60,), generator=generator).tolist()
        for bit in bits:
            flipped = bytearray(whole)
            flipped[bit // 8] ^= 1 << bit % 8
            path.write_bytes(flipped)
            assert manager.find_newest().step == 1
        path.write_bytes(whole)
    assert manager.find_newest()[1:] == (2, ())


def test_none_is_left(tmp_path):
    manager = saved(tmp_path, 1, 2)
    for step in (1, 2):
        manager.path(step).write_bytes(b"")
    with pytest.raises(ValueError, match=r"has no whole checkpoint: .*step_000000002.*_000000001"):
        manager.find_newest()
    assert CheckpointManager(tmp_path / "nothing").find_newest() is None


def test_a_newer_damaged_one_does_not_push_out_the_good_ones(tmp_path):
    manager = saved(tmp_path, 10, 20, 30, keep=2)
    manager.path(30).write_bytes(b"")
    manager.save(25, {"step": 25})
    assert manager.find_newest().step == 25
    assert manager.steps() == [20, 25, 30]


def test_leftovers_are_removed(tmp_path):
    manager = saved(tmp_path, 1)
    (manager.folder / ".step_000000002.0123abcd.part.pt").write_bytes(b"half")
    manager.path(3).write_bytes(b"no manifest yet")
    manager.path(4).with_suffix(".json").write_text("{}")
    (manager.folder / "notes.txt").write_text("the user's")
    removed = sorted(path.name for path in manager.clean())
    assert removed == [
        ".step_000000002.0123abcd.part.pt",
        "step_000000003.pt",
        "step_000000004.json",
    ]
    assert names(manager) == ["notes.txt", "step_000000001.json", "step_000000001.pt"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs POSIX limits")
def test_a_full_disk_leaves_the_earlier_checkpoint(tmp_path):
    """A limit on the size of files fails as a full disk does: within torch's writer."""
    saved(tmp_path, 1)
    code = f"""
    import resource, signal, torch
    from vidgan.checkpoint import CheckpointManager
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000))
    try:
        CheckpointManager({str(tmp_path / "checkpoints")!r}).save(2, {{"w": torch.ones(100_000)}})
    except OSError as error:
        print(error)
    """
    result = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True
    )
    assert "save_checkpoint: cannot write" in result.stdout
    assert "free some space" in result.stdout
    manager = CheckpointManager(tmp_path / "checkpoints")
    assert names(manager) == ["step_000000001.json", "step_000000001.pt"]
    assert manager.find_newest()[1:] == (1, ())


def test_keep_starts_at_1(tmp_path):
    with pytest.raises(ValueError, match="CheckpointManager: keep must be at least 1, got 0"):
        CheckpointManager(tmp_path, keep=0)
