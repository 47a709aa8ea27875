"""Columns of the board's two grids; the named functions live in layouts/assets/board.js."""

from __future__ import annotations

from typing import Any, Final

import dash_ag_grid as dag

_OPTIONS: Final[dict[str, Any]] = {
    "rowHeight": 28,
    "headerHeight": 30,
    "suppressCellFocus": False,
    "suppressScrollOnNewData": True,
    "suppressMovableColumns": True,
    "animateRows": False,
    "rowClassRules": {"dim": "params.data.dim"},
}


_TEXT: Final = "agTextColumnFilter"


def _column(field: str, title: str, help: str, width: int, **more: Any) -> dict[str, Any]:
    return {"field": field, "headerName": title, "headerTooltip": help, "minWidth": width, "flex": width, **more}


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
    _column("name", "Pair", "The spread is y − hedge ratio · x", 150, pinned="left", filter=_TEXT, flex=None),
    _number("z", "z [σ]", "Spread now in sigmas of the fit", 90, sort="desc", comparator={"function": "sbByDistance"}),
    _column("signal", "Signal", "z at or beyond an entry line, if live or partial", 110, cellRenderer="sb_signal"),
    _number("spread", "Spread", "y − intercept − hedge ratio · x, in y's price", 105),
    _number("hedge", "Hedge ratio", "OLS slope of y on x over the window", 105),
    _number("corr", "Correlation", "Of one-bar log returns over the window", 100),
    _number("half", "Half-life [min]", "AR(1); in brackets when too long for the window to tell", 115),
    _column("state", "State", "live, warming up n/N, stale, partial, down or untestable", 150, cellRenderer="sb_state"),
]  # fmt: skip

SYMBOLS: Final = [
    _column("name", "Symbol", "As the venue names it", 150, pinned="left", filter=_TEXT, flex=None),
    _number("price", "Price", "Last trade, in the quote asset", 105),
    _number("change", "Change [%]", "Last trade against the close one span ago", 95),
    _column("span", "Over", "24 h, or as long as bars are held", 75, cellRenderer="sb_span"),
    _number("volume", "Volume [quote]", "Quote volume of the closed bars of the span", 115),
    _number("trades", "Trades/min", "Trades in the newest closed minute", 95),
    _column("spark", "2 h", "Closes of 120 minutes", 150, sortable=False, filter=False, cellRenderer="sb_spark"),
    _column("state", "State", "LIVE, QUIET, STALE, GAP, HALTED, CATCHING UP, INIT, DOWN", 110, cellRenderer="sb_feed"),
    _number("age", "Last trade", "Time since the last trade came in", 90),
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
