"""The workspace page's one callback: it answers for every widget in sight that changed, the quick ones first."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final

import dash
import orjson
from dash import ClientsideFunction, Input, Output, no_update

from analytics.market import BUILT
from analytics.parameters import SCALE
from analytics.spec import METHOD
from callbacks.live import Live
from callbacks.query import PairQuery
from callbacks.widgets import Desk, widgets
from callbacks.workspace_cards import CARDS, Source
from callbacks.workspace_draw import Drawings, Sketch, ready
from layouts import workspace as parts
from layouts.correlation import TILES
from store.workspaces import COLUMNS, MAX_TEXT, MAX_WIDGETS

Asked = Mapping[str, Any]
Answer = dict[str, Any]

_CONTROLS: Final = ("y", "x", "tf", "window", "scale", "method")


def register(app: dash.Dash, live: Live, desk: Desk, pairs: Sequence[tuple[str, str]]) -> None:
    """Tie the page to what it asks for; workspace-view.js decides what that is, and when. ``pairs``: the board's."""
    drawings = Drawings(desk)

    @app.callback(Output("workspace-answer", "data"), Input("workspace-asked", "data"), prevent_initial_call=True)
    def make(asked: Asked | None) -> Any:
        return answer(Source(live, pairs), drawings, asked) if asked else no_update

    app.clientside_callback(
        ClientsideFunction("sb", "workspaceOpen"), Output("workspace-asked", "data"), Input("workspace-address", "data")
    )
    _clientside(app, "workspaceAnswer", Input("workspace-answer", "data"))
    _clientside(app, "workspaceBar", Input("quiet-closed", "data"))
    _clientside(app, "workspaceSet", *[Input(f"workspace-{name}", "value") for name in _CONTROLS])


def _clientside(app: dash.Dash, name: str, *inputs: Input) -> None:
    app.clientside_callback(ClientsideFunction("sb", name), *inputs, prevent_initial_call=True)


def answer(source: Source, drawings: Drawings, asked: Asked) -> Answer:
    """What is new for the widgets in ``asked``; ``rest`` are those that are still being drawn.

    Each comes with its ``version``; of one whose version the page has already nothing is said.
    """
    waiting: list[tuple[Asked, Sketch]] = []
    made: list[Answer] = []
    for each in asked["widgets"][:MAX_WIDGETS]:
        query, problems = source.live.read(each["set"])
        if problems or (each["kind"] not in CARDS and each["kind"] not in widgets()):
            reason = " ".join(problems) or f"There is no widget {str(each['kind'])[:40]!r} here. Remove it."
            made.append(_refused(each, reason))
        elif each["kind"] in CARDS:
            made.append(_card(source, each, query))
        else:
            waiting.append((each, drawings.of(each["kind"], query.spec(source.live.venue()))))
    ready([sketch for _, sketch in waiting])
    made += [_figure(each, sketch) for each, sketch in waiting if sketch.drawn.done()]
    fresh = [one for one in made if one["version"] != one.pop("have")]
    rest = [each["id"] for each, sketch in waiting if not sketch.drawn.done()]
    about = {"about": _about(source.live)} if asked.get("about") else {}
    return {"at": asked["at"], "made": fresh, "rest": rest, "names": source.live.names()} | about


def _figure(each: Asked, sketch: Sketch) -> Answer:
    found: Answer = {"id": each["id"], "key": each["key"], "have": each["have"], "version": sketch.version}
    if sketch.version == each["have"]:
        return found
    drawn = sketch.drawn.result()
    return found | {"figure": drawn.record(each["id"]), "note": drawn.note}


def _card(source: Source, each: Asked, query: PairQuery) -> Answer:
    card = CARDS[each["kind"]](source, query, str(each.get("text") or "")[:MAX_TEXT])
    version = f"{zlib.crc32(orjson.dumps(card)):x}"
    return {"id": each["id"], "key": each["key"], "have": each["have"], "version": version, "card": card}


def _refused(each: Asked, reason: str) -> Answer:
    version = f"! {reason}"
    figure = {"id": each["id"], "traces": [], "layout": {}, "reason": reason}
    return {
        "id": each["id"],
        "key": each["key"],
        "have": each["have"],
        "version": version,
        "figure": figure,
        "note": "",
    }


def _about(live: Live) -> Answer:
    """What the page must know before it can show anything: all kinds, starting points, settings and limits."""
    query, _ = live.read({})
    return {
        "kinds": [*_cards(), *_figures()],
        "starters": {key: each._asdict() for key, each in parts.STARTERS.items()},
        "default": {name: getattr(query, name) for name in _CONTROLS},
        "choices": {"tf": {name: name for name in BUILT}, "scale": dict(SCALE.choices), "method": dict(METHOD.choices)},
        "limits": {"widgets": MAX_WIDGETS, "columns": COLUMNS, "text": MAX_TEXT},
    }


def _cards() -> list[Answer]:
    return [
        {"kind": kind, "title": tile.title, "help": tile.help, "page": "Cards and notes"}
        for kind, tile in parts.CARDS.items()
    ]


@cache
def _figures() -> list[Answer]:
    names = {page["path"]: page["name"] for page in dash.page_registry.values()}
    found = [
        {"kind": each.name, "title": each.title, "help": each.help, "page": names.get(each.page, each.page)}
        | {"of": TILES[each.name].of if each.name in TILES else ""}
        for each in widgets().values()
    ]
    return sorted(found, key=lambda each: [*names.values(), each["page"]].index(each["page"]))
