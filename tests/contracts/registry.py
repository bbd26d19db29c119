"""All public classes and functions that take tensors, each with a sample of its use.

A new public class or function needs an entry: in the dictionary of its package, or, if it takes no
tensor, in `WITHOUT_TENSORS`.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from typing import Any

from torch import nn

import vidgan
from tests.contracts import conditions, functions, modules, networks
from tests.contracts.sample import Sample

_BY_PACKAGE: dict[str, dict[str, Sample]] = {
    "functional": functions.SAMPLES,
    "layers": modules.LAYERS,
    "discriminators": modules.DISCRIMINATORS,
    "losses": modules.LOSSES,
    "generators": networks.GENERATORS,
    "models": networks.MODELS,
    "features": networks.FEATURES,
    "flow_estimators": networks.FLOW,
    "metrics": networks.METRICS,
    "conditions": conditions.CONDITIONS,
}
REGISTRY: dict[str, Sample] = {
    f"{package}.{name}": sample
    for package, samples in _BY_PACKAGE.items()
    for name, sample in samples.items()
}
REGISTRY |= networks.OTHERS | conditions.OTHERS

FILES = "reads or writes files; tests of its own"
MODULES = "takes modules, no tensors"
NUMBERS = "takes numbers"
PARTS = "takes callables and compares nothing of its inputs; tests of its own"
WITHOUT_TENSORS = {
    "checkpoint": FILES,
    "extras": FILES,
    "files": FILES,
    "interop.nvidia": FILES,
    "weights": FILES,
    "video": FILES,
    "data": FILES,
    "conditions.label_palette": NUMBERS,
    "conditions.pose_line_widths": NUMBERS,
    "conditions.read_openpose": FILES,
    "conditions.read_people": FILES,
    "conditions.track_people": "takes lists of people; tests/conditions/test_people_track.py",
    "conditions.write_openpose": FILES,
    "features.stlpips_weights": FILES,
    "flow_estimators.PrecomputedFlow": FILES,
    "functional.adaptive_weight": "its inputs are one graph; tests/functional/test_balancing.py",
    "functional.gradient_penalty_r1": "its inputs are one graph; see test_penalties.py",
    "functional.pixel_grid": NUMBERS,
    "functional.temporal_context": NUMBERS,
    "functional.temporal_group_indices": NUMBERS,
    "generators.fuse_norms": MODULES,
    "generators.use_one_hot_stems": MODULES,
    "layers.cast_convolutions": MODULES,
    "layers.init_weights": MODULES,
    "layers.make_norm": NUMBERS,
    "metrics.i3d_extractor": FILES,
    "rollout.estimate_memory": MODULES,
    "rollout.rollout_segments": PARTS,
    "styles.collect_features": "takes an iterable of batches; tests/styles/test_collect.py",
    "styles.fit_mixture": "calls scikit-learn; tests/styles/test_mixture.py",
    "styles.sample_mixture": "takes a mixture",
    "training.adversarial_step": PARTS,
    "training.frozen": MODULES,
    "training.refresh_spectral_norm": MODULES,
}
"""Functions, or packages of them, that have no sample, and why."""


def public_names() -> dict[str, Any]:
    """Every public module class and function, by package and name."""
    packages = [
        module.name
        for module in pkgutil.iter_modules(vidgan.__path__)
        if not module.name.startswith("_")
    ]
    found = {}
    for package in [*packages, "interop.nvidia"]:
        module = importlib.import_module(f"vidgan.{package}")
        for name in getattr(module, "__all__", ()):
            value = getattr(module, name)
            is_module = inspect.isclass(value) and issubclass(value, nn.Module)
            if is_module or inspect.isfunction(value):
                found[f"{package}.{name}"] = value
    return found


def missing_samples(names: dict[str, Any]) -> list[str]:
    """The names that have neither a sample nor a reason for having none."""
    sampled = {name.partition(",")[0] for name in REGISTRY}
    return [
        f"vidgan.{name} has no sample: add one to REGISTRY, or a reason to WITHOUT_TENSORS, "
        "both in tests/contracts/registry.py"
        for name in names
        if name not in sampled
        and name not in WITHOUT_TENSORS
        and name.rpartition(".")[0] not in WITHOUT_TENSORS
    ]


def cases(what: str) -> list[str]:
    """The names of which a property is asked; see `tests.contracts.sample.PROPERTIES`."""
    return [name for name, sample in REGISTRY.items() if what not in sample.skip]
