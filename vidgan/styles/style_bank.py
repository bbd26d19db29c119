"""The styles of instances: fitted per class, sampled for a video, saved and loaded."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from vidgan._weight_files import RefusedFileError, read_safetensors, write_safetensors
from vidgan.files import atomic_file, existing_file
from vidgan.functional import instance_features
from vidgan.styles.collect import majority_classes
from vidgan.styles.mixture import GaussianMixture, fit_mixture, sample_mixture

_FORMAT = "vidgan styles 2"
_OLDER = "vidgan styles 1"  # without a checksum
_NAMES = ("weights", "means", "factors", "center", "count")  # of a mixture's fields in the file


class StyleBank:
    """The fitted styles of every class, and the feature maps made from them.

    Multimodal synthesis as in Wang et al. 2018 (`arXiv:1808.06601
    <https://arxiv.org/abs/1808.06601>`__): the feature encoder E turns every instance of the
    training frames into a vector; a mixture of Gaussians is fitted to the vectors of each class;
    for a new video every instance is given a vector of its class.

    A class that the bank does not know takes the mean over all instances of all classes, and a
    warning says so, once per class.

    Args:
        mixtures: class id -> its styles, at least one.

    Raises:
        ValueError: ``mixtures`` is empty.

    Example:
        >>> bank = StyleBank.fit({0: torch.zeros(4, 3), 26: torch.full((5, 3), 0.5)})
        >>> labels = torch.tensor([[[[0, 26, 26]]]])
        >>> instances = torch.tensor([[[[0, 26001, 26002]]]])
        >>> bank.sample(labels, instances, seed=3)[0, 0]
        tensor([[0.0000, 0.5000, 0.5000]])
    """

    def __init__(self, mixtures: Mapping[int, GaussianMixture]) -> None:
        if not mixtures:
            raise ValueError("StyleBank: mixtures must hold at least one class, got none")
        self.mixtures = dict(mixtures)
        counts = torch.stack([mixture.num_instances for mixture in mixtures.values()]).double()
        centers = torch.stack([mixture.center for mixture in mixtures.values()]).double()
        self.center = (counts @ centers / counts.sum()).float()
        self._warned: set[int] = set()

    @classmethod
    def fit(
        cls, features: Mapping[int, Tensor], *, components: int = 10, seed: int = 0
    ) -> StyleBank:
        """Fit a mixture of Gaussians to the vectors of each class.

        Args:
            features: class id -> vectors (N, F), as from `collect_features`.
            components: Gaussians per class; as many as there are different vectors where those
                are fewer.
            seed: of the fit.

        Raises:
            ImportError: scikit-learn is not installed.
            ValueError: the bank has no class, or vectors are not (N, F) or not finite.
        """
        return cls(
            {
                label: fit_mixture(vectors, components=components, seed=seed)
                for label, vectors in features.items()
            }
        )

    def sample(self, labels: Tensor, instances: Tensor, *, seed: int) -> Tensor:
        """Sample a style for every instance from its class.

        What an instance is given follows from ``seed``, its id and its class alone. So it keeps
        its style in all frames, whichever others are there and in whatever order they came.

        Args:
            labels: (1, 1, H, W).
            instances: (1, 1, H, W); an object has one id in all frames of a video.
            seed: of the video.

        Returns:
            The feature map (1, F, H, W) in [-1, 1], float32.
        """

        def vector(label: int, instance: int) -> Tensor:
            mixture = self._known(label)
            return self.center if mixture is None else sample_mixture(mixture, _rng(seed, instance))

        return _paint(labels, instances, vector)

    def mean(self, labels: Tensor, instances: Tensor) -> Tensor:
        """Assign the mean style of its class to every instance.

        Args:
            labels: (1, 1, H, W).
            instances: (1, 1, H, W).

        Returns:
            The feature map (1, F, H, W), float32.
        """

        def vector(label: int, instance: int) -> Tensor:  # noqa: ARG001  as the others
            mixture = self._known(label)
            return self.center if mixture is None else mixture.center

        return _paint(labels, instances, vector)

    def copy_from(
        self,
        labels: Tensor,
        instances: Tensor,
        *,
        frame: tuple[Tensor, Tensor, Tensor],
        seed: int = 0,
    ) -> Tensor:
        """Assign to every instance the style that one of its class has in a given frame.

        An instance with the id and class of one in the frame takes that one's style; any other
        takes that of an instance of its class, chosen by ``seed`` and its own id. A class that is
        not in the frame takes its mean style.

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
        styles: dict[int, dict[int, Tensor]] = {}
        for instance, style in zip(table.ids.tolist(), table.means.cpu().float(), strict=True):
            styles.setdefault(classes[0, instance], {})[instance] = style

        def vector(label: int, instance: int) -> Tensor:
            there = styles.get(label)
            if there is None:
                mixture = self._known(label)
                return self.center if mixture is None else mixture.center
            if instance in there:
                return there[instance]
            return there[sorted(there)[int(_rng(seed, instance).integers(len(there)))]]

        return _paint(labels, instances, vector)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the bank as a safetensors file, whole or not at all.

        Args:
            path: the file; its folder must exist.

        Raises:
            OSError: the file cannot be written.
        """
        tensors = {
            f"{label}.{name}": value.contiguous()
            for label, mixture in self.mixtures.items()
            for name, value in zip(_NAMES, mixture, strict=True)
        }
        with atomic_file(path, function="StyleBank.save") as temporary:
            write_safetensors(temporary, tensors, {"format": _FORMAT}, sealed=True)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> StyleBank:
        """Read what `save` wrote.

        Args:
            path: the file.

        Raises:
            FileNotFoundError: there is no such file.
            ValueError: it is damaged, or no style bank.
        """
        existing_file(path, "StyleBank.load")
        try:
            tensors, facts = read_safetensors(Path(path))
        except OSError as error:
            raise type(error)(f"StyleBank.load: {path} cannot be read ({error})") from error
        except RefusedFileError as error:
            raise ValueError(
                f"StyleBank.load: {path} is damaged or no style bank: {error}"
            ) from error
        form = facts.get("format")
        if form not in (_FORMAT, _OLDER) or (form == _FORMAT and "sha256" not in facts):
            raise ValueError(f"StyleBank.load: {path} is no style bank")
        labels = sorted({key.partition(".")[0] for key in tensors})
        wanted = {f"{label}.{name}" for label in labels for name in _NAMES}
        if wanted != tensors.keys() or not all(map(_is_number, labels)):
            raise ValueError(
                f"StyleBank.load: {path} is damaged or no style bank: a part is missing"
            )
        return cls(
            {
                int(label): GaussianMixture(*(tensors[f"{label}.{name}"] for name in _NAMES))
                for label in sorted(labels, key=int)
            }
        )

    def _known(self, label: int) -> GaussianMixture | None:
        if label not in self.mixtures and label not in self._warned:
            self._warned.add(label)
            warnings.warn(
                f"StyleBank: class {label} is not in the bank; its instances take the mean over "
                "all classes",
                stacklevel=3,
            )
        return self.mixtures.get(label)


def _is_number(label: str) -> bool:
    return label.removeprefix("-").isdecimal()


def _rng(seed: int, instance: int) -> np.random.Generator:
    return np.random.default_rng([seed, instance % 2**64])  # ids may be negative


def _paint(labels: Tensor, instances: Tensor, vector: Callable[[int, int], Tensor]) -> Tensor:
    """Spread the vector of each instance over its pixels: (1, F, H, W) from maps (1, 1, H, W)."""
    if labels.dim() != 4 or labels.shape[:2] != (1, 1) or labels.shape != instances.shape:
        raise ValueError(
            "StyleBank: labels and instances must have the same shape (1, 1, H, W), got "
            f"{tuple(labels.shape)} and {tuple(instances.shape)}"
        )
    classes = majority_classes(labels, instances)
    ids, index = torch.unique(instances[0, 0].long(), return_inverse=True)
    vectors = torch.stack([vector(classes[0, instance], instance) for instance in ids.tolist()])
    # (H, W, F) -> (1, F, H, W)
    return vectors.to(index.device)[index].permute(2, 0, 1)[None].contiguous()
