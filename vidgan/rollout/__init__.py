"""Rollout of a frame generator along time: chunks for training, single frames for streaming."""

from vidgan.rollout.first_frames import (
    FirstFramePolicy,
    FirstFrames,
    GeneratedFirstFrame,
    GivenFrames,
    ImageGeneratorFirstFrames,
)
from vidgan.rollout.history_noise import HistoryNoise
from vidgan.rollout.memory import MemoryEstimate, estimate_memory
from vidgan.rollout.schedule import GrowthSchedule, GrowthStage
from vidgan.rollout.segments import Segment, rollout_segments
from vidgan.rollout.sequential import SequentialRollout
from vidgan.rollout.state import RolloutState
from vidgan.rollout.streaming import StreamingGenerator

__all__ = [
    "FirstFramePolicy",
    "FirstFrames",
    "GeneratedFirstFrame",
    "GivenFrames",
    "GrowthSchedule",
    "GrowthStage",
    "HistoryNoise",
    "ImageGeneratorFirstFrames",
    "MemoryEstimate",
    "RolloutState",
    "Segment",
    "SequentialRollout",
    "StreamingGenerator",
    "estimate_memory",
    "rollout_segments",
]
