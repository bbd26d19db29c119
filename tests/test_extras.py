"""Optional dependencies and the messages about missing ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from vidgan.extras import find_extra_file, import_extra


def test_imports_what_is_installed() -> None:
    assert import_extra("pathlib", "video").Path is Path


def test_missing_module_names_the_extra() -> None:
    with pytest.raises(
        ImportError, match=r"no_such_module is needed here; .* pip install 'vidgan\[flow\]'"
    ):
        import_extra("no_such_module", "flow")


def test_missing_submodule_names_the_extra() -> None:
    with pytest.raises(ImportError, match=r"vidgan\[flow\]"):
        import_extra("no_such_module.part", "flow")


def test_failure_inside_a_module_is_not_hidden(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "half_installed.py").write_text("import its_own_dependency\n")
    monkeypatch.syspath_prepend(tmp_path)

    with pytest.raises(ModuleNotFoundError, match="its_own_dependency") as caught:
        import_extra("half_installed", "flow")

    assert "vidgan[" not in str(caught.value)


def test_finds_a_file_without_importing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "explosive_package"
    (package / "data").mkdir(parents=True)
    (package / "__init__.py").write_text("raise RuntimeError('imported')\n")
    (package / "data" / "weights.pth").write_bytes(b"")
    monkeypatch.syspath_prepend(tmp_path)

    found = find_extra_file("explosive_package", "data/weights.pth", "examples")

    assert found == package / "data" / "weights.pth"


def test_missing_package_names_the_extra() -> None:
    with pytest.raises(ImportError, match=r"pip install 'vidgan\[examples\]'"):
        find_extra_file("no_such_package", "a.pth", "examples")


def test_package_without_the_file_names_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty_package").mkdir()
    (tmp_path / "empty_package" / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)

    with pytest.raises(FileNotFoundError, match=r"empty_package is installed, but has no file a"):
        find_extra_file("empty_package", "a.pth", "examples")


def test_missing_dependency_of_an_installed_package_is_the_one_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "half_installed_package"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "boards.py").write_text("from its_own_dependency.part import x\n")
    monkeypatch.syspath_prepend(tmp_path)

    with pytest.raises(ModuleNotFoundError) as caught:
        import_extra("half_installed_package.boards", "flow")

    assert caught.value.name == "its_own_dependency"
    assert "half_installed" not in str(caught.value)
