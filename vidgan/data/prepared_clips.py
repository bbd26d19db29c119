"""Clips of a prepared data folder, with drawn condition maps."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from torch import Tensor

from vidgan.conditions import (
    color_labels,
    face_condition_maps,
    label_palette,
    pose_condition_maps,
    semantic_condition_maps,
)
from vidgan.data.clip_dataset import ClipDataset
from vidgan.data.data_folder import DataFolder, open_data_folder
from vidgan.data.folder_streams import FlowStream, ImageStream, LabelStream, MaskStream
from vidgan.data.point_streams import KeypointStream, PointStream
from vidgan.data.streams import ClipStream, StreamKind
from vidgan.functional import known_flow

_DRAWN_SIZE = 512  # side at which the published faces are drawn
_ANNOTATIONS = ("landmarks", "labels", "keypoints")


def open_clips(path: str | os.PathLike[str], clip_length: int) -> ClipDataset:
    """Open the clips of a prepared folder, ready for training.

    The conditions are drawn from the annotations that the folder has: `face_condition_maps` of
    ``landmarks``, `semantic_condition_maps` of ``labels`` (with edges if there are ``instances``),
    or `pose_condition_maps` of ``keypoints``. DensePose maps are not read.

    Args:
        path: the folder, see `open_data_folder`, with ``images``, ``flow/stride1`` and
            ``confidence/stride1`` beside the annotations. Label maps need the list ``classes`` in
            ``dataset.json``, and may have an id ``ignore`` there.
        clip_length: frames per clip, T.

    Returns:
        A `ClipDataset` whose items have, beside the annotations: ``conditions`` (T, C, H, W);
        ``preview``, the conditions as RGB in [-1, 1], (T, 3, H, W); ``frames`` (T, 3, H, W);
        ``flow`` from the frame before, (T, 2, H, W), NaN where it is unknown; and ``confidence``
        (T, 1, H, W), 0 where the flow is unknown.

    Raises:
        FileNotFoundError: images, flow or confidence are missing.
        ValueError: the folder is not prepared, or has not exactly one kind of annotation, or label
            maps without ``classes``; or as `ClipDataset`.

    Example:
        >>> open_clips("data/street", 8)
        Traceback (most recent call last):
        ValueError: data/street is no prepared data folder: it has no dataset.json; run prepare
    """
    folder = open_data_folder(path)
    kinds = [kind for kind in _ANNOTATIONS if (folder.path / kind).is_dir()]
    if len(kinds) != 1:
        raise ValueError(
            f"open_clips: {folder.path} must have exactly one of {', '.join(_ANNOTATIONS)}, got "
            f"{' and '.join(kinds) or 'none'}"
        )
    if kinds == ["labels"] and not isinstance(folder.facts.get("classes"), list):
        raise ValueError(
            f"open_clips: {folder.path / 'dataset.json'} must have a list of names 'classes', got "
            f"{folder.facts.get('classes')!r}"
        )

    def draw(clip: dict[str, Tensor], _: Mapping[str, StreamKind]) -> dict[str, Tensor]:
        maps, preview = _draw_conditions(kinds[0], clip, folder)
        trusted = clip["confidence"] * known_flow(clip["flow"])[1]
        return {**clip, "conditions": maps, "preview": preview, "confidence": trusted}

    streams: dict[str, ClipStream] = {
        "frames": ImageStream(folder.path / "images"),
        "flow": FlowStream(folder.path / "flow" / "stride1"),
        "confidence": MaskStream(folder.path / "confidence" / "stride1", missing=1),
        **_annotation_streams(kinds[0], folder),
    }
    return ClipDataset(streams, clip_length=clip_length, transform=draw)


def _annotation_streams(kind: str, folder: DataFolder) -> dict[str, ClipStream]:
    readers: dict[str, Any] = {
        "landmarks": PointStream,
        "labels": LabelStream,
        "keypoints": KeypointStream,
    }
    streams: dict[str, ClipStream] = {kind: readers[kind](folder.path / kind)}
    if kind == "labels" and (folder.path / "instances").is_dir():
        streams["instances"] = LabelStream(folder.path / "instances")
    return streams


def _draw_conditions(
    kind: str, clip: Mapping[str, Tensor], folder: DataFolder
) -> tuple[Tensor, Tensor]:
    """Draw the condition maps of a clip, and their preview."""
    if kind == "landmarks":
        # As finely drawn as the published ones.
        oversampling = max(1, round(_DRAWN_SIZE / max(folder.size)))
        maps = face_condition_maps(clip["landmarks"], folder.size, oversampling=oversampling)
        return maps, maps[:, :1].expand(-1, 3, -1, -1) * 2 - 1
    if kind == "keypoints":
        maps = pose_condition_maps(clip["keypoints"], folder.size)
        return maps, maps
    count, ignored = len(folder.facts["classes"]), folder.facts.get("ignore")
    labels, instances = clip["labels"], clip.get("instances")
    maps = semantic_condition_maps(labels, count, instances=instances, ignore_id=ignored)
    classes = labels if ignored is None else labels.masked_fill(labels == ignored, -1)
    return maps, color_labels(classes, label_palette(count)) / 127.5 - 1
