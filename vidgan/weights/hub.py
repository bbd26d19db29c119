"""Networks on the Hugging Face Hub, in the manner of its libraries."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from torch import nn

from vidgan.extras import import_extra
from vidgan.files import atomic_folder
from vidgan.weights.description import DESCRIPTION, SUMS, WEIGHTS
from vidgan.weights.loading import load_model
from vidgan.weights.saving import describe_model, write_model

_CARD = """---
library_name: vidgan
pipeline_tag: video-to-video
---

# A network of vidgan

Built by `vidgan.models.{builder}`. Load it with:

```python
from vidgan.weights import from_pretrained

network = from_pretrained("NAME", offline=False)
```
"""


def save_pretrained(
    model: nn.Module, folder: str | os.PathLike[str], *, overwrite: bool = False
) -> None:
    """Write a network as `save_model` does, with a model card (``README.md``) for the Hub.

    Args:
        model: what a builder of ``vidgan.models`` made.
        folder: the folder to make.
        overwrite: replace a network that was saved there before, with its card.

    Raises:
        ValueError, FileExistsError, OSError: as in `save_model`.

    Example:
        >>> from vidgan.models import instance_encoder
        >>> folder = Path(tempfile.mkdtemp()) / "encoder"
        >>> save_pretrained(instance_encoder(base_channels=4, num_downsamplings=1), folder)
        >>> from_pretrained(folder).feature_channels
        3
    """
    call, state = describe_model(model, "save_pretrained")
    with atomic_folder(folder, mark=SUMS, overwrite=overwrite, function="save_pretrained") as new:
        write_model(new, call, state)
        (new / "README.md").write_text(_CARD.format(builder=call.builder), encoding="utf-8")


def from_pretrained(
    name: str | os.PathLike[str],
    *,
    revision: str | None = None,
    offline: bool = True,
    strict: bool = True,
) -> nn.Module:
    """Load a network from a folder, or from the Hugging Face Hub.

    Args:
        name: a folder, or a repository on the Hub such as ``"user/network"``.
        revision: branch, tag or commit of the repository; a commit is what cannot change.
        offline: take the repository from the local cache, and never connect to the Hub.
        strict: as in `load_model`.

    Returns:
        The network, as `load_model` returns it.

    Raises:
        ImportError: ``huggingface_hub`` is not installed, and the name is no folder.
        FileNotFoundError: the repository is not in the cache, and offline; or a file is missing.
        ValueError: as in `load_model`.

    Example:
        >>> from vidgan.models import instance_encoder
        >>> folder = Path(tempfile.mkdtemp()) / "encoder"
        >>> save_pretrained(instance_encoder(base_channels=4, num_downsamplings=1), folder)
        >>> from_pretrained(folder).training
        False
    """
    if Path(name).is_dir():
        return load_model(name, strict=strict)
    hub = import_extra("huggingface_hub", "hub")
    errors = import_extra("huggingface_hub.errors", "hub")
    try:
        folder = hub.snapshot_download(
            str(name),
            revision=revision,
            local_files_only=offline,
            allow_patterns=[WEIGHTS, DESCRIPTION, SUMS],  # nothing else is needed, or read
        )
    except errors.LocalEntryNotFoundError as error:
        repair = "offline=False downloads it" if offline else "the Hub cannot be reached"
        raise FileNotFoundError(
            f"from_pretrained: {name} is no folder and not in the cache of huggingface_hub; "
            f"{repair}"
        ) from error
    return load_model(folder, strict=strict)


def push_to_hub(
    model: nn.Module, name: str, *, private: bool = True, message: str = "Upload a network"
) -> str:
    """Upload a network to the Hugging Face Hub; the repository is made where missing.

    Args:
        model: what a builder of ``vidgan.models`` made.
        name: the repository, such as ``"user/network"``.
        private: whether a new repository is private.
        message: of the commit.

    Returns:
        The address of the commit.

    Raises:
        ImportError: ``huggingface_hub`` is not installed.
        ValueError: as in `save_model`.

    Example:
        >>> push_to_hub(nn.Linear(2, 3), "user/network")
        Traceback (most recent call last):
        ValueError: push_to_hub: model must be made by a builder of vidgan.models, such as ...
    """
    describe_model(model, "push_to_hub")
    hub = import_extra("huggingface_hub", "hub")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "network"
        save_pretrained(model, folder)
        hub.create_repo(name, private=private, exist_ok=True)
        commit = hub.upload_folder(repo_id=name, folder_path=str(folder), commit_message=message)
    return str(commit)
