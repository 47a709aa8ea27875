"""What the simulated exchange knows: trades by id and by time, aggregates and klines, up to a given moment."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np

from ingest.sim import bars
from ingest.sim.bars import Klines
from ingest.sim.instruments import INSTRUMENTS
from ingest.sim.trades import NO_TRADES, OPENED_MS, SLICE_MS, Tape, Trades

STEP_MS: Final = {"1s": 1_000, "1m": 60_000, "5m": 300_000}


class Trade(NamedTuple):
    """One trade as it is reported; price and quantity in units of 1e-8."""

    trade_id: int
    time_ms: int
    price: int
    quantity: int
    buyer_is_maker: bool


class Aggregate(NamedTuple):
    """The trades of one taker order; price and quantity in units of 1e-8."""

    order: int
    time_ms: int
    price: int
    quantity: int
    buyer_is_maker: bool
    first_id: int
    last_id: int


class Market:
    """A market that is a pure function of ``seed``, ``rate`` and time. Safe to use from several threads.

    ``now_ms`` is the exchange's clock: what lies behind it exists, what lies ahead does not yet.
    Raises `ValueError` when ``rate`` is out of range.
    """

    def __init__(self, seed: int, rate: float) -> None:
        if not 0.1 <= rate <= 1000:
            raise ValueError(f"rate: 0.1 to 1000 is allowed, got {rate}. 1 is the standard market.")
        self.tape = Tape(seed, rate)
        self.copies = self.tape.copies
        self._minute_bars = lru_cache(maxsize=16_384)(self._make_minute_bars)

    def known(self, name: str, number: int, now_ms: int) -> Trades:
        """The trades of a slice that have happened."""
        if not OPENED_MS <= number * SLICE_MS <= now_ms:
            return NO_TRADES
        trades = self.tape.slice(name, number)
        if (number + 1) * SLICE_MS <= now_ms:
            return trades
        return trades.part(0, int(np.searchsorted(trades.time_ms, now_ms, "right")))

    def last_id(self, name: str, now_ms: int) -> int:
        """Id of the newest trade; -1 before the first one."""
        for number in range(now_ms // SLICE_MS, OPENED_MS // SLICE_MS - 1, -1):
            if len(fill := self.known(name, number, now_ms).fill):
                return (int(fill[-1]) + 1) * self.copies - 1
        return -1

    def last_order(self, name: str, now_ms: int) -> int:
        """Number of the newest order; -1 before the first one."""
        newest = self.last_id(name, now_ms)
        return -1 if newest < 0 else self.tape.order_of_fill(newest // self.copies)

    def trades_from(self, name: str, trade_id: int, limit: int, now_ms: int) -> list[Trade]:
        """Up to ``limit`` trades, from ``trade_id`` on."""
        if trade_id > self.last_id(name, now_ms):
            return []
        fill, skip = divmod(max(0, trade_id), self.copies)
        number = self.tape.slice_of_order(name, self.tape.order_of_fill(fill))
        found: list[Trade] = []
        while len(found) < limit and number * SLICE_MS <= now_ms:
            trades = self.known(name, number, now_ms)
            start = int(np.searchsorted(trades.fill, fill))
            part = trades.part(start, start + (limit - len(found) + skip) // self.copies + 1)
            found += list(self.report(name, part))[skip : skip + limit - len(found)]
            skip = 0
            number += 1
        return found

    def trades_between(self, name: str, start_ms: int, end_ms: int, now_ms: int) -> list[Trade]:
        """All trades with ``start_ms <= T < end_ms``."""
        found: list[Trade] = []
        for number in range(start_ms // SLICE_MS, min(end_ms - 1, now_ms) // SLICE_MS + 1):
            trades = self.known(name, number, now_ms)
            start, stop = (int(i) for i in np.searchsorted(trades.time_ms, [start_ms, end_ms]))
            found += self.report(name, trades.part(start, stop))
        return found

    def report(self, name: str, trades: Trades) -> Iterator[Trade]:
        """Fills as the exchange reports them."""
        instrument, copies = INSTRUMENTS[name], self.copies
        columns = (
            (trades.fill * copies).tolist(),
            trades.time_ms.tolist(),
            (trades.ticks * instrument.price_unit).tolist(),
            (trades.lots * instrument.quantity_unit).tolist(),
            trades.maker.tolist(),
        )
        for first, *rest in zip(*columns, strict=True):
            for trade_id in range(first, first + copies):
                yield Trade(trade_id, *rest)

    def aggregates_from(self, name: str, order: int, limit: int, now_ms: int) -> list[Aggregate]:
        """Up to ``limit`` aggregate trades, from ``order`` on."""
        if order > self.last_order(name, now_ms):
            return []
        number = self.tape.slice_of_order(name, max(0, order))
        found: list[Aggregate] = []
        while len(found) < limit and number * SLICE_MS <= now_ms:
            trades = self.known(name, number, now_ms)
            found += self._aggregate(name, trades.part(int(np.searchsorted(trades.order, order)), len(trades.fill)))
            number += 1
        return found[:limit]

    def aggregates_between(self, name: str, start_ms: int, end_ms: int, limit: int, now_ms: int) -> list[Aggregate]:
        """The first ``limit`` aggregate trades with ``start_ms <= T <= end_ms``."""
        found: list[Aggregate] = []
        for number in range(max(start_ms, OPENED_MS) // SLICE_MS, min(end_ms, now_ms) // SLICE_MS + 1):
            trades = self.known(name, number, now_ms)
            start, stop = (int(i) for i in np.searchsorted(trades.time_ms, [start_ms, end_ms + 1]))
            found += self._aggregate(name, trades.part(start, stop))
            if len(found) >= limit:
                break
        return found[:limit]

    def _aggregate(self, name: str, trades: Trades) -> list[Aggregate]:
        """Orders of ``trades``, which must hold whole orders only."""
        if not len(trades.fill):
            return []
        starts = np.concatenate([[0], np.flatnonzero(np.diff(trades.order)) + 1])
        ends = np.append(starts[1:], len(trades.fill)) - 1
        instrument = INSTRUMENTS[name]
        columns = (
            trades.order[starts],
            trades.time_ms[starts],
            trades.ticks[starts] * instrument.price_unit,
            np.add.reduceat(trades.lots, starts) * (self.copies * instrument.quantity_unit),
            trades.maker[starts],
            trades.fill[starts] * self.copies,
            (trades.fill[ends] + 1) * self.copies - 1,
        )
        return [Aggregate(*row) for row in zip(*(column.tolist() for column in columns), strict=True)]

    def klines(self, name: str, interval: str, first_ms: int, count: int, now_ms: int) -> Klines:
        """Up to ``count`` bars, the first one opening at ``first_ms``; the last may still be open, none is missing."""
        step = STEP_MS[interval]
        count = min(count, (now_ms - first_ms) // step + 1)
        if count <= 0:
            return bars.NO_KLINES
        opens = first_ms + step * np.arange(count)
        numbers = range(first_ms // SLICE_MS, int(opens[-1]) // SLICE_MS + 1)
        found = bars.join([self._bars(name, interval, number, now_ms) for number in numbers])
        keep = (found.open_ms >= first_ms) & (found.open_ms <= opens[-1])
        found = Klines(*(column[keep] for column in found))
        return bars.fill(found, opens, self._last_ticks(name, first_ms - 1) if len(found.open_ms) < count else 0)

    def _last_ticks(self, name: str, now_ms: int) -> int:
        """Price of the newest trade, in ticks; before the first one, the level of the instrument."""
        newest = self.trades_from(name, self.last_id(name, now_ms), 1, now_ms)
        instrument = INSTRUMENTS[name]
        return (
            newest[0].price // instrument.price_unit if newest else round(instrument.price * 10**instrument.tick_digits)
        )

    def _bars(self, name: str, interval: str, number: int, now_ms: int) -> Klines:
        """Bars of a slice up to now; those of a finished slice are kept, but for 1s."""
        over = (number + 1) * SLICE_MS <= now_ms
        if interval == "1s" or not over:
            return bars.cut(self.known(name, number, now_ms), STEP_MS[interval], self.copies)
        return bars.merge(self._minute_bars(name, number), STEP_MS[interval])

    def _make_minute_bars(self, name: str, number: int) -> Klines:
        return bars.cut(self.tape.slice(name, number), 60_000, self.copies)
