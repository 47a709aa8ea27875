"""Rows of named values, each stamped with the change that brought it: a viewer is sent only what is new to him."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

Value: TypeAlias = "str | int | float | bool | list[int] | None"
Fields: TypeAlias = dict[str, Value]


class Stamped:
    """A small table whose every cell knows the number of the change that last touched it. Not thread-safe.

    >>> table = Stamped()
    >>> table.put("now", {"y": 1.5, "x": 2.0}); table.put("now", {"y": 1.5, "x": 3.0})
    >>> table.seq, table.since(0), table.since(1), table.since(2)
    (2, {'now': {'y': 1.5, 'x': 3.0}}, {'now': {'x': 3.0}}, {})
    """

    def __init__(self) -> None:
        self.seq = 0
        self._values: dict[str, Fields] = {}
        self._stamps: dict[str, dict[str, int]] = {}
        self._newest: dict[str, int] = {}

    def put(self, row: str, values: Mapping[str, Value]) -> None:
        """Set some cells of ``row``; it counts as one change, and only if a value differs."""
        held = self._values.setdefault(row, {})
        changed = {name: value for name, value in values.items() if name not in held or held[name] != value}
        if not changed:
            return
        self.seq += 1
        held.update(changed)
        self._stamps.setdefault(row, {}).update(dict.fromkeys(changed, self.seq))
        self._newest[row] = self.seq

    def since(self, seq: int) -> dict[str, Fields]:
        """Cells that changed after change number ``seq``, by row; everything for 0."""
        return {
            row: {name: held for name, held in self._values[row].items() if self._stamps[row][name] > seq}
            for row, newest in self._newest.items()
            if newest > seq
        }
