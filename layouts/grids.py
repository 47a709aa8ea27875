"""Columns of the board's three grids; the named functions live in layouts/assets/board.js."""

from __future__ import annotations

from typing import Any, Final

import dash_ag_grid as dag

_OPTIONS: Final[dict[str, Any]] = {
    "suppressCellFocus": False,
    "suppressScrollOnNewData": True,
    "suppressMovableColumns": True,
    "animateRows": False,
    "rowClassRules": {"dim": "params.data.dim"},
    "localeText": {"noRowsToShow": "No rows: the line above says why", "noMatchingRows": "No row keeps the filters"},
}


_TEXT: Final = "agTextColumnFilter"
_SECONDS: Final = {"unit": "s"}
"""What a number is in when it is saved, where its cell says the unit itself."""


def _column(field: str, title: str, help: str, width: int, **more: Any) -> dict[str, Any]:
    return {
        "field": field,
        "headerName": title,
        "headerTooltip": help,
        "minWidth": width,
        "width": width,
        "flex": width,
        **more,
    }


def _number(field: str, title: str, help: str, width: int, **more: Any) -> dict[str, Any]:
    return _column(
        field,
        title,
        help,
        width,
        type="rightAligned",
        filter="agNumberColumnFilter",
        cellClass=["ag-right-aligned-cell", "num"],
        cellRenderer=f"sb_{field}",
        **more,
    )


PAIRS: Final = [
    _column("name", "Pair", "The spread is y − hedge ratio · x", 156, pinned="left", filter=_TEXT, flex=None),
    _number("z", "z [σ]", "Spread now in sigmas of the fit", 72, sort="desc", comparator={"function": "sbByDistance"}),
    _column("signal", "Signal", "z at or beyond an entry line, if live or partial", 100, cellRenderer="sb_signal"),
    _number("spread", "Spread", "y − intercept − hedge ratio · x, in y's price", 84),
    _number("hedge", "Hedge", "Hedge ratio: OLS slope of y on x over the window", 80),
    _number("corr", "Corr.", "Correlation of one-bar log returns over the window", 58),
    _number("half", "Half [min]", "Half-life by AR(1); in brackets when too long for the window to tell", 78),
    _column("state", "State", "live, warming up n/N, stale, partial, down or untestable", 124, cellRenderer="sb_state"),
]  # fmt: skip

SYMBOLS: Final = [
    _column("name", "Symbol", "As the venue names it", 86, pinned="left", filter=_TEXT, flex=None),
    _number("price", "Price", "Last trade, in the quote asset", 78),
    _number("change", "Change [%]", "Last trade against the close one span ago", 78),
    _column("span", "Over", "24 h, or as long as bars are held", 46, cellRenderer="sb_span"),
    _number("volume", "Volume", "Quote volume of the closed bars of the span", 76),
    _number("trades", "Tr./min", "Trades in the newest closed minute", 56),
    _column("spark", "2 h", "Closes of 120 minutes", 66, sortable=False, filter=False, cellRenderer="sb_spark"),
    _column("state", "State", "LIVE, QUIET, STALE, GAP, HALTED, CATCHING UP, INIT, DOWN", 66, cellRenderer="sb_feed"),
    _number("age", "Last", "Time since the last trade came in", 50, context=_SECONDS),
]  # fmt: skip

SCANNER: Final = [
    _column("name", "Pair", "y, then x: the direction with the lower p", 160, pinned="left", filter=_TEXT, flex=None),
    _number("z", "z [σ]", "Last trades against the fit, in its sigmas; grey when a leg is stale", 72,
            comparator={"function": "sbByDistance"}),
    _column("signal", "Signal", "z at or beyond an entry line, while q is below 5 % and both legs trade", 108,
            cellRenderer="sb_scan"),
    _number("half", "Half-life [min]", "AR(1) on the residual; in brackets where q says that it means nothing", 104),
    _number("p", "EG p", "Engle-Granger, this direction alone; the null hypothesis is no cointegration", 76),
    _number("q", "BH q", "Share of false discoveries when all rows down to this one are believed; all tests count", 76,
            sort="asc", comparator={"function": "sbByTest"}),
    _number("corr", "Correlation", "Of one-bar log returns", 88),
    _number("stable", "Hedge stability", "Hedge ratio in both halves: 1 the same, 0 vanished or turned", 108),
    _number("cost", "Cost [σ]", "Round trip: 5 bps fee and 1 bps half-spread on each of four trades; "
            "✕ where |z| does not cover it", 84),
    _number("liquidity", "Liquidity/min", "Traded value of the thinner leg, in the quote asset", 100),
    _column("trail", "120 bars", "Spread by the newest fit, −3 to +3 σ; drawn anew with each scan, so it is no signal",
            120, sortable=False, filter=False, cellRenderer="sb_trail"),
    _number("age", "Last trade", "Of the leg that is silent for longer", 84, context=_SECONDS),
    _column("state", "State", "live, or stale with the reason", 80, cellRenderer="sb_fresh"),
]  # fmt: skip


def grid(id: str, columns: list[dict[str, Any]], **options: Any) -> dag.AgGrid:
    """A grid whose rows come and change through its own API, found again by their ``id``."""
    return dag.AgGrid(
        id=id,
        columnDefs=columns,
        rowData=[],
        getRowId="params.data.id",
        defaultColDef={"sortable": True, "filter": True, "resizable": True, "cellDataType": False},
        dashGridOptions=_OPTIONS | options,
        columnSize=None,
        className="ag-theme-quartz board-grid",
        style={"height": None, "width": "100%"},
    )
