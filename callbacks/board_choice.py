"""The board's settings and the address bar, both ways, and the scan that they ask for."""

from __future__ import annotations

import difflib
import re
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import dash
from dash import ClientsideFunction, Input, Output, ctx, no_update

from analytics.parameters import ParameterError
from callbacks import grid_query
from callbacks.live import Live
from callbacks.message import Message
from callbacks.scan_query import ScanQuery, fields, parse, read
from callbacks.scanner import Scans
from layouts.scanner import ROWS, SETTINGS, SHOW

if TYPE_CHECKING:
    from store.cache import MarketCache

_CONTROLS: Final = tuple(f"board-{each.name}" for each in SETTINGS)
_FIELDS: Final = tuple(each.name for each in SETTINGS[1:])
_KNOWN: Final = (SHOW.name, *ScanQuery._fields, *grid_query.NAMES)
_MAX_UNKNOWN: Final = 10
_AT_FAULT: Final = re.compile(r"^`(\w+)`")


def register(app: dash.Dash, live: Live, cache: MarketCache) -> None:
    """Tie controls, address, grids and scans."""
    scans = Scans(cache)

    @app.callback(
        *[Output(id, "value") for id in _CONTROLS],
        *[Output(f"board-{name}-field", "className") for name in _FIELDS],
        Output("board-spec", "data"),
        Output("board-problem", "children"),
        Output("board-show", "value"),
        Output("board-grids", "data"),
        Output("board-limits", "hidden"),
        Output("board-limits-open", "aria-expanded"),
        Input("board-address", "data"),
        *[Input(id, "value") for id in _CONTROLS],
    )
    def choose(address: dict[str, object] | None, *controls: Any) -> list[Any]:
        if ctx.triggered_id in _CONTROLS:
            return [*_chosen(dict(zip(ScanQuery._fields, controls, strict=True))), *[no_update] * 4]
        return _addressed(address or {})

    @app.callback(Output("board-scan", "data"), Input("board-scan-ask", "data"), prevent_initial_call=True)
    def found(asked: dict[str, object]) -> Message:
        query = parse(str(asked.get("spec", "")))
        return scans.message(query, live.venue(), str(asked.get("name", "")), time.time_ns() // 1_000_000)

    for function, id, prop in (
        ("boardSpec", "board-spec", "data"),
        ("boardGrids", "board-grids", "data"),
        ("boardShow", "board-show", "value"),
        ("boardScan", "board-scan", "data"),
    ):
        app.clientside_callback(ClientsideFunction("sb", function), Input(id, prop), prevent_initial_call=True)


def _chosen(values: Mapping[str, object]) -> list[Any]:
    """Controls, looks, settings and problems after a change of the user's."""
    query, problems = read(values)
    if not values["rows"]:
        problems.append("`rows` is empty; choose a number.")
    if problems:
        return [*[no_update] * len(_CONTROLS), *_looks(problems), no_update, " ".join(problems)]
    return [*fields(query), *_looks(()), str(query), ""]


def _addressed(values: Mapping[str, object]) -> list[Any]:
    """The same for an address, with what it says of the grids; limits that are set come into sight."""
    query, problems = read(values)
    states, wrong = grid_query.read(values)
    show = SHOW.default
    try:
        show = SHOW.read(values.get(SHOW.name) or SHOW.default)
    except ParameterError as error:
        wrong.append(str(error))
    unknown = [_unknown(name) for name in values if name not in _KNOWN][:_MAX_UNKNOWN]
    shown = bool(problems) or any(fields(query)[2:]) or query.rows != ROWS.default
    words = " ".join([*unknown, *problems, *wrong])
    expanded = "true" if shown else "false"
    grids = {"show": show, "grids": states}
    return [*fields(query), *_looks(problems), str(query), words, show, grids, not shown, expanded]


def _looks(problems: Sequence[str]) -> list[str]:
    at_fault = {found[1] for problem in problems if (found := _AT_FAULT.match(problem))}
    return ["field wrong" if name in at_fault else "field" for name in _FIELDS]


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name, _KNOWN, n=1, cutoff=0.4)
    hint = f"did you mean `{near[0]}`?" if near else f"known: {', '.join(_KNOWN)}."
    return f"`{name[:40]}` is not a setting of this page; {hint}"
