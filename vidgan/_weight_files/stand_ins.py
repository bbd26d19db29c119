"""The stand-ins of the objects that a pickle makes, and what it may call to make them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

_MAX_DEPTH = 64  # of containers in containers
_MAX_DIMENSIONS = 64
_MAX_EXPANDED = 2**28  # numbers of a tensor with fewer numbers in memory
_MAX_KEY = 64  # values in a tuple that is a key of a dict

_ITEM_SIZES = {
    **dict.fromkeys(("Byte", "Char", "Bool", "QUInt8", "QInt8", "Untyped"), 1),
    **dict.fromkeys(("Short", "Half", "BFloat16"), 2),
    **dict.fromkeys(("Int", "Float", "QInt32"), 4),
    **dict.fromkeys(("Long", "Double", "ComplexFloat"), 8),
    "ComplexDouble": 16,
}
_DTYPE_SIZES = {
    **dict.fromkeys(("uint8", "int8", "bool"), 1),
    **dict.fromkeys(("float8_e4m3fn", "float8_e4m3fnuz", "float8_e5m2", "float8_e5m2fnuz"), 1),
    **dict.fromkeys(("int16", "uint16", "float16", "bfloat16"), 2),
    **dict.fromkeys(("int32", "uint32", "float32"), 4),
    **dict.fromkeys(("int64", "uint64", "float64", "complex64"), 8),
    "complex128": 16,
}


class RefusedFileError(ValueError):
    """A weight file that is not read; the text is the reason, for a longer message."""


class CodeInFileError(RefusedFileError):
    """A weight file with objects that could run code; the text names the first one."""


class Storage(NamedTuple):
    """The memory of one or more tensors, as a pickle refers to it."""

    key: str
    item_size: int
    num_items: int


class Value:
    """The stand-in of an object: its kind, its depth, and what it holds where that matters."""

    __slots__ = ("content", "depth", "kind", "placed", "size")

    def __init__(self, kind: str, content: Any = None, depth: int = 0, size: int = 1) -> None:
        self.kind, self.content, self.depth, self.size = kind, content, depth, size
        self.placed = False  # in another container, and complete since


def place(items: list[Any]) -> int:
    """Mark items as parts of a container, and return its depth."""
    depth = 0
    for item in items:
        if isinstance(item, Value):
            if item.kind in ("function", "storage type", "storage"):
                raise CodeInFileError(f"{word(item)} as a value")
            item.placed = True
            depth = max(depth, item.depth)
    if depth >= _MAX_DEPTH:
        raise RefusedFileError(f"its containers are nested more than {_MAX_DEPTH} deep")
    return depth + 1


def call(function: Value, arguments: list[Any]) -> Value:
    """Return the stand-in of what a function makes of ``arguments``."""
    return _FUNCTIONS[function.content](arguments)


def place_keys(keys: list[Any]) -> list[Any]:
    """Check and return the keys of a dict."""
    for key in keys:
        # the hash of a tuple visits all it holds, the shared parts as often as they occur
        if isinstance(key, Value) and (key.kind != "tuple" or key.size > _MAX_KEY):
            raise RefusedFileError("a key of a dict in it is no string, number or short tuple")
    return keys


def make_tuple(items: list[Any]) -> Value:
    """Return the stand-in of a tuple of ``items``."""
    values = [item for item in items if isinstance(item, Value)]
    depth = 1 + max((item.depth for item in values), default=0)
    if depth > _MAX_DEPTH:
        raise RefusedFileError(f"its containers are nested more than {_MAX_DEPTH} deep")
    for item in values:
        item.placed = True
    return Value("tuple", items, depth, 1 + sum(getattr(item, "size", 1) for item in items))


def resolve(argument: str) -> Value:
    """Return the stand-in of what a pickle imports, ``"module name"``."""
    module, _, name = argument.partition(" ")
    module = {"__builtin__": "builtins"}.get(module, module)
    if (module, name) in _FUNCTIONS:
        return Value("function", (module, name))
    if module in ("torch", "torch.storage", "torch.cuda") and name.endswith("Storage"):
        size = _ITEM_SIZES.get(name.removesuffix("Storage"))
        if size is not None:
            return Value("storage type", size)
    if module == "torch" and name in _DTYPE_SIZES:
        return Value("dtype", _DTYPE_SIZES[name])
    raise CodeInFileError(f"{module}.{name}")


def word(value: Any) -> str:
    """Return the name of a value for a message."""
    if not isinstance(value, Value):
        return f"a {type(value).__name__}"
    return ".".join(value.content) if value.kind == "function" else f"a {value.kind}"


def _tensor(arguments: list[Any]) -> Value:
    match arguments:
        case [
            Value(kind="storage", content=Storage() as storage),
            int(offset),
            Value(kind="tuple", content=shape),
            Value(kind="tuple", content=stride),
            *rest,
        ] if len(shape) == len(stride) and all(type(n) is int for n in (*shape, *stride)):
            dtype = rest[2] if len(rest) > 2 else None
            _check_view(storage, offset, shape, stride, dtype)
            return Value("tensor")
    raise RefusedFileError("a tensor in it is not given as torch.save writes it")


def _check_view(
    storage: Storage, offset: int, shape: list[int], stride: list[int], dtype: Any
) -> None:
    """Refuse a tensor beyond its storage, or one expanded so far that a copy would fill memory."""
    items = storage.num_items
    if len(shape) > _MAX_DIMENSIONS:
        raise RefusedFileError("a tensor in it has more than 64 dimensions")
    if isinstance(dtype, Value) and dtype.kind == "dtype":
        items = items * storage.item_size // dtype.content  # such a storage is counted in bytes
    number = 1
    for size in shape:
        number *= size
    last = offset + sum((size - 1) * step for size, step in zip(shape, stride, strict=True))
    if min(offset, *shape, *stride, 0) < 0 or (
        number and (last >= items or number > max(items, _MAX_EXPANDED))
    ):
        raise RefusedFileError(f"a tensor in it is larger than its storage {storage.key}")


def _parameter(arguments: list[Any]) -> Value:
    match arguments:
        case [Value(kind="tensor"), bool(), *_]:
            return Value("tensor")
    raise RefusedFileError("a parameter in it is not given as torch.save writes it")


def _ordered_dict(arguments: list[Any]) -> Value:
    match arguments:
        case []:
            return Value("ordered dict", [], depth=1)
        case [Value(kind="list", content=pairs, depth=depth)]:  # as Python 2 wrote it
            inner = [pair.content for pair in pairs if isinstance(pair, Value)]
            if len(inner) == len(pairs) and all(
                isinstance(pair, list) and len(pair) == 2 for pair in inner
            ):
                return Value("ordered dict", place_keys([pair[0] for pair in inner]), depth)
    raise RefusedFileError("an OrderedDict in it is not given as torch.save writes it")


def _bytes(arguments: list[Any]) -> Value:
    match arguments:
        case [str(), "latin1" | "latin-1"]:
            return Value("bytes")
    raise CodeInFileError("_codecs.encode")


def _size(arguments: list[Any]) -> Value:
    match arguments:
        case [Value(kind="tuple", content=sizes)] if all(type(n) is int for n in sizes):
            return Value("tuple", sizes, depth=1, size=1 + len(sizes))
    raise RefusedFileError("a torch.Size in it is not given as torch.save writes it")


def _device(arguments: list[Any]) -> Value:
    match arguments:
        case [str()] | [str(), int()]:
            return Value("device")
    raise RefusedFileError("a torch.device in it is not given as torch.save writes it")


def _complex(arguments: list[Any]) -> Value:
    match arguments:
        case [float(), float()]:
            return Value("number")
    raise CodeInFileError("builtins.complex")


_FUNCTIONS: dict[tuple[str, str], Callable[[list[Any]], Value]] = {
    ("collections", "OrderedDict"): _ordered_dict,
    ("torch._utils", "_rebuild_tensor"): _tensor,
    ("torch._utils", "_rebuild_tensor_v2"): _tensor,
    ("torch._utils", "_rebuild_tensor_v3"): _tensor,
    ("torch._utils", "_rebuild_parameter"): _parameter,
    ("torch", "Size"): _size,
    ("torch", "device"): _device,
    ("_codecs", "encode"): _bytes,
    ("builtins", "complex"): _complex,
}
