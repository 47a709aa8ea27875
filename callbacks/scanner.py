"""Every pair of the watched symbols, tested anew when a minute closes: in the background, once for all viewers."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import dash
import numpy as np
from dash import ClientsideFunction, Input
from numpy.typing import NDArray

from analytics.gather import gather
from analytics.inputs import Panel
from analytics.live import (
    LATE_BARS,
    LATE_MS,
    MIN_SILENCE_MS,
    SILENT_SPACINGS,
    SPARSE_SPACINGS,
    SPARSE_STEPS,
    LastTrade,
    MarketView,
)
from analytics.market import OPEN_MS, TIMEFRAME_MS, TRADES, name_of
from analytics.measure import NotTestable
from analytics.measures.scan import MEASURE, Scan
from analytics.parameters import MAX_WINDOW
from callbacks.day import SPARK_MINUTES, significant
from callbacks.stamps import Fields

log = logging.getLogger(__name__)

TIMEFRAME: Final = "1m"
ROWS: Final = MAX_WINDOW
"""As many as the pair page can show: a row and the page that it opens rest on the same bars."""
PASSED: Final = 0.05
MAX_SHOWN: Final = 300
SETTLE_MS: Final = 3_000
"""A scan waits so long for the last symbol's bar of the minute."""
RESTS: Final = 9
"""After a scan so many times its own length passes before the next: at most a tenth of a core."""
SPARK_SIGMAS: Final = 3.0
SPARK_HEIGHT: Final = 40
MAX_REASONS: Final = 12
_STEP_MS: Final = TIMEFRAME_MS[TIMEFRAME]
_FRESH: Final = ("LIVE", "QUIET")


def register(app: dash.Dash) -> None:
    """Tie the choice of pairs above the scanner to its grid and to the address bar."""
    app.clientside_callback(ClientsideFunction("sb", "scanned"), Input("board-show", "value"))


class Scanned(NamedTuple):
    """A finished scan of ``symbols``: ``rows`` of the grid by key, the ``note`` above it.

    ``spacing_ms`` is each symbol's mean time between trades. From ``late_ms`` on the fits are too old to hold prices
    against.
    """

    symbols: tuple[str, ...]
    rows: Mapping[str, Fields]
    note: Fields
    spacing_ms: Mapping[str, float]
    late_ms: float = math.inf


class Scanner:
    """Scans when asked after a bar has closed, never two at a time. Not thread-safe for those who ask: guard it."""

    def __init__(self, market: MarketView) -> None:
        self._market = market
        self._held: Scanned | None = None
        self._started: tuple[object, ...] = ()
        self._changed_ms: int | None = None
        self._thread: threading.Thread | None = None
        self._rested_s = 0.0

    def newest(self, symbols: Sequence[str], now_ms: int) -> Scanned | None:
        """The last finished scan of these symbols, at once; another one is begun when their bars have changed."""
        wanted = tuple(symbols)
        if len(wanted) > 1 and self._due(wanted, now_ms):
            self._thread = threading.Thread(target=self._scan, args=(wanted,), name="scanner", daemon=True)
            self._thread.start()
        held = self._held
        return held if held is not None and held.symbols == wanted else None

    def _due(self, symbols: tuple[str, ...], now_ms: int) -> bool:
        series = [self._market.bars(symbol, TIMEFRAME) for symbol in symbols]
        version = (symbols, *(each.version for each in series))
        if version == self._started:
            return False
        if self._changed_ms is None:
            self._changed_ms = now_ms
        if self._thread is not None and (self._thread.is_alive() or time.monotonic() < self._rested_s):
            return False
        ends = {float(each.bars[-1, OPEN_MS]) if len(each.bars) else None for each in series}
        if len(ends) > 1 and 0 <= now_ms - self._changed_ms < SETTLE_MS:
            return False
        self._started, self._changed_ms = version, None
        return True

    def _scan(self, symbols: tuple[str, ...]) -> None:
        began_s = time.monotonic()
        try:
            self._held = scanned(self._market, symbols)
        except Exception:
            log.exception("the scan of %d symbols failed; it is tried again when a bar closes", len(symbols))
            self._held = Scanned(symbols, {}, {"state": "failed"}, {})
        self._rested_s = time.monotonic() + RESTS * (time.monotonic() - began_s)


def pairs_of(symbols: Sequence[str]) -> int:
    """How many pairs there are."""
    return math.comb(len(symbols), 2)


def scanned(market: MarketView, symbols: tuple[str, ...]) -> Scanned:
    """Test all pairs of the newest bars. Milliseconds for a dozen symbols, seconds for hundreds."""
    data = gather(Panel, market, symbols, TIMEFRAME, ROWS)
    assert isinstance(data, Panel)
    found: Scan | NotTestable = MEASURE.run(data)
    spacing_ms = {symbol: _spacing(market, symbol) for symbol in symbols}
    if isinstance(found, NotTestable):
        note = _waiting(data, found, MEASURE.warmup(**MEASURE.settings({})))
        return Scanned(symbols, {}, note, spacing_ms)
    bar_ms = (found.as_of_ms - int(data.open_ms[0])) / found.rows
    patience_ms = SPARSE_SPACINGS * bar_ms if bar_ms > SPARSE_STEPS * _STEP_MS else LATE_BARS * _STEP_MS
    late_ms = found.as_of_ms + patience_ms + LATE_MS
    return Scanned(symbols, _rows(found, data), _note(found, symbols), spacing_ms, late_ms)


def silence(state: str, trade: LastTrade | None, spacing_ms: float, now_ms: int) -> str:
    """Why a symbol's last price may not be the market's; empty when it is. By the rule of `PairBook.now`.

    >>> silence("LIVE", LastTrade(1, 0, 9.5, 1.0, False, 0), 100.0, 45_000)
    'no trade for more than 30 s'
    """
    if state not in _FRESH:
        return f"its feed is {state.replace('_', ' ').lower()}"
    if trade is None:
        return "no trade yet"
    limit_ms = max(MIN_SILENCE_MS, SILENT_SPACINGS * spacing_ms)
    return f"no trade for more than {limit_ms / 1000:.0f} s" if now_ms - trade.time_ms > limit_ms else ""


def _spacing(market: MarketView, symbol: str) -> float:
    bars = market.bars(symbol, TIMEFRAME).bars[-ROWS:]
    trades = float(bars[:, TRADES].sum())
    return float(bars[-1, OPEN_MS] - bars[0, OPEN_MS] + _STEP_MS) / trades if trades else 0.0


def _waiting(data: Panel, found: NotTestable, need: int) -> Fields:
    held = sorted(int(count) for count in np.isfinite(data.closes).sum(axis=0))
    if held[-2] < need:
        return {"state": "warming", "ready": held[-2], "window": need}
    return {"state": "untestable", "why": found.reason}


def _note(found: Scan, symbols: Sequence[str]) -> Fields:
    reasons = [f"{name_of(symbol)}: {reason}" for symbol, reason in found.left_out.items()]
    reasons += [f"{name_of(y)}/{name_of(x)}: one asset under two names" for y, x in found.duplicates]
    reasons += [f"{name_of(y)}/{name_of(x)}: its steps repeat themselves" for y, x in found.singular]
    more = len(reasons) - MAX_REASONS
    return {
        "state": "ready",
        "tested": found.y.size,
        "shown": min(found.y.size, MAX_SHOWN),
        "tests": found.tests,
        "rows": found.rows,
        "gaps": found.gaps,
        "asOf": found.as_of_ms,
        "passed": int(np.count_nonzero(found.q < PASSED)),
        "untested": pairs_of(symbols) - found.y.size,
        "why": "\n".join(reasons[:MAX_REASONS] + ([f"and {more} more"] if more > 0 else [])),
    }


def _rows(found: Scan, data: Panel) -> dict[str, Fields]:
    """The best pairs. A pair keeps its key whichever leg is y."""
    place = {symbol: at for at, symbol in enumerate(data.symbols)}
    y, x = (np.array([place[symbol] for symbol in legs[:MAX_SHOWN]], np.int64) for legs in (found.y, found.x))
    sparks = _sparks(found, data, y, x)
    return {
        f"c{min(pair)}-{max(pair)}": _row(found, at, sparks[at])
        for at, pair in enumerate(zip(y.tolist(), x.tolist(), strict=True))
    }


def _row(found: Scan, at: int, spark: str) -> Fields:
    # Intercept, hedge ratio and sigma travel whole: the page holds the last trades against them.
    return {
        "y": name_of(str(found.y[at])),
        "x": name_of(str(found.x[at])),
        "a": float(found.intercept[at]),
        "b": float(found.hedge_ratio[at]),
        "sigma": _known(found.sigma[at], 17),
        "t": _known(found.statistic[at]),
        "p": _known(found.p[at]),
        "q": _known(found.q[at]),
        "half": _known(found.half_life[at]),
        "corr": _known(found.correlation[at]),
        "stable": _known(found.beta_stability[at]),
        "cost": _known(found.cost_sigma[at]),
        "liquidity": _known(found.liquidity[at]),
        "trail": spark,
    }


def _known(value: Any, digits: int = 6) -> float | None:
    return significant(float(value), digits) if math.isfinite(value) else None


def _sparks(found: Scan, data: Panel, y: NDArray[np.int64], x: NDArray[np.int64]) -> list[str]:
    """The spread of each pair at the last 120 minutes by the newest fit: a character a minute, '0' for 3 sigmas below
    the line to 'X' for 3 above, a blank where a leg has no bar."""
    closes = np.full((SPARK_MINUTES, len(data.symbols)), np.nan)
    minute = SPARK_MINUTES - (found.as_of_ms - data.open_ms) // _STEP_MS
    held = (minute >= 0) & (minute < SPARK_MINUTES)
    closes[minute[held]] = data.closes[held]
    n = y.size
    spread = closes[:, y] - found.intercept[:n] - found.hedge_ratio[:n] * closes[:, x]
    with np.errstate(divide="ignore", invalid="ignore"):
        sigmas = np.clip(spread / found.sigma[:n], -SPARK_SIGMAS, SPARK_SIGMAS)
    height = np.round((sigmas / SPARK_SIGMAS + 1) * SPARK_HEIGHT / 2)
    codes = np.where(np.isfinite(height), height + ord("0"), ord(" ")).astype(np.uint8)
    return [codes[:, at].tobytes().decode("ascii") for at in range(n)]
