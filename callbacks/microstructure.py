"""The flow page's controls, its address bar and what it shows; all of it renewed when a bar closes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

import dash
from dash import ClientsideFunction, Input, Output, State, ctx, no_update

from analytics.live import PairBook
from callbacks import quiet
from callbacks.flow_cards import about_bars, about_trades, cards
from callbacks.flow_figures import draw
from callbacks.flow_query import FlowQuery, read
from callbacks.flow_study import LEAST_RENEWAL_MS, FlowStudies, Study, studies_of
from callbacks.live import Live
from layouts.flow import BAR_TILES, TRADE_TILES, flow_card

if TYPE_CHECKING:
    from store.cache import MarketCache

_VALUES: Final = tuple(f"flow-{name}" for name in FlowQuery._fields)
_FIELDS: Final = ("window", "trades")
_FIGURES: Final = (*TRADE_TILES, *BAR_TILES)
_AT_FAULT: Final = re.compile(r"`(\w+)`")


def register(app: dash.Dash, live: Live, book: PairBook, cache: MarketCache) -> None:
    """Tie controls, address and figures together."""
    _controls(app, live)
    _figures(app, live, studies_of(cache, book))
    app.clientside_callback(
        ClientsideFunction("sb", "flowAddress"), Input("flow-spec", "data"), prevent_initial_call=True
    )
    quiet.follow(app, "flow-tf")
    for id in _FIGURES:
        app.clientside_callback(
            ClientsideFunction("sb", "flowDraw"), Input(f"{id}-data", "data"), prevent_initial_call=True
        )


def _controls(app: dash.Dash, live: Live) -> None:
    @app.callback(
        *[Output(id, "value") for id in _VALUES],
        *[Output(f"flow-{name}-field", "className") for name in _FIELDS],
        Output("flow-y", "options"),
        Output("flow-x", "options"),
        Output("flow-spec", "data"),
        Output("flow-problem", "children"),
        Input("flow-address", "data"),
        *[Input(id, "value") for id in _VALUES],
        Input("flow-swap", "n_clicks"),
        State("flow-spec", "data"),
    )
    def choose(address: dict[str, object] | None, *given: Any) -> list[Any]:
        *controls, _clicks, chosen = given
        if ctx.triggered_id not in (*_VALUES, "flow-swap"):
            return _answer(*read(live, address or {}), live, chosen)
        values = {name: "" if value is None else value for name, value in zip(FlowQuery._fields, controls, strict=True)}
        if ctx.triggered_id == "flow-swap":
            values |= {"y": values["x"], "x": values["y"]}
        query, problems = read(live, values)
        # An emptied field is a mistake of the user's, not a wish for the default.
        problems += [f"`{name}` is empty; choose a value." for name, value in values.items() if value == ""]
        if problems:
            return [*[no_update] * len(_VALUES), *_looks(problems), *[no_update] * 3, " ".join(problems)]
        return _answer(query, problems, live, chosen)


def _answer(query: FlowQuery, problems: Sequence[str], live: Live, chosen: str) -> list[Any]:
    names = live.names()
    spec = no_update if str(query) == chosen else str(query)
    return [*query, *["field"] * len(_FIELDS), names, names, spec, " ".join(problems)]


def _looks(problems: Sequence[str]) -> list[str]:
    at_fault = {name for problem in problems for name in _AT_FAULT.findall(problem.partition(" ")[0])}
    return ["field wrong" if name in at_fault else "field" for name in _FIELDS]


def _figures(app: dash.Dash, live: Live, studies: FlowStudies) -> None:
    @app.callback(
        Output("flow-cards", "children"),
        Output("flow-trades-about", "children"),
        Output("flow-bars-about", "children"),
        *[Output(f"{id}-data", "data") for id in _FIGURES],
        *[Output(f"{id}-note", "children") for id in _FIGURES],
        Output("flow-drawn", "data"),
        Output("flow-late", "disabled"),
        Input("quiet-closed", "data"),
        Input("flow-spec", "data"),
        Input("flow-late", "n_intervals"),
        State("flow-drawn", "data"),
        prevent_initial_call=True,
    )
    def show(closed: int | None, text: str, _late: int | None, drawn: str) -> list[Any]:
        query, problems = read(live, dict(parse_qsl(text or "")))
        if problems or not text:
            raise dash.exceptions.PreventUpdate
        study = studies.of(query.spec(live.venue()), query.trades)
        reached = f"{text} {study.version}"
        shown = [no_update] * (4 + 2 * len(_FIGURES)) if reached == drawn else [*_shown(study), reached]
        return [*shown, not is_late(study, closed)]


def is_late(study: Study, closed_ms: int | None) -> bool:
    """Whether a leg's bar is still to come although another symbol's has closed, so that it is worth asking again."""
    return study.spec.step_ms >= LEAST_RENEWAL_MS and study.common_ms < (closed_ms or 0)


def _shown(study: Study) -> list[Any]:
    figures = draw(study)
    return [
        [flow_card(name, values) for name, values in cards(study).items()],
        about_trades(study),
        about_bars(study),
        *[figures[id].record for id in _FIGURES],
        *[figures[id].note for id in _FIGURES],
    ]
