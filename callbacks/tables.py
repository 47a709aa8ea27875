"""The rows of the data page's tables: a symbol's features and bars, with what the page needs to show them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

import numpy as np
from numpy.typing import NDArray

from analytics.cache import VersionCache
from analytics.gather import as_of, gather
from analytics.inputs import Leg
from analytics.live import MarketView
from analytics.market import CLOSE, FLAGS, OPEN, OPEN_MS, Bar, BarArray, is_uploaded, symbol_of
from analytics.registry import measure
from callbacks.day import decimals_of, significant
from callbacks.message import Message
from callbacks.tape import TRADES
from layouts.tables import FEATURES_MEASURE, SIGNED, flags_in_words

MAX_HELD: Final = 32
API: Final = "/api/v1"
PRICES: Final = ("open", "high", "low", "close")


class DataQuery(NamedTuple):
    """Settings of the page; the symbol is a name without its venue, an uploaded one in full."""

    symbol: str
    tf: str
    window: int
    rows: str
    view: str

    def __str__(self) -> str:
        return urlencode(self._asdict())


class Table(NamedTuple):
    """What a table shows: its message for data.js, what stands beside it in words, and the API's path to the rows.

    The path is empty while there are none.
    """

    message: Message
    note: str
    path: str


class Tables:
    """The rows of every table asked for, computed once a bar for all viewers. Thread-safe."""

    def __init__(self, market: MarketView) -> None:
        self._market = market
        self._held: VersionCache[Table] = VersionCache(MAX_HELD, MAX_HELD, lambda _: 1)

    def of(self, query: DataQuery, venue: str) -> Table:
        """The table of ``query``'s view; for the tape only its path."""
        symbol = symbol_of(venue, query.symbol)
        if query.view == "tape" and is_uploaded(symbol):
            return Table({"view": "tape"}, f"{symbol} · UPLOADED", "")
        if query.view == "tape":
            note = f"{symbol} · newest {TRADES} trades, newest first · side: the aggressor's"
            return Table({"view": "tape"}, note, f"{API}/ticks?" + urlencode({"symbol": symbol, "limit": TRADES}))
        make = _features if query.view == "features" else _bars
        series = self._market.bars(symbol, query.tf)
        return self._held.get((symbol, query), series.version, lambda _: make(self._market, symbol, query))


def _features(market: MarketView, symbol: str, query: DataQuery) -> Table:
    each = measure(FEATURES_MEASURE)
    warmup = each.warmup(window=query.window)
    leg = gather(Leg, market, [symbol], query.tf, int(query.rows) + query.window)
    assert isinstance(leg, Leg)
    ready = len(leg.bars)
    if ready < warmup:
        words = f"Warming up: {ready} of {warmup} {query.tf} bars; rows appear when the window is full."
        return Table({"view": "features", "reason": words}, f"{_named(symbol)} · {query.tf} bars", "")
    result = each.run(leg, window=query.window)
    count = ready - query.window
    columns = {output.name: getattr(result, output.name)[-count:] for output in each.outputs}
    message = {"looks": {name: _look(name, column) for name, column in columns.items()}}
    settings = {"timeframe": query.tf, "window": query.window, "rows": ready, "limit": count}
    path = f"{API}/measures/{FEATURES_MEASURE}?" + urlencode({"symbol": symbol, **settings})
    note = f"{_named(symbol)} · {query.tf} bars, window {query.window} · {_span(leg, count)}"
    return Table(_message("features", leg, count, columns) | message, note, path)


def _bars(market: MarketView, symbol: str, query: DataQuery) -> Table:
    leg = gather(Leg, market, [symbol], query.tf, int(query.rows))
    assert isinstance(leg, Leg)
    count = len(leg.bars)
    if not count:
        words = f"No {query.tf} bar has closed yet: the first one appears when its time is over."
        return Table({"view": "bars", "reason": words}, f"{_named(symbol)} · {query.tf} bars", "")
    columns = {name: leg.bars[:, at] for at, name in enumerate(Bar._fields) if at not in (OPEN_MS, FLAGS)}
    price = decimals_of(leg.bars[:, OPEN : CLOSE + 1])
    looks = {
        name: [price] if name in ("open", "high", "low", "close") else _look(name, columns[name])[:1]
        for name in columns
    }
    path = f"{API}/bars?" + urlencode({"symbol": symbol, "timeframe": query.tf, "limit": count})
    return Table(
        _message("bars", leg, count, columns) | {"looks": looks},
        f"{_named(symbol)} · {query.tf} bars · {_span(leg, count)}",
        path,
    )


def _named(symbol: str) -> str:
    return f"{symbol} · UPLOADED" if is_uploaded(symbol) else symbol


def _message(view: str, leg: Leg, count: int, columns: Mapping[str, NDArray[np.float64]]) -> Message:
    bars: BarArray = leg.bars[-count:]
    return {
        "view": view,
        "reason": "",
        "step": leg.step_ms,
        "end": as_of(leg),
        "open_ms": bars[:, OPEN_MS].astype(np.int64).tolist(),
        "flags": [flags_in_words(int(flags)) for flags in bars[:, FLAGS]],
        "columns": {name: [_sent(value) for value in column.tolist()] for name, column in columns.items()},
    }


def _sent(value: float) -> float | None:
    return significant(value) if math.isfinite(value) else None


def _look(name: str, column: NDArray[np.float64]) -> list[Any]:
    """Decimals of a column, and the borders of what is near and what is far among the rows shown.

    Where the sign means something they are the middle and the 95 % quantile of the size; elsewhere the quantiles at
    5, 25, 75 and 95 % of the values.
    """
    values = column[np.isfinite(column)]
    if not values.size:
        return [0]
    sizes = np.abs(values)
    near = np.quantile(sizes, (0.5, 0.95)) if name in SIGNED else np.quantile(values, (0.05, 0.25, 0.75, 0.95))
    typical = float(np.median(sizes))
    whole = bool(np.all(values == np.round(values)))
    digits = 0 if whole or not typical else min(max(0, 2 - math.floor(math.log10(typical))), 8)
    return [digits, *near.tolist()]


def _span(leg: Leg, count: int) -> str:
    end = as_of(leg)
    assert end is not None
    return f"{count} rows · as of {datetime.fromtimestamp(end / 1000, UTC):%Y-%m-%d %H:%M:%S} UTC"
