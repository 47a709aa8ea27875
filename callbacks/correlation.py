"""The correlation page: its controls tied to its address and its figures, made once for all who look at the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import dash
from dash import ClientsideFunction, Input, Output, State, ctx, no_update

from analytics.market import label_of
from analytics.measure import NotTestable
from callbacks import correlation_cells as cells
from callbacks import correlation_curves as curves
from callbacks import quiet
from callbacks.correlation_choice import AT, CONTROLS, FIELDS, Asked, Market, Slider, choose, look
from callbacks.correlation_query import CorrelationQuery, parse
from callbacks.correlation_words import Shown, clock, short
from callbacks.correlations import Correlations, Ticks, correlations_of
from callbacks.live import Live

if TYPE_CHECKING:
    from store.cache import MarketCache

_IDS: Final = [f"correlation-{name}" for name in CONTROLS]
_BARS: Final = ("correlation-matrix", "correlation-leads", "correlation-cross")
_TRADES: Final = ("correlation-ticks", "correlation-epps")


def register(app: dash.Dash, live: Live, cache: MarketCache) -> None:
    """Tie controls, address and figures together."""
    data = correlations_of(cache)

    @app.callback(
        *[Output(id, "value") for id in _IDS],
        *[Output(f"correlation-{name}-field", "className") for name in FIELDS],
        *[Output(f"correlation-{name}", "options") for name in ("y", "x", "tf")],
        Output("correlation-open", "href"),
        Output("correlation-spec", "data"),
        Output("correlation-problem", "children"),
        Input("correlation-address", "data"),
        *[Input(id, "value") for id in _IDS],
        Input(AT, "value"),
        Input("correlation-swap", "n_clicks"),
        Input("correlation-now", "n_clicks"),
        State(AT, "max"),
        State("correlation-spec", "data"),
    )
    def controls(address: object, *given: Any) -> list[Any]:
        values, rest = dict(zip(CONTROLS, given, strict=False)), given[len(CONTROLS) :]
        at, _swap, _now, newest, spec = rest
        asked = Asked(str(ctx.triggered_id or ""), address, values, at, newest, spec)
        return choose(asked, Market.of(live), data).outputs()

    # Not one with the controls: a bar that closes must not overtake a click whose answer is on its way.
    @app.callback(
        *[Output(AT, part) for part in Slider._fields],
        Output("correlation-now", "aria-pressed"),
        Output("correlation-at-words", "children"),
        Output("correlation-until", "data"),
        Input("correlation-spec", "data"),
        Input("quiet-closed", "data"),
        State("correlation-until", "data"),
        prevent_initial_call=True,
    )
    def moment(spec: str, _closed: int, made: Mapping[str, Any] | None) -> Any:
        return look(spec, made, Market.of(live), data).outputs() if spec else no_update

    @app.callback(
        *[Output(f"{id}-{part}", prop) for id in _BARS for part, prop in (("data", "data"), ("note", "children"))],
        Output("correlation-leads-warning", "children"),
        Input("correlation-until", "data"),
        prevent_initial_call=True,
    )
    def bars(until: Mapping[str, Any] | None) -> Any:
        return bar_figures(data, Market.of(live), until["spec"], until["ms"]) if until else no_update

    @app.callback(
        *[Output(f"{id}-{part}", prop) for id in _TRADES for part, prop in (("data", "data"), ("note", "children"))],
        *[Output(f"{id}-rests", "children") for id in _TRADES],
        Input("correlation-until", "data"),
        prevent_initial_call=True,
    )
    def trades(until: Mapping[str, Any] | None) -> Any:
        return trade_figures(data, Market.of(live), until["spec"], until["ms"]) if until else no_update

    _in_the_browser(app)


def bar_figures(data: Correlations, market: Market, spec: str, until_ms: int) -> list[Any]:
    """Matrix, leads and cross-correlation, each with its note; then the warning about symbols that rarely trade."""
    query, as_of = market.framed(parse(spec, market.default, market.names)), clock(until_ms)
    symbols = market.beside(query)
    leads = data.leads(symbols, query, until_ms)
    shown = (
        cells.matrix(data.matrix(symbols, query, until_ms), query, as_of),
        cells.leads(leads, query, as_of),
        curves.cross(leads, _legs(query, market), query, as_of),
    )
    return [*_parts(shown), _warning(leads)]


def trade_figures(data: Correlations, market: Market, spec: str, until_ms: int) -> list[Any]:
    """Hayashi-Yoshida and the Epps curve, each with its note; then what each of them rests on."""
    query = market.framed(parse(spec, market.default, market.names))
    legs = _legs(query, market)
    ticks, on_bars = data.ticks(*legs, until_ms), data.on_bars(*legs, query, until_ms)
    shown = curves.shifted(ticks, on_bars, query), curves.curve(ticks, on_bars, query)
    return [*_parts(shown), *[_rests(ticks, query)] * len(shown)]


def _in_the_browser(app: dash.Dash) -> None:
    quiet.follow(app, "correlation-tf")
    app.clientside_callback(
        ClientsideFunction("sb", "correlation"), Input("correlation-spec", "data"), prevent_initial_call=True
    )
    for id in (*_BARS, *_TRADES):
        app.clientside_callback(
            ClientsideFunction("sb", "draw"), Input(f"{id}-data", "data"), prevent_initial_call=True
        )


def _legs(query: CorrelationQuery, market: Market) -> tuple[str, str]:
    full = dict(zip(market.names, market.symbols, strict=True))
    return full[query.y], full[query.x]


def _parts(shown: tuple[Shown, ...]) -> list[Any]:
    return [part for each in shown for part in each]


def _warning(leads: Any) -> str:
    """Symbols whose prices are so often old that they look late without being so."""
    if isinstance(leads, NotTestable) or not leads.warnings:
        return ""
    rare = {warning.partition(" ")[0] for warning in leads.warnings}
    shares = zip(short([label_of(symbol) for symbol in leads.symbols]), leads.symbols, leads.shares, strict=True)
    named = ", ".join(f"{name} {share:.0%}" for name, symbol, share in shares if symbol in rare)
    return f"Where these seem to follow, their prices may only be old. Bars with trades: {named}."


def _rests(ticks: Ticks | NotTestable, query: CorrelationQuery) -> str:
    if isinstance(ticks, NotTestable):
        return ""
    y, x = ticks.counts
    return (
        f"{y:,} trades of {query.y}, {x:,} of {query.x}; both from {clock(ticks.start_ms)} to {clock(ticks.as_of_ms)}"
    )
