"""The board: every watched pair and every watched symbol, live."""

from __future__ import annotations

import dash
from dash import dcc, html

from layouts.grids import PAIRS, SYMBOLS, grid
from layouts.widgets import panel

dash.register_page(__name__, path="/", name="Board", title="Board · Spreadboard", icon="grid-1x2", key="b", order=0)


def layout(**_: str) -> html.Div:
    """Two grids; live.js fills them."""
    return html.Div(
        [
            html.H1("Board", className="visually-hidden"),
            panel(
                "Pairs",
                [html.Span("", id="board-pairs-note", className="note")],
                grid("board-pairs", PAIRS, domLayout="autoHeight"),
                "board-pairs-panel",
            ),
            panel(
                "Symbols",
                [html.Span("", id="board-symbols-note", className="note")],
                grid("board-symbols", SYMBOLS),
                "board-symbols-panel",
            ),
            dcc.Store("board-message"),
            dcc.Store("board-cursor", data=""),
        ],
        id="board-page",
        className="page watermarked",
    )
