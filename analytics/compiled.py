"""Turns the plain loops of `analytics.loops` into machine code, in the background: nothing ever waits for it.

A loop is ordinary Python over numpy arrays, exact from the first second. Once `load` is through, `fast` gives its
compiled twin, which does the same additions in the same order: results agree to the last bit.
"""

from __future__ import annotations

import importlib
import pkgutil
import types
from collections.abc import Callable
from typing import Any, TypeVar

import analytics.loops
from analytics.loops import Loop

Function = TypeVar("Function", bound=Callable[..., Any])

_compiled: dict[Any, Callable[..., Any]] = {}


def fast(function: Function) -> Function:
    """The compiled twin of a function marked with `analytics.loops.loop`, or the function itself until it is there."""
    return _compiled.get(function, function)  # type: ignore[return-value]


def ready() -> bool:
    """Whether the compiled twins are there."""
    return bool(_compiled)


def load() -> None:
    """Compile every loop, or read it from the cache on disk; 10 to 40 s the first time, under 1 s after that.

    Must not run in a thread that anybody waits for: `runtime.warm` has another process fill the cache first.
    """
    from numba import njit  # noqa: PLC0415  # 0.3 s, and only here

    found: dict[Any, Callable[..., Any]] = {}
    for module in pkgutil.iter_modules(analytics.loops.__path__):
        loops: list[Loop] = importlib.import_module(f"analytics.loops.{module.name}").LOOPS
        # A loop that calls another finds the compiled one, in its own copy of the module's names.
        names: dict[str, Any] = {}
        for each in loops:
            names = names or dict(each.function.__globals__)
            twin = types.FunctionType(each.function.__code__, names, each.function.__name__)
            twin.__module__, twin.__qualname__ = each.function.__module__, each.function.__qualname__
            options = {"cache": True, "nogil": True, "error_model": "numpy"}
            names[each.function.__name__] = found[each.function] = njit(each.signature, **options)(twin)
    _compiled.update(found)
