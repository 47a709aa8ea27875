"""Layouts of the workspace page, kept by name for all who use the board; each is checked before it is kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import orjson

from analytics.parameters import SCALE, TIMEFRAME, WINDOW, ParameterError
from analytics.spec import METHOD
from store import keys
from store.link import Link, pairs

VERSION: Final = 1
COLUMNS: Final = 12
MAX_WIDGETS: Final = 24
MAX_ROWS: Final = 400
MAX_HEIGHT: Final = 30
MAX_TEXT: Final = 2_000
MAX_BYTES: Final = 64_000
"""Of one layout, as JSON."""
MAX_WORKSPACES: Final = 100
_NAME: Final = re.compile(r"[^\x00-\x1f\x7f/]{1,40}")
_KIND: Final = re.compile(r"[a-z][a-z0-9\-]{0,39}")
_SYMBOL: Final = re.compile(r"(upload:)?[A-Z0-9_\-]{2,32}")
_PLACE: Final = {"x": (0, COLUMNS - 1), "y": (0, MAX_ROWS), "w": (1, COLUMNS), "h": (2, MAX_HEIGHT)}
_SET: Final = {each.name: each for each in (WINDOW, METHOD, SCALE)} | {"tf": TIMEFRAME}
_LEGS: Final = ("y", "x")
_MEMBERS: Final = ("version", "name", "pair", "widgets")
_WIDGET: Final = ("kind", *_PLACE, "set", "text")


class Workspaces:
    """Every method raises `StoreError`."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def all(self) -> dict[str, dict[str, Any]]:
        """Every layout by its name, in the order of the names."""
        found = pairs(self._link.run("HGETALL", keys.WORKSPACES))
        return {name: orjson.loads(found[name]) for name in sorted(found)}

    def put(self, layout: Mapping[str, Any]) -> None:
        """Keep a layout in place of any of its name. It must be without `mistakes`."""
        self._link.run("HSET", keys.WORKSPACES, layout["name"], orjson.dumps(layout))

    def delete(self, name: str) -> bool:
        """Forget a layout; whether there was one."""
        return bool(self._link.run("HDEL", keys.WORKSPACES, name))


def mistakes(layout: object) -> list[str]:
    """One sentence for everything that keeps ``layout`` from being a workspace.

    Whether there is such a widget and such a symbol is for the page to say: both may come and go.

    >>> mistakes({"version": 1, "name": "Mine", "pair": {}, "widgets": []})
    []
    >>> mistakes({"version": 1, "name": "Mine", "pair": {"tf": "2m"}, "widgets": []})
    ['`pair.tf` must be one of 1s, 1m, 5m, 15m, 30m, 1h, 4h, 1d, got 2m.']
    """
    if not isinstance(layout, dict):
        return [f"A workspace must be a JSON object with {', '.join(_MEMBERS)}."]
    return list(_of_layout(layout))


def _of_layout(layout: dict[str, Any]) -> Iterator[str]:
    yield from _unknown(layout, _MEMBERS, "")
    if layout.get("version") != VERSION:
        yield f"`version` must be {VERSION}, got {_short(layout.get('version'))}."
    yield from _text(layout, "name", "1 to 40 characters without /", _NAME.fullmatch)
    yield from _settings(layout.get("pair"), "pair")
    widgets = layout.get("widgets")
    if not isinstance(widgets, list):
        yield "`widgets` must be a list."
        return
    if len(widgets) > MAX_WIDGETS:
        yield f"`widgets` must be at most {MAX_WIDGETS}, got {len(widgets)}. Leave some out."
    for at, widget in enumerate(widgets[:MAX_WIDGETS]):
        yield from _of_widget(widget, f"widgets[{at}]")


def _of_widget(widget: object, where: str) -> Iterator[str]:
    if not isinstance(widget, dict):
        yield f"`{where}` must be an object with {', '.join(_WIDGET)}."
        return
    yield from _unknown(widget, _WIDGET, f"{where}.")
    yield from _text(widget, "kind", "the name of a widget, such as pair-z", _KIND.fullmatch, where)
    wrong = [each for name in _PLACE for each in _place(widget, name, where)]
    yield from wrong
    if not wrong and widget["x"] + widget["w"] > COLUMNS:
        yield f"`{where}` must end within {COLUMNS} columns, got x {widget['x']} and w {widget['w']}."
    yield from _settings(widget.get("set", {}), f"{where}.set")
    yield from _text(
        {"text": ""} | widget, "text", f"at most {MAX_TEXT} characters", lambda text: len(text) <= MAX_TEXT, where
    )


def _place(widget: dict[str, Any], name: str, where: str) -> Iterator[str]:
    low, high = _PLACE[name]
    value = widget.get(name)
    if type(value) is not int or not low <= value <= high:
        yield f"`{where}.{name}` must be a whole number from {low} to {high}, got {_short(value)}."


def _settings(given: object, where: str) -> Iterator[str]:
    if not isinstance(given, dict):
        yield f"`{where}` must be an object of settings."
        return
    yield from _unknown(given, (*_LEGS, *_SET), f"{where}.")
    for leg in _LEGS:
        if leg in given:
            yield from _text(given, leg, "a symbol such as BTCUSDT or upload:GOLD", _SYMBOL.fullmatch, where)
    for name, declared in _SET.items():
        if name not in given:
            continue
        try:
            declared.read(given[name])
        except ParameterError:
            yield f"`{where}.{name}` must be {declared.allowed}, got {_short(given[name])}."
    if given.get("y") is not None and given.get("y") == given.get("x"):
        yield f"`{where}.x` must be another symbol than `y`, got {_short(given['x'])}."


def _text(
    held: Mapping[str, Any], name: str, allowed: str, good: Callable[[str], object], where: str = ""
) -> Iterator[str]:
    value = held.get(name)
    if not isinstance(value, str) or not good(value):
        yield f"`{where}{'.' if where else ''}{name}` must be {allowed}, got {_short(value)}."


def _unknown(held: Mapping[str, Any], known: tuple[str, ...], where: str) -> Iterator[str]:
    others = [name for name in held if name not in known]
    for name in others[:3]:
        yield f"`{where}{name[:40]}` is not known; known are {', '.join(known)}."
    if len(others) > 3:
        yield f"{len(others) - 3} more members are not known; remove them."


def _short(value: object) -> str:
    return "nothing" if value is None else str(value)[:40]
