"""GET /api/v1/measures: what every measure declares, and each of them run on the bars or trades held."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any, Final, NamedTuple

import numpy as np
from flask import Response

from analytics import gather
from analytics.inputs import Input, Leg, Pair, Panel, TradePair, Trades, count
from analytics.live import Series
from analytics.market import name_of
from analytics.measure import Measure, NotTestable
from analytics.registry import measures
from api import symbols, tables
from api.bars import FORMAT, TIMEFRAME
from api.declared import PATH, Declared, Symbols, describe, plain
from api.parameters import Integer, Parameter, Symbol
from api.problems import Problem, bad_parameter
from api.route import Context, Route
from store import Store

ROWS: Final = Integer("rows", "At most so many rows go in: the newest ones.", default=2_000, low=1, high=10_000)
LIMIT: Final = Integer("limit", "At most so many rows come out: the newest ones.", default=1_000, low=1, high=10_000)
WAIT_S: Final = 10.0
_PAIR_DEPTH: Final = 4

_TWO: Final = (
    Symbol("y", "The leg that is explained.", required=True),
    Symbol("x", "The leg that explains.", required=True),
)
_ONE: Final = (Symbol("symbol", "Which symbol.", required=True),)
_WHICH: Final[dict[type, tuple[Parameter, ...]]] = {
    Leg: (*_ONE, TIMEFRAME),
    Pair: (*_TWO, TIMEFRAME),
    Trades: _ONE,
    TradePair: _TWO,
    Panel: (Symbols("symbols", "Which symbols."), TIMEFRAME),
}
# One computation at a time: a long one must not take the threads that answer the pages.
_turn: Final = threading.Lock()


def _list(_context: Context, _values: Mapping[str, Any]) -> Response:
    return Response(tables.to_json({"measures": [*map(describe, measures().values())]}), mimetype="application/json")


def _run(context: Context, values: Mapping[str, Any], each: Measure) -> Response:
    settings = {one.name: values[one.name] for one in each.parameters}
    which = _symbols(context, values, each)
    data = _gather(context, each, which, values)
    result = _compute(each, data, settings)
    head = _head(each, data, values, settings) | {
        "symbols": which,
        "simulated": any(symbols.is_simulated(context, symbol) for symbol in which),
    }
    if not each.per_row:
        return _whole(each, result, head)
    limit = values["limit"]
    if head["state"] == "ready" and all(np.isnan(getattr(result, output.name)[-1]) for output in each.outputs):
        head |= {"state": "untestable", "reason": "nothing can be said of the newest row"}
    opened = gather.stamps(data)[-limit:]
    columns = {_stamp(each): opened, "time": tables.utc(opened)}
    columns |= {output.name: getattr(result, output.name)[-limit:] for output in each.outputs}
    head["truncated"] = count(data) > limit
    title = "_".join([each.name, which[0], *map(name_of, which[1:2]), values.get("timeframe", "trades")])
    return tables.respond(columns, values["format"], title, head, "values")


def _head(each: Measure, data: Input, values: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    warmup, ready, as_of_ms = each.warmup(**settings), count(data), gather.as_of(data)
    return {
        "measure": each.name,
        "timeframe": values.get("timeframe"),
        "settings": settings,
        "as_of_ms": as_of_ms,
        "rows": ready,
        "partial_rows": gather.partial_rows(data),
        "warmup": warmup,
        "state": "warming" if ready < warmup else "ready",
        "reason": f"warming up {ready}/{warmup}" if ready < warmup else "",
    }


def _whole(each: Measure, result: Any, head: dict[str, Any]) -> Response:
    if isinstance(result, NotTestable):
        state = head["state"] if head["state"] == "warming" else "untestable"
        head |= {"state": state, "reason": result.reason, "values": None}
    else:
        head["values"] = {output.name: plain(getattr(result, output.name)) for output in each.outputs}
    response = Response(tables.to_json(head), mimetype="application/json")
    if head["simulated"]:
        response.headers["X-Spreadboard-Simulated"] = "1"
    return response


def _compute(each: Measure, data: Input, settings: Mapping[str, Any]) -> Any:
    if not _turn.acquire(timeout=WAIT_S):
        detail = f"Another measure is being computed; nothing was free within {WAIT_S:g} s. Try again."
        raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "busy", detail)
    try:
        return each.compute(data, **settings)
    finally:
        _turn.release()


def _symbols(context: Context, values: Mapping[str, Any], each: Measure) -> list[str]:
    if each.takes is Panel:
        return symbols.several(context, values["symbols"])[0]
    which = [symbols.resolve(context, name, values[name]) for name in ("symbol", "y", "x") if name in values]
    if len(which) != len(set(which)):
        raise bad_parameter("x", "another symbol than `y`", values["x"], "Choose two different legs.")
    return which


def _gather(context: Context, each: Measure, which: list[str], values: Mapping[str, Any]) -> Input:
    rows, store = values["rows"], context.store
    if each.takes in (Trades, TradePair):
        trades = [gather.trades_of(store.ticks.range(symbol, limit=rows)) for symbol in which]
        return gather.gather(each.takes, _Stored(store, 0), which, "1m", rows, trades=trades)
    # Two legs share fewer bars than each has.
    depth = _PAIR_DEPTH * rows if each.takes is Pair else rows
    return gather.gather(each.takes, _Stored(store, depth), which, values["timeframe"], rows)


class _Stored(NamedTuple):
    """Bars as the store has them, so that a request does not change what the pages' cache holds."""

    store: Store
    depth: int

    def bars(self, symbol: str, timeframe: str) -> Series:
        return Series(0, self.store.bars.read(symbol, timeframe, limit=self.depth))


def _stamp(each: Measure) -> str:
    return "time_ms" if each.takes in (Trades, TradePair) else "open_ms"


def _columns(each: Measure) -> dict[str, str]:
    opened = {
        "open_ms": "open time of the bar, UTC epoch milliseconds",
        "time_ms": "time of the trade, UTC epoch milliseconds",
    }
    said = {one.name: f"{one.help}{f' [{one.unit}]' if one.unit else ''}" for one in each.outputs}
    return {_stamp(each): opened[_stamp(each)], "time": "the same, ISO 8601", **said}


def _route(each: Measure) -> Route:
    return Route(
        f"{PATH}/{each.name}",
        f"{each.title}: {each.summary}.",
        lambda context, values: _run(context, values, each),
        (
            *_WHICH[each.takes],
            *(Declared.of(one) for one in each.parameters),
            ROWS,
            *((LIMIT, FORMAT) if each.per_row else ()),
        ),
        _columns(each) if each.per_row else {},
    )


def routes() -> Iterator[Route]:
    """The list of all measures, and a path for each."""
    summary = "Every measure: what it takes, its parameters, its outputs, formula, reference and test."
    yield Route(PATH, summary, _list)
    yield from map(_route, measures().values())
