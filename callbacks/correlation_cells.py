"""The correlation page's two squares of symbols: how much they move together, and which of them moves first."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Final
from urllib.parse import urlencode

import numpy as np

from analytics.inputs import Flags, Floats
from analytics.market import label_of
from analytics.measure import NotTestable
from callbacks.correlation_query import CorrelationQuery
from callbacks.correlation_words import MARK, Shown, nothing, plain, short, signed
from callbacks.words import UNKNOWN, number
from layouts.figures import figure

Cell = tuple[str, str]
MOST_NUMBERS: Final = 15
"""Symbols up to which every cell has its number; drawing more of them takes too long."""
_SCALE: Final = [[0.0, "--down 0.6"], [0.5, "--panel"], [1.0, "--accent 0.6"]]
_PLAIN: Final = [[0.0, "--raised"], [1.0, "--raised"]]
_BAR: Final = {
    "thickness": 8,
    "outlinewidth": 0,
    "len": 1,
    "xpad": 6,
    "ypad": 0,
    "tickvals": [-1, -0.5, 0, 0.5, 1],
    "tickfont": {"size": 10.5},
}


def matrix(found: Any, query: CorrelationQuery, as_of: str) -> Shown:
    """Correlations of all symbols, like beside like."""
    id = "correlation-matrix"
    if isinstance(found, NotTestable):
        return nothing(id, found)
    names = [label_of(found.symbols[at]) for at in found.order]
    square = np.ix_(found.order, found.order)
    values, counts = found.correlation[square], found.counts[square]

    def tell(i: int, j: int) -> Cell:
        known = not math.isnan(values[i, j])
        said = f"r {signed(values[i, j], 3)}" if known else "cannot be measured"
        words = f"{names[i]} with {names[j]}<br>{said} from {counts[i, j]:,} of {query.window:,} returns"
        return number(values[i, j], 2) if known else UNKNOWN, words

    note = f"as of {as_of} · {len(names)} symbols, {query.window:,} returns of {query.tf}"
    return Shown(_cells(id, names, values, tell, query), note)


def leads(found: Any, query: CorrelationQuery, as_of: str) -> Shown:
    """The best lag of every two symbols, and how strong they are there."""
    id = "correlation-leads"
    if isinstance(found, NotTestable):
        return nothing(id, found)
    names = [label_of(symbol) for symbol in found.symbols]

    def tell(i: int, j: int) -> Cell:
        if i == j:
            return "", f"{names[i]} with itself"
        strength, stands_out = found.strength[i, j], found.significant[i, j]
        if math.isnan(strength):
            return UNKNOWN, f"{names[i]} and {names[j]}<br>cannot be measured"
        lag = signed(found.lag[i, j], 0)
        chance = f"stands out from chance {MARK}" if stands_out else "no more than chance shows"
        words = f"r {signed(strength, 3)} at the best of {found.lags.size} lags: {chance}"
        return f"{MARK} {lag}" if stands_out else lag, f"{_order(names[i], names[j], found.lag[i, j])}<br>{words}"

    note = f"as of {as_of} · {query.lead:,} returns of {query.tf} · above 0 the row moves first · {MARK} beyond chance"
    record = _cells(id, names, found.strength, tell, query)
    record["traces"][0]["meta"] = {"colour": "correlation", "number": f"lag [{query.tf} bars]"}
    return Shown(record, note)


def _order(row: str, column: str, lag: float) -> str:
    if not lag:
        return f"{row} and {column} move together"
    first, then = (row, column) if lag > 0 else (column, row)
    return f"{first} moves {abs(lag):.0f} {'bar' if abs(lag) == 1 else 'bars'} before {then}"


def _cells(
    id: str, names: Sequence[str], values: Floats, tell: Callable[[int, int], Cell], query: CorrelationQuery
) -> dict[str, Any]:
    """A square of cells, each with its number when there are few, its words on hover, and its pair for a click."""
    every = range(len(names))
    told = [[tell(i, j) for j in every] for i in every]
    cells: dict[str, Any] = {
        "type": "heatmap",
        "x": short(names),
        "y": short(names),
        "xgap": 1,
        "ygap": 1,
        "hovertext": [[words for _, words in row] for row in told],
        "hovertemplate": "%{hovertext}<extra></extra>",
        "customdata": [[_pair(names[i], names[j], query) for j in every] for i in every],
    }
    if len(names) <= MOST_NUMBERS:
        cells |= {"texttemplate": "%{text}", "textfont": {"color": "--text", "size": 11.5}}
    known = np.isfinite(values)
    coloured = {"zmin": -1, "zmax": 1, "colorscale": _SCALE, "colorbar": _BAR}
    traces = [cells | coloured | _at(known, values, told)]
    if not known.all():
        gaps = {"colorscale": _PLAIN, "showscale": False}
        traces.append(cells | gaps | _at(~known, np.zeros_like(values), told))
    axis = {"showgrid": False, "zeroline": False, "ticks": "", "showline": False, "type": "category"}
    layout = {
        "xaxis": axis | {"tickangle": -90 if len(names) > 6 else 0},
        "yaxis": axis | {"autorange": "reversed"},
        "uirevision": f"{query.tf} {len(names)}",
    }
    return figure(id, traces, layout)


def _at(chosen: Flags, values: Floats, told: Sequence[Sequence[Cell]]) -> dict[str, Any]:
    """Values and words of the chosen cells alone."""
    words = [
        [word if here else "" for here, (word, _) in zip(*row, strict=True)] for row in zip(chosen, told, strict=True)
    ]
    return {"z": [plain(row) for row in np.where(chosen, values, np.nan)], "text": words}


def _pair(y: str, x: str, query: CorrelationQuery) -> str:
    return "" if y == x else urlencode({"y": y, "x": x, "tf": query.tf, "window": query.window})
