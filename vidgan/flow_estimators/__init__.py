"""Reference flow: estimators of backward flow in pixels and of its confidence."""

from vidgan.flow_estimators._estimate import ConfidenceKind
from vidgan.flow_estimators.dis import DISFlow
from vidgan.flow_estimators.farneback import FarnebackFlow
from vidgan.flow_estimators.precomputed import PrecomputedFlow
from vidgan.flow_estimators.raft import RAFTFlow

__all__ = [
    "ConfidenceKind",
    "DISFlow",
    "FarnebackFlow",
    "PrecomputedFlow",
    "RAFTFlow",
]
