"""Copies, files, compilation and the meta device for every public part."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_model, save_model
from torch import nn

from tests.contracts.registry import REGISTRY, cases
from tests.contracts.sample import results
from tests.networks import assert_same_bits


def modules(what: str) -> list[str]:
    return [name for name in cases(what) if isinstance(REGISTRY[name].target(), nn.Module)]


@pytest.mark.parametrize("name", modules("copy"))
def test_a_deep_copy_gives_the_same(name: str) -> None:
    sample = REGISTRY[name]
    module = sample.built()

    copied = copy.deepcopy(module)

    assert_same_bits(results(copied, sample.arguments()), results(module, sample.arguments()))


@pytest.mark.parametrize("name", modules("file"))
def test_safetensors_give_the_same(name: str, tmp_path: Path) -> None:
    sample = REGISTRY[name]
    module = sample.built()
    save_model(module, str(tmp_path / "module.safetensors"))
    torch.manual_seed(5)
    other = sample.target().eval()
    load_model(other, str(tmp_path / "module.safetensors"))

    assert_same_bits(results(other, sample.arguments()), results(module, sample.arguments()))


@pytest.mark.parametrize("name", cases("compile"))
def test_compiles_in_one_graph(name: str) -> None:
    sample = REGISTRY[name]
    target = sample.built()
    want = results(target, sample.arguments())
    torch.compiler.reset()

    compiled = torch.compile(target, fullgraph=True, backend="eager")

    torch.testing.assert_close(results(compiled, sample.arguments()), want)


@pytest.mark.parametrize("name", modules("meta"))
def test_builds_on_the_meta_device(name: str) -> None:
    with torch.device("meta"):
        module = REGISTRY[name].target()

    assert all(weight.is_meta for weight in module.parameters())
