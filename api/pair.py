"""GET /api/v1/pair: the statistics of a pair as the page shows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flask import Response

from analytics.estimators import ESTIMATORS
from analytics.live import PairHistory, PairSpec
from analytics.market import name_of
from analytics.parameters import MAX_WINDOW, MIN_WINDOW, SCALE, ParameterError
from analytics.spec import METHOD
from api import symbols, tables
from api.bars import FORMAT, LIMIT, TIMEFRAME
from api.declared import Declared
from api.parameters import Choice, Integer, Symbol
from api.problems import bad_parameter
from api.route import Context, Route
from runtime.metrics import exchange_now_ms

COLUMNS: Final = {
    "open_ms": "open time of the closed bar that both legs share, UTC epoch milliseconds",
    "time": "the same, ISO 8601",
    "y": "close of y",
    "x": "close of x",
    "y_volume": "volume of y in its base asset",
    "x_volume": "volume of x in its base asset",
    "hedge_ratio": "units of x for one of y, by `method` from shared bars before this one",
    "intercept": "of the same line",
    "sigma": "of the residuals: standard deviation (ols, tls), MAD / 0.6745 (huber, theil_sen), forecast's (kalman)",
    "spread": "y - intercept - hedge_ratio * x (of log prices with scale=log)",
    "z": "spread / sigma",
    "correlation": "of log returns over `window` bars, this one included",
    "flags": "flags of the two bars, combined",
}


def _options() -> tuple[Declared, ...]:
    """The options of all methods; absent unless given."""
    declared = {parameter.name: parameter for each in ESTIMATORS.values() for parameter in each.parameters}
    methods = {
        name: [each.name for each in ESTIMATORS.values() if parameter in each.parameters]
        for name, parameter in declared.items()
    }
    return tuple(
        Declared(name, f"{parameter.help}. For method={' or '.join(methods[name])}.", declaration=parameter)
        for name, parameter in declared.items()
    )


OPTIONS: Final = _options()


def columns(history: PairHistory, limit: int) -> dict[str, Any]:
    """The newest ``limit`` rows of a pair's history; NaN while it warms up."""
    newest = {name: getattr(history, name)[-limit:] for name in COLUMNS if name != "time"}
    return {"open_ms": newest.pop("open_ms"), "time": tables.utc(history.open_ms[-limit:]), **newest}


def _pair(context: Context, values: Mapping[str, Any]) -> Response:
    y = symbols.resolve(context, "y", values["y"])
    x = symbols.resolve(context, "x", values["x"])
    settings = {name: values[name] for name in ("timeframe", "window", "method", "scale")}
    options = tuple((each.name, values[each.name]) for each in OPTIONS if values[each.name] is not None)
    try:
        spec = PairSpec(y, x, **settings, options=options)
    except ParameterError as error:
        remedy = str(error).partition(". ")[2]
        raise bad_parameter(error.parameter, error.allowed, str(values[error.parameter]), remedy) from None
    history = context.book.history(spec)
    head = {
        "y": y,
        "x": x,
        **settings,
        **spec.settings,
        "simulated": symbols.is_simulated(context, y) or symbols.is_simulated(context, x),
        "truncated": len(history.open_ms) > values["limit"],
        "now": context.book.now(spec, round(exchange_now_ms(context.store.status.feed()))),
    }
    title = f"{y}_{name_of(x)}_{spec.timeframe}"
    return tables.respond(columns(history, values["limit"]), values["format"], title, head, "series")


ROUTE: Final = Route(
    "/api/v1/pair",
    "A pair: latest values from the last trades (`now`; JSON and Parquet metadata only) and one row a closed bar.",
    _pair,
    (
        Symbol("y", "The leg that is explained.", required=True),
        Symbol("x", "The leg that explains.", required=True),
        TIMEFRAME,
        Integer("window", "Bars in the fit.", default=120, low=MIN_WINDOW, high=MAX_WINDOW),
        Choice("method", "How the hedge ratio is estimated.", default="ols", choices=tuple(METHOD.choices)),
        *OPTIONS,
        Choice("scale", "Prices as they are, or their logarithms.", default="level", choices=tuple(SCALE.choices)),
        LIMIT,
        FORMAT,
    ),
    COLUMNS,
)
