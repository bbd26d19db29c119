"""What a pickle would do, found out without doing it.

A pickle is a program for a stack machine. `check_program` runs it on stand-ins: strings and numbers
stay what they are, everything else becomes a `Value` that knows its kind and its size alone. So it
is known, before anything is built, that the pickle builds tensors, numbers, strings and containers
of them, that no tensor reaches beyond its storage, and that nothing explodes.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable
from mmap import mmap
from typing import IO, Any, cast

from vidgan._weight_files.stand_ins import (
    CodeInFileError,
    RefusedFileError,
    Storage,
    Value,
    call,
    make_tuple,
    place,
    place_keys,
    resolve,
    word,
)

_MAX_STEPS = 500_000  # ten thousand tensors take 350,000
_MAX_BITS = 256  # of an integer; the states of NumPy's generators have 128

_ATOMS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_NUMBERS = {"BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT"}
_STRINGS = {"BINUNICODE", "SHORT_BINSTRING"}
_EMPTY = {"EMPTY_DICT": "dict", "EMPTY_LIST": "list", "EMPTY_TUPLE": "tuple"}
_METADATA = ["_metadata"]
_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}


class _Machine:
    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.marked: list[list[Any]] = []
        self.memo: dict[int, Any] = {}
        self.storages: dict[str, Storage] = {}

    def run(self, file: IO[bytes] | mmap, max_steps: int) -> Any:
        for step, (opcode, argument, _) in enumerate(pickletools.genops(cast("IO[bytes]", file))):
            if step > max_steps:
                raise RefusedFileError(f"its pickle has more than {max_steps} steps")
            if opcode.name == "STOP":
                break
            self._step(opcode.name, argument)
        if len(self.stack) != 1 or self.marked:
            raise RefusedFileError("its pickle is damaged")
        return self.stack.pop()

    def _step(self, name: str, argument: Any) -> None:
        if name in _NUMBERS or name in _STRINGS:
            if isinstance(argument, int) and argument.bit_length() > _MAX_BITS:
                raise RefusedFileError("it has an integer of more than 256 bits")
            self.stack.append(argument)
        elif name in _ATOMS:
            self.stack.append(_ATOMS[name])
        elif name in _EMPTY:
            self.stack.append(Value(_EMPTY[name], [], depth=1))
        elif name in _TUPLES:
            number = _TUPLES[name]
            if len(self.stack) < number:
                raise RefusedFileError("its pickle is damaged")
            items, self.stack[-number:] = self.stack[-number:], []
            self.stack.append(make_tuple(items))
        elif name == "GLOBAL":
            self.stack.append(resolve(argument))
        elif name in ("BINPUT", "LONG_BINPUT"):
            self.memo[argument] = self.stack[-1]
        elif name in ("BINGET", "LONG_BINGET"):
            self.stack.append(self.memo[argument])
        elif name == "PROTO" and argument == 2:
            return
        else:
            handler = _HANDLERS.get(name)
            if handler is None:
                raise CodeInFileError(f"the pickle operation {name}")
            handler(self)

    def pop_mark(self) -> list[Any]:
        items, self.stack = self.stack, self.marked.pop()
        return items

    def mark(self) -> None:
        self.marked.append(self.stack)
        self.stack = []

    def tuple_of_marked(self) -> None:
        items = self.pop_mark()
        self.stack.append(make_tuple(items))

    def set_one(self) -> None:
        value, key = self.stack.pop(), self.stack.pop()
        self._put("dict", [key, value])

    def set_marked(self) -> None:
        items = self.pop_mark()
        self._put("dict", items)

    def append_one(self) -> None:
        item = self.stack.pop()
        self._put("list", [item])

    def append_marked(self) -> None:
        items = self.pop_mark()
        self._put("list", items)

    def _put(self, kind: str, items: list[Any]) -> None:
        target = self.stack[-1]
        if not isinstance(target, Value) or target.kind not in (kind, f"ordered {kind}"):
            raise RefusedFileError("its pickle is damaged")
        if target.placed:
            raise RefusedFileError("a container in it contains itself")
        target.content += place_keys(items[::2]) if kind == "dict" else items
        target.depth = max(target.depth, place(items))

    def persistent(self) -> None:
        match self.stack.pop():
            # the older format ends by a view of another storage, which is none in weight files
            case Value(
                kind="tuple",
                content=[
                    "storage" | b"storage",
                    Value(kind="storage type", content=int(size)),
                    str(key) | bytes(key),
                    str() | bytes(),
                    int(number),
                    *view,
                ],
            ) if 0 <= number < 2**62 and view in ([], [None]):
                name = key.decode("latin1") if isinstance(key, bytes) else key
                storage = Storage(name, size, number)
                known = self.storages.setdefault(name, storage)
                if known.item_size * known.num_items != size * number:
                    raise RefusedFileError(f"two sizes are given for its storage {name}")
                self.stack.append(Value("storage", storage))
            case _:
                raise RefusedFileError("it refers to something that is no storage of a tensor")

    def reduce(self) -> None:
        arguments, function = self.stack.pop(), self.stack.pop()
        if not (isinstance(function, Value) and function.kind == "function"):
            raise CodeInFileError(f"a call of {word(function)}")
        if not isinstance(arguments, Value) or arguments.kind != "tuple":
            raise RefusedFileError("its pickle is damaged")
        self.stack.append(call(function, arguments.content))

    def build(self) -> None:
        state = self.stack.pop()
        target = self.stack[-1]
        # a state dict carries the versions of its modules as an attribute
        if not (isinstance(target, Value) and target.kind == "ordered dict"):
            raise CodeInFileError(f"the attributes of {word(target)}")
        if not (isinstance(state, Value) and state.kind == "dict" and state.content == _METADATA):
            raise CodeInFileError("other attributes than the versions of a state dict")
        target.depth = max(target.depth, place([state]))


_HANDLERS: dict[str, Callable[[_Machine], None]] = {
    "MARK": _Machine.mark,
    "TUPLE": _Machine.tuple_of_marked,
    "SETITEM": _Machine.set_one,
    "SETITEMS": _Machine.set_marked,
    "APPEND": _Machine.append_one,
    "APPENDS": _Machine.append_marked,
    "BINPERSID": _Machine.persistent,
    "REDUCE": _Machine.reduce,
    "BUILD": _Machine.build,
}


def check_program(
    file: IO[bytes] | mmap, *, max_steps: int = _MAX_STEPS
) -> tuple[Any, dict[str, Storage]]:
    """Check the next pickle of ``file``, and leave the file behind its end.

    Args:
        file: a binary file in memory or a mapping, at the start of a pickle.
        max_steps: operations that it may have.

    Returns:
        What the pickle stands for where that is a string, number or tuple of them, and the
        storages that its tensors use, by key.

    Raises:
        CodeInFileError: it calls or builds anything but what weights are made of.
        RefusedFileError: it is damaged, too long, too deep, or a tensor exceeds its storage.
    """
    machine = _Machine()
    try:
        value = machine.run(file, max_steps)
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError) as error:
        if isinstance(error, RefusedFileError):
            raise
        raise RefusedFileError("its pickle is damaged") from error
    return value, machine.storages


def plain(value: Any) -> Any:
    """Return the strings and numbers that the stand-in of a list or tuple holds."""
    return value.content if isinstance(value, Value) else value
