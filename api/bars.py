"""GET /api/v1/bars: closed bars as stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from flask import Response

from analytics import market
from analytics.market import TIMEFRAME_MS, BarArray
from api import symbols, tables
from api.parameters import Choice, Integer, Symbol, Time
from api.problems import bad_parameter
from api.route import Context, Route

TIMEFRAME: Final = Choice("timeframe", "Length of a bar.", default="1m", choices=tuple(TIMEFRAME_MS))
FORMAT: Final = Choice("format", "How the answer is written.", default="json", choices=tables.FORMATS)
LIMIT: Final = Integer("limit", "At most so many rows: the newest ones.", default=1000, low=1, high=100_000)
START: Final = Time("start", "Rows that open at this time or later.")
END: Final = Time("end", "Rows that open before this time.")

COLUMNS: Final = {
    "open_ms": "open time of the bar, UTC epoch milliseconds; the bar holds trades from then until one step later",
    "time": "the same, ISO 8601",
    "open": "price of the first trade",
    "high": "highest price",
    "low": "lowest price",
    "close": "price of the last trade",
    "volume": "in the base asset",
    "quote_volume": "in the quote asset",
    "buy_volume": "volume of trades in which the buyer was the aggressor, in the base asset",
    "trades": "number of trades",
    "flags": f"sum of {market.PARTIAL}: misses trades, {market.REVISED}: changed by a late trade, "
    f"{market.SYNTHETIC}: from the exchange's klines, "
    f"{market.UPLOADED}: from a user's file (what it does not say is empty)",
}


def columns(bars: BarArray) -> dict[str, Any]:
    """The columns of the contract, in their order."""
    open_ms = bars[:, market.OPEN_MS].astype(np.int64)
    whole = ("trades", "flags")
    fields: dict[str, Any] = {
        name: bars[:, at].astype(np.int64 if name in whole and not np.isnan(bars[:, at]).any() else np.float64)
        for at, name in enumerate(market.Bar._fields)
        if at != market.OPEN_MS
    }
    return {"open_ms": open_ms, "time": tables.utc(open_ms), **fields}


def _bars(context: Context, values: Mapping[str, Any]) -> Response:
    start, end, limit, timeframe = (values[name] for name in ("start", "end", "limit", "timeframe"))
    if start is not None and end is not None and end < start:
        raise bad_parameter("end", f"at or after `start` ({start})", str(end))
    symbol = symbols.resolve(context, "symbol", values["symbol"])
    # One more than asked for tells whether there was more.
    bars = context.store.bars.read(symbol, timeframe, start, end, limit + 1)
    head = {
        "symbol": symbol,
        "timeframe": timeframe,
        "simulated": symbols.is_simulated(context, symbol),
        "truncated": len(bars) > limit,
    }
    return tables.respond(columns(bars[-limit:]), values["format"], f"{symbol}_{timeframe}", head, "bars")


ROUTE: Final = Route(
    "/api/v1/bars",
    "Closed bars, oldest first. `truncated` says that older ones of the range were left out.",
    _bars,
    (Symbol("symbol", "Which symbol.", required=True), TIMEFRAME, START, END, LIMIT, FORMAT),
    COLUMNS,
)
