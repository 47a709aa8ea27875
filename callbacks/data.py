"""The data page's settings and the address bar, both ways, and what its tables and its tape are sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

import dash
from dash import ClientsideFunction, Input, Output, State, ctx, no_update

from analytics.market import symbol_of
from analytics.parameters import ParameterError
from callbacks import quiet
from callbacks.live import Live
from callbacks.message import Message
from callbacks.mistakes import unknown, unwatched
from callbacks.tables import DataQuery, Tables
from callbacks.tape import Tape
from callbacks.uploads import Held, frames, nearest, options, unheld
from layouts.tables import SETTINGS
from store import open_store

if TYPE_CHECKING:
    from runtime.settings import Settings

_CONTROLS: Final = ("data-symbol", "data-tf", "data-window", "data-count", "data-view")
_FORMATS: Final = ("parquet", "json")
_MAX_UNKNOWN: Final = 10


def read(
    values: Mapping[str, object], names: Sequence[str], symbol: str, held: Held | None = None
) -> tuple[DataQuery, list[str]]:
    """Settings from what a user or a link gave, and one sentence for each thing that could not be used.

    What is missing or wrong is as declared, or ``symbol``. ``names`` are the symbols that can be chosen, ``held`` the
    time frames of the uploaded ones.
    """
    problems = [unknown(name, DataQuery._fields) for name in values if name not in DataQuery._fields][:_MAX_UNKNOWN]
    given: dict[str, Any] = {"symbol": values.get("symbol") or symbol}
    if given["symbol"] not in names:
        problems.append(unwatched("symbol", given["symbol"], names))
        given["symbol"] = symbol
    for setting in SETTINGS:
        value = values.get(setting.name)
        given[setting.name] = setting.default
        if value in (None, ""):
            continue
        try:
            given[setting.name] = setting.read(value)
        except ParameterError as error:
            problems.append(str(error))
    query = DataQuery(**given)
    return query._replace(tf=nearest(query.tf, frames(held or {}, [query.symbol]))), problems


def register(app: dash.Dash, live: Live, settings: Settings) -> None:
    """Tie controls, address, tables and tape."""
    tables = Tables(live.market)
    tape = Tape(live.market, lambda: open_store(settings.redis.url, settings.redis.timeout_s))

    @app.callback(
        *[Output(id, "value") for id in _CONTROLS],
        Output("data-symbol", "options"),
        Output("data-tf", "options"),
        Output("data-window-field", "className"),
        Output("data-query", "data"),
        Output("data-problem", "children"),
        Input("data-address", "data"),
        *[Input(id, "value") for id in _CONTROLS],
        State("data-query", "data"),
    )
    def choose(address: dict[str, object] | None, *given: Any) -> list[Any]:
        *controls, chosen = given
        names = live.names()
        by_user = ctx.triggered_id in _CONTROLS
        values = dict(zip(DataQuery._fields, controls, strict=True)) if by_user else address or {}
        query, problems = read(values, names, _first(live), live.held())
        offered = frames(live.held(), [query.symbol])
        if by_user:
            # An emptied field is a mistake of the user's, not a wish for the default.
            problems += [f"`{name}` is empty; choose a value." for name, value in values.items() if value in (None, "")]
        else:
            problems += unheld(values.get("tf"), query.tf, offered)
        look = "field of-features" + (" wrong" if any("`window`" in each for each in problems) else "")
        if by_user and problems:
            return [*[no_update] * 7, look, no_update, " ".join(problems)]
        text = no_update if str(query) == chosen else str(query)
        return [*query, names, options(offered), look, text, " ".join(problems)]

    @app.callback(
        Output("data-rows", "data"),
        Output("data-panel-title", "children"),
        Output("data-note", "children"),
        *[Output(f"data-{form}", "href") for form in _FORMATS],
        Input("quiet-closed", "data"),
        Input("data-query", "data"),
        Input("data-again", "data"),
        prevent_initial_call=True,
    )
    def rows(closed: int | None, text: str, _: int | None) -> list[Any]:
        if not text:
            return [no_update] * 5
        query = _parsed(text, live)
        table = tables.of(query, live.venue())
        links = [f"{table.path}&format={form}" if table.path else None for form in _FORMATS]
        return [{**table.message, "closed": closed}, query.symbol, table.note, *links]

    @app.callback(
        Output("tape-trades", "data"), Input("tape-ask", "data"), State("data-query", "data"), prevent_initial_call=True
    )
    def trades(held: dict[str, object], text: str) -> Message:
        return tape.message(symbol_of(live.venue(), _parsed(text, live).symbol), held) if text else no_update

    _tie(app)


def _tie(app: dash.Dash) -> None:
    for function, store in (("dataAddress", "data-query"), ("dataRows", "data-rows"), ("tapeTrades", "tape-trades")):
        app.clientside_callback(ClientsideFunction("sb", function), Input(store, "data"), prevent_initial_call=True)
    quiet.follow(app, "data-tf")


def _parsed(text: str, live: Live) -> DataQuery:
    return read(dict(parse_qsl(text)), live.names(), _first(live), live.held())[0]


def _first(live: Live) -> str:
    """The symbol that is shown when none is named: a leg of the first pair."""
    return live.read({})[0].y
