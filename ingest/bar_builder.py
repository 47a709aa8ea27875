"""Cut the trades of one symbol into 1s, 1m and 5m bars by event time; pure of clocks and stores.

Sums are integers in units of 1e-8 (quantity) and 1e-16 (quote volume), so the order of adding cannot matter; a float
appears only in the finished bar, by one correctly rounded division. Prices and quantities are rounded to 1e-8, which
is exact for values below 9e7 that have up to 8 decimals.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from analytics.market import BUILT, PARTIAL, REVISED, SYNTHETIC, TIMEFRAME_MS, Bar, Tick, bucket

UNIT: Final = 10**8
SECOND: Final = TIMEFRAME_MS["1s"]
LONGEST: Final = TIMEFRAME_MS["5m"]
ROLLUPS: Final = (("1m", "1s"), ("5m", "1m"))
"""Time frame and the finer one that it is rolled up from, finest first."""

Cut = tuple[str, Bar]
"""A closed bar and its time frame."""


class Sums:
    """What is known of one bucket; the open is that of the lowest trade id, the close that of the highest."""

    __slots__ = (
        "buy_volume", "close", "first_id", "flags", "high", "last_id", "low", "open", "quote_volume", "trades",
        "volume",
    )  # fmt: skip

    def __init__(self, trade_id: int, price: float, flags: int) -> None:
        self.first_id = self.last_id = trade_id
        self.open = self.high = self.low = self.close = price
        self.volume = self.quote_volume = self.buy_volume = self.trades = 0
        self.flags = flags

    def add(self, tick: Tick) -> None:
        """Count a trade whose id is above all ids in the bucket."""
        _, self.last_id, _, price, quantity, buyer_is_maker = tick
        volume = round(quantity * UNIT)
        self.volume += volume
        self.quote_volume += round(price * UNIT) * volume
        if not buyer_is_maker:
            self.buy_volume += volume
        self.trades += 1
        self.close = price
        if price > self.high:
            self.high = price
        elif price < self.low:
            self.low = price

    def merge(self, other: Sums) -> None:
        """Count the trades of another bucket; what makes the finer bar partial makes this one partial."""
        if other.first_id < self.first_id:
            self.first_id, self.open = other.first_id, other.open
        if other.last_id >= self.last_id:
            self.last_id, self.close = other.last_id, other.close
        self.high = max(self.high, other.high)
        self.low = min(self.low, other.low)
        self.volume += other.volume
        self.quote_volume += other.quote_volume
        self.buy_volume += other.buy_volume
        self.trades += other.trades
        self.flags |= other.flags & PARTIAL

    def bar(self, open_ms: int) -> Bar:
        """The bucket as a bar that opens at ``open_ms``."""
        return Bar(
            open_ms, self.open, self.high, self.low, self.close, self.volume / UNIT, self.quote_volume / UNIT**2,
            self.buy_volume / UNIT, self.trades, self.flags,
        )  # fmt: skip


class BarBuilder:
    """Bars of one symbol, fed with its trades in the order of the tick stream (growing ids).

    A bucket closes when a trade of a later one comes or when `advance` passes its end. A trade of a closed bucket
    revises its bars. Ids that jump make all bars from the last trade's through the new one's partial. What had been
    cut is held for the 5m bucket of the newest trade and for ``hold_ms`` before it; an older trade is counted in
    ``too_late`` and ``reach_ms`` says from where the caller has to cut again. A known id is a repeat and ignored,
    unless it comes with a newer time than all before: then the venue began to count anew.

    ``start_ms`` is a multiple of 5 minutes: all that is older is somebody else's. ``last_id`` is the id of the
    trade before the first one to come; without it the first bar of each time frame is partial.
    """

    def __init__(self, start_ms: int = 0, last_id: int | None = None, hold_ms: int = LONGEST) -> None:
        self.duplicates = 0
        self.too_late = 0
        self.reach_ms: int | None = None
        """Open of the oldest 5m bucket that changed and is no longer held; the caller sets it back to None."""
        self.floor_ms = start_ms
        """Trades before it are too late."""
        self.last_id = -2 if last_id is None else last_id
        self._hold_ms = hold_ms
        self._last_ms = self._newest_ms = start_ms
        self._closed_ms = start_ms  # all buckets that end by then are closed; one second at most is open: this one
        self._sums: dict[str, dict[int, Sums]] = {timeframe: {} for timeframe in BUILT}
        self._renew_ms = start_ms  # a trade from then on opens a 5m bucket newer than all before
        self._holes: list[tuple[int, int]] = []  # first and last second of each

    def add(self, tick: Tick) -> list[Cut]:
        """Count a trade; the bars that it closed or changed after they had been closed."""
        time_ms = tick.time_ms
        if tick.trade_id <= self.last_id and time_ms <= self._newest_ms:
            self.duplicates += 1
            return []
        cuts = self._jump(time_ms) if tick.trade_id != self.last_id + 1 else []
        self.last_id, self._last_ms = tick.trade_id, time_ms
        open_ms = time_ms - time_ms % SECOND
        if open_ms > self._closed_ms:
            cuts += self.advance(open_ms)
        if time_ms > self._newest_ms:
            self._newest_ms = time_ms
            if time_ms >= self._renew_ms:
                self._renew(time_ms)
        if time_ms < self.floor_ms:
            self.too_late += 1
            self._reach(time_ms)
            return cuts
        seconds = self._sums["1s"]
        sums = seconds.get(open_ms)
        if sums is None:
            sums = seconds[open_ms] = Sums(tick.trade_id, tick.price, self._is_partial(open_ms))
        sums.add(tick)
        return cuts + self._revise([open_ms]) if open_ms < self._closed_ms else cuts

    def advance(self, watermark_ms: int) -> list[Cut]:
        """Close the buckets that end by ``watermark_ms``; their bars, finer time frames first."""
        since, until = self._closed_ms, bucket(watermark_ms, SECOND)
        if until <= since:
            return []
        self._closed_ms = until
        current = self._sums["1s"].get(since)
        cuts = [("1s", current.bar(since))] if current else []
        for timeframe, finer in ROLLUPS:
            open_ms = bucket(since, TIMEFRAME_MS[timeframe])
            if open_ms + TIMEFRAME_MS[timeframe] <= until:
                sums = self._roll_up(timeframe, finer, open_ms)
                if sums:
                    self._sums[timeframe][open_ms] = sums
                    cuts.append((timeframe, sums.bar(open_ms)))
        return cuts

    def open_bars(self) -> dict[str, Bar]:
        """The bars that are not closed yet, by time frame; a bucket without a trade has none."""
        current = self._sums["1s"].get(self._closed_ms)
        bars = {"1s": current.bar(self._closed_ms)} if current else {}
        rolled: Sums | None = None
        for timeframe, finer in ROLLUPS:
            open_ms = bucket(self._closed_ms, TIMEFRAME_MS[timeframe])
            rolled = self._roll_up(timeframe, finer, open_ms, rolled)
            if rolled:
                bars[timeframe] = rolled.bar(open_ms)
        return bars

    def _roll_up(self, timeframe: str, finer: str, open_ms: int, extra: Sums | None = None) -> Sums | None:
        held = self._sums[finer]
        opens = range(open_ms, open_ms + TIMEFRAME_MS[timeframe], TIMEFRAME_MS[finer])
        parts = [held[part] for part in opens if part in held]
        if extra:
            parts.append(extra)
        if not parts:
            return None
        total = Sums(parts[0].first_id, parts[0].open, 0)
        total.high, total.low, total.last_id = parts[0].high, parts[0].low, -1
        for part in parts:
            total.merge(part)
        return total

    def _jump(self, time_ms: int) -> list[Cut]:
        """Ids are missing between the last trade and one at ``time_ms``."""
        first, last = sorted((bucket(self._last_ms, SECOND), bucket(time_ms, SECOND)))
        self._reach(first)
        if self._holes and first <= self._holes[-1][1] and self._holes[-1][0] <= last:
            first, last = min(first, self._holes[-1][0]), max(last, self._holes.pop()[1])
        self._holes.append((first, last))
        closed = []
        for open_ms, sums in self._sums["1s"].items():
            if first <= open_ms <= last and not sums.flags & PARTIAL:
                sums.flags |= PARTIAL
                if open_ms < self._closed_ms:
                    closed.append(open_ms)
        return self._revise(closed)

    def _revise(self, seconds: list[int]) -> list[Cut]:
        """Bars of closed seconds that changed, and the closed bars that they are part of."""
        changed = seconds
        cuts = []
        for open_ms in seconds:
            self._sums["1s"][open_ms].flags |= REVISED
            cuts.append(("1s", self._sums["1s"][open_ms].bar(open_ms)))
        for timeframe, finer in ROLLUPS:
            step = TIMEFRAME_MS[timeframe]
            changed = [o for o in dict.fromkeys(bucket(c, step) for c in changed) if o + step <= self._closed_ms]
            for open_ms in changed:
                sums, held = self._roll_up(timeframe, finer, open_ms), self._sums[timeframe].get(open_ms)
                if sums and (held is None or held.bar(open_ms) != sums.bar(open_ms)):
                    sums.flags |= REVISED
                    self._sums[timeframe][open_ms] = sums
                    cuts.append((timeframe, sums.bar(open_ms)))
        return cuts

    def _renew(self, time_ms: int) -> None:
        """A new 5m bucket begins; what is too old to be held goes."""
        self._renew_ms = bucket(time_ms, LONGEST) + LONGEST
        floor_ms = bucket(time_ms, LONGEST) - self._hold_ms
        if floor_ms > self.floor_ms:
            self.floor_ms = floor_ms
            for held in self._sums.values():
                for open_ms in [open_ms for open_ms in held if open_ms < floor_ms]:
                    del held[open_ms]
            self._holes = [hole for hole in self._holes if hole[1] >= floor_ms]

    def _reach(self, time_ms: int) -> None:
        if time_ms < self.floor_ms:
            self.reach_ms = min(bucket(time_ms, LONGEST), self.floor_ms if self.reach_ms is None else self.reach_ms)

    def _is_partial(self, open_ms: int) -> int:
        return PARTIAL if any(first <= open_ms <= last for first, last in self._holes) else 0


def settle(stored: Mapping[int, Bar], bars: Iterable[Bar]) -> list[Bar]:
    """Bars that were cut a second time, as they must be written beside the ``stored`` ones (by open time).

    A stored bar of our own ticks with more trades stays: some of its trades have been trimmed away since. One that
    differs had been closed before its last trade came, so that its successor is a revision.
    """
    settled = []
    for bar in bars:
        old = stored.get(bar.open_ms)
        if old is not None and not old.flags & SYNTHETIC:
            if old.trades > bar.trades:
                continue
            if old[:-1] != bar[:-1] or bar.flags & PARTIAL & ~old.flags:
                bar = bar._replace(flags=bar.flags | REVISED)  # noqa: PLW2901
        settled.append(bar)
    return settled
