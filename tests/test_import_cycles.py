"""No file of vidgan or examples imports itself, by whatever way round."""

from __future__ import annotations

from tests.sources import cycles, import_graph, is_package, module_of, read_sources


def test_no_import_cycles_between_files() -> None:
    found = cycles(import_graph(read_sources("vidgan", "examples")))

    assert not found, "\n".join(["", *map(" <-> ".join, found)])


def test_import_cycles_are_found() -> None:
    sources = {
        "p/__init__.py": "",
        "p/a.py": "from p.b import B",
        "p/b.py": "import os\nfrom . import c\n",
        "p/c.py": "if True:\n    import p.a.A\n",
        "p/d.py": "from p.a import A",
        "p/e.py": "from p.e import E",
        "p/f/__init__.py": "from p.f.g import G",
        "p/f/g.py": "from p.f import other",
    }

    assert cycles(import_graph(sources)) == [
        ["p/a.py", "p/b.py", "p/c.py"],
        ["p/e.py"],
        ["p/f/__init__.py", "p/f/g.py"],
    ]


def test_imports_within_functions_and_from_below_make_no_cycle() -> None:
    sources = {
        "p/__init__.py": "",
        "p/a.py": "from p.b import B",
        "p/b.py": "def f():\n    from p.a import A\nlambda: __import__('p.a')\n",
        "p/f/__init__.py": "from p.f.g import G",
        "p/f/g.py": "from p.f.h import H",
        "p/f/h.py": "from q import a",
    }

    assert cycles(import_graph(sources)) == []


def test_names_of_modules() -> None:
    assert module_of("vidgan/layers/__init__.py") == "vidgan.layers"
    assert module_of("vidgan/layers/conv.py") == "vidgan.layers.conv"
    assert is_package("vidgan/layers/__init__.py")
    assert not is_package("vidgan/layers/my__init__.py")
