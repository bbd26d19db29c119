"""Settings of the documentation site: ``sphinx-build -n -W --keep-going docs site``."""

from __future__ import annotations

import importlib
import inspect
import os
import pkgutil
import sys
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

DOCS = Path(__file__).resolve().parent
sys.path.insert(0, str(DOCS / "_ext"))
sys.path.insert(0, str(DOCS.parent))  # the gallery shows condition maps that the recipes draw

import vidgan  # noqa: E402

PUBLIC = {}
"""Full name of a public class or function -> the name that it is imported by."""
for package in pkgutil.iter_modules(vidgan.__path__, "vidgan."):
    module = importlib.import_module(package.name)
    for name in getattr(module, "__all__", ()):
        value = getattr(module, name)
        if inspect.isclass(value) or inspect.isroutine(value):
            PUBLIC[f"{value.__module__}.{name}"] = f"{package.name}.{name}"

LONGEST_WHOLE_WORD = 32
"""Characters of inline code that always stand on one line."""
REPOSITORY = "https://github.com/vidgan/vidgan"

project = "vidgan"
author = "The vidgan authors"
copyright = "The vidgan authors"  # noqa: A001 - Sphinx' name
version = release = vidgan.__version__

extensions = [
    "api_pages",
    "notebooks",
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.intersphinx",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
    "sphinx_gallery.gen_gallery",
    "sphinxcontrib.katex",
]
exclude_patterns = ["README.md", "gallery_scripts", "**/GALLERY_HEADER.rst"]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
templates_path = ["_templates"]
nitpicky = True
highlight_language = "text"  # blocks of Python say so; folder trees and shell output do not
toc_object_entries_show_parents = "hide"  # whole names fit into the contents at the right

# Names of other projects are links where their inventories can be had, and plain text elsewhere.
intersphinx_mapping = (
    {
        "python": ("https://docs.python.org/3", None),
        "torch": ("https://docs.pytorch.org/docs/stable", None),
        "torchvision": ("https://docs.pytorch.org/vision/stable", None),
    }
    if "VIDGAN_DOCS_INTERSPHINX" in os.environ
    else {}
)
nitpick_ignore_regex = [
    (
        r"py:.*",
        r"Tensor|Path|Color|(torch|torchvision|collections|enum|numpy|os|pathlib|signal|types)\..*",
    ),
    (r"py:class", "Module|PARAM_LIST"),  # of what torch's AveragedModel takes
]

# What the docstrings name in single backticks is found wherever it is documented.
default_role = "any"
autodoc_default_options = {
    "exclude-members": "extra_repr",
    "members": True,
    "special-members": "__call__",
}
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True
napoleon_use_rtype = False  # what stands before a colon is a shape, not a type
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 80

myst_enable_extensions = ["attrs_block", "attrs_inline", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3

sphinx_gallery_conf = {
    "examples_dirs": "gallery_scripts",
    "gallery_dirs": "gallery",
    "backreferences_dir": "gallery/backreferences",
    "doc_module": ("vidgan",),
    "reference_url": {"vidgan": None},  # names in the code are links
    "within_subsection_order": "gallery_order.NumberSortKey",
    "abort_on_example_error": True,
    "capture_repr": (),  # only what is printed is output
    "remove_config_comments": True,
    "image_srcset": ["2x"],
    "download_all_examples": False,
    # Nothing that differs from one build to the next.
    "write_computation_times": False,
    "min_reported_time": float("inf"),
    "show_signature": False,
}

html_theme = "furo"
html_title = f"vidgan {version}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_sidebars = {
    "**": [
        "sidebar/brand.html",
        "sidebar/repository.html",
        "sidebar/search.html",
        "sidebar/scroll-start.html",
        "sidebar/navigation.html",
        "sidebar/scroll-end.html",
    ]
}
html_context = {"repository": REPOSITORY}
html_favicon = "_static/favicon.svg"
katex_css_path = "katex-math.css"  # KaTeX writes MathML, which needs neither its CSS nor its fonts
katex_options = "{output: 'mathml', throwOnError: true}"


def resolve_name(
    app: Sphinx, env: BuildEnvironment, node: addnodes.pending_xref, content: nodes.Node
) -> Any:
    """Link a name of the file where it is defined to the name that it is imported by."""
    target = node.get("reftarget", "")
    if target in PUBLIC:
        arguments = (env, node["refdoc"], app.builder, "obj", PUBLIC[target], node, content)
        return env.domains["py"].resolve_xref(*arguments)
    # Another project's name without its inventory stays as it is.
    is_foreign = node["reftype"] == "any" and target.startswith(("torch.", "torchvision."))
    return content if is_foreign else None


def skip_fields(
    _app: Sphinx, _what: str, _name: str, value: object, _skip: bool, _options: object
) -> bool | None:
    """Leave out the fields of named tuples: their docstrings list them."""
    return True if type(value).__name__ == "_tuplegetter" else None


def mark_short_code(_app: Sphinx, doctree: nodes.document, _docname: str) -> None:
    """Mark inline code whose words fit into a line of a phone; site.css keeps them whole."""
    for literal in doctree.findall(nodes.literal):
        if max(map(len, literal.astext().split()), default=0) <= LONGEST_WHOLE_WORD:
            literal["classes"].append("short")


def without_zip(_app: Sphinx, docname: str, source: list[str]) -> None:
    """Drop the zip file of a gallery page: it repeats script and notebook, and contains a time."""
    if docname.startswith("gallery/plot_"):
        source[0] = source[0].partition(
            "    .. container:: sphx-glr-download sphx-glr-download-zip"
        )[0]


def setup(app: Sphinx) -> None:
    """Register the handlers."""
    app.connect("missing-reference", resolve_name)
    app.connect("autodoc-skip-member", skip_fields)
    app.connect("doctree-resolved", mark_short_code)
    app.connect("source-read", without_zip)
