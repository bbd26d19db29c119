"""What a check of a data folder found, as named tuples."""

from __future__ import annotations

from typing import NamedTuple


class Finding(NamedTuple):
    """One thing that is wrong, with every place where it is.

    Attributes:
        code: a short name for programs, such as ``"missing_files"``; ``docs/data.md`` lists them.
        message: the rule that is broken.
        times: how often it is broken.
        examples: the first few places, paths relative to the folder, with what was got.

    Example:
        >>> import tempfile
        >>> from vidgan.data import check_data
        >>> check_data(tempfile.mkdtemp()).problems[0].code
        'no_images'
    """

    code: str
    message: str
    times: int
    examples: tuple[str, ...]


class KindSummary(NamedTuple):
    """One kind of file in a data folder.

    Attributes:
        sequences: number of sequences that have such files.
        files: number of files.
        sizes: the sizes (H, W) found, at most 10 of them; none for landmarks and keypoints.

    Example:
        >>> import tempfile, torch
        >>> from pathlib import Path
        >>> from vidgan.data import check_data
        >>> from vidgan.video import write_frames
        >>> folder = tempfile.mkdtemp()
        >>> _ = write_frames(Path(folder) / "images" / "walk", torch.zeros(3, 3, 4, 6))
        >>> check_data(folder).kinds["images"]
        KindSummary(sequences=1, files=3, sizes=((4, 6),))
    """

    sequences: int
    files: int
    sizes: tuple[tuple[int, int], ...]


class SequenceSummary(NamedTuple):
    """One sequence of a data folder.

    Attributes:
        frames: number of images.
        size: (H, W) of its first readable image, or None.

    Example:
        >>> import tempfile, torch
        >>> from pathlib import Path
        >>> from vidgan.data import check_data
        >>> from vidgan.video import write_frames
        >>> folder = tempfile.mkdtemp()
        >>> _ = write_frames(Path(folder) / "images" / "walk", torch.zeros(3, 3, 4, 6))
        >>> check_data(folder).sequences["walk"]
        SequenceSummary(frames=3, size=(4, 6))
    """

    frames: int
    size: tuple[int, int] | None


class DataReport(NamedTuple):
    """The contents of a data folder, and what is wrong with them.

    Attributes:
        path: the folder, as given.
        task: the task of ``dataset.json``, or None if it has none.
        kinds: name, such as ``"flow/stride1"`` -> what was found.
        sequences: name -> what was found.
        histogram: class id -> share of all pixels of the label maps; empty where pixels were not
            read.
        class_names: the names of the classes 0, 1, ..., as in ``dataset.json``, or none.
        problems: what must be repaired before training.
        warnings: what should be looked at.

    Example:
        >>> import tempfile
        >>> from vidgan.data import check_data
        >>> report = check_data(tempfile.mkdtemp())
        >>> report.is_good, [problem.code for problem in report.problems]
        (False, ['no_images'])
    """

    path: str
    task: str | None
    kinds: dict[str, KindSummary]
    sequences: dict[str, SequenceSummary]
    histogram: dict[int, float]
    class_names: tuple[str, ...]
    problems: tuple[Finding, ...]
    warnings: tuple[Finding, ...]

    @property
    def is_good(self) -> bool:
        """True when there are no problems; warnings may remain."""
        return not self.problems
