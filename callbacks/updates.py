"""One clock, one live callback a page: what the page lacks goes in, `sb.apply` puts it on the screen."""

from __future__ import annotations

import dash
from dash import ClientsideFunction, Input, Output, State

from callbacks.live import PAGES, Live
from callbacks.message import Message


def register(app: dash.Dash, live: Live) -> None:
    """Tie the shell's clock to the live part of each page. A page that is not shown is not asked for."""

    @app.callback(
        Output("board-message", "data"),
        Input("clock", "n_intervals"),
        State("board-cursor", "data"),
        # The next tick waits for this one's answer: else a slow answer would be dropped for the next, and so on.
        running=[(Output("clock", "disabled"), True, False)],
        prevent_initial_call=True,
    )
    def board(_: int, cursor: str) -> Message:
        return live.message("board", "", str(cursor)) or dash.no_update

    @app.callback(
        Output("pair-message", "data"),
        Input("clock", "n_intervals"),
        State("pair-cursor", "data"),
        State("pair-spec", "data"),
        running=[(Output("clock", "disabled"), True, False)],
        prevent_initial_call=True,
    )
    def pair(_: int, cursor: str, spec: str) -> Message:
        return (live.message("pair", spec, str(cursor)) if spec else None) or dash.no_update

    @app.callback(
        Output("quiet-message", "data"),
        Input("clock", "n_intervals"),
        State("quiet-cursor", "data"),
        State("quiet-spec", "data"),
        running=[(Output("clock", "disabled"), True, False)],
        prevent_initial_call=True,
    )
    def quiet(_: int, cursor: str, timeframe: str) -> Message:
        return live.message("quiet", str(timeframe), str(cursor)) or dash.no_update

    for report, prop in (("range", "visibleLogicalRange"), ("crosshair", "crosshair"), ("shot", "screenshot")):
        app.clientside_callback(ClientsideFunction("sb", report), Input("pair-chart", prop), prevent_initial_call=True)
    for page in PAGES:
        app.clientside_callback(
            ClientsideFunction("sb", "receive"),
            Input(f"{page}-message", "data"),
            prevent_initial_call=True,
        )
