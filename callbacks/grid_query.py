"""Order and filter of the board's grids as they stand in the address bar: read with every mistake named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from layouts.grids import PAIRS, SCANNER, SYMBOLS

Column = Mapping[str, Any]
State = dict[str, Any]

GRIDS: Final[Mapping[str, Sequence[Column]]] = {"pairs": PAIRS, "symbols": SYMBOLS, "scanner": SCANNER}
NAMES: Final = tuple(f"{grid}_{what}" for grid in GRIDS for what in ("sort", "filter"))
_COMPARED: Final = ("equals", "notEqual")
_NO_VALUE: Final = ("blank", "notBlank")
_ORDERED: Final = ("greaterThan", "greaterThanOrEqual", "lessThan", "lessThanOrEqual", "inRange")
_NUMBERS: Final = (*_ORDERED, *_COMPARED, *_NO_VALUE)
_TEXTS: Final = ("contains", "notContains", "startsWith", "endsWith", *_COMPARED, *_NO_VALUE)
_MOST: Final = 2_000


def read(values: Mapping[str, object]) -> tuple[dict[str, State], list[str]]:
    """``sort`` and ``filter`` of each grid, as AG Grid has them, and one sentence for each that could not be used.

    ``first`` is the order that a grid has when nothing is asked for; what is missing or wrong is like that.

    >>> read({"pairs_sort": "half:asc"})[0]["pairs"]
    {'first': [['z', 'desc']], 'sort': [['half', 'asc']], 'filter': {}}
    """
    states: dict[str, State] = {}
    problems = []
    for grid, columns in GRIDS.items():
        first = [[column["field"], column["sort"]] for column in columns if "sort" in column]
        states[grid] = {"first": first, "sort": first, "filter": {}}
        for what, reader in (("sort", _sort), ("filter", _filter)):
            text = values.get(f"{grid}_{what}")
            if not text:
                continue
            try:
                states[grid][what] = reader(str(text)[:_MOST], columns)
            except ValueError as error:
                problems.append(f"`{grid}_{what}` {error}")
    return states, problems


def _sort(text: str, columns: Sequence[Column]) -> list[list[str]]:
    """``column:asc`` or ``column:desc``, several with commas between; ``none`` for the order in which rows came."""
    if text == "none":
        return []
    known = [column["field"] for column in columns if column.get("sortable", True)]
    found = [part.split(":") for part in text.split(",")]
    if all(len(part) == 2 and part[0] in known and part[1] in ("asc", "desc") for part in found):
        return found
    raise ValueError(f"must be like {known[1]}:desc, of {', '.join(known)}, or none; got {text[:40]!r}.")


def _filter(text: str, columns: Sequence[Column]) -> dict[str, Any]:
    """A filter model of AG Grid as JSON."""
    known = {column["field"]: column for column in columns if column.get("filter", True)}
    try:
        model = orjson.loads(text)
    except orjson.JSONDecodeError:
        model = None
    if isinstance(model, dict) and all(name in known and _usable(model[name], known[name]) for name in model):
        return model
    raise ValueError(
        f'must be a filter by column such as {{"{next(iter(known))}": {{"filterType": "text", "type": "contains", '
        f'"filter": "BTC"}}}}, of {", ".join(known)}; got {text[:40]!r}. Set it in the grid and copy the address.'
    )


def _usable(model: object, column: Column) -> bool:
    kind = "number" if column.get("filter") == "agNumberColumnFilter" else "text"
    if not isinstance(model, dict) or model.get("filterType") != kind:
        return False
    parts = model.get("conditions", [model])
    joined = "conditions" not in model or (model.get("operator") in ("AND", "OR") and isinstance(parts, list))
    return bool(joined and 0 < len(parts) <= 2 and all(_condition(part, kind) for part in parts))


def _condition(part: object, kind: str) -> bool:
    if not isinstance(part, dict) or part.get("filterType") != kind:
        return False
    if part.get("type") not in (_NUMBERS if kind == "number" else _TEXTS):
        return False
    needed = [] if part["type"] in _NO_VALUE else ["filter", *(["filterTo"] if part["type"] == "inRange" else [])]
    allowed = (int, float) if kind == "number" else (str,)
    return all(isinstance(part.get(name), allowed) and not isinstance(part[name], bool) for name in needed)
