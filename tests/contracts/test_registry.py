"""Every public name has a sample, and the registry says nothing that is not so."""

from __future__ import annotations

import pytest

from tests.contracts.registry import (
    REGISTRY,
    WITHOUT_TENSORS,
    missing_samples,
    public_names,
)
from tests.contracts.sample import PROPERTIES


def test_every_public_name_has_a_sample() -> None:
    missing = missing_samples(public_names())

    assert not missing, "\n".join(["", *missing])


def test_a_name_without_a_sample_is_found() -> None:
    assert "vidgan.layers.New has no sample: add one" in missing_samples({"layers.New": None})[0]


def test_the_registry_has_no_entry_too_many() -> None:
    names = public_names()
    packages = {name.rpartition(".")[0] for name in names}

    assert not [name for name in REGISTRY if name.partition(",")[0] not in names]
    assert not [name for name in WITHOUT_TENSORS if name not in packages | set(names)]
    assert not set(REGISTRY) & set(WITHOUT_TENSORS)


@pytest.mark.parametrize("name", REGISTRY)
def test_exceptions_are_of_properties_and_have_reasons(name: str) -> None:
    sample = REGISTRY[name]

    assert set(sample.skip) <= set(PROPERTIES)
    assert all(sample.skip.values())
    assert all(sample.free.values())
    assert set(sample.free) <= set(sample.arguments())
