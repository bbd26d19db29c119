"""``tests/`` mirrors the sources: ``vidgan/a/b.py`` has its tests in ``tests/a/test_b.py``.

The tests of ``examples/a/b.py`` stand in ``tests/examples/a/test_b.py``. A file that needs many
tests may have a folder of them, ``tests/a/b/test_*.py``, and ``tests/a/test_a.py`` is about all of
the folder ``vidgan/a``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from tests.sources import read_sources

# Tests of more than one file, each with what it is about. A "/" at the end stands for a folder.
EXCEPTIONS = {
    "tests/_weight_files/test_damage.py": "damaged files, all readers of what vidgan writes",
    "tests/_weight_files/test_hostile.py": "hostile weight files, all readers",
    "tests/benchmarks/test_benchmarks.py": "the benchmarks",
    "tests/benchmarks/test_quality.py": "generators that a benchmark trains",
    "tests/contracts/": "what all public classes and functions promise",
    "tests/discriminators/test_contract.py": "all discriminators",
    "tests/docs/": "the site, its figures and its gallery",
    "tests/examples/test_advice.py": "the repairs that messages advise",
    "tests/examples/test_advice_generate.py": "those of generate, evaluate and demo",
    "tests/examples/test_advice_prepare.py": "those of prepare",
    "tests/examples/test_flat_scripts.py": "all flat scripts",
    "tests/examples/test_public_layouts.py": "public data sets, from their files to a video",
    "tests/examples/test_real_formats.py": "real files of the formats that the three tasks read",
    "tests/features/test_extractors.py": "what all feature extractors promise",
    "tests/features/test_wheel_networks.py": "the networks of the stlpips-pytorch wheel",
    "tests/flow_estimators/test_estimators.py": "what all flow estimators promise",
    "tests/models/test_golden.py": "published models against recorded outputs",
    "tests/rollout/test_distributed.py": "a rollout over several processes",
    "tests/test_check_share.py": "the share of the library's lines that check arguments",
    "tests/test_data_page.py": "docs/data.md",
    "tests/test_floors.py": "imports between folders",
    "tests/test_import.py": "what importing vidgan loads",
    "tests/test_import_cycles.py": "imports between files",
    "tests/test_layout.py": "this file",
    "tests/test_public_api.py": "every public name",
    "tests/test_reading_errors.py": "what all readers of files promise",
    "tests/test_randomness.py": "random generators of all files",
    "tests/test_readme.py": "README.md",
    "tests/test_sizes.py": "lengths of files and functions",
}


def possible_sources(test: str) -> list[str]:
    """The files that the test file ``test`` may mirror."""
    folder, _, name = test.removeprefix("tests/").rpartition("/")
    stem = name.removeprefix("test_").removesuffix(".py")
    parent = folder if folder.partition("/")[0] == "examples" else f"vidgan/{folder}".rstrip("/")
    names = [f"{stem}.py", f"_{stem}.py", f"__{stem}__.py", f"{stem}/__init__.py"]
    whole = [f"{parent}/__init__.py"] if parent.endswith(f"/{stem}") else []
    helper = [] if folder else [f"tests/{stem}.py"]
    return [*(f"{parent}/{name}" for name in names), f"{parent}.py", *whole, *helper]


def without_source(
    tests: Collection[str], sources: Collection[str], exceptions: Mapping[str, str]
) -> list[str]:
    """The test files whose source is not there, and the exceptions that are none."""
    orphans = [test for test in tests if not set(possible_sources(test)) & set(sources)]
    wrong = [
        f"{test} mirrors no source, such as {possible_sources(test)[0]}: rename it with its source"
        for test in orphans
        if test not in exceptions and not any(test.startswith(_folder(name)) for name in exceptions)
    ]
    unused = [
        f"EXCEPTIONS names {name}, which is not there or mirrors a source"
        for name in exceptions
        if name not in orphans and not any(test.startswith(_folder(name)) for test in orphans)
    ]
    return wrong + unused


def _folder(name: str) -> str:
    return name if name.endswith("/") else f"{name}/"


def test_tests_mirror_their_sources() -> None:
    files = read_sources("tests", "vidgan", "examples")
    tests = [path for path in files if path.rpartition("/")[2].startswith("test_")]

    wrong = without_source(tests, files, EXCEPTIONS)

    assert not wrong, "\n".join(["", *wrong])


def test_tests_without_a_source_are_found() -> None:
    sources = [
        "vidgan/a/b.py",
        "vidgan/a/_c.py",
        "vidgan/a/d/__init__.py",
        "vidgan/e.py",
        "vidgan/__main__.py",
        "examples/a/f.py",
        "examples/g.py",
        "tests/h.py",
    ]
    mirrored = [
        "tests/a/test_b.py",
        "tests/a/test_c.py",
        "tests/a/test_d.py",
        "tests/a/d/test_d.py",
        "tests/a/b/test_options.py",
        "tests/test_e.py",
        "tests/test_main.py",
        "tests/examples/a/test_f.py",
        "tests/examples/test_g.py",
        "tests/test_h.py",
    ]
    orphans = [
        "tests/test_b.py",
        "tests/a/test_e.py",
        "tests/a/test_f.py",
        "tests/examples/a/test_b.py",
        "tests/examples/test_e.py",
        "tests/a/test_h.py",
    ]

    assert without_source(mirrored, sources, {}) == []
    found = without_source([*mirrored, *orphans], sources, {})
    assert [text.partition(" ")[0] for text in found] == orphans


def test_exceptions_are_needed() -> None:
    tests = ["tests/test_e.py", "tests/docs/test_site.py", "tests/test_odd.py"]
    odd = {"tests/docs/": "", "tests/test_odd.py": ""}

    assert without_source(tests, ["vidgan/e.py"], odd) == []
    needless = {"tests/test_e.py": "", "tests/x/": ""}
    assert without_source(tests, ["vidgan/e.py"], odd | needless) == [
        f"EXCEPTIONS names {name}, which is not there or mirrors a source" for name in needless
    ]
