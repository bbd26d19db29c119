"""Annotations -> condition maps."""

from vidgan.conditions.face import face_condition_maps, face_edges

__all__ = ["face_condition_maps", "face_edges"]
