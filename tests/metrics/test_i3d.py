"""The network of FVD from a TorchScript file."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from tests.assertions import rand
from vidgan.metrics import FrechetDistance, i3d_extractor


class WithOptions(nn.Module):
    """As the widely used file: logits only if asked for, without rescaling."""

    def forward(
        self, x: Tensor, rescale: bool = True, resize: bool = True, return_features: bool = False
    ) -> Tensor:
        if rescale or resize or not return_features:
            return torch.zeros(x.shape[0], 1)
        return x.mean((2, 3, 4)).repeat(1, 134)[:, :400]


class Plain(nn.Module):
    """Pooled features, without options."""

    def forward(self, x: Tensor) -> Tensor:
        return x.mean((2, 3, 4)).repeat(1, 342)[:, :1024]


def save(network: nn.Module, path: Path) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # TorchScript is deprecated
        torch.jit.script(network).save(str(path))
    return path


@pytest.mark.parametrize(
    ("network", "variant", "size"), [(WithOptions(), "logits", 400), (Plain(), "pooled", 1024)]
)
def test_variants(tmp_path: Path, network: nn.Module, variant: str, size: int) -> None:
    clips = rand(2, 16, 3, 1, 1).expand(2, 16, 3, 224, 224)

    extractor = i3d_extractor(save(network, tmp_path / "i3d.pt"), variant)  # type: ignore[arg-type]

    features = extractor(clips)
    assert features.shape == (2, size)
    torch.testing.assert_close(features[:, :3], clips.mean((1, 3, 4)))
    assert extractor.description == (
        f"I3D (Kinetics-400), {variant}, {size} features, values from -1 to 1, 16 frames, "
        "224x224 pixels"
    )


def test_fvd_warns_of_few_clips(tmp_path: Path) -> None:
    metric = FrechetDistance(i3d_extractor(save(WithOptions(), tmp_path / "i3d.pt")))
    clips = rand(3, 16, 3, 1, 1).expand(3, 16, 3, 224, 224)
    metric.update(clips, real=True)
    metric.update(clips, real=False)

    with pytest.warns(UserWarning, match="3 samples are fewer than the 400 dimensions"):
        value = metric.compute()
    assert float(value) < 1e-9


def test_other_variant_than_the_file(tmp_path: Path) -> None:
    extractor = i3d_extractor(save(Plain(), tmp_path / "i3d.pt"), num_frames=None)

    with pytest.raises(ValueError, match=r"features must have shape \(1, 400\), got \(1, 1024\)"):
        extractor(torch.zeros(1, 2, 3, 224, 224))


def test_bad_files(tmp_path: Path) -> None:
    torch.save({"weight": torch.zeros(3)}, tmp_path / "state.pt")
    (tmp_path / "text.pt").write_text("hello")

    for name in ("state.pt", "text.pt"):
        with pytest.raises(ValueError, match=rf"i3d_extractor: .*{name} must be a TorchScript"):
            i3d_extractor(tmp_path / name)
    with pytest.raises(FileNotFoundError, match=r"i3d_extractor: weights file .*none.pt"):
        i3d_extractor(tmp_path / "none.pt")
