"""Saving and loading training states safely."""

from vidgan.checkpoint.manager import CheckpointManager, FoundCheckpoint
from vidgan.checkpoint.saving import load_checkpoint, save_checkpoint

__all__ = ["CheckpointManager", "FoundCheckpoint", "load_checkpoint", "save_checkpoint"]
