"""GET /api/v1/scan: every pair of the watched symbols, tested for cointegration and ranked."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final
from weakref import WeakKeyDictionary

import numpy as np
from flask import Response

from analytics.cache import VersionCache
from analytics.market import OPEN_MS, TIMEFRAME_MS
from analytics.measure import NotTestable
from analytics.measures.scan import MEASURE, Scan
from analytics.panel import newest as last_rows
from analytics.panel import panel
from api import symbols, tables
from api.bars import FORMAT, TIMEFRAME
from api.declared import Declared, Symbols
from api.parameters import Choice, Integer
from api.problems import Problem
from api.route import Context, Route
from store import Store

WAIT_S: Final = 10.0

_COLUMNS: Final = ("y", "x", "statistic", "p", "q", "lags", "hedge_ratio", "intercept", "sigma", "half_life",
                   "correlation", "beta_stability", "liquidity", "cost_sigma", "z_in_sample")  # fmt: skip
COLUMNS: Final = {one.name: one.help for one in MEASURE.outputs if one.name in _COLUMNS}
_RISING: Final = ("q", "statistic", "half_life", "cost_sigma")
_FALLING: Final = ("correlation", "beta_stability", "liquidity", "z_in_sample")

ROWS: Final = Integer("rows", "The newest so many bars go in.", default=1440, low=50, high=10_000)
LIMIT: Final = Integer("limit", "At most so many pairs come out: the first ones.", default=1000, low=1, high=100_000)
SORT: Final = Choice(
    "sort",
    f"Which pairs come first: the lowest {', '.join(_RISING)}, or the highest {', '.join(_FALLING)} (of either sign).",
    default="q",
    choices=(*_RISING, *_FALLING),
)

# One scan at a time: it must not take the threads that answer the pages.
_turn: Final = threading.Lock()
_caches: Final[WeakKeyDictionary[Store, VersionCache[Scan | NotTestable]]] = WeakKeyDictionary()


def ordered(found: Scan, by: str) -> dict[str, Any]:
    """The columns of the answer, sorted ``by`` one of them; pairs without a value stand last."""
    columns = {name: getattr(found, name) for name in COLUMNS}
    if by != "q":
        key = columns[by] if by in _RISING else -np.abs(columns[by])
        order = np.argsort(key, kind="stable")
        columns = {name: column[order] for name, column in columns.items()}
    return columns


def _scan(context: Context, values: Mapping[str, Any]) -> Response:
    which, truncated = symbols.several(context, values["symbols"])
    settings = {one.name: values[one.name] for one in MEASURE.parameters}
    found = _found(context, which, values["timeframe"], values["rows"], settings)
    head: dict[str, Any] = {
        "timeframe": values["timeframe"],
        "settings": settings,
        "simulated": any(symbols.is_simulated(context, symbol) for symbol in which),
    }
    if isinstance(found, NotTestable):
        columns = {name: np.empty(0) for name in COLUMNS}
        head |= {"state": "untestable", "reason": found.reason, "symbols": which, "truncated": truncated}
    else:
        head |= {"state": "ready", "reason": ""}
        head |= {name: getattr(found, name) for name in ("symbols", "rows", "gaps", "as_of_ms", "tests")}
        head |= {name: getattr(found, name) for name in ("left_out", "duplicates", "singular")}
        columns = ordered(found, values["sort"])
        head["pairs_tested"] = found.y.size
        head["truncated"] = truncated or found.y.size > values["limit"]
    first = {name: column[: values["limit"]] for name, column in columns.items()}
    return tables.respond(first, values["format"], f"scan_{values['timeframe']}", head, "pairs")


def _found(
    context: Context, which: list[str], timeframe: str, rows: int, settings: Mapping[str, Any]
) -> Scan | NotTestable:
    """The scan of the bars as they are; computed once for all who ask between two bars."""
    store = context.store
    newest = tuple(
        tuple(store.bars.read(symbol, timeframe, limit=1)[:, OPEN_MS].astype(np.int64).tolist()) for symbol in which
    )

    def compute(_before: Scan | NotTestable | None) -> Scan | NotTestable:
        if not _turn.acquire(timeout=WAIT_S):
            detail = f"Other scans are being computed; nothing was free within {WAIT_S:g} s. Try again."
            raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "busy", detail)
        try:
            bars = {symbol: store.bars.read(symbol, timeframe, limit=rows) for symbol in which}
            data = last_rows(panel(bars, TIMEFRAME_MS[timeframe]), rows)
            found: Scan | NotTestable = MEASURE.compute(data, **settings)
        finally:
            _turn.release()
        return found

    cache = _caches.setdefault(store, VersionCache(16, 500_000, _weight))
    return cache.get((tuple(which), timeframe, rows, tuple(settings.items())), newest, compute)


def _weight(found: Scan | NotTestable) -> int:
    return found.y.size if isinstance(found, Scan) else 1


ROUTE: Final = Route(
    "/api/v1/scan",
    "Engle-Granger tests of all pairs of the watched symbols, both directions, with the false discovery rate over all "
    "tests. `left_out`, `duplicates` and `singular` name what could not be tested. Computed anew with each bar.",
    _scan,
    (
        TIMEFRAME,
        Symbols("symbols", "Which symbols."),
        ROWS,
        *(Declared.of(one) for one in MEASURE.parameters),
        SORT,
        LIMIT,
        FORMAT,
    ),
    COLUMNS,
)
