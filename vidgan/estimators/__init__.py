"""Reference flow: estimators of backward flow in pixels and of its confidence."""

from vidgan._flo import read_flow, write_flow
from vidgan.estimators._estimate import ConfidenceKind
from vidgan.estimators.dis import DISFlow
from vidgan.estimators.farneback import FarnebackFlow
from vidgan.estimators.precomputed import PrecomputedFlow
from vidgan.estimators.raft import RAFTFlow

__all__ = [
    "ConfidenceKind",
    "DISFlow",
    "FarnebackFlow",
    "PrecomputedFlow",
    "RAFTFlow",
    "read_flow",
    "write_flow",
]
