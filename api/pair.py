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

NOW: Final = {
    "state": "down, warming, untestable, stale, partial or live: the first that applies; or uploaded: the past",
    "reason": "why, in words; empty when live",
    "ready": "closed shared bars that the fit rests on, of `window`",
    "window": "as asked for",
    "y_price": "last trade of y",
    "x_price": "last trade of x",
    "y_age_ms": "how long ago that was, in milliseconds",
    "x_age_ms": "the same of x",
    "hedge_ratio": "units of x for one of y, by `method` from the last `window` closed shared bars",
    "hedge_ratio_se": "its standard error, where the method has one",
    "intercept": "of the same line",
    "r_squared": "of the same line, where the method has one",
    "sigma": "that z is measured in",
    "spread": "of the last trades against the line",
    "z": "spread / sigma",
    "cost_sigma": "fees and half-spreads of a round trip at the newest closes, 6 bps a trade, in sigmas",
    "correlation": "of log returns over the window",
    "half_life_bars": "of the fit's residuals",
    "half_life_reliable": "whether it is short enough for the window to tell",
    "as_of_ms": "end of the newest closed shared bar",
    "span_ms": "time from the open of the window's first bar to `as_of_ms`",
    "gaps": "breaks in the window: neighbouring shared bars more than one step apart",
    "longest_gap_ms": "longest time without a shared bar inside the window",
    "sparse": "whether `span_ms` is more than 1.5 times the length of the bars themselves",
    "partial_bars": "bars of the window that miss trades",
    "time_ms": "time of the newer of the two last trades",
}
"""What `now` says; unknown is null."""


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
    {f"now.{name}": text for name, text in NOW.items()},
)
