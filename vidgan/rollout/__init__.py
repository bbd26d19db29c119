"""Rolling a frame generator along time: chunks for training, single frames for streaming."""

from vidgan.rollout.sequential import SequentialRollout
from vidgan.rollout.state import RolloutState
from vidgan.rollout.streaming import StreamingGenerator

__all__ = ["RolloutState", "SequentialRollout", "StreamingGenerator"]
