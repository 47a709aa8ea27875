"""Loops that numpy cannot express: plain Python over arrays, which `analytics.compiled` turns into machine code.

A module here lists its loops in `LOOPS` by marking them with `loop`. It must not call into other modules, since the
compiler's cache on disk sees the changes of one file only; a loop may call loops above it in the same file.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])


class Loop(NamedTuple):
    """A function and the numba signature it is compiled for."""

    function: Callable[..., Any]
    signature: str


def loop(loops: list[Loop], signature: str) -> Callable[[Function], Function]:
    """Add a function to a module's ``LOOPS``; the function stays as it is."""

    def add(function: Function) -> Function:
        loops.append(Loop(function, signature))
        return function

    return add
