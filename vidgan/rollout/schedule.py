"""When a training grows: scales, clip length, back-propagation length, temporal rates."""

from __future__ import annotations

from typing import NamedTuple

from vidgan._checks import check_positive


class GrowthStage(NamedTuple):
    """What is trained at one moment.

    Attributes:
        num_scales: spatial scales in use, the coarsest ones.
        freeze_coarse: of these, train the newest alone.
        clip_length: generated frames of a training clip.
        backprop_length: frames that gradients reach back through.
        rate_weights: one weight in (0, 1] for every video discriminator in use, rate 0 first;
            below 1 while that rate's losses are ramped in.

    Example:
        >>> stage = GrowthSchedule(clip_length=12, first_clip_length=3, backprop_length=2).at(1)
        >>> stage.clip_length, stage.backprop_length, stage.rate_weights
        (12, 2, (1.0, 1.0))
    """

    num_scales: int
    freeze_coarse: bool
    clip_length: int
    backprop_length: int
    rate_weights: tuple[float, ...]


class GrowthSchedule:
    """Grows a training in space and in time (Wang et al. 2018, arXiv:1808.06601, section 3.3).

    The training is cut into equal shares, one for each number of spatial scales; in each finer
    share the newest scale is first trained alone. Within a share the clip length doubles from
    ``first_clip_length`` to ``clip_length``, each length held equally long, and never goes beyond
    it; the back-propagation length doubles along with it. A video discriminator of rate r enters
    as soon as its ``(K - 1) * K**r + 1`` frames fit into a clip, and its losses are ramped in.

    The stage depends on the progress alone, so a resumed training goes on exactly.

    Args:
        num_scales: spatial scales at the end.
        clip_length: generated frames of a clip at the end.
        first_clip_length: at the start; not above ``clip_length``.
        backprop_length: frames that gradients reach back through, at the end; 1 at the start.
        num_rates: video discriminators at the end, one a temporal rate.
        num_frames: K, the frames that a video discriminator sees.
        freeze_coarse: part of each finer share in which the newest scale is trained alone.
        warmup: part of the training over which a new rate's losses rise to their full weight.

    Raises:
        ValueError: a count or a part is out of range.

    Example:
        >>> schedule = GrowthSchedule(num_scales=2, clip_length=12, first_clip_length=4)
        >>> [schedule.at(p).clip_length for p in (0.0, 0.2, 0.4, 0.5, 1.0)]
        [4, 8, 12, 4, 12]
        >>> schedule.at(0.55)
        GrowthStage(num_scales=2, freeze_coarse=True, clip_length=4, backprop_length=1, ...
    """

    def __init__(
        self,
        *,
        num_scales: int = 1,
        clip_length: int = 30,
        first_clip_length: int = 10,
        backprop_length: int = 1,
        num_rates: int = 2,
        num_frames: int = 3,
        freeze_coarse: float = 0.25,
        warmup: float = 0.05,
    ) -> None:
        name = "GrowthSchedule"
        check_positive(num_scales, name, "num_scales")
        check_positive(first_clip_length, name, "first_clip_length")
        check_positive(backprop_length, name, "backprop_length")
        check_positive(num_rates, name, "num_rates", minimum=0)
        check_positive(num_frames, name, "num_frames", minimum=2)
        if first_clip_length > clip_length:
            raise ValueError(
                f"{name}: first_clip_length must be at most clip_length = {clip_length}, got "
                f"{first_clip_length}"
            )
        for argument, part in (("freeze_coarse", freeze_coarse), ("warmup", warmup)):
            if not 0 <= part <= 1:
                raise ValueError(f"{name}: {argument} must lie in [0, 1], got {part}")
        self.num_scales = num_scales
        self.freeze_coarse = freeze_coarse
        self.warmup = warmup
        self.backprop_length = backprop_length
        self.lengths = [first_clip_length]
        while self.lengths[-1] < clip_length:
            self.lengths.append(min(2 * self.lengths[-1], clip_length))
        self.rate_starts = self._rate_starts(num_rates, num_frames)

    @property
    def num_rates(self) -> int:
        """The number of video discriminators that ever come into use, as their frames fit."""
        return len(self.rate_starts)

    def at(self, progress: float) -> GrowthStage:
        """Give the stage at ``progress``, 0 at the start of the training and 1 at its end.

        Raises:
            ValueError: progress is not in [0, 1].
        """
        if not 0 <= progress <= 1:
            raise ValueError(f"GrowthSchedule.at: progress must lie in [0, 1], got {progress}")
        share = min(int(progress * self.num_scales), self.num_scales - 1)
        within = progress * self.num_scales - share
        length = min(int(within * len(self.lengths)), len(self.lengths) - 1)
        started = [start for start in self.rate_starts if start <= progress]
        return GrowthStage(
            num_scales=share + 1,
            freeze_coarse=share > 0 and within < self.freeze_coarse,
            clip_length=self.lengths[length],
            backprop_length=min(2**length, self.backprop_length, self.lengths[length]),
            rate_weights=tuple(self._weight(start, progress) for start in started),
        )

    def _rate_starts(self, num_rates: int, num_frames: int) -> list[float]:
        """Say at what progress each rate enters; those that never fit are left out."""
        starts = []
        for rate in range(num_rates):
            span = (num_frames - 1) * num_frames**rate + 1
            fitting = [index for index, length in enumerate(self.lengths) if length >= span]
            if fitting:
                starts.append(fitting[0] / len(self.lengths) / self.num_scales)
        return starts

    def _weight(self, start: float, progress: float) -> float:
        if start == 0 or self.warmup == 0:
            return 1.0
        return min(1.0, max((progress - start) / self.warmup, 0.01))
