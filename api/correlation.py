"""GET /api/v1/correlation: how much the returns of the watched symbols move together, like beside like."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from flask import Response

from analytics.market import TIMEFRAME_MS
from analytics.measure import NotTestable
from analytics.measures.correlation_matrix import MEASURE, CorrelationMatrix, correlation_matrix
from analytics.panel import panel
from api import symbols, tables
from api.bars import FORMAT, TIMEFRAME
from api.declared import Declared, Symbols
from api.route import Context, Route

COLUMNS: Final = {
    "y": "one symbol",
    "x": "the other; each pair is there once",
    "correlation": "of one-bar log returns; empty where the pair cannot be measured",
    "count": "returns that both have in the window",
}


def columns(found: CorrelationMatrix) -> dict[str, Any]:
    """Every pair once, in the order that puts like beside like."""
    names = np.array(found.symbols)
    order = np.array(found.order)
    first, second = (order[side] for side in np.triu_indices(order.size, 1))
    return {
        "y": names[first],
        "x": names[second],
        "correlation": found.correlation[first, second],
        "count": found.counts[first, second],
    }


def _correlation(context: Context, values: Mapping[str, Any]) -> Response:
    timeframe, window = values["timeframe"], values["window"]
    which, truncated = symbols.several(context, values["symbols"])
    # One bar more than the window: its first return needs the close before it.
    series = {symbol: context.store.bars.read(symbol, timeframe, limit=window + 1) for symbol in which}
    found = correlation_matrix(panel(series, TIMEFRAME_MS[timeframe]), window=window)
    head: dict[str, Any] = {
        "timeframe": timeframe,
        "window": window,
        "symbols": which,
        "as_of_ms": None,
        "state": "ready",
        "reason": "",
        "simulated": any(symbols.is_simulated(context, symbol) for symbol in which),
        "truncated": truncated,
    }
    if isinstance(found, NotTestable):
        head |= {"state": "untestable", "reason": found.reason}
        matrix: dict[str, Any] = {"matrix": None, "counts": None}
        table = {name: np.empty(0) for name in COLUMNS}
    else:
        head |= {"symbols": [found.symbols[at] for at in found.order], "as_of_ms": found.as_of_ms}
        square = np.ix_(found.order, found.order)
        matrix = {"matrix": found.correlation[square], "counts": found.counts[square]}
        table = columns(found)
    if values["format"] == "json":
        head |= matrix
    return tables.respond(table, values["format"], f"correlation_{timeframe}", head, "pairs")


ROUTE: Final = Route(
    "/api/v1/correlation",
    "Correlation of one-bar log returns over the newest window, for every two symbols. In JSON also as `matrix` and "
    "`counts`, rows and columns in the order of `symbols`, which puts like beside like.",
    _correlation,
    (Symbols("symbols", "Which symbols."), TIMEFRAME, *map(Declared.of, MEASURE.parameters), FORMAT),
    COLUMNS,
)
