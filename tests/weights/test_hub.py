"""Networks on the Hub: a stand-in of huggingface_hub sees what is asked of it."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from torch import nn

from vidgan.models import instance_encoder
from vidgan.weights import from_pretrained, push_to_hub, save_pretrained


def encoder() -> nn.Module:
    return instance_encoder(base_channels=2, num_downsamplings=1)


class NotCachedError(Exception):
    pass


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A Hub with one repository, and the arguments of the calls to it."""
    save_pretrained(encoder(), tmp_path / "repository")
    calls: dict[str, Any] = {}

    def snapshot_download(name: str, **options: Any) -> str:
        calls["download"] = options
        if (options["local_files_only"] and name != "user/cached") or name == "user/unreachable":
            raise NotCachedError
        return str(tmp_path / "repository")

    def upload_folder(**options: Any) -> str:
        calls["upload"] = options
        calls["files"] = sorted(path.name for path in Path(options["folder_path"]).iterdir())
        return "https://example.org/commit"

    module, errors = ModuleType("huggingface_hub"), ModuleType("huggingface_hub.errors")
    vars(module).update(
        snapshot_download=snapshot_download,
        upload_folder=upload_folder,
        create_repo=lambda name, **options: calls.update(create=(name, options)),
    )
    vars(errors)["LocalEntryNotFoundError"] = NotCachedError
    monkeypatch.setitem(sys.modules, "huggingface_hub", module)
    monkeypatch.setitem(sys.modules, "huggingface_hub.errors", errors)
    return calls


def test_folder_needs_no_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    save_pretrained(encoder(), tmp_path / "network")

    assert from_pretrained(tmp_path / "network").feature_channels == 3
    assert "vidgan.models.instance_encoder" in (tmp_path / "network" / "README.md").read_text()


def test_missing_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)

    with pytest.raises(ImportError, match=r"pip install 'vidgan\[hub\]'"):
        from_pretrained("user/network")


def test_offline_by_default(hub: dict[str, Any]) -> None:
    with pytest.raises(FileNotFoundError, match=r"user/network is no folder .* offline=False"):
        from_pretrained("user/network")

    assert from_pretrained("user/cached", revision="abc").feature_channels == 3
    assert hub["download"] == {
        "revision": "abc",
        "local_files_only": True,
        "allow_patterns": ["model.safetensors", "config.json", "SHA256SUMS"],
    }


def test_online_where_asked(hub: dict[str, Any]) -> None:
    assert from_pretrained("user/network", offline=False).feature_channels == 3
    assert not hub["download"]["local_files_only"]


def test_unreachable(hub: dict[str, Any]) -> None:
    with pytest.raises(FileNotFoundError, match=r"huggingface_hub; the Hub cannot be reached"):
        from_pretrained("user/unreachable", offline=False)


def test_push(hub: dict[str, Any]) -> None:
    assert push_to_hub(encoder(), "user/new") == "https://example.org/commit"
    assert hub["create"] == ("user/new", {"private": True, "exist_ok": True})
    assert hub["upload"]["repo_id"] == "user/new"
    assert hub["files"] == ["README.md", "SHA256SUMS", "config.json", "model.safetensors"]
