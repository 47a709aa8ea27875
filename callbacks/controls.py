"""The pair page's controls and the address bar, both ways; what cannot be used is said, never swallowed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import dash
from dash import ClientsideFunction, Input, Output, State, ctx, no_update

from analytics.spec import METHOD
from callbacks.live import Live
from callbacks.query import PairQuery
from callbacks.uploads import frames, options, unheld
from layouts.options import OPTIONS, shown

_CONTROLS: Final = ("y", "x", "tf", "window", "scale", "method")
_FIELDS: Final = ("pair-window", *OPTIONS)
_VALUES: Final = [f"pair-{name}" for name in _CONTROLS] + list(OPTIONS)
_AT_FAULT: Final = re.compile(r"`(\w+)`")


def register(app: dash.Dash, live: Live) -> None:
    """Tie controls, address and chosen settings together."""

    @app.callback(
        *[Output(id, "value") for id in _VALUES],
        *[Output(f"pair-options-{method}", "hidden") for method in METHOD.choices],
        *[Output(f"{id}-field", "className") for id in _FIELDS],
        Output("pair-y", "options"),
        Output("pair-x", "options"),
        Output("pair-tf", "options"),
        Output("pair-spec", "data"),
        Output("pair-problem", "children"),
        Input("pair-address", "data"),
        *[Input(id, "value") for id in _VALUES],
        Input("pair-swap", "n_clicks"),
        State("pair-spec", "data"),
    )
    def choose(address: dict[str, object] | None, *given: Any) -> list[Any]:
        *controls, _clicks, chosen = given
        triggered = str(ctx.triggered_id)
        if triggered not in (*_VALUES, "pair-swap"):
            asked = _named(address)
            query, problems = live.read(asked)
            return _answer(query, [*problems, *unheld(asked.get("tf"), query.tf, _frames(query, live))], live, chosen)
        values = _from_controls(controls)
        if triggered == "pair-swap":
            values |= {"y": values["x"], "x": values["y"]}
        # An emptied field is a mistake of the user's, not a wish for the default.
        query, problems = live.read(values)
        problems += [f"`{name}` is empty; choose a value." for name, value in values.items() if value == ""]
        if problems:
            kept = [no_update] * (len(_VALUES) + len(METHOD.choices))
            return [*kept, *_looks(problems, str(values["method"])), *[no_update] * 4, " ".join(problems)]
        return _answer(query, problems, live, chosen)

    app.clientside_callback(
        ClientsideFunction("sb", "spec"),
        Input("pair-spec", "data"),
        prevent_initial_call=True,
    )


def _answer(query: PairQuery, problems: Sequence[str], live: Live, chosen: str) -> list[Any]:
    """Controls that show ``query``, and the settings when they are others than ``chosen``."""
    names = live.names()
    own = dict(query.options)
    values = [
        *[getattr(query, name) for name in _CONTROLS],
        *[shown(own[each.name]) if method == query.method else no_update for method, each in OPTIONS.values()],
    ]
    hidden = [method != query.method or not own for method in METHOD.choices]
    spec = no_update if str(query) == chosen else str(query)
    looks = ["field"] * len(_FIELDS)
    return [*values, *hidden, *looks, names, names, options(_frames(query, live)), spec, " ".join(problems)]


def _frames(query: PairQuery, live: Live) -> list[str]:
    return frames(live.held(), (query.y, query.x))


def _from_controls(controls: Sequence[Any]) -> dict[str, object]:
    given = {name: "" if value is None else value for name, value in zip(_VALUES, controls, strict=True)}
    method = given["pair-method"]
    fixed = {name: given[f"pair-{name}"] for name in _CONTROLS}
    return fixed | {each.name: given[id] for id, (owner, each) in OPTIONS.items() if owner == method}


def _looks(problems: Iterable[str], method: str) -> list[str]:
    """Class of each field: marked where a problem names it."""
    at_fault = {name for problem in problems for name in _AT_FAULT.findall(problem.partition(" ")[0])}
    wrong = {"pair-window" if "window" in at_fault else ""}
    wrong |= {id for id, (owner, each) in OPTIONS.items() if owner == method and each.name in at_fault}
    return ["field wrong" if id in wrong else "field" for id in _FIELDS]


def _named(address: object) -> Mapping[str, object]:
    return address if isinstance(address, dict) else {}
