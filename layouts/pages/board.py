"""The board: every watched pair and every watched symbol, live, and all pairs tested at each new minute."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import dash
from dash import dcc, html

from layouts.grids import PAIRS, SCANNER, SYMBOLS, grid
from layouts.widgets import icon, panel, segmented

SHOWN: Final[Mapping[str, str]] = {"all": "All", "passed": "q < 5 %", "beyond": "z beyond entry"}
HELP: Final = (
    "Engle-Granger test of both directions of every pair of watched symbols (level prices, lags by AIC) on the minutes "
    "that all of them share, at most 1,000; made anew when a minute closes. The row is the direction with the lower p. "
    "q is Benjamini-Hochberg's over all tests. z = (y − a − b · x) / σ with the last trades against that fit. "
    "A row opens the pair over the same bars."
)

dash.register_page(__name__, path="/", name="Board", title="Board · Spreadboard", icon="grid-1x2", key="b", order=0)


def layout(**address: str) -> html.Div:
    """Three grids; live.js fills them. ``show`` in the address: which pairs the scanner lists."""
    asked = address.get("show", "all")
    problem = (
        "" if asked in SHOWN else f"`show`: expected one of {', '.join(SHOWN)}, got {asked[:20]!r}; all are shown."
    )
    chosen = segmented("board-show", "Which pairs the scanner lists", SHOWN, asked if asked in SHOWN else "all")
    mark = html.Span(icon("info-circle"), className="help-mark", title=HELP, tabIndex=0, role="note")
    return html.Div(
        [
            html.H1("Board", className="visually-hidden"),
            _part("board-pairs", "Pairs", PAIRS),
            _part("board-symbols", "Symbols", SYMBOLS),
            _part(
                "board-scanner",
                "Scanner",
                SCANNER,
                [html.Span(problem, className="note late", role="alert"), html.Span(className="spacer"), chosen, mark],
            ),
            dcc.Store("board-message"),
            dcc.Store("board-cursor", data=""),
        ],
        id="board-page",
        className="page watermarked",
    )


def _part(id: str, title: str, columns: Sequence[dict[str, Any]], more: Sequence[Any] = ()) -> html.Section:
    note = html.Span("", id=f"{id}-note", className="note")
    return panel(title, [note, *more], grid(id, list(columns)), f"{id}-panel")
