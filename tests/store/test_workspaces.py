"""Workspaces in the store: kept by name, and every mistake in one is named before it gets there."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from store import Store
from store.workspaces import COLUMNS, MAX_TEXT, MAX_WIDGETS, mistakes

WIDGET: dict[str, Any] = {"kind": "pair-z", "x": 0, "y": 0, "w": 6, "h": 8, "set": {}}
GOOD: dict[str, Any] = {
    "version": 1,
    "name": "Mine",
    "pair": {"y": "ETHUSDT", "x": "upload:GOLD", "tf": "5m", "window": 60, "method": "kalman", "scale": "log"},
    "widgets": [WIDGET, WIDGET | {"x": 6, "set": {"tf": "1s"}, "text": "note"}],
}


def test_layouts_come_back_by_name(store: Store) -> None:
    other = GOOD | {"name": "Another"}
    store.workspaces.put(GOOD)
    store.workspaces.put(other)
    assert list(store.workspaces.all().items()) == [("Another", other), ("Mine", GOOD)]
    store.workspaces.put(GOOD | {"widgets": []})
    assert store.workspaces.all()["Mine"]["widgets"] == []
    assert store.workspaces.delete("Mine")
    assert not store.workspaces.delete("Mine")
    assert list(store.workspaces.all()) == ["Another"]


def test_a_good_layout_has_no_mistakes() -> None:
    assert mistakes(GOOD) == []


def changed(where: tuple[Any, ...], value: object) -> dict[str, Any]:
    """`GOOD` with another value at one place."""
    layout = copy.deepcopy(GOOD)
    inner: Any = layout
    for step in where[:-1]:
        inner = inner[step]
    inner[where[-1]] = value
    return layout


@pytest.mark.parametrize(
    ("where", "value", "said"),
    [
        (("version",), 2, "`version` must be 1, got 2"),
        (("name",), "", "`name` must be 1 to 40 characters"),
        (("name",), "a/b", "`name` must be 1 to 40 characters"),
        (("extra",), 1, "`extra` is not known"),
        (("pair", "tf"), "2m", "`pair.tf` must be one of 1s"),
        (("pair", "window"), 5, "`pair.window` must be a whole number from 20 to 1000"),
        (("pair", "method"), "magic", "`pair.method` must be one of"),
        (("pair", "y"), "<script>", "`pair.y` must be a symbol"),
        (("pair", "x"), "ETHUSDT", "`pair.x` must be another symbol"),
        (("pair",), [], "`pair` must be an object"),
        (("widgets",), {}, "`widgets` must be a list"),
        (("widgets",), [WIDGET] * (MAX_WIDGETS + 1), f"`widgets` must be at most {MAX_WIDGETS}"),
        (("widgets", 1), 7, "`widgets[1]` must be an object"),
        (("widgets", 1, "kind"), "Z!", "`widgets[1].kind` must be the name of a widget"),
        (("widgets", 0, "w"), True, "`widgets[0].w` must be a whole number"),
        (("widgets", 1, "x"), 8, f"`widgets[1]` must end within {COLUMNS} columns, got x 8 and w 6"),
        (("widgets", 0, "text"), "x" * (MAX_TEXT + 1), "`widgets[0].text` must be at most"),
        (("widgets", 0, "set", "windw"), 60, "`widgets[0].set.windw` is not known"),
    ],
)
def test_each_mistake_is_named(where: tuple[Any, ...], value: object, said: str) -> None:
    found = mistakes(changed(where, value))
    assert len(found) == 1
    assert said in found[0]


def test_all_mistakes_are_named_at_once() -> None:
    layout = changed(("widgets", 0, "h"), 0) | {"version": 0, "pair": {"tf": "x"}}
    assert len(mistakes(layout)) == 3
    assert mistakes("text") == ["A workspace must be a JSON object with version, name, pair, widgets."]
