"""Files that pretend to be weights: each must be refused, and none may do anything.

What they would do is to create a file, the canary, to fill the memory or to take very long.
"""

from __future__ import annotations

import gzip
import io
import json
import pickle
import pickletools
import struct
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

P = b"\x80\x02"  # protocol 2


class Call:
    """An object that a pickle makes by calling a function."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self.reduced = function, arguments

    def __reduce__(self) -> tuple[Any, ...]:
        return self.reduced


def glob(module: str, name: str) -> bytes:
    return f"c{module}\n{name}\n".encode()


def text(value: str) -> bytes:
    return b"X" + struct.pack("<I", len(value.encode())) + value.encode()


def number(value: int) -> bytes:
    if -(2**31) <= value < 2**31:
        return b"J" + struct.pack("<i", value)
    return pickle.dumps(value, 2)[2:-1]


def call(module: str, name: str, *arguments: bytes) -> bytes:
    return glob(module, name) + b"(" + b"".join(arguments) + b"tR"


def storage(key: str = "0", items: int = 4, kind: str = "FloatStorage") -> bytes:
    facts = text("storage") + glob("torch", kind) + text(key) + text("cpu") + number(items)
    return b"(" + facts + b"tQ"


def tensor(
    memory: bytes, *, offset: int = 0, shape: tuple[int, ...] = (4,), stride: tuple[int, ...] = (1,)
) -> bytes:
    def numbers(values: tuple[int, ...]) -> bytes:
        return b"(" + b"".join(map(number, values)) + b"t"

    hooks = call("collections", "OrderedDict")
    view = [memory, number(offset), numbers(shape), numbers(stride), b"\x89", hooks]
    return call("torch._utils", "_rebuild_tensor_v2", *view)


def state(value: bytes) -> bytes:
    """The program of ``{"w": value}``."""
    return P + b"}" + text("w") + value + b"s."


def archive(program: bytes, records: dict[str, bytes] | None = None) -> bytes:
    """A zip file as torch writes it, with this program; by default a storage of 4 floats."""
    buffer = io.BytesIO()
    writer = torch._C.PyTorchFileWriter(buffer)
    for name, content in {"data.pkl": program, **(records or {"data/0": bytes(16)})}.items():
        writer.write_record(name, content, len(content))
    writer.write_end_of_file()
    return buffer.getvalue()


def good() -> bytes:
    return archive(state(tensor(storage())))


def programs(canary: Path) -> Iterator[tuple[str, bytes]]:
    """Pickles that torch.save never writes."""
    touch = text(f"touch {canary}")
    code = text(f"open({str(canary)!r}, 'w')")
    for module, name, *arguments in (
        ("os", "system", touch),
        ("posix", "system", touch),
        ("nt", "system", touch),
        ("builtins", "eval", code),
        ("builtins", "exec", code),
        ("__builtin__", "eval", code),
        ("builtins", "open", text(str(canary)), text("w")),
        ("builtins", "__import__", text("os")),
        ("builtins", "getattr", text("x"), text("upper")),
        ("importlib", "import_module", text("this")),
        ("subprocess", "Popen", b"(" + text("touch") + text(str(canary)) + b"l"),
        ("subprocess", "call", b"(" + text("touch") + text(str(canary)) + b"l"),
        ("pathlib", "Path", text(str(canary))),
        ("shutil", "rmtree", text(str(canary))),
        ("functools", "partial", glob("os", "system"), touch),
        ("operator", "attrgetter", text("__class__")),
        ("copyreg", "_reconstructor", glob("pathlib", "Path")),
        ("runpy", "run_path", text(str(canary))),
        ("webbrowser", "open", text(f"file://{canary}")),
        ("torch", "load", text(str(canary))),
        ("torch.hub", "load", text("a/b"), text("c")),
        ("torch.jit", "load", text(str(canary))),
        ("torch.serialization", "load", text(str(canary))),
        ("numpy.core.multiarray", "_reconstruct", glob("numpy", "ndarray")),
        ("numpy.core.multiarray", "scalar", text("x")),
        ("torch._utils", "_rebuild_meta_tensor_no_storage", number(1)),
        ("torch._tensor", "_rebuild_from_type_v2", glob("os", "system"), touch),
        ("builtins", "bytearray", number(10**12)),
        ("builtins", "set", b"]"),
        ("torch", "Tensor", number(10**11)),
        ("torch", "FloatStorage", number(10**11)),
        ("torch.storage", "UntypedStorage", number(10**12)),
        ("collections", "Counter", b"}"),
        ("_codecs", "encode", text("x" * 1000), text("punycode")),
    ):
        yield f"call {module}.{name}", archive(state(call(module, name, *arguments)))
    yield "INST", archive(P + b"(" + touch + b"ios\nsystem\n.")
    yield "OBJ", archive(P + b"(" + glob("os", "system") + touch + b"o.")
    yield "NEWOBJ", archive(state(glob("torch.nn.parameter", "Parameter") + b")\x81"))
    yield (
        "STACK_GLOBAL",
        archive(b"\x80\x04" + text("os") + text("system") + b"\x93" + touch + b"\x85R."),
    )
    yield "EXT1", archive(state(b"\x82\x01"))
    yield "PERSID", archive(state(b"Px\n"))
    yield "other storage", archive(state(b"(" + text("module") + glob("os", "system") + b"tQ"))
    yield "text as id", archive(state(text("0") + b"Q"))
    build = call("collections", "OrderedDict") + b"}" + text("keys") + number(1) + b"sb"
    yield "attribute", archive(state(build))
    yield (
        "attribute of a tensor",
        archive(state(tensor(storage()) + b"}" + text("x") + touch + b"sb")),
    )
    yield "function as a value", archive(state(glob("torch._utils", "_rebuild_tensor_v2")))
    yield "storage as a value", archive(state(storage()))
    yield "no end", archive(state(tensor(storage()))[:-1])
    yield "behind the end", archive(state(tensor(storage())) + state(call("os", "system", touch)))
    yield "missing memo", archive(state(b"h\x07"))
    yield "empty stack", archive(P + b"ss.")
    yield "no mark", archive(P + b"tt.")


def numbers(_: Path) -> Iterator[tuple[str, bytes]]:
    """Pickles whose sizes are wrong, or that would take very long."""
    yield "storage too small", archive(state(tensor(storage(items=10**6))))
    yield "storage of 4 TB", archive(state(tensor(storage(items=10**12), shape=(10**12,))))
    yield "negative storage", archive(state(tensor(storage(items=-4))))
    yield "other type", archive(state(tensor(storage(kind="DoubleStorage"))))
    yield "unknown storage", archive(state(tensor(storage("1"))))
    yield "unused storage", archive(state(number(1)))
    two = b"}" + text("a") + tensor(storage()) + b"s"
    yield "two sizes", archive(P + two + text("b") + tensor(storage(items=3)) + b"s.")
    yield "beyond the storage", archive(state(tensor(storage(), offset=1)))
    yield "before the storage", archive(state(tensor(storage(), offset=-1)))
    yield "long stride", archive(state(tensor(storage(), stride=(2,))))
    yield "negative stride", archive(state(tensor(storage(), offset=3, stride=(-1,))))
    yield "expanded to 4 TB", archive(state(tensor(storage(), shape=(10**12,), stride=(0,))))
    yield (
        "many dimensions",
        archive(state(tensor(storage(), shape=(1,) * 9999, stride=(0,) * 9999))),
    )
    yield "nested lists", archive(state(b"]" * 100_000 + b"a" * 99_999))
    yield "nested tuples", archive(state(b")" + b"\x85" * 100_000))
    yield "nested dicts", archive(state(b"}" + (text("a") + b"}") * 50_000 + b"s" * 50_000))
    laughs = b")" + b"q\x01h\x01\x86" * 60
    yield "key of 2^60 parts", archive(P + b"}" + laughs + number(1) + b"s.")
    yield "itself", archive(state(b"]q\x01h\x01a"))
    yield "long integer", archive(state(b"\x8a\xff" + b"\x01" * 255))
    yield "many steps", archive(state(b"]" + b"NN00" * 400_000))
    yield "many values", archive(state(b"](" + b"N" * 600_000 + b"e"))
    yield "text of 4 GB", archive(P + b"X\xff\xff\xff\xff.")
    yield "decimal of a million digits", archive(P + b"I" + b"9" * 1_000_000 + b"\n.")


def zips(canary: Path) -> Iterator[tuple[str, bytes]]:
    """Zip files that torch never writes."""
    whole = good()
    program = state(call("os", "system", text(f"touch {canary}")))

    def plain(method: int, *files: tuple[str, bytes]) -> bytes:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", method) as file:
            for name, content in files:
                file.writestr(name, content)
        return buffer.getvalue()

    yield "bomb", plain(zipfile.ZIP_DEFLATED, ("a/data.pkl", program), ("a/data/0", bytes(10**8)))
    yield "bomb of bzip2", plain(zipfile.ZIP_BZIP2, ("a/data.pkl", bytes(10**7)))
    yield "bomb of lzma", plain(zipfile.ZIP_LZMA, ("a/data.pkl", bytes(10**7)))
    yield "stored by another program", plain(zipfile.ZIP_STORED, ("a/data.pkl", program))
    yield "object arrays", npz(np.array([Call(Path.touch, canary)], dtype=object))
    yield "many entries", many_entries(300_000)
    yield "polyglot, something behind", whole + program
    yield "polyglot, something before", b"#!/bin/sh\ntouch " + str(canary).encode() + b"\n" + whole
    yield "polyglot, a pickle before", program + whole
    yield "polyglot, safetensors before", struct.pack("<Q", 2) + b"{}" + whole
    yield "comment", whole[:-2] + b"\x05\0hello"
    yield "two ends", whole + whole[-22:]
    yield "twice", whole + whole
    yield "encrypted", patched(whole, b"PK\1\2", 8, b"\x09\x08")
    yield "folder", patched(whole, b"PK\1\2", 38, b"\x10")
    yield "link", patched(whole, b"PK\1\2", 38, b"\0\0\xff\xa1")
    yield "size", patched(whole, b"PK\1\2", 20, b"\xff\xff\xff\x7f" * 2)
    yield "long size", patched(whole, b"PK\1\2", 20, b"\xff\xff\xff\xff" * 2)
    yield "overlap", patched(whole, b"PK\1\2", 42, b"\x40")
    yield "number of entries", patched(whole, b"PK\5\6", 8, b"\xff\xff\xff\xff")
    yield (
        "script",
        archive(state(tensor(storage())), {"data/0": bytes(16), "code/x.py": b"import os"}),
    )
    yield (
        "constants",
        archive(state(tensor(storage())), {"data/0": bytes(16), "constants.pkl": program}),
    )
    yield "up", archive(state(tensor(storage())), {"data/0": bytes(16), "../x": b"x"})
    yield "no pickle", archive(b"").replace(b"data.pkl", b"data.pkm")
    yield "empty zip", b"PK\5\6" + bytes(18)


def npz(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, array)
    return buffer.getvalue()


def many_entries(number: int) -> bytes:
    """A zip file of empty entries."""
    local, central = bytearray(), bytearray()
    for i in range(number):
        name = b"a/data/%06d" % i
        head = struct.pack("<5H3I2H", 0, 0x0800, 0, 0, 0, 0, 0, 0, len(name), 0)
        central += b"PK\1\2\0\0" + head + struct.pack("<3H2I", 0, 0, 0, 0, len(local)) + name
        local += b"PK\3\4" + head + name
    size, start = len(central), len(local)
    end64 = struct.pack("<Q2H2I4Q", 44, 0x031E, 45, 0, 0, number, number, size, start)
    locator = struct.pack("<IQI", 0, start + size, 1)
    end = struct.pack("<4H2IH", 0, 0, 0xFFFF, 0xFFFF, size, start, 0)
    return bytes(local + central) + b"PK\6\6" + end64 + b"PK\6\7" + locator + b"PK\5\6" + end


def patched(whole: bytes, mark: bytes, offset: int, value: bytes) -> bytes:
    start = whole.rindex(mark) + offset
    return whole[:start] + value + whole[start + len(value) :]


def older(canary: Path) -> Iterator[tuple[str, bytes]]:
    """Formats before torch 1.6, and plain pickles."""
    evil = Call(Path.touch, canary)
    buffer = io.BytesIO()
    torch.save({"w": torch.zeros(4)}, buffer, _use_new_zipfile_serialization=False)
    whole = buffer.getvalue()
    buffer = io.BytesIO()
    torch.save({"w": evil}, buffer, _use_new_zipfile_serialization=False)
    yield "older, a call", buffer.getvalue()
    yield "older, cut off", whole[:-3]
    yield "older, something behind", whole + b"x"
    yield "older, a zip behind", whole + good()
    yield "older, sizes", whole[:-24] + struct.pack("<q", 10**12) + whole[-16:]
    protocol, facts = pickle.dumps(1001, 2), pickle.dumps({}, 2)
    start = whole[: len(pickle.dumps(0x1950A86A20F9469CFC6C, 2))]
    yield "older, facts", start + protocol + pickle.dumps(evil, 2)
    yield "older, version", start + pickle.dumps(evil, 2)
    yield "older, another version", start + pickle.dumps(1000, 2) + facts
    huge = state(tensor(storage(items=10**12), shape=(10**12,)))
    yield "older, 4 TB", start + protocol + facts + huge + pickle.dumps(["0"], 2)
    most = state(tensor(storage(items=2**63 - 1), shape=(1,)))
    last = pickle.dumps(["0"], 2) + struct.pack("<Q", 2**63 - 1)
    yield "older, 2^63 numbers", start + protocol + facts + most + last + bytes(100)
    for operation in (b"\x8d", b"\x8e", b"\x96"):  # texts and bytes with lengths of 64 bits
        text_of_4_eb = P + operation + struct.pack("<Q", 2**62)
        yield f"older, a length {operation.hex()}", start + protocol + facts + text_of_4_eb
    yield "older, a text of 4 GB", start + protocol + facts + P + b"X\xff\xff\xff\xff"
    yield "older, many facts", start + protocol + P + b"]" + b"N0" * 10**6 + b"."
    keys = pickle.dumps([evil], 2)
    yield "older, keys", start + protocol + facts + state(number(1)) + keys
    yield "pickle", pickle.dumps(evil)
    for version in (0, 1, 2, 4, 5):
        yield f"pickle {version}", pickle.dumps({"w": evil}, version)
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as file:
        for name in ("sys_info", "pickle", "tensors", "storages"):
            content = pickle.dumps(evil, 2)
            info = tarfile.TarInfo(name)
            info.size = len(content)
            file.addfile(info, io.BytesIO(content))
    yield "tar", buffer.getvalue()
    buffer = io.BytesIO()
    np.save(buffer, np.array([evil], dtype=object), allow_pickle=True)
    yield "object array", buffer.getvalue()
    yield "gzip", gzip.compress(pickle.dumps(evil))
    yield "nothing", b""
    yield "zeros", bytes(1000)


def safetensors(_: Path) -> Iterator[tuple[str, bytes]]:
    """Safetensors files whose header is wrong."""

    def file(header: bytes | dict[str, Any], data: bytes = bytes(16), length: int = -1) -> bytes:
        content = header if isinstance(header, bytes) else json.dumps(header).encode()
        return struct.pack("<Q", len(content) if length < 0 else length) + content + data

    def entry(begin: int = 0, end: int = 16, shape: Any = (4,), dtype: str = "F32") -> dict:
        return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}

    yield "header of 2^63", file({"w": entry()}, length=2**63)
    yield "header of 4 GB", file({"w": entry()}, length=2**32)
    yield (
        "header of 20 MB",
        file(b'{"w":' + b" " * 20_000_000 + json.dumps(entry()).encode() + b"}"),
    )
    yield "overlap of tensors", file({"a": entry(), "b": entry()})
    yield "partial overlap", file({"a": entry(), "b": entry(8, 24)}, bytes(24))
    yield "gap", file({"a": entry(), "b": entry(20, 36)}, bytes(36))
    yield "beyond the end", file({"w": entry(0, 32, (8,))})
    yield "data behind", file({"w": entry()}, bytes(20))
    yield "negative offset", file({"w": entry(-16, 0)})
    yield "negative shape", file({"w": entry(shape=(-4,))})
    yield "overflowing shape", file({"w": entry(shape=(2**62, 4, 4))})
    yield "zero times infinity", file({"w": entry(0, 0, (0, 10**30))}, b"")
    yield "shape of truth", file({"w": entry(shape=(True, 4))})
    yield "shape of fractions", file({"w": entry(shape=(4.0,))})
    yield "unknown type", file({"w": entry(dtype="F33")})
    yield "nested header", file(b'{"w":' + b"[" * 100_000 + b"]" * 100_000 + b"}")
    yield "nested groups", file(b'{"w":' * 50_000 + b"1" + b"}" * 50_000)
    yield "duplicate", file(b'{"w":%b,"w":%b}' % ((json.dumps(entry()).encode(),) * 2))
    yield "NaN", file(b'{"w":{"dtype":"F32","shape":[NaN],"data_offsets":[0,16]}}')
    yield "metadata", file({"__metadata__": {"a": 1}, "w": entry()})
    yield "list as header", file(b"[1]")
    yield "header is no text", file(b'{"\xff\xfe"}')
    yield "no header", file(b"")
    yield "many tensors", file({f"w{i}": entry(0, 0, (0,)) for i in range(20_000)}, b"")
    yield "more in an entry", file({"w": entry() | {"code": "import os"}})


def hostile_files(canary: Path) -> dict[str, bytes]:
    """All of them by name; ``canary`` is the file that code in them would create."""
    groups = programs, numbers, zips, older, safetensors
    files = [item for group in groups for item in group(canary)]
    assert len(dict(files)) == len(files)
    return dict(files)


if __name__ == "__main__":  # for a look at one of them
    pickletools.dis(state(tensor(storage())))
