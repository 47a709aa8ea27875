"""VPIN: how one-sided trading is, on a clock that ticks by volume."""

from __future__ import annotations

import math
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analytics.compiled import fast
from analytics.flow import signs
from analytics.inputs import Trades
from analytics.loops.flow import fill_buckets
from analytics.measure import Measure, Output
from analytics.parameters import Integer

Floats = NDArray[np.float64]

_BUCKETS: Final = Integer(
    name="buckets", label="Buckets", help="Full buckets in every value", unit="buckets", default=50, low=10, high=200
)
_BUCKET_TRADES: Final = Integer(
    name="bucket_trades",
    label="Trades a bucket",
    help="Trades that filled one bucket on average while warming up: this sets the buckets' volume",
    unit="trades",
    default=25,
    low=5,
    high=1000,
)
_SHRINK: Final = 1 - 1e-9
"""So that rounding cannot leave the last bucket of the warm-up a hair short of full."""


class Vpin(NamedTuple):
    """VPIN in [0, 1] after each trade, and the volume of a bucket in the base asset, both (n,); NaN in warm-up."""

    vpin: Floats
    bucket_volume: Floats


def vpin(trades: Trades, *, buckets: int, bucket_trades: int) -> Vpin:
    """Mean of |buys - sells| / volume over the last ``buckets`` full buckets of equal volume, after each trade.

    The first ``buckets`` * ``bucket_trades`` trades set the bucket's volume (a ``buckets``-th of theirs) and are then
    cut into buckets themselves; the volume stays, so that earlier values stay too, but trades that begin elsewhere have
    another volume and other values. A trade that reaches over a border
    is split there exactly. Buys and sells are the aggressors as the exchange reports them, not guessed from price
    changes as in the paper. Volume comes in random lots, so a market without any informed trader reads well above 0,
    about sqrt(2 / (pi * trades a bucket)) for equal lots: compare it with its own past. Trades whose quantity is not
    positive are passed over.

    >>> n = 50
    >>> some = Trades(np.arange(n), np.ones(n), np.ones(n), np.arange(n) % 5 == 0)
    >>> vpin(some, buckets=10, bucket_trades=5).vpin[-2:].round(6)
    array([nan, 0.6])
    """
    warmup = _warmup(buckets=buckets, bucket_trades=bucket_trades)
    signed = signs(trades) * np.maximum(trades.quantity, 0.0)
    result = np.full(signed.size, np.nan)
    size = _bucket_volume(signed[:warmup], buckets) if signed.size >= warmup else math.nan
    if size > 0:
        fast(fill_buckets)(signed, size, _start(), np.zeros(buckets), result)
        result[: warmup - 1] = np.nan
    return Vpin(result, np.where(np.isnan(result), np.nan, size))


def _warmup(*, buckets: int, bucket_trades: int) -> int:
    return buckets * bucket_trades


def _bucket_volume(signed: Floats, buckets: int) -> float:
    return _SHRINK * float(np.abs(signed).sum(where=np.isfinite(signed))) / buckets


def _start() -> Floats:
    return np.array([0.0, 0.0, 0.0, math.nan])


class _Online:
    def __init__(self, step_ms: int, *, buckets: int, bucket_trades: int) -> None:  # noqa: ARG002
        self._waits = _warmup(buckets=buckets, bucket_trades=bucket_trades)
        self._first: list[float] = []
        self._state, self._nets, self._size = _start(), np.zeros(buckets), math.nan
        self._signed, self._value = np.empty(1), np.empty(1)

    def update(self, row: tuple[Any, ...]) -> tuple[float, ...]:
        quantity = max(row[2], 0.0)
        self._signed[0] = -quantity if row[3] else quantity
        if self._waits:
            return self._warm()
        if not self._size > 0:
            return math.nan, math.nan
        fast(fill_buckets)(self._signed, self._size, self._state, self._nets, self._value)
        return float(self._value[0]), self._size

    def _warm(self) -> tuple[float, ...]:
        self._waits -= 1
        self._first.append(float(self._signed[0]))
        if self._waits:
            return math.nan, math.nan
        signed, self._first = np.array(self._first), []
        size = _bucket_volume(signed, self._nets.size)
        if not size > 0:
            return math.nan, math.nan
        self._size, value = size, np.empty(signed.size)
        fast(fill_buckets)(signed, size, self._state, self._nets, value)
        return float(value[-1]), size


MEASURE: Final = Measure(
    name="vpin",
    title="VPIN",
    group="liquidity",
    summary="How one-sided trading is per unit of volume: high values warn of informed flow",
    takes=Trades,
    parameters=(_BUCKETS, _BUCKET_TRADES),
    outputs=(
        Output("vpin", "VPIN", "", "Mean share of volume by which one side outweighs the other in a bucket, 0 to 1"),
        Output("bucket_volume", "Bucket volume", "base asset", "Volume that fills one bucket"),
    ),
    per_row=True,
    warmup=_warmup,
    compute=vpin,
    online=_Online,
    formula="sum over the last N full buckets of |V_buy - V_sell|, divided by N V",
    reference="Easley, Lopez de Prado and O'Hara 2012, Review of Financial Studies 25",
    oracle="buckets filled in exact fractions; borders interpolated in cumulated volume",
    tolerance="1e-12",
)
