"""Finds the cuts inside a video."""

from __future__ import annotations

import torch
from torch import Tensor
from torchvision.transforms.v2.functional import resize

from vidgan.extras import import_extra

_SHORT_SIDE = 144  # frames are downsampled to this
_THUMBNAIL = (12, 16)
_FLASH = 5  # frames; a shorter change that goes back to the picture before is no cut
_SAME = 0.5  # of the change at a cut; pictures on its two sides that differ less show one scene


class CutFinder:
    """Finds hard cuts in frames given one after the other; keeps a few small ones.

    PySceneDetect's adaptive detector finds frames that differ from the one before at least three
    times as much as their neighbors do, so that fast motion is no cut. A flash, or a few frames of
    something else after which the same scene goes on, is no cut either.

    Raises:
        ImportError: PySceneDetect is not installed.
    """

    def __init__(self) -> None:
        import_extra("cv2", "flow")
        detectors = import_extra("scenedetect.detectors", "examples")
        # Cuts may be close to the start and to each other: flashes are told from cuts below.
        self._detector = detectors.AdaptiveDetector(min_scene_len=1)
        self._timecode = import_extra("scenedetect", "examples").FrameTimecode
        self._count = 0
        self._thumbnails: dict[int, Tensor] = {}  # of the last frames
        self._undecided: list[int] = []
        self._cuts: list[int] = []

    def add(self, frame: Tensor) -> None:
        """Add the next frame, uint8 (3, H, W)."""
        factor = min(1.0, _SHORT_SIDE / min(frame.shape[1:]))
        small = resize(frame, [max(1, round(side * factor)) for side in frame.shape[1:]])
        pixels = small.flip(0).permute(1, 2, 0).contiguous().numpy()  # BGR
        found = self._detector.process_frame(self._timecode(self._count, fps=1.0), pixels)
        self._undecided += [cut.frame_num for cut in found]
        self._thumbnails[self._count] = resize(small, list(_THUMBNAIL))
        self._thumbnails.pop(self._count - 2 * _FLASH - 2, None)
        self._decide(self._count - _FLASH)
        self._count += 1

    def cuts(self) -> list[int]:
        """Return the index of each frame that follows a cut, increasing."""
        self._decide(self._count)
        return self._cuts

    def _decide(self, last: int) -> None:
        """Decide which changes up to frame ``last`` are cuts."""
        while self._undecided and self._undecided[0] <= last:
            cut = self._undecided.pop(0)
            if not self._is_flash(cut):
                self._cuts.append(cut)

    def _is_flash(self, cut: int) -> bool:
        least = _SAME * self._difference(cut - 1, cut)
        later = [t for t in self._thumbnails if cut < t <= cut + _FLASH]
        earlier = [t for t in self._thumbnails if cut - 1 - _FLASH <= t < cut - 1]
        return any(self._difference(cut - 1, time) < least for time in later) or any(
            self._difference(cut, time) < least for time in earlier
        )

    def _difference(self, one: int, other: int) -> float:
        pair = torch.stack([self._thumbnails[one], self._thumbnails[other]]).float()
        return float((pair[0] - pair[1]).abs().mean())
