"""Order and filter of the board's grids in the address: what can be used, and what is said of the rest."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from callbacks.grid_query import read

NUMBER = {"filterType": "number", "type": "lessThan", "filter": 0.05}
TEXT = {"filterType": "text", "type": "contains", "filter": "BTC"}


def of(**given: Any) -> tuple[dict[str, Any], list[str]]:
    return read(
        {name: value if isinstance(value, str) else orjson.dumps(value).decode() for name, value in given.items()}
    )


def test_without_an_address_each_grid_has_its_first_order() -> None:
    states, problems = of()
    assert problems == []
    assert {grid: state["sort"] for grid, state in states.items()} == {
        "pairs": [["z", "desc"]], "symbols": [], "scanner": [["q", "asc"]],
    }  # fmt: skip
    assert all(state["sort"] == state["first"] and state["filter"] == {} for state in states.values())


def test_order_and_filters_are_handed_on() -> None:
    both = {"filterType": "number", "operator": "OR", "conditions": [NUMBER, {**NUMBER, "type": "greaterThan"}]}
    between = {"filterType": "number", "type": "inRange", "filter": 1, "filterTo": 2.5}
    empty = {"filterType": "text", "type": "blank"}
    model = {"name": TEXT, "q": NUMBER, "z": both, "half": between, "signal": empty}
    states, problems = of(scanner_filter=model, scanner_sort="q:asc,z:desc", pairs_sort="none")
    assert problems == []
    assert states["scanner"]["filter"] == model
    assert states["scanner"]["sort"] == [["q", "asc"], ["z", "desc"]]
    assert states["pairs"] == {"first": [["z", "desc"]], "sort": [], "filter": {}}


@pytest.mark.parametrize("text", ["zz:desc", "z", "z:up", "trail:asc", "z:desc,", ":"])
def test_an_order_that_cannot_be_is_said(text: str) -> None:
    states, (problem,) = of(scanner_sort=text)
    assert states["scanner"]["sort"] == [["q", "asc"]]
    assert problem.startswith("`scanner_sort` must be like z:desc")
    assert repr(text) in problem


@pytest.mark.parametrize(
    "model",
    [
        "{", "[]", "7", {"nothing": NUMBER}, {"trail": TEXT}, {"q": TEXT}, {"name": NUMBER}, {"q": 5},
        {"q": {**NUMBER, "filter": "0.05"}}, {"q": {**NUMBER, "filter": True}}, {"q": {**NUMBER, "type": "like"}},
        {"q": {**NUMBER, "type": "inRange"}}, {"q": {"filterType": "number", "operator": "OR", "conditions": []}},
        {"q": {"filterType": "number", "operator": "XOR", "conditions": [NUMBER]}},
        {"q": {"filterType": "number", "operator": "OR", "conditions": 3}},
        {"q": {"filterType": "number", "operator": "OR", "conditions": [NUMBER, None]}},
    ],
)  # fmt: skip
def test_a_filter_that_cannot_be_is_said(model: Any) -> None:
    states, (problem,) = of(scanner_filter=model)
    assert states["scanner"]["filter"] == {}
    assert problem.startswith("`scanner_filter` must be a filter by column")
