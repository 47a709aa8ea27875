"""The pair page's further views: one figure at a time, asked for when it is in sight and its bars have changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import dash
from dash import ClientsideFunction, Input, Output, no_update

from callbacks.live import Live
from callbacks.widgets import Desk, widgets
from layouts.pair_views import VIEWS


def register(app: dash.Dash, live: Live, desk: Desk) -> None:
    """Tie the section to what the page asks for; pair-views.js decides which figure that is, and when."""

    @app.callback(Output("pair-views-answer", "data"), Input("pair-views-asked", "data"), prevent_initial_call=True)
    def make(asked: Mapping[str, Any] | None) -> Any:
        return answer(live, desk, asked) if asked else no_update

    app.clientside_callback(
        ClientsideFunction("sb", "viewMade"), Input("pair-views-answer", "data"), prevent_initial_call=True
    )
    for id in VIEWS:
        app.clientside_callback(
            ClientsideFunction("sb", "draw"), Input(f"{id}-data", "data"), prevent_initial_call=True
        )


def answer(live: Live, desk: Desk, asked: Mapping[str, Any]) -> Any:
    """The figure ``id`` for the settings ``spec``, its note, and what was asked so that the page can tell."""
    query, problems = live.read(dict(parse_qsl(str(asked["spec"]))))
    if problems or asked["id"] not in VIEWS:
        return no_update
    drawn = widgets()[asked["id"]].draw(desk, query.spec(live.venue()))
    return {"asked": asked, "figure": drawn.record(asked["id"]), "note": drawn.note}
