"""Optional dependencies: imported where they are used, with an error that names the extra."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

__all__ = ["find_extra_file", "import_extra"]


def _missing(module: str, extra: str | None) -> ImportError:
    return ImportError(
        f"{module} is needed here; install it with: pip install {_requirement(module, extra)}",
        name=module,
    )


def _requirement(module: str, extra: str | None) -> str:
    return module if extra is None else f"'vidgan[{extra}]'"


def import_extra(module: str, extra: str) -> ModuleType:
    """Import an optional dependency; where it is missing, the error names the extra to install.

    Where the module is installed and one of its own dependencies is not, the error of Python is
    passed on as it is: it names that dependency.

    Args:
        module: name of the module, such as ``"cv2"``.
        extra: the extra of vidgan that installs it, such as ``"flow"``.

    Returns:
        The imported module.

    Raises:
        ImportError: the module is not installed; the text names the extra.
        ModuleNotFoundError: one of the module's own dependencies is not installed.

    Example:
        >>> import_extra("json", "flow").loads("[1, 2]")
        [1, 2]
        >>> import_extra("no_such_module", "flow")
        Traceback (most recent call last):
        ImportError: no_such_module is needed here; install it with: pip install 'vidgan[flow]'
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != module.partition(".")[0]:
            raise  # the module is there, and one of its own dependencies is not
        raise _missing(module, extra) from error


def find_extra_file(module: str, relative_path: str, extra: str | None) -> Path:
    """Find a file inside an installed package without importing the package.

    Args:
        module: name of the top-level package, such as ``"stlpips_pytorch"``.
        relative_path: the file's path inside the package folder, with forward slashes.
        extra: the extra of vidgan that installs the package; None for a package that vidgan itself
            requires.

    Returns:
        Path of the file.

    Raises:
        ImportError: the package is not installed; the text names the extra.
        FileNotFoundError: the package is installed and has no such file.

    Example:
        >>> find_extra_file("json", "decoder.py", "examples").name
        'decoder.py'
    """
    spec = find_spec(module)
    if spec is None:
        raise _missing(module, extra)
    folders = [Path(folder) for folder in spec.submodule_search_locations or ()]
    for folder in folders:
        if (folder / relative_path).is_file():
            return folder / relative_path
    raise FileNotFoundError(
        f"{module} is installed, but has no file {relative_path} in "
        f"{', '.join(map(str, folders)) or 'its folder'}; "
        f"reinstall it with: pip install --force-reinstall {_requirement(module, extra)}"
    )
