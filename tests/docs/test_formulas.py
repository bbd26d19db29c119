"""What computes a formula shows it in the reference, and says whose it is."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.test_public_api import has_docstring_of_its_own, own_text, public_objects

# Modules whose parts are formulas, and the names among them that rearrange, choose or draw.
MODULES = ["discriminators", "features", "functional", "losses", "metrics"]
NO_FORMULA = {
    "ConvBlurPool",
    "NamedExtractor",
    "RegionDiscriminator",
    "crop_regions",
    "diff_augment",
    "flow_to_color",
    "i3d_extractor",
    "instance_edges",
    "instance_features",
    "known_flow",
    "one_hot_labels",
    "region_mask",
    "stlpips_weights",
    "temporal_groups",
}
NETWORKS = {"AlexNetFeatures", "PatchDiscriminator", "VGG16Features", "VGG19Features"}
# A paper, the part whose text names it, what the equation follows from, or that it is our own.
SOURCE = re.compile(
    r"arxiv\.org|\b(19|20)\d\d\b|[Ss]ee `\w+`|follows\s+from|it\s+follows|vidgan's own|torchmetrics"
)


def reference_text(value: Any) -> str:
    forward = vars(value).get("forward") if isinstance(value, type) else None
    return own_text(value) + ((forward and forward.__doc__) or "")


@pytest.mark.parametrize("module", MODULES)
def test_formulas_and_sources_stand_in_the_reference(module: str) -> None:
    if module == "metrics":
        pytest.importorskip("torchmetrics")
    named = [
        (name, reference_text(value))
        for name, value in public_objects(f"vidgan.{module}")
        if has_docstring_of_its_own(value) and name not in NO_FORMULA
    ]
    bare = [name for name, text in named if ":math:" not in text and ".. math::" not in text]
    assert not set(bare) - NETWORKS, "without an equation"
    assert not [name for name, text in named if not SOURCE.search(text)], "without a source"


def test_no_exception_is_out_of_date() -> None:
    pytest.importorskip("torchmetrics")
    named = {name for module in MODULES for name, _ in public_objects(f"vidgan.{module}")}
    assert named >= NO_FORMULA | NETWORKS
