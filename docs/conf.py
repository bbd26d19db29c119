"""Settings of the documentation site: ``sphinx-build -n -W --keep-going docs site``."""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # the gallery shows condition maps that the recipes draw

import vidgan  # noqa: E402

project = "vidgan"
author = "The vidgan authors"
copyright = "The vidgan authors"  # noqa: A001 - Sphinx' name
version = release = vidgan.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.extlinks",
    "sphinx.ext.intersphinx",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
    "sphinx_gallery.gen_gallery",
    "sphinxcontrib.katex",
]
exclude_patterns = ["README.md", "gallery_scripts", "**/GALLERY_HEADER.rst"]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
nitpicky = True

# What the docstrings name in single backticks is found wherever it is documented.
default_role = "any"
autodoc_default_options = {"members": True, "show-inheritance": False}
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 80

myst_enable_extensions = ["attrs_block", "attrs_inline", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3

sphinx_gallery_conf = {
    "examples_dirs": "gallery_scripts",
    "gallery_dirs": "gallery",
    "within_subsection_order": "FileNameSortKey",
    "abort_on_example_error": True,
    "capture_repr": (),  # only what is printed is output
    "remove_config_comments": True,
    "image_srcset": ["2x"],
    "notebook_extensions": set(),
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
katex_css_path = "katex-math.css"  # KaTeX writes MathML, which needs neither its CSS nor its fonts
katex_options = "{output: 'mathml', throwOnError: true}"


def without_zip(app, docname, source):  # noqa: ANN001, ANN201, ARG001 - as Sphinx calls it
    """Drop the zip file of a gallery page: it holds the one script again, and a time."""
    if docname.startswith("gallery/plot_"):
        source[0] = source[0].partition(
            "    .. container:: sphx-glr-download sphx-glr-download-zip"
        )[0]


def setup(app):  # noqa: ANN001, ANN201 - as Sphinx calls it
    """Connect what is above to Sphinx."""
    app.connect("source-read", without_zip)
