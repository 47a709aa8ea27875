"""Klines cut from trades, in whole ticks and lots."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from ingest.sim.trades import Ints, Trades


class Klines(NamedTuple):
    """Bars, oldest first, as int64 columns: prices in ticks, quantities in lots, quote quantities in ticks times lots.

    Empty buckets have no row.
    """

    open_ms: Ints
    open: Ints
    high: Ints
    low: Ints
    close: Ints
    lots: Ints
    quote: Ints
    trades: Ints
    buy_lots: Ints
    buy_quote: Ints


NO_KLINES: Final = Klines(*np.empty((len(Klines._fields), 0), np.int64))


def cut(trades: Trades, step_ms: int, copies: int) -> Klines:
    """The bars of ``trades``, each of which was reported ``copies`` times."""
    if not len(trades.time_ms):
        return NO_KLINES
    bucket = trades.time_ms // step_ms
    starts = np.concatenate([[0], np.flatnonzero(np.diff(bucket)) + 1])
    ends = np.append(starts[1:], len(bucket))
    quote = trades.lots * trades.ticks
    bought = ~trades.maker

    def total(column: Ints) -> Ints:
        return np.add.reduceat(column, starts) * copies

    return Klines(
        bucket[starts] * step_ms,
        trades.ticks[starts],
        np.maximum.reduceat(trades.ticks, starts),
        np.minimum.reduceat(trades.ticks, starts),
        trades.ticks[ends - 1],
        total(trades.lots),
        total(quote),
        (ends - starts) * copies,
        total(trades.lots * bought),
        total(quote * bought),
    )


def join(parts: list[Klines]) -> Klines:
    """Several stretches of bars as one."""
    return Klines(*(np.concatenate(columns) for columns in zip(*parts, strict=True))) if parts else NO_KLINES


def merge(klines: Klines, step_ms: int) -> Klines:
    """Bars of a longer step; exact, since every column is a whole number."""
    if not len(klines.open_ms):
        return klines
    bucket = klines.open_ms // step_ms
    starts = np.concatenate([[0], np.flatnonzero(np.diff(bucket)) + 1])
    sums = (np.add.reduceat(column, starts) for column in klines[5:])
    return Klines(
        bucket[starts] * step_ms,
        klines.open[starts],
        np.maximum.reduceat(klines.high, starts),
        np.minimum.reduceat(klines.low, starts),
        klines.close[np.append(starts[1:], len(bucket)) - 1],
        *sums,
    )


def fill(klines: Klines, opens: Ints, last_ticks: int) -> Klines:
    """One row for each of ``opens``: an empty bucket stands at the close before it (at first ``last_ticks``).

    ``opens`` must hold every open time in ``klines``. That is how the exchange reports them.
    """
    place = np.searchsorted(opens, klines.open_ms)
    rows = np.zeros((len(Klines._fields), len(opens)), np.int64)
    for column, values in zip(rows, klines, strict=True):
        column[place] = values
    have = np.zeros(len(opens), bool)
    have[place] = True
    newest = np.maximum.accumulate(np.where(have, np.arange(len(opens)), -1))
    carried = np.where(newest >= 0, rows[4][newest], last_ticks)
    rows[0] = opens
    rows[1:5] = np.where(have, rows[1:5], carried)
    return Klines(*rows)
