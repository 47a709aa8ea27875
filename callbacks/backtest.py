"""The backtest page: its controls tied to its address, its test to its figures, and its tests on demand to jobs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import dash
from dash import ClientsideFunction, Input, Output, State, ctx, no_update

from analytics.backtest.pair import Study
from analytics.measure import NotTestable
from analytics.spec import METHOD
from callbacks import backtest_figures as figures
from callbacks import backtest_panels, quiet
from callbacks.backtest_choice import FIELDS, VALUES, Held, choose, default, span_key, span_of
from callbacks.backtest_curves import curves
from callbacks.backtest_data import Backtests, Span
from callbacks.backtest_query import BacktestQuery, parse
from callbacks.backtest_words import basis, cards, cautions, links, trade_rows
from callbacks.jobs import Jobs
from callbacks.live import Live
from layouts.backtest import waiting_cards
from layouts.figures import figure
from store import StoreError, open_store

if TYPE_CHECKING:
    from runtime.settings import Settings

FIGURES: Final = ("curves", "stress", "hours", "captured")
TAKES: Final = ("report", "csv", "json")
NO_STORE: Final = "The store does not answer, so no bar can be read. Try again with Newest bars."


class Page(NamedTuple):
    """What the page shows of one test."""

    span: Any
    ran: str
    basis: str
    caution: str
    cards: Any
    figures: list[Any]
    trades: Any
    trades_note: str
    links: list[Any]

    def outputs(self) -> list[Any]:
        """In the order of the callback's outputs."""
        return [*self[:5], *self.figures, self.trades, self.trades_note, *self.links]


def register(app: dash.Dash, live: Live, settings: Settings) -> None:
    """Tie controls, address, test and jobs."""
    data = Backtests(lambda: open_store(settings.redis.url, settings.redis.timeout_s))
    _controls(app, live)
    _test(app, live, data)
    backtest_panels.register(app, live, data, Jobs())
    _in_the_browser(app)


def _controls(app: dash.Dash, live: Live) -> None:
    @app.callback(
        *[Output(id, "value") for id in VALUES],
        *[Output(f"backtest-options-{method}", "hidden") for method in METHOD.choices],
        *[Output(f"{id}-field", "className") for id in FIELDS],
        Output("backtest-y", "options"),
        Output("backtest-x", "options"),
        Output("backtest-tf", "options"),
        Output("backtest-open", "href"),
        Output("backtest-hold", "aria-pressed"),
        Output("backtest-spec", "data"),
        Output("backtest-fresh", "data"),
        Output("backtest-problem", "children"),
        Input("backtest-address", "data"),
        *[Input(id, "value") for id in VALUES],
        Input("backtest-swap", "n_clicks"),
        Input("backtest-hold", "n_clicks"),
        Input("backtest-newest", "n_clicks"),
        Input("backtest-load", "data"),
        State("backtest-span", "data"),
        State("backtest-spec", "data"),
    )
    def controls(address: object, *given: Any) -> list[Any]:
        values, (_swap, _hold, newest, load, span, spec) = given[: len(VALUES)], given[len(VALUES) :]
        return choose(Held(str(ctx.triggered_id or ""), address, values, spec, span, load, newest), live).outputs()


def _test(app: dash.Dash, live: Live, data: Backtests) -> None:
    @app.callback(
        Output("backtest-span", "data"),
        Output("backtest-ran", "data"),
        Output("backtest-basis", "children"),
        Output("backtest-caution", "children"),
        Output("backtest-cards", "children"),
        *[Output(f"backtest-{name}-data", "data") for name in FIGURES],
        *[Output(f"backtest-{name}-note", "children") for name in FIGURES],
        Output("backtest-trades", "rowData"),
        Output("backtest-trades-note", "children"),
        *[Output(f"backtest-{name}", "href") for name in TAKES],
        Input("backtest-spec", "data"),
        Input("backtest-fresh", "data"),
        State("backtest-span", "data"),
        State("backtest-range", "data"),
        State("backtest-ran", "data"),
        running=[(Output("backtest-cards", "className"), "backtest-cards busy", "backtest-cards")],
        prevent_initial_call=True,
    )
    def test(spec: str, _fresh: int | None, span: Any, looked_at: Any, ran: str) -> Any:
        if not spec:
            return no_update
        query = parse(spec, default(live), live.names())
        newest = "backtest-fresh.data" in ctx.triggered_prop_ids
        page = made(query, live, data, None if newest else span, looked_at)
        return no_update if page.ran == ran else page.outputs()

    @app.callback(
        Output("backtest-curves-data", "data", allow_duplicate=True),
        Output("backtest-curves-note", "children", allow_duplicate=True),
        Input("backtest-range", "data"),
        State("backtest-spec", "data"),
        State("backtest-span", "data"),
        prevent_initial_call=True,
    )
    def look_closer(looked_at: Any, spec: str, span: Any) -> Any:
        query = parse(spec, default(live), live.names())
        held = span_of(span, query)
        found = data.study(query.pair.spec(live.venue()), query.rules, held) if held else None
        return curves(found, _range(looked_at, held)) if isinstance(found, Study) else no_update


def made(query: BacktestQuery, live: Live, data: Backtests, held: Any, looked_at: Any) -> Page:
    """The page for a test: on the span that is held, the one of the address, or all bars that are kept."""
    spec = query.pair.spec(live.venue())
    try:
        span = span_of(held, query)
        if span is None:
            span = data.newest(spec, query.start_ms, query.end_ms)
        if span is None:
            return _nothing(query, None, f"Warming up: 0 of {spec.window + 2:,} shared {spec.timeframe} bars")
        found = data.study(spec, query.rules, span)
    except StoreError:
        return _nothing(query, None, NO_STORE)
    if isinstance(found, NotTestable):
        return _nothing(query, span, found.reason)
    drawn = [curves(found, _range(looked_at, span)), *(each(found) for each in _SMALL)]
    rows, note = trade_rows(found)
    states = {symbol: live.market.state(symbol) for symbol in (spec.y, spec.x)}
    return Page(
        span=_held(query, span),
        ran=f"{query.test()}|{span}",
        basis=basis(found),
        caution=cautions(found, time.time_ns() // 1_000_000, states),
        cards=cards(found),
        figures=[*(each.figure for each in drawn), *(each.note for each in drawn)],
        trades=rows,
        trades_note=note,
        links=links(query, spec, span),
    )


_SMALL: Final = (figures.stress, figures.hours, figures.captured)


def _nothing(query: BacktestQuery, span: Span | None, reason: str) -> Page:
    """The page without a test, and why."""
    empty = [figure(f"backtest-{name}", [], reason=reason) for name in FIGURES]
    held = _held(query, span) if span else None
    notes = [""] * len(FIGURES)
    return Page(held, f"nothing {query.test()}", reason, "", waiting_cards(), [*empty, *notes], [], "none", [None] * 3)


def _held(query: BacktestQuery, span: Span) -> dict[str, Any]:
    return {"key": span_key(query), "start": span.start_ms, "end": span.end_ms, "asked": [query.start_ms, query.end_ms]}


def _range(looked_at: Any, span: Span | None) -> tuple[float, float] | None:
    """The range that the user looks at, if it is one of these bars."""
    if not looked_at or span is None or not looked_at[0] < looked_at[1]:
        return None
    inside = looked_at[0] < span.end_ms and looked_at[1] > span.start_ms
    return (float(looked_at[0]), float(looked_at[1])) if inside else None


def _in_the_browser(app: dash.Dash) -> None:
    quiet.follow(app, "backtest-tf")
    app.clientside_callback(
        ClientsideFunction("sb", "backtestAddress"), Input("backtest-spec", "data"), prevent_initial_call=True
    )
    app.clientside_callback(
        ClientsideFunction("sb", "backtestBest"),
        Output("backtest-load", "data"),
        Input("backtest-heat-best", "n_clicks"),
        State("backtest-heat-found", "data"),
        prevent_initial_call=True,
    )
    for name in FIGURES:
        app.clientside_callback(
            ClientsideFunction("sb", "backtestDraw"), Input(f"backtest-{name}-data", "data"), prevent_initial_call=True
        )
