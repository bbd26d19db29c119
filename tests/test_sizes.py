"""Files and functions stay short enough to be read at one go."""

from __future__ import annotations

from tests.sources import function_lengths, read_sources

MAX_FILE = 250
MAX_FUNCTION = 60  # aim at 40


def long_files(sources: dict[str, str]) -> list[str]:
    """The files of more than ``MAX_FILE`` lines."""
    lengths = {path: len(source.splitlines()) for path, source in sources.items()}
    return [
        f"{path} has {lines} lines, over {MAX_FILE}: split it by what it does"
        for path, lines in lengths.items()
        if lines > MAX_FILE
    ]


def long_functions(sources: dict[str, str]) -> list[str]:
    """The functions of more than ``MAX_FUNCTION`` lines, their docstrings included."""
    return [
        f"{path}: {name}() has {lines} lines, over {MAX_FUNCTION}: split it by what it does"
        for path, source in sources.items()
        for name, lines in function_lengths(source).items()
        if lines > MAX_FUNCTION
    ]


def test_no_file_is_long() -> None:
    found = long_files(read_sources("vidgan", "examples"))

    assert not found, "\n".join(["", *found])


def test_no_function_of_the_examples_is_long() -> None:
    found = long_functions(read_sources("examples"))

    assert not found, "\n".join(["", *found])


def test_long_files_are_found() -> None:
    sources = {"a.py": "x\n" * 250, "b.py": "x\n" * 251, "c.py": "x\n" * 250 + "x"}

    assert [text.partition(":")[0] for text in long_files(sources)] == [
        "b.py has 251 lines, over 250",
        "c.py has 251 lines, over 250",
    ]


def test_long_functions_are_found() -> None:
    short = "def short():\n" + "    x\n" * 59
    method = "class C:\n    @property\n    async def long(self):\n" + "        x\n" * 60
    inner = "def outer():\n    def inner():\n" + "        x\n" * 60

    found = long_functions({"a.py": short + method, "b.py": inner})

    assert [text.partition(" lines")[0] for text in found] == [
        "a.py: C.long() has 61",
        "b.py: outer() has 62",
        "b.py: outer.inner() has 61",
    ]
