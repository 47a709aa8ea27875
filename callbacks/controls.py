"""The pair page's controls and the address bar, both ways; what cannot be used is said, never swallowed."""

from __future__ import annotations

from typing import Any

import dash
from dash import ClientsideFunction, Input, Output, State, ctx, no_update

from callbacks.live import Live
from callbacks.query import PairQuery

_CONTROLS = ("y", "x", "tf", "window", "scale")


def register(app: dash.Dash, live: Live) -> None:
    """Tie controls, address and chosen settings together."""

    @app.callback(
        *[Output(f"pair-{name}", "value") for name in _CONTROLS],
        Output("pair-y", "options"),
        Output("pair-x", "options"),
        Output("pair-spec", "data"),
        Output("pair-problem", "children"),
        Input("pair-address", "data"),
        *[Input(f"pair-{name}", "value") for name in _CONTROLS],
        Input("pair-swap", "n_clicks"),
        State("pair-spec", "data"),
    )
    def choose(address: dict[str, object] | None, *given: Any) -> list[Any]:
        *controls, _clicks, chosen = given
        from_controls = str(ctx.triggered_id).removeprefix("pair-") in (*_CONTROLS, "swap")
        values = dict(zip(_CONTROLS, controls, strict=True)) if from_controls else _named(address)
        if ctx.triggered_id == "pair-swap":
            values |= {"y": values["x"], "x": values["y"]}
        if from_controls:
            # An emptied field is a mistake of the user's, not a wish for the default.
            values = {name: "" if value is None else value for name, value in values.items()}
        query, problems = live.read(values)
        if from_controls and (problems or "" in values.values()):
            empty = [f"`{name}` is empty; choose a value." for name, value in values.items() if value == ""]
            return [no_update] * 8 + [" ".join(problems + empty)]
        names = live.names()
        spec = no_update if str(query) == chosen else str(query)
        return [*_shown(query), names, names, spec, " ".join(problems)]

    app.clientside_callback(
        ClientsideFunction("sb", "spec"),
        Input("pair-spec", "data"),
        prevent_initial_call=True,
    )


def _named(address: object) -> dict[str, object]:
    return address if isinstance(address, dict) else {}


def _shown(query: PairQuery) -> list[Any]:
    return [getattr(query, name) for name in _CONTROLS]
