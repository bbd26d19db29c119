"""Reference flow: estimators of backward flow in pixels and of its confidence."""

from vidgan.estimators.dis import DISFlow

__all__ = ["DISFlow"]
