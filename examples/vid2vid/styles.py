"""The looks of instances: fitted per class, drawn for a video, saved and loaded.

Multimodal synthesis as in Wang et al. 2018 (arXiv:1808.06601): the feature encoder E
turns every instance of the training frames into a vector; a mixture of Gaussians is fitted to the
vectors of each class; for a new video every instance is given a vector of its class.

    bank = StyleBank.fit(collect_features(frames))  # (features, labels, instances) each
    bank.save("styles.safetensors")
    features = StyleBank.load("styles.safetensors").draw(labels, instances, seed=3)  # (1, F, H, W)
"""

from __future__ import annotations

import os
import secrets
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from examples.vid2vid.mixture import Mixture, fit_mixture, sample_mixture
from examples.vid2vid.style_features import majority_classes
from vidgan.functional import instance_features

_FORMAT = "vidgan styles 1"


class StyleBank:
    """The fitted looks of every class, and the feature maps made from them.

    A class that the bank does not know takes the mean over all instances of all classes, and a
    warning says so, once a class.

    Args:
        mixtures: class id -> its looks, at least one.
    """

    def __init__(self, mixtures: Mapping[int, Mixture]) -> None:
        if not mixtures:
            raise ValueError("StyleBank: mixtures must hold at least one class, got none")
        self.mixtures = dict(mixtures)
        counts = torch.stack([mixture.count for mixture in mixtures.values()]).double()
        centers = torch.stack([mixture.center for mixture in mixtures.values()]).double()
        self.center = (counts @ centers / counts.sum()).float()
        self._told: set[int] = set()

    @classmethod
    def fit(
        cls, features: Mapping[int, Tensor], *, components: int = 10, seed: int = 0
    ) -> StyleBank:
        """Fit a mixture of Gaussians to the vectors of each class.

        Args:
            features: class id -> vectors (N, F), as from `collect_features`.
            components: Gaussians a class; as many as there are different vectors where those
                are fewer.
            seed: of the fit.
        """
        return cls(
            {label: fit_mixture(vectors, components, seed) for label, vectors in features.items()}
        )

    def draw(self, labels: Tensor, instances: Tensor, *, seed: int) -> Tensor:
        """Give every instance a random look of its class.

        What an instance is given follows from ``seed``, its id and its class alone. So it keeps
        its look in all frames, whichever others are there and in whatever order they came.

        Args:
            labels: (1, 1, H, W).
            instances: (1, 1, H, W); an object has one id in all frames of a video.
            seed: of the video.

        Returns:
            The feature map (1, F, H, W) in [-1, 1], float32.
        """

        def vector(label: int, instance: int) -> Tensor:
            mixture = self._known(label)
            return (
                self.center if mixture is None else sample_mixture(mixture, _random(seed, instance))
            )

        return _paint(labels, instances, vector)

    def average(self, labels: Tensor, instances: Tensor) -> Tensor:
        """Give every instance the mean look of its class, (1, F, H, W)."""

        def vector(label: int, instance: int) -> Tensor:  # noqa: ARG001  as the others
            mixture = self._known(label)
            return self.center if mixture is None else mixture.center

        return _paint(labels, instances, vector)

    def copy(
        self,
        labels: Tensor,
        instances: Tensor,
        *,
        frame: tuple[Tensor, Tensor, Tensor],
        seed: int = 0,
    ) -> Tensor:
        """Give every instance the look that one of its class has in a given frame.

        An instance with the id and class of one in the frame takes that one's look; any other
        takes that of an instance of its class, chosen by ``seed`` and its own id. A class that is
        not in the frame takes its mean look.

        Args:
            labels: (1, 1, H, W).
            instances: (1, 1, H, W).
            frame: features (1, F, h, w), labels and instances (1, 1, h, w) of the given frame.
            seed: of the video.

        Returns:
            The feature map (1, F, H, W), float32.
        """
        features, frame_labels, frame_instances = frame
        classes = majority_classes(frame_labels, frame_instances)
        table = instance_features(features.detach(), frame_instances)
        looks: dict[int, dict[int, Tensor]] = {}
        for instance, look in zip(table.ids.tolist(), table.means.cpu().float(), strict=True):
            looks.setdefault(classes[0, instance], {})[instance] = look

        def vector(label: int, instance: int) -> Tensor:
            there = looks.get(label)
            if there is None:
                mixture = self._known(label)
                return self.center if mixture is None else mixture.center
            if instance in there:
                return there[instance]
            return there[sorted(there)[int(_random(seed, instance).integers(len(there)))]]

        return _paint(labels, instances, vector)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the bank as a safetensors file, whole or not at all."""
        path = Path(path)
        tensors = {
            f"{label}.{name}": value.contiguous()
            for label, mixture in self.mixtures.items()
            for name, value in mixture._asdict().items()
        }
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
        try:
            temporary.write_bytes(save(tensors, {"format": _FORMAT}))
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> StyleBank:
        """Read what `save` wrote.

        Raises:
            FileNotFoundError: there is no such file.
            ValueError: it is damaged, or no style bank.
        """
        if not Path(path).is_file():
            raise FileNotFoundError(f"StyleBank.load: there is no file {path}")
        try:
            with safe_open(path, "pt") as file:
                if (file.metadata() or {}).get("format") != _FORMAT:
                    raise ValueError(f"StyleBank.load: {path} is no style bank")
                labels = sorted({int(key.partition(".")[0]) for key in file.keys()})
                return cls(
                    {
                        label: Mixture(*(file.get_tensor(f"{label}.{n}") for n in Mixture._fields))
                        for label in labels
                    }
                )
        except SafetensorError as error:
            raise ValueError(f"StyleBank.load: {path} is damaged or no style bank") from error

    def _known(self, label: int) -> Mixture | None:
        if label not in self.mixtures and label not in self._told:
            self._told.add(label)
            warnings.warn(
                f"StyleBank: class {label} is not in the bank; its instances take the mean over "
                "all classes",
                stacklevel=3,
            )
        return self.mixtures.get(label)


def _random(seed: int, instance: int) -> np.random.Generator:
    return np.random.default_rng([seed, instance % 2**64])  # ids may be negative


def _paint(labels: Tensor, instances: Tensor, vector: Callable[[int, int], Tensor]) -> Tensor:
    """Give all pixels of an instance its vector: (1, F, H, W) from maps (1, 1, H, W)."""
    if labels.dim() != 4 or labels.shape[:2] != (1, 1) or labels.shape != instances.shape:
        raise ValueError(
            "StyleBank: labels and instances must have the same shape (1, 1, H, W), got "
            f"{tuple(labels.shape)} and {tuple(instances.shape)}"
        )
    classes = majority_classes(labels, instances)
    ids, index = torch.unique(instances[0, 0].long(), return_inverse=True)
    vectors = torch.stack([vector(classes[0, instance], instance) for instance in ids.tolist()])
    return vectors.to(index.device)[index].permute(2, 0, 1)[None].contiguous()
