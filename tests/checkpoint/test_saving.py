"""Saving and loading training states."""

from __future__ import annotations

import os
import pickle
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from tests.assertions import rand
from tests.networks import assert_same_bits, tiny_generator
from vidgan.checkpoint import load_checkpoint, save_checkpoint

STATE = {
    "step": 7,
    "rate": 2e-4,
    "config": '{"norm": "batch"}',
    "done": False,
    "nothing": None,
    "list": [1, (2, 3), {"x": 4}],
    "random": np.random.default_rng(0).bit_generator.state,
    "weights": OrderedDict(a=torch.arange(20.0).reshape(4, 5), b=torch.ones(3).bfloat16()),
}


class Evil:
    """Writes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


def assert_same(got: Any, want: Any) -> None:
    """Numbers, strings and tensors of two structures are the same."""
    if isinstance(want, dict):
        assert list(got) == list(want)
        for key, value in want.items():
            assert_same(got[key], value)
    elif isinstance(want, list | tuple):
        assert (type(got), len(got)) == (type(want), len(want))
        for one, other in zip(got, want, strict=True):
            assert_same(one, other)
    elif isinstance(want, torch.Tensor):
        assert_same_bits(got, want)
    else:
        assert (type(got), got) == (type(want), want)


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_round_trip(tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "c.pt", STATE)

    assert_same(load_checkpoint(tmp_path / "c.pt"), STATE)
    assert files(tmp_path) == ["c.pt"]


def test_path_may_be_a_string(tmp_path: Path) -> None:
    save_checkpoint(str(tmp_path / "c.pt"), STATE)

    assert_same(load_checkpoint(str(tmp_path / "c.pt")), STATE)


def test_training_goes_on_as_if_never_stopped(tmp_path: Path) -> None:
    """Weights, running statistics, an optimizer that never stepped in its new life, randomness."""

    def build() -> tuple[nn.Module, torch.optim.Optimizer]:
        generator = tiny_generator(norm="batch", flow=False, num_blocks=0)
        return generator, torch.optim.Adam(generator.parameters(), lr=1e-2)

    def steps(generator: nn.Module, optimizer: torch.optim.Optimizer, number: int) -> None:
        for _ in range(number):
            optimizer.zero_grad()
            conditions, past = torch.rand(2, 3, 2, 4, 6), torch.rand(2, 2, 3, 4, 6)
            generator(conditions, past).frame.square().mean().backward()
            optimizer.step()

    generator, optimizer = build()
    steps(generator, optimizer, 2)
    save_checkpoint(
        tmp_path / "c.pt",
        {
            "generator": generator.state_dict(),
            "optimizer": optimizer.state_dict(),
            "randomness": torch.get_rng_state(),
        },
    )
    steps(generator, optimizer, 2)

    resumed, its_optimizer = build()
    saved = load_checkpoint(tmp_path / "c.pt")
    resumed.load_state_dict(saved["generator"])
    its_optimizer.load_state_dict(saved["optimizer"])
    torch.set_rng_state(saved["randomness"])
    steps(resumed, its_optimizer, 2)

    assert_same_bits(resumed.state_dict(), generator.state_dict())


def test_saving_again_replaces(tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "c.pt", {"step": 1})
    save_checkpoint(tmp_path / "c.pt", {"step": 2})

    assert load_checkpoint(tmp_path / "c.pt") == {"step": 2}
    assert files(tmp_path) == ["c.pt"]


@pytest.mark.parametrize("where", ["save", "fsync", "replace"])
@pytest.mark.parametrize("error", [OSError("No space left on device"), KeyboardInterrupt()])
def test_a_failed_save_leaves_the_old_file(
    tmp_path: Path, monkeypatch, where: str, error: BaseException
) -> None:
    save_checkpoint(tmp_path / "c.pt", {"step": 1})

    def fail(*args: Any) -> None:
        if where == "save":  # after it wrote something
            args[1].write(b"half of it")
        raise error

    target = {"save": torch, "fsync": os, "replace": Path}[where]
    with monkeypatch.context() as patch:
        patch.setattr(target, where, fail)
        with pytest.raises(type(error)):
            save_checkpoint(tmp_path / "c.pt", {"step": 2})

    assert load_checkpoint(tmp_path / "c.pt") == {"step": 1}
    assert files(tmp_path) == ["c.pt"]


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (np.float64(3), "numpy"),
        (np.zeros(3), "numpy"),
        (Path("x"), "pathlib"),
        (nn.Linear(2, 3), "torch.nn.modules.linear.Linear"),
        (lambda: 3, "lambda"),
    ],
    ids=["numpy number", "numpy array", "path", "module", "function"],
)
def test_what_could_not_be_loaded_is_not_saved(tmp_path: Path, value: Any, name: str) -> None:
    save_checkpoint(tmp_path / "c.pt", {"step": 1})
    rule = (
        "save_checkpoint: state must hold tensors, numbers, strings and dicts or lists of them "
        f"alone, or load_checkpoint could not read it; it has .*{name}"
    )

    with pytest.raises(TypeError, match=rule):
        save_checkpoint(tmp_path / "c.pt", {"step": 2, "value": value})

    assert load_checkpoint(tmp_path / "c.pt") == {"step": 1}
    assert files(tmp_path) == ["c.pt"]


def test_missing_folder_raises(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"save_checkpoint: the folder .* does not exist"):
        save_checkpoint(tmp_path / "runs" / "c.pt", STATE)
    assert files(tmp_path) == []


def test_folder_in_place_of_a_file_raises(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError, match=r"save_checkpoint: .* must be a file"):
        save_checkpoint(tmp_path, STATE)


def test_missing_file_raises(tmp_path: Path) -> None:
    rule = r"load_checkpoint: no such file: .*c\.pt"
    with pytest.raises(FileNotFoundError, match=rule):
        load_checkpoint(tmp_path / "c.pt")
    with pytest.raises(FileNotFoundError, match="load_checkpoint: no such file:"):
        load_checkpoint(tmp_path)


@pytest.mark.parametrize("kept", [0, 1, 100, 0.5, -1])
def test_truncated_file_raises(tmp_path: Path, kept: float) -> None:
    path = tmp_path / "c.pt"
    save_checkpoint(path, STATE)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(kept * len(whole)) if kept == 0.5 else int(kept)])

    with pytest.raises(ValueError, match=r"load_checkpoint: .*c\.pt is damaged or no checkpoint"):
        load_checkpoint(path)


@pytest.fixture(scope="module")
def saved(tmp_path_factory) -> tuple[Path, bytes]:
    path = tmp_path_factory.mktemp("saved") / "c.pt"
    save_checkpoint(path, STATE)
    return path, path.read_bytes()


@given(data=st.data())
def test_a_flipped_bit_is_found(saved, data) -> None:
    """The data is under a checksum; all else stands twice, or is always the same."""
    path, whole = saved
    bit = data.draw(st.integers(0, 8 * len(whole) - 1))
    damaged = bytearray(whole)
    damaged[bit // 8] ^= 1 << bit % 8
    path.write_bytes(damaged)

    try:
        state = load_checkpoint(path)
    except ValueError as error:
        assert str(error).startswith(f"load_checkpoint: {path} is ")  # noqa: PT017
        assert type(error) is ValueError  # noqa: PT017
    else:
        pytest.fail(f"bit {bit} was flipped, and the file was read: {state}")


@settings(max_examples=50)
@given(data=st.data())
def test_a_flipped_bit_of_a_tensor_is_found(saved, data) -> None:
    path, whole = saved
    values = STATE["weights"]["a"].numpy().tobytes()
    start = whole.index(values)
    bit = data.draw(st.integers(0, 8 * len(values) - 1))
    damaged = bytearray(whole)
    damaged[start + bit // 8] ^= 1 << bit % 8
    path.write_bytes(damaged)

    rule = r"is damaged or no checkpoint: the checksum of its entry .*data/\d is wrong"
    with pytest.raises(ValueError, match=rule):
        load_checkpoint(path)


@pytest.mark.parametrize("old_format", [True, False])
def test_code_is_not_run(tmp_path: Path, old_format: bool) -> None:
    path, mark = tmp_path / "c.pt", tmp_path / "ran"
    torch.save({"x": Evil(mark)}, path, _use_new_zipfile_serialization=not old_format)
    rule = "is damaged or no checkpoint" if old_format else r"is not read, .* lists of them: \S+"

    with pytest.raises(ValueError, match=rule):
        load_checkpoint(path)

    assert not mark.exists()


def test_plain_pickle_is_not_read(tmp_path: Path) -> None:
    path, mark = tmp_path / "c.pt", tmp_path / "ran"
    path.write_bytes(pickle.dumps(Evil(mark)))

    with pytest.raises(ValueError, match="is damaged or no checkpoint"):
        load_checkpoint(path)

    assert not mark.exists()


def test_message_gives_no_advice_to_run_the_code(tmp_path: Path) -> None:
    torch.save({"x": Path("x")}, tmp_path / "c.pt")

    with pytest.raises(ValueError, match="pathlib") as caught:
        load_checkpoint(tmp_path / "c.pt")

    assert "safe_globals" not in str(caught.value)
    assert "weights_only" not in str(caught.value)


def test_zip_bomb_is_not_expanded(tmp_path: Path, monkeypatch) -> None:
    """The names and sizes in its directory are enough to refuse it."""
    save_checkpoint(tmp_path / "plain.pt", {"x": torch.zeros(1 << 20)})
    with (
        zipfile.ZipFile(tmp_path / "plain.pt") as plain,
        zipfile.ZipFile(tmp_path / "bomb.pt", "w", zipfile.ZIP_DEFLATED) as bomb,
    ):
        for name in plain.namelist():
            bomb.writestr(name, plain.read(name))
    assert (tmp_path / "bomb.pt").stat().st_size < 50_000
    monkeypatch.setattr(torch, "load", lambda *_, **__: pytest.fail("it was loaded"))
    monkeypatch.setattr(zipfile.ZipFile, "testzip", lambda _: pytest.fail("it was expanded"))

    rule = r"is damaged or no checkpoint: its entry \S+ is compressed"
    with pytest.raises(ValueError, match=rule):
        load_checkpoint(tmp_path / "bomb.pt")


def test_other_zip_file_raises(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "c.pt", "w") as archive:
        archive.writestr("readme.txt", "nothing to see")

    rule = r"is damaged or no checkpoint: the attributes of its entry readme\.txt are not"
    with pytest.raises(ValueError, match=rule):
        load_checkpoint(tmp_path / "c.pt")


def test_other_contents_raise(tmp_path: Path) -> None:
    torch.save([1, 2], tmp_path / "c.pt")

    with pytest.raises(ValueError, match=r"c\.pt must hold a dict, but it holds a list"):
        load_checkpoint(tmp_path / "c.pt")


def test_tensors_come_onto_the_cpu_and_own_their_numbers(tmp_path: Path) -> None:
    part = rand(1000, 10)[0]
    save_checkpoint(tmp_path / "c.pt", {"x": part})

    loaded = load_checkpoint(tmp_path / "c.pt")["x"]
    (tmp_path / "c.pt").unlink()

    assert loaded.device.type == "cpu"
    assert torch.equal(loaded, part)
