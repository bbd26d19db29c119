"""Rolling a frame generator along time: chunks for training, single frames for streaming."""

from vidgan.rollout.first_frames import (
    FirstFramePolicy,
    FirstFrames,
    GivenFrames,
    OwnFirstFrame,
    SingleImageFrames,
)
from vidgan.rollout.schedule import GrowthSchedule, GrowthStage
from vidgan.rollout.sequential import SequentialRollout
from vidgan.rollout.state import RolloutState
from vidgan.rollout.streaming import StreamingGenerator

__all__ = [
    "FirstFramePolicy",
    "FirstFrames",
    "GivenFrames",
    "GrowthSchedule",
    "GrowthStage",
    "OwnFirstFrame",
    "RolloutState",
    "SequentialRollout",
    "SingleImageFrames",
    "StreamingGenerator",
]
