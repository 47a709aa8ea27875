"""One row at a time for every measure with a finite memory: the batch function over the newest rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from analytics.align import Shared
from analytics.inputs import Input, Leg, Pair, Trades
from analytics.market import Bar
from analytics.measure import Measure, Online

_ROOM: int = 4


class Windowed:
    """The outputs of a per-row measure that needs no more than its newest ``warmup`` rows."""

    def __init__(self, measure: Measure, step_ms: int, settings: Mapping[str, Any]) -> None:
        self._measure = measure
        self._settings = settings
        self._step_ms = step_ms
        self._need = measure.warmup(**settings)
        self._rows = np.empty((_ROOM * self._need, len(_FIELDS[measure.takes])))
        self._size = 0

    def update(self, row: tuple[Any, ...]) -> tuple[float, ...]:
        """See `Online.update`. Costs one batch computation over ``warmup`` rows."""
        if self._size == len(self._rows):
            self._rows[: self._need] = self._rows[-self._need :]
            self._size = self._need
        self._rows[self._size] = row
        self._size += 1
        if self._size < self._need:
            return (math.nan,) * len(self._measure.outputs)
        newest = self._rows[self._size - self._need : self._size]
        result = self._measure.compute(_INPUTS[self._measure.takes](newest, self._step_ms), **self._settings)
        return tuple(float(getattr(result, output.name)[-1]) for output in self._measure.outputs)


def online(measure: Measure, step_ms: int, settings: Mapping[str, Any]) -> Online:
    """The one-row-at-a-time twin of a per-row measure of a leg, a pair or one symbol's trades."""
    return measure.online(step_ms, **settings) if measure.online else Windowed(measure, step_ms, settings)


def _pair(rows: Any, step_ms: int) -> Pair:
    columns = [np.ascontiguousarray(column) for column in rows.T]
    shared = Shared._make(columns)
    return Pair(shared._replace(open_ms=columns[0].astype(np.int64), flags=columns[-1].astype(np.int64)), step_ms)


def _trades(rows: Any, step_ms: int) -> Trades:  # noqa: ARG001
    time_ms, price, quantity, maker = (np.ascontiguousarray(column) for column in rows.T)
    return Trades(time_ms.astype(np.int64), price, quantity, maker.astype(np.bool_))


_FIELDS: dict[type, tuple[str, ...]] = {Leg: Bar._fields, Pair: Shared._fields, Trades: Trades._fields}
_INPUTS: dict[type, Callable[[Any, int], Input]] = {Leg: Leg, Pair: _pair, Trades: _trades}
