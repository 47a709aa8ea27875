"""GET /api/v1/backtest: a pair's rules run on stored bars; the report, and trades, fills or bars as rows."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import fields
from http import HTTPStatus
from typing import Any, Final

import numpy as np
from flask import Response

from analytics.backtest.columns import TABLES
from analytics.backtest.pair import RULES, Prepared, Study, prepare, study
from analytics.backtest.rules import Contradiction, Rules
from analytics.market import OPEN_MS, name_of
from analytics.measure import NotTestable
from analytics.parameters import ParameterError
from analytics.spec import PairSpec
from api import backtest_html, pair, symbols, tables
from api.bars import END, FORMAT, LIMIT, START
from api.declared import Declared, plain
from api.parameters import Choice
from api.problems import Problem, bad_parameter
from api.route import Context, Route

PATH: Final = "/api/v1/backtest"
WAIT_S: Final = 10.0
_ARRAYS: Final = ("equity", "drawdown")

# One computation at a time: a long one must not take the threads that answer the pages.
_turn: Final = threading.Lock()

MEMBERS: Final = {
    "state": "ready, or untestable",
    "reason": "why, in words; empty when ready",
    "rules": "all rules, as given or by default",
    "start_ms": "open of the first shared bar, UTC epoch milliseconds",
    "end_ms": "end of the last one",
    "bars": "shared bars",
    "missing_bars": "between them, in which a leg did not trade",
    "partial_bars": "that miss trades",
    "blocked": "entries that were not filled: a bar was missing or partial, or there was no half-life",
    "closed_at_end": "whether the last position was closed because the bars ended",
    "report": "figures, null where they do not exist; `low` and `high` are 95 % intervals by the stationary bootstrap",
}


def answer(context: Context, values: Mapping[str, Any]) -> tuple[PairSpec, Rules, Study | NotTestable]:
    """The test that a request asks for. Raises `Problem`."""
    spec, rules = _spec(context, values), _rules(values)
    if not _turn.acquire(timeout=WAIT_S):
        detail = f"Another backtest is being run; nothing was free within {WAIT_S:g} s. Try again."
        raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "busy", detail)
    try:
        found = _prepared(context, spec, values["start"], values["end"])
        return spec, rules, study(found, rules) if isinstance(found, Prepared) else found
    finally:
        _turn.release()


def head_of(context: Context, spec: PairSpec, rules: Rules, found: Study | NotTestable) -> dict[str, Any]:
    """What stands beside the rows."""
    simulated = any(symbols.is_simulated(context, symbol) for symbol in (spec.y, spec.x))
    settings = {name: getattr(spec, name) for name in ("y", "x", "timeframe", "window", "method", "scale")}
    head = settings | spec.settings | {"rules": {each.name: getattr(rules, each.name) for each in RULES}}
    head |= {"simulated": simulated, "truncated": False, "state": "ready", "reason": ""}
    if isinstance(found, NotTestable):
        return head | {"state": "untestable", "reason": found.reason, "report": None}
    run, prepared = found.run, found.prepared
    return head | {
        "start_ms": int(run.open_ms[0]),
        "end_ms": int(run.open_ms[-1]) + run.step_ms,
        "bars": len(prepared.legs),
        "missing_bars": prepared.missing,
        "partial_bars": prepared.partial,
        "blocked": run.blocked,
        "closed_at_end": run.closed_at_end,
        "report": {
            each.name: plain(getattr(found.report, each.name))
            for each in fields(found.report)
            if each.name not in _ARRAYS
        },
    }


def title_of(spec: PairSpec) -> str:
    """Name of a file that holds the test."""
    return f"backtest_{spec.y}_{name_of(spec.x)}_{spec.timeframe}"


def _backtest(context: Context, values: Mapping[str, Any]) -> Response:
    table = TABLES[values["table"]]
    spec, rules, found = answer(context, values)
    head = head_of(context, spec, rules, found)
    columns = {name: np.empty(0) for name in table.columns} if isinstance(found, NotTestable) else table.of(found)
    count = next(iter(columns.values())).size
    head["truncated"] = count > values["limit"]
    newest = {name: column[-values["limit"] :] for name, column in columns.items()}
    return tables.respond(newest, values["format"], f"{title_of(spec)}_{values['table']}", head, values["table"])


def _html(context: Context, values: Mapping[str, Any]) -> Response:
    spec, rules, found = answer(context, values)
    head = head_of(context, spec, rules, found)
    response = Response(backtest_html.page(spec, rules, found, simulated=head["simulated"]), mimetype="text/html")
    marked = f"{title_of(spec)}{'_SIMULATED' if head['simulated'] else ''}.html".replace(":", "-")
    response.headers["Content-Disposition"] = f'attachment; filename="{marked}"'
    if head["simulated"]:
        response.headers["X-Spreadboard-Simulated"] = "1"
    return response


def _spec(context: Context, values: Mapping[str, Any]) -> PairSpec:
    y, x = (symbols.resolve(context, name, values[name]) for name in ("y", "x"))
    settings = {name: values[name] for name in ("timeframe", "window", "method", "scale")}
    options = tuple((each.name, values[each.name]) for each in pair.OPTIONS if values[each.name] is not None)
    try:
        return PairSpec(y, x, **settings, options=options)
    except ParameterError as error:
        raise _refused(error, values) from None


def _rules(values: Mapping[str, Any]) -> Rules:
    try:
        return Rules(**{each.name: values[each.name] for each in RULES})
    except Contradiction as error:
        raise _refused(error, values) from None


def _refused(error: ParameterError, values: Mapping[str, Any]) -> Problem:
    remedy = str(error).partition(". ")[2]
    return bad_parameter(error.parameter, error.allowed, str(values[error.parameter]), remedy)


def _prepared(context: Context, spec: PairSpec, start: int | None, end: int | None) -> Prepared | NotTestable:
    y, x = (context.store.bars.read(symbol, spec.timeframe, start, end) for symbol in (spec.y, spec.x))
    shared = np.intersect1d(y[:, OPEN_MS], x[:, OPEN_MS])
    if shared.size:
        # What lies outside the shared bars would only differ from how the page cuts them.
        y, x = (leg[(leg[:, OPEN_MS] >= shared[0]) & (leg[:, OPEN_MS] <= shared[-1])] for leg in (y, x))
    return prepare((y, x), spec)


TABLE: Final = Choice("table", "What the rows are.", default="trades", choices=tuple(TABLES))
_TEST: Final = (
    *(each for each in pair.ROUTE.parameters if each not in (LIMIT, FORMAT)),
    *map(Declared.of, RULES),
    START,
    END,
)
ROUTES: Final = (
    Route(
        PATH,
        "A backtest of a pair on the stored bars: signals at the close, fills at the next open, flat at the end; the "
        "report in JSON, and one row for each trade (or fill, or bar: `table`).",
        _backtest,
        (*_TEST, TABLE, LIMIT, FORMAT),
        TABLES["trades"].columns,
        MEMBERS,
    ),
    Route(
        f"{PATH}/report.html",
        "The same test as one HTML file that needs nothing else: settings, figures, picture, trades.",
        _html,
        _TEST,
        media="text/html",
    ),
)
