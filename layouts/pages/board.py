"""The board: every watched pair and every watched symbol, live, and all pairs tested at each new minute."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import dash
from dash import dcc, html

from layouts.grids import PAIRS, SCANNER, SYMBOLS, grid
from layouts.scanner import head, limits
from layouts.widgets import panel

PAIRS_HELP: Final = (
    "The pairs of config.yaml. z = (y − intercept − hedge ratio · x) / σ: the last trades against the least-squares "
    "fit of the closed bars that both legs share, and σ of its residuals. Half-life by AR(1) on them. A signal "
    "is a z at or beyond an entry line while the pair is live or partial. A row opens the pair."
)
SYMBOLS_HELP: Final = (
    "Price is the last trade. Change is against the close 24 h ago, or the oldest bar held; volume is what was traded "
    "in the closed bars of that time, in the quote asset. A row opens a pair with the symbol as leg y."
)
SCANNER_HELP: Final = (
    "Engle-Granger test of both directions of every pair of watched symbols that keep the limits (level prices, lags "
    "by AIC) on the newest bars that all of them share; made anew when bars close. The row is the direction with the "
    "lower p. q is Benjamini-Hochberg's over all tests. z = (y − a − b · x) / σ with the last trades against that fit. "
    "A row opens the pair over the same bars. Time frame, limits, order and filters are in the address."
)

dash.register_page(__name__, path="/", name="Board", title="Board · Spreadboard", icon="grid-1x2", key="b", order=0)


def layout(**address: str) -> html.Div:
    """Three grids; live.js and scanner.js fill them. The address says what is scanned, their order and filters."""
    above = [html.Div("", id="board-problem", className="problem", role="alert"), limits()]
    return html.Div(
        [
            html.H1("Board", className="visually-hidden"),
            _part("board-pairs", "Pairs", PAIRS, PAIRS_HELP),
            _part("board-symbols", "Symbols", SYMBOLS, SYMBOLS_HELP),
            _part("board-scanner", "Scanner", SCANNER, SCANNER_HELP, head(), above=above),
            dcc.Store("board-message"),
            dcc.Store("board-cursor", data=""),
            dcc.Store("board-address", data=address),
            dcc.Store("board-spec"),
            dcc.Store("board-grids"),
            dcc.Store("board-scan"),
            dcc.Store("board-scan-ask"),
        ],
        id="board-page",
        className="page watermarked",
    )


def _part(
    id: str,
    title: str,
    columns: Sequence[dict[str, Any]],
    help: str,
    more: Sequence[Any] = (),
    *,
    above: Sequence[Any] = (),
) -> html.Section:
    note = html.Span("", id=f"{id}-note", className="note")
    body = [*above, html.Div(grid(id, list(columns)), className="board-box")]
    return panel(title, [note, *more], body, f"{id}-panel", help)
