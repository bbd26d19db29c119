"""The feature network of FVD, from a local file."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any, Literal, get_args

import torch
from torch import Tensor, nn

from vidgan._checks import check_choice
from vidgan.metrics.extractor import NamedExtractor

I3DVariant = Literal["logits", "pooled"]
"""The features of FVD, the 400 logits of the classes or the 1024 features before them."""

_FEATURES = {"logits": 400, "pooled": 1024}
# Arguments of the file that most evaluations use: plain logits of clips as they are.
_OPTIONS = {"rescale": False, "resize": False, "return_features": True}


def i3d_extractor(
    file: str | Path, variant: I3DVariant = "logits", *, num_frames: int | None = 16
) -> NamedExtractor:
    """Read the network of FVD, I3D trained on Kinetics-400, from a TorchScript file.

    FVD (Unterthiner et al. 2018, `arXiv:1812.01717 <https://arxiv.org/abs/1812.01717>`__) takes the
    400 logits of clips of 16 frames, resized bilinearly to 224x224, in [-1, 1]; some evaluations
    take the 1024 pooled features instead. The numbers of the two cannot be compared.

    Nothing is downloaded. The file is a TorchScript network that maps clips (B, 3, T, H, W) to
    features (B, 400) or (B, 1024). Where it has arguments named ``rescale``, ``resize`` and
    ``return_features``, as the widely used ``i3d_torchscript.pt`` has, they are passed as False,
    False and True. A TorchScript file contains code that runs here: read only files you trust.

    Args:
        file: path of the TorchScript file.
        variant: ``"logits"`` (400) or ``"pooled"`` (1024); what the file returns must agree.
        num_frames: T of the clips; None leaves it free.

    Returns:
        An extractor of clips (B, T, 3, 224, 224), RGB in [-1, 1], for `FrechetDistance`.

    Raises:
        FileNotFoundError: if the file does not exist.
        ValueError: if it is not a TorchScript file, or ``variant`` is unknown.

    Example:
        >>> extractor = i3d_extractor("i3d_torchscript.pt")  # doctest: +SKIP
        >>> i3d_extractor("i3d_torchscript.pt", "softmax")
        Traceback (most recent call last):
        ValueError: i3d_extractor: variant must be one of 'logits', 'pooled', got 'softmax'
    """
    check_choice(variant, get_args(I3DVariant), "i3d_extractor", "variant")
    return NamedExtractor(
        _ScriptedNetwork(Path(file)),
        name="I3D (Kinetics-400)",
        layer=variant,
        num_features=_FEATURES[variant],
        size=(224, 224),
        num_frames=num_frames,
    )


class _ScriptedNetwork(nn.Module):
    """A TorchScript network of clips."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        if not file.is_file():
            raise FileNotFoundError(f"i3d_extractor: weights file {file} does not exist")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # that TorchScript is deprecated
                load: Any = torch.jit.load
                self.network: Any = load(file, map_location="cpu").eval()
        except RuntimeError as error:
            raise ValueError(f"i3d_extractor: {file} must be a TorchScript file") from error
        names = {argument.name for argument in self.network.forward.schema.arguments}
        self.options = {name: value for name, value in _OPTIONS.items() if name in names}
        self.requires_grad_(False)

    def forward(self, clips: Tensor) -> Tensor:
        """Compute the features of clips (B, T, 3, H, W): (B, D)."""
        features: Tensor = self.network(clips.transpose(1, 2).contiguous(), **self.options)
        return features
