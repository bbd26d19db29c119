"""What a builder was called with, kept on what it built, so that it can be built again."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, NamedTuple, ParamSpec, TypeVar

from torch import nn

P = ParamSpec("P")
ModuleT = TypeVar("ModuleT", bound=nn.Module)
_ATTRIBUTE = "_builder_call"


class BuilderCall(NamedTuple):
    """The call of a builder.

    Attributes:
        builder: its name in `vidgan.models`.
        arguments: all of them by name, those left at their defaults too.
    """

    builder: str
    arguments: dict[str, Any]


def recorded(builder: Callable[P, ModuleT]) -> Callable[P, ModuleT]:
    """Keep the arguments of every call of ``builder`` on the module that it returns."""
    signature = inspect.signature(builder)

    @functools.wraps(builder)
    def build(*args: P.args, **kwargs: P.kwargs) -> ModuleT:
        module = builder(*args, **kwargs)
        call = signature.bind(*args, **kwargs)
        call.apply_defaults()
        # a copy of the module, deep or not, keeps it; a state dict does not
        vars(module)[_ATTRIBUTE] = BuilderCall(builder.__name__, dict(call.arguments))
        return module

    vars(build)[_ATTRIBUTE] = builder.__name__
    return build


def builder_call(module: nn.Module) -> BuilderCall | None:
    """Return the call that built ``module``, or None if no builder of vidgan did."""
    found = vars(module).get(_ATTRIBUTE)
    return found if isinstance(found, BuilderCall) else None


def is_recorded(builder: object) -> bool:
    """Whether ``builder`` is a builder whose calls are kept."""
    return isinstance(getattr(builder, _ATTRIBUTE, None), str)
