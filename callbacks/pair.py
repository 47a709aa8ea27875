"""One pair as its viewers see it: the live numbers, and the closed bars that were added since each of them looked."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from analytics.live import PairBook, PairHistory, PairNow, PairSpec
from analytics.market import name_of
from callbacks.day import Days, significant
from callbacks.message import Cursor, Message, new_epoch
from callbacks.stamps import Fields, Stamped

if TYPE_CHECKING:
    from store.cache import MarketCache

CHART_BARS: Final = 1_500
LOG_DECIMALS: Final = 6
REFRESH_MS: Final = 5
_SENT: Final = ("open_ms", "y", "x", "spread", "sigma", "z", "y_volume", "x_volume", "flags")


class PairView:
    """Shared by all viewers of the same settings.

    Bars are only ever added to what a viewer has. When a bar that was sent has changed (a late trade, a refill),
    a new epoch begins and every viewer gets a new snapshot.
    """

    def __init__(self, spec: PairSpec, cache: MarketCache, book: PairBook, days: Days) -> None:
        self.spec = spec
        self._cache = cache
        self._book = book
        self._days = days
        self._lock = threading.Lock()
        self._epoch = new_epoch()
        self._table = Stamped()
        self._history: PairHistory | None = None
        self._sent: dict[str, Any] = {}
        self._now_ms = 0
        self._ages: list[int | None] = [None, None]

    def message(self, held: Cursor, now_ms: int, offset_ms: int) -> tuple[Cursor, Message]:
        """What a viewer at ``held`` lacks, and the cursor that says so. Ages of both legs are under ``a``."""
        with self._lock:
            self._refresh(now_ms, offset_ms)
            fresh = held.epoch != self._epoch
            opens = self._sent["open_ms"]
            first = 0 if fresh else int(np.searchsorted(opens, held.last_ms, side="right"))
            message: Message = {"a": self._ages}
            if fresh:
                message["snap"] = self._about()
            if fresh or first < opens.size:
                message["bars"] = {name: column[first:] for name, column in self._sent.items()}
            rows = self._table.since(0 if fresh else held.seq)
            if rows:
                message["n"] = rows["now"]
            last_ms = int(opens[-1]) if opens.size else 0
            return held._replace(epoch=self._epoch, seq=self._table.seq, last_ms=last_ms), message

    def _about(self) -> Fields:
        spec = self.spec
        log_scale = spec.scale == "log"
        y_digits, x_digits = (self._days.of(symbol).decimals for symbol in (spec.y, spec.x))
        return {
            "y": name_of(spec.y),
            "x": name_of(spec.x),
            "tf": spec.timeframe,
            "step": spec.step_ms,
            "window": spec.window,
            "method": spec.method,
            "scale": spec.scale,
            "yDigits": y_digits,
            "xDigits": x_digits,
            "spreadDigits": LOG_DECIMALS if log_scale else y_digits,
        }

    def _refresh(self, now_ms: int, offset_ms: int) -> None:
        history = self._book.history(self.spec)
        if history is not self._history:
            self._take(history)
        if 0 <= now_ms - self._now_ms < REFRESH_MS:
            return
        self._now_ms = now_ms
        now = self._book.now(self.spec, now_ms + offset_ms)
        self._ages = [now.y_age_ms, now.x_age_ms]
        self._table.put("now", self._row(now))

    def _take(self, history: PairHistory) -> None:
        """Make the newest bars ready to be sent; a new epoch if what was sent before is no longer true."""
        sent = _columns(history, self._days.of(self.spec.y).decimals, self.spec.scale)
        if self._history is not None and not _continues(self._sent, sent):
            self._epoch = new_epoch()
        self._history, self._sent = history, sent

    def _row(self, now: PairNow) -> Fields:
        half_life = self._book.window(self.spec).half_life
        y_day, x_day = self._days.of(self.spec.y), self._days.of(self.spec.x)
        low, high = (half_life.low, half_life.high) if half_life else (None, None)
        return {
            "state": now.state,
            "reason": now.reason,
            "ready": now.ready,
            "y": now.y_price,
            "x": now.x_price,
            "yChange": _rounded(y_day.change_percent(now.y_price), 2),
            "xChange": _rounded(x_day.change_percent(now.x_price), 2),
            "ySpan": y_day.span_ms // 60_000,
            "xSpan": x_day.span_ms // 60_000,
            "hedge": significant(now.hedge_ratio),
            "hedgeSe": significant(now.hedge_ratio_se, 3),
            "r2": _rounded(now.r_squared, 4),
            "intercept": significant(now.intercept),
            "sigma": significant(now.sigma, 5),
            "spread": significant(now.spread),
            "z": _rounded(now.z, 3),
            "corr": _rounded(now.correlation, 3),
            "half": significant(now.half_life_bars, 4),
            "halfLow": significant(low, 3),
            "halfHigh": significant(high, 3),
            "sure": now.half_life_reliable,
            "time": now.time_ms,
            "asOf": now.as_of_ms,
        }


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def _columns(history: PairHistory, y_digits: int, scale: str) -> dict[str, Any]:
    digits = {"spread": LOG_DECIMALS + 2, "sigma": LOG_DECIMALS + 2} if scale == "log" else {}
    digits = {"spread": y_digits + 2, "sigma": y_digits + 2, "z": 3, "y_volume": 4, "x_volume": 4} | digits
    columns = {name: getattr(history, name)[-CHART_BARS:] for name in _SENT}
    return {name: np.round(column, digits[name]) if name in digits else column for name, column in columns.items()}


def _continues(old: dict[str, Any], new: dict[str, Any]) -> bool:
    """Whether ``new`` holds every bar of ``old`` that it still reaches back to, unchanged."""
    if not old["open_ms"].size:
        return True
    if not new["open_ms"].size or new["open_ms"][-1] < old["open_ms"][-1]:
        return False
    start = int(np.searchsorted(old["open_ms"], new["open_ms"][0]))
    kept = old["open_ms"].size - start
    return kept > 0 and all(
        np.array_equal(old[name][start:], column[:kept], equal_nan=name in {"spread", "sigma", "z"})
        for name, column in new.items()
    )
