"""Composable PyTorch parts for video-to-video synthesis.

Import the folder that has what is needed, such as ``from vidgan.functional import flow_warp``;
this module loads none of them.

Example:
    >>> import vidgan
    >>> vidgan.__version__.count(".")
    2
"""

__all__ = ["__version__"]

__version__ = "0.1.0"
