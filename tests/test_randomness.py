"""All that is drawn at random can be drawn again: every random generator has a seed."""

from __future__ import annotations

import ast
import random

import hypothesis
import numpy as np
import pytest
import torch
from hypothesis import strategies as st

from tests.conftest import BASE_SEED
from tests.sources import nodes_outside_functions, read_sources

# These start anywhere when they are given no seed.
UNSEEDED = {
    "default_rng",
    "MT19937",
    "PCG64",
    "Philox",
    "Random",
    "RandomState",
    "SeedSequence",
    "SystemRandom",
}
SEEDS = {"manual_seed", "set_state"}
DRAWS = {"bernoulli", "multinomial", "normal", "rand", "rand_like", "randint", "randint_like"}
DRAWS |= {"randn", "randn_like", "randperm"}


def unseeded_generators(source: str) -> list[str]:
    """Generators of ``source`` that nobody seeds, as 'line: text'."""
    tree = ast.parse(source)
    seeded = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in SEEDS
    }
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name, given = dotted_name(node.func), [*node.args, *node.keywords]
        last = name.rpartition(".")[2]
        if last in UNSEEDED and not any(not _is_none(value) for value in given):
            found.append((node.lineno, f"{name}() without a seed"))
        elif name in {"torch.Generator", "Generator"} and id(node) not in seeded:
            found.append((node.lineno, f"{name}() without .manual_seed(...)"))
        elif name in {"torch.seed", "torch.random.seed"} or (
            name in {"random.seed", "np.random.seed", "numpy.random.seed"} and not given
        ):
            found.append((node.lineno, f"{name}() starts anywhere"))
    return [f"{line}: {text}" for line, text in sorted(found)]


def draws_at_import(source: str) -> list[str]:
    """Numbers that ``source`` draws from torch's global generator while it is imported."""
    found = [
        (node.lineno, f"{dotted_name(node.func)}() at import, without a generator")
        for node in nodes_outside_functions(source)
        if isinstance(node, ast.Call)
        and dotted_name(node.func).partition(".")[0] == "torch"
        and dotted_name(node.func).rpartition(".")[2] in DRAWS
        and "generator" not in {keyword.arg for keyword in node.keywords}
    ]
    return [f"{line}: {text}" for line, text in sorted(found)]


def dotted_name(node: ast.expr) -> str:
    """``a.b.c`` for such a chain of names; a call or the like at its start is left out."""
    names = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    if isinstance(node, ast.Name):
        names.append(node.id)
    return ".".join(reversed(names))


def _is_none(node: ast.expr | ast.keyword) -> bool:
    value = node.value if isinstance(node, ast.keyword) else node
    return isinstance(value, ast.Constant) and value.value is None


def test_every_generator_is_seeded() -> None:
    found = [
        f"{path}, line {text}"
        for path, source in read_sources("vidgan", "examples", "tests", "docs").items()
        for text in unseeded_generators(source)
    ]

    assert not found, "\n".join(["", *found])


def test_nothing_is_drawn_while_tests_are_collected() -> None:
    found = [
        f"{path}, line {text}"
        for path, source in read_sources("tests").items()
        for text in draws_at_import(source)
    ]

    assert not found, "\n".join(["", *found])


@pytest.mark.parametrize(
    "source",
    [
        "torch.Generator()",
        "g = torch.Generator(device)",
        "Generator(device='cpu')",
        "np.random.default_rng()",
        "default_rng(None)",
        "default_rng(seed=None)",
        "random.Random()",
        "np.random.RandomState()",
        "random.SystemRandom()",
        "torch.seed()",
        "np.random.seed()",
        "random.seed()",
        "def f():\n    torch.Generator().seed()",
    ],
)
def test_unseeded_generators_are_found(source: str) -> None:
    assert len(unseeded_generators(source)) == 1


@pytest.mark.parametrize(
    "source",
    [
        "torch.Generator().manual_seed(3)",
        "g = torch.Generator(device).manual_seed(seed)",
        "torch.Generator().set_state(state)",
        "np.random.default_rng(0)",
        "np.random.default_rng([seed, 1])",
        "default_rng(seed=seed)",
        "random.Random(0)",
        "torch.manual_seed(0)",
        "np.random.seed(0)",
        "make.Generator()",
        "def f(generator: torch.Generator) -> None: ...",
    ],
)
def test_seeded_generators_pass(source: str) -> None:
    assert unseeded_generators(source) == []


def test_draws_at_import_are_found() -> None:
    source = (
        "A = torch.randn(2)\n"
        "B = torch.rand(2, generator=torch.Generator().manual_seed(0))\n"
        "C = rand(2)\n"
        "class D:\n    e = torch.nn.init.normal(x)\n"
        "def f():\n    return torch.rand(2)\n"
    )

    assert [text.partition(":")[0] for text in draws_at_import(source)] == ["1", "5"]


def test_every_test_starts_from_the_same_seed() -> None:
    assert torch.initial_seed() == BASE_SEED
    want = np.random.RandomState(BASE_SEED).get_state()
    assert np.array_equal(np.random.get_state()[1], want[1])  # noqa: NPY002
    assert random.getstate() == random.Random(BASE_SEED).getstate()


SEEN = set()


@hypothesis.settings(max_examples=5)
@hypothesis.given(st.integers())
def test_every_case_of_a_law_starts_from_the_same_seed(case: int) -> None:
    SEEN.add(float(torch.rand(())))

    assert len(SEEN) == 1
