"""One pair as its viewers see it: the live numbers, and the closed bars that were added since each of them looked."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from analytics.live import PairBook, PairHistory, PairNow, PairSpec, signal_of
from analytics.market import BUY_VOLUME, OPEN_MS, VOLUME, BarArray, label_of
from analytics.window import PAID_BPS
from callbacks.day import MAX_DECIMALS, Days, significant, spread_decimals
from callbacks.message import Cursor, Message, new_epoch
from callbacks.stamps import Fields, Stamped
from layouts.options import shown

if TYPE_CHECKING:
    from store.cache import MarketCache

CHART_BARS: Final = 1_500
SENT_DIGITS: Final = 8
REFRESH_MS: Final = 5
_CENTRED: Final = ("ols", "tls")
"""Methods whose residuals have mean 0 over the window."""
_SENT: Final = ("open_ms", "y", "x", "spread", "sigma", "z", "y_volume", "x_volume", "flags")


class PairView:
    """Shared by all viewers of the same settings.

    Bars are only ever added to what a viewer has. When a bar that was sent has changed (a late trade, a refill),
    a new epoch begins and every viewer gets a new snapshot. So it is when sigma needs other decimals than before.
    """

    def __init__(self, spec: PairSpec, cache: MarketCache, book: PairBook, days: Days, entry_z: float) -> None:
        self.spec = spec
        self._cache = cache
        self._book = book
        self._days = days
        self._entry_z = entry_z
        self._digits: int | None = None
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
        y_digits, x_digits = (self._days.of(symbol).decimals for symbol in (spec.y, spec.x))
        return {
            "y": label_of(spec.y),
            "x": label_of(spec.x),
            "tf": spec.timeframe,
            "step": spec.step_ms,
            "window": spec.window,
            "method": spec.method,
            "label": spec.estimator.label,
            "fit": _fit_words(spec),
            "centred": spec.method in _CENTRED,
            "key": settings_key(spec),
            "scale": spec.scale,
            "yDigits": y_digits,
            "xDigits": x_digits,
            "paid": PAID_BPS,
            "spreadDigits": y_digits if self._digits is None else min(self._digits, MAX_DECIMALS),
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
        sent = _columns(history) | self._flows(history)
        fit = self._book.window(self.spec).fit
        digits = spread_decimals(fit.sigma if fit else None, self._digits)
        if self._history is not None and (digits != self._digits or not _continues(self._sent, sent)):
            self._epoch = new_epoch()
        self._history, self._sent, self._digits = history, sent, digits

    def _flows(self, history: PairHistory) -> dict[str, NDArray[np.float64]]:
        """Signed flow of both legs at the bars sent."""
        legs = (("y_flow", self.spec.y), ("x_flow", self.spec.x))
        opens = history.open_ms[-CHART_BARS:]
        return {name: _signed_flow(self._cache.bars(symbol, self.spec.timeframe).bars, opens) for name, symbol in legs}

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
            "hedgeSe": significant(now.hedge_ratio_se),
            "r2": significant(now.r_squared),
            "intercept": significant(now.intercept),
            "sigma": significant(now.sigma),
            "spread": significant(now.spread),
            "spreadDigits": self._digits,
            "z": significant(now.z),
            "cost": significant(now.cost_sigma),
            "signal": signal_of(now, self._entry_z),
            "corr": _rounded(now.correlation, 3),
            "half": significant(now.half_life_bars),
            "halfLow": significant(low),
            "halfHigh": significant(high),
            "sure": now.half_life_reliable,
            "time": now.time_ms,
            "asOf": now.as_of_ms,
            "span": now.span_ms,
            "gaps": now.gaps,
            "longest": now.longest_gap_ms,
            "sparse": now.sparse,
            "partial": now.partial_bars,
        }


def settings_key(spec: PairSpec) -> str:
    """The settings that a test of the window rests on, in words; the method is not among them."""
    return f"{label_of(spec.y)}/{label_of(spec.x)}, {spec.window} {spec.timeframe} bars, {spec.scale}"


def _fit_words(spec: PairSpec) -> str:
    """What the spread is held against, for the chart's title."""
    own = ", ".join(f"{name} {shown(value)}" for name, value in spec.options)
    named = f"{spec.estimator.label} ({own})" if own else spec.estimator.label
    return (
        f"{named}, forecast one bar ahead" if spec.estimator.recursive else f"{named} of the {spec.window} before each"
    )


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def _columns(history: PairHistory) -> dict[str, Any]:
    columns = {name: getattr(history, name)[-CHART_BARS:] for name in _SENT}
    columns |= {name: _significant(columns[name]) for name in ("spread", "sigma", "z")}
    return columns | {name: np.round(columns[name], 4) for name in ("y_volume", "x_volume")}


def _signed_flow(bars: BarArray, open_ms: NDArray[np.int64]) -> NDArray[np.float64]:
    """What takers bought less what they sold in the bars that open at ``open_ms``, in the base asset."""
    # The leg may have moved on since: a bar that it no longer has is told by its stamp.
    held = bars[np.searchsorted(bars[:, OPEN_MS], open_ms[0]) :] if open_ms.size else bars[:0]
    stamps = np.append(held[:, OPEN_MS], np.inf)
    flow = np.append(2 * held[:, BUY_VOLUME] - held[:, VOLUME], np.nan)
    place = np.searchsorted(stamps, open_ms)
    return np.asarray(np.round(np.where(stamps[place] == open_ms, flow[place], np.nan), 4))


def _significant(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each value to 8 significant digits by itself, so that a bar sent twice is the same bar."""
    with np.errstate(divide="ignore"):
        size = np.where(values == 0, 0.0, np.floor(np.log10(np.abs(values))))
    factor = 10.0 ** (SENT_DIGITS - 1 - size)
    return np.asarray(np.round(values * factor) / factor)


def _continues(old: dict[str, Any], new: dict[str, Any]) -> bool:
    """Whether ``new`` holds every bar of ``old`` that it still reaches back to, unchanged."""
    if not old["open_ms"].size:
        return True
    if not new["open_ms"].size or new["open_ms"][-1] < old["open_ms"][-1]:
        return False
    start = int(np.searchsorted(old["open_ms"], new["open_ms"][0]))
    kept = old["open_ms"].size - start
    return kept > 0 and all(
        np.array_equal(old[name][start:], column[:kept], equal_nan=column.dtype.kind == "f")
        for name, column in new.items()
    )
