"""Growth of a training: scales, clip length, back-propagation length and temporal rates."""

from __future__ import annotations

from typing import NamedTuple

from vidgan._checks import check_at_least


class GrowthStage(NamedTuple):
    """The settings of a training at one moment.

    Attributes:
        num_scales: number of spatial scales in use, from the coarsest on.
        freeze_coarse: whether only the newest of these is trained and the coarser ones are frozen.
        clip_length: generated frames per training clip.
        backprop_length: number of frames that gradients reach back through.
        rate_weights: one weight in (0, 1] per video discriminator in use, rate 0 first; below 1
            while the losses of that rate are warmed up.

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
    """Grows a training in space and in time.

    The progressive training of Wang et al. 2018, `arXiv:1808.06601 <https://arxiv.org/abs/1808.06601>`__.
    The training is divided into equal shares, one per number of spatial scales; at the
    start of each finer share the coarser scales are frozen. Within a share the clip length doubles
    from ``first_clip_length`` up to ``clip_length``, with equal time for each length, and the
    back-propagation length doubles with it. The video discriminator of temporal rate r enters as
    soon as its ``(K - 1) * K**r + 1`` frames fit into a clip, and its losses are warmed up.

    The stage depends on the progress alone, so a resumed training continues exactly.

    Args:
        num_scales: spatial scales at the end.
        clip_length: generated frames per clip at the end.
        first_clip_length: generated frames per clip at the start, at most ``clip_length``.
        backprop_length: number of frames that gradients reach back through at the end; 1 at the
            start.
        num_rates: video discriminators at the end, one per temporal rate.
        num_frames: K, the number of frames that a video discriminator sees.
        freeze_coarse: fraction of each finer share in which the coarser scales are frozen and the
            newest scale is trained alone.
        warmup: fraction of the training over which the losses of a new temporal rate rise linearly
            to their full weight.

    Raises:
        ValueError: a count or a fraction is out of range.

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
        check_at_least(name, 1, num_scales=num_scales, first_clip_length=first_clip_length)
        check_at_least(name, 1, backprop_length=backprop_length)
        check_at_least(name, 0, num_rates=num_rates)
        check_at_least(name, 2, num_frames=num_frames)
        if first_clip_length > clip_length:
            rule = f"at most clip_length = {clip_length}"
            raise ValueError(f"{name}: first_clip_length must be {rule}, got {first_clip_length}")
        for argument, fraction in (("freeze_coarse", freeze_coarse), ("warmup", warmup)):
            if not 0 <= fraction <= 1:
                raise ValueError(f"{name}: {argument} must lie in [0, 1], got {fraction}")
        self.num_scales = num_scales
        self.freeze_coarse = freeze_coarse
        self.warmup = warmup
        self.backprop_length = backprop_length
        self.lengths = [first_clip_length]
        # the last doubling is cut short: a clip is never longer than asked for
        while self.lengths[-1] < clip_length:
            self.lengths.append(min(2 * self.lengths[-1], clip_length))
        self.rate_starts = self._rate_starts(num_rates, num_frames)

    @property
    def num_rates(self) -> int:
        """The number of video discriminators whose frames ever fit into a clip."""
        return len(self.rate_starts)

    def at(self, progress: float) -> GrowthStage:
        """Return the stage at ``progress``, 0 at the start of the training and 1 at its end.

        Raises:
            ValueError: progress is not in [0, 1].
        """
        if not 0 <= progress <= 1:
            raise ValueError(f"GrowthSchedule.at: progress must lie in [0, 1], got {progress}")
        # equal shares are a choice of this schedule, not of the paper
        share = min(int(progress * self.num_scales), self.num_scales - 1)
        within = progress * self.num_scales - share
        # every share starts again with short clips: the newest scale is untrained
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
        """Return the progress at which each rate enters; rates that never fit are left out."""
        starts = []
        for rate in range(num_rates):
            span = (num_frames - 1) * num_frames**rate + 1
            # in the first share: an entered rate stays, also when a new scale shortens the clips
            fitting = [index for index, length in enumerate(self.lengths) if length >= span]
            if fitting:
                starts.append(fitting[0] / len(self.lengths) / self.num_scales)
        return starts

    def _weight(self, start: float, progress: float) -> float:
        # a rate that is there from the start disturbs no training: its weight is 1 at once
        if start == 0 or self.warmup == 0:
            return 1.0
        return min(1.0, max((progress - start) / self.warmup, 0.01))
