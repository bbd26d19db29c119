"""Composable PyTorch parts for video-to-video synthesis.

Import the folder that has what is needed, such as ``from vidgan.functional import flow_warp``;
this module loads none of them. ``vidgan.save_model`` and ``vidgan.load_model`` are those of
`vidgan.weights`, which is loaded once they are used.

Example:
    >>> import vidgan
    >>> vidgan.__version__.count(".")
    2
"""

from importlib import import_module
from typing import Any

__all__ = ["__version__", "load_model", "save_model"]

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name not in ("load_model", "save_model"):
        raise AttributeError(f"module 'vidgan' has no attribute {name!r}")
    return getattr(import_module("vidgan.weights"), name)
