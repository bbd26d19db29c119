"""Flows that were computed before and are read from a folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from vidgan.flow_estimators._estimate import estimate_flow
from vidgan.outputs import FlowEstimate
from vidgan.video.flow_files import FLOW_SUFFIXES, read_flow, read_flow_size


class PrecomputedFlow(nn.Module):
    """Backward flow read from ``folder/sequence/frame.flo``, or another format of `read_flow`.

    The confidence is the photometric one, computed from the frames, and 0 where the flow is unknown
    (NaN). Bound to the names of a
    batch, ``functools.partial(flow, names=names)``, it is a `FlowEstimator` like the others.

    Args:
        folder: contains one folder of flow files per sequence, as ``flow/stride1`` of a data
            folder.

    Raises:
        NotADirectoryError: there is no such folder.

    Example:
        >>> import tempfile
        >>> from vidgan.video import write_flow
        >>> folder = Path(tempfile.mkdtemp())
        >>> (folder / "walk").mkdir()
        >>> write_flow(folder / "walk" / "00001.flo", torch.zeros(2, 4, 6))
        >>> frames = torch.zeros(1, 3, 4, 6)
        >>> PrecomputedFlow(folder)(frames, frames, names=["walk/00001"]).flow.shape
        torch.Size([1, 2, 4, 6])
    """

    def __init__(self, folder: str | Path) -> None:
        super().__init__()
        self.folder = Path(folder)
        if not self.folder.is_dir():
            raise NotADirectoryError(f"PrecomputedFlow: folder {self.folder} does not exist")

    def forward(self, current: Tensor, previous: Tensor, *, names: Sequence[str]) -> FlowEstimate:
        """Read the flows, and compute their confidence from the frames.

        Args:
            current: (B, 3, H, W), RGB in [-1, 1].
            previous: (B, 3, H, W), RGB in [-1, 1].
            names: ``"sequence/frame"`` of each current frame, such as ``"walk/00001"``.

        Returns:
            flow (B, 2, H, W) in pixels and confidence (B, 1, H, W) in {0, 1}.

        Raises:
            ValueError: the shapes differ, the number of names is not B, or a file contains a flow
                of another size.
            TypeError: the images are not floating-point.
            FileNotFoundError: a frame has no flow file.
        """
        function = "PrecomputedFlow"

        def read(current: Tensor, previous: Tensor) -> Tensor:  # noqa: ARG001  as an estimator
            if len(names) != len(current):
                rule = f"one name per frame, B = {len(current)}"
                raise ValueError(f"{function}: names must have {rule}, got {len(names)}")
            return torch.stack([self._read(name, current) for name in names])

        return estimate_flow(read, current, previous, confidence="photometric", function=function)

    def _read(self, name: str, current: Tensor) -> Tensor:
        paths = [self.folder / f"{name}{suffix}" for suffix in FLOW_SUFFIXES]
        path = next((path for path in paths if path.is_file()), paths[0])
        height, width = read_flow_size(path)
        if (height, width) != current.shape[2:]:
            raise ValueError(
                f"PrecomputedFlow: {path} must have the height and width of current, "
                f"{current.shape[2]}x{current.shape[3]}, got {height}x{width}"
            )
        return read_flow(path)
