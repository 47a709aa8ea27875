"""GET /api/v1/ticks: the newest trades as stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from flask import Response

from analytics.market import Tick
from api import symbols, tables
from api.bars import FORMAT, LIMIT
from api.parameters import Symbol
from api.route import Context, Route

COLUMNS: Final = {
    "trade_id": "the venue's number of the trade",
    "time_ms": "trade time, UTC epoch milliseconds",
    "time": "the same, ISO 8601",
    "price": "in the quote asset",
    "quantity": "in the base asset",
    "buyer_is_maker": "true: the seller was the aggressor",
}


def columns(ticks: Sequence[Tick]) -> dict[str, Any]:
    """The columns of the answer, in their order."""
    time_ms = np.array([tick.time_ms for tick in ticks], np.int64)
    return {
        "trade_id": np.array([tick.trade_id for tick in ticks], np.int64),
        "time_ms": time_ms,
        "time": tables.utc(time_ms),
        "price": np.array([tick.price for tick in ticks], np.float64),
        "quantity": np.array([tick.quantity for tick in ticks], np.float64),
        "buyer_is_maker": np.array([tick.buyer_is_maker for tick in ticks], np.bool_),
    }


def _ticks(context: Context, values: Mapping[str, Any]) -> Response:
    symbol = symbols.resolve(context, "symbol", values["symbol"])
    ticks = context.store.ticks.range(symbol, limit=values["limit"])
    head = {"symbol": symbol, "simulated": symbols.is_simulated(context, symbol)}
    return tables.respond(columns(ticks), values["format"], f"{symbol}_ticks", head, "ticks")


ROUTE: Final = Route(
    "/api/v1/ticks",
    "The newest trades, oldest first.",
    _ticks,
    (Symbol("symbol", "Which symbol.", required=True), LIMIT, FORMAT),
    COLUMNS,
)
