"""Health: the way of a trade from the exchange to the screen, with rate and lag at each stage."""

from __future__ import annotations

from typing import Any, Final

import dash
from dash import dcc, html

from layouts.grids import grid
from layouts.quiet import quiet_page
from layouts.widgets import icon, panel

dash.register_page(
    __name__, path="/health", name="Health", title="Health · Spreadboard", icon="heart-pulse", key="h", order=9
)

EVERY_MS: Final = 2_000

STAGES: Final = {
    "exchange": ("Exchange", "cloud", "since the last trade", "Newest trade of any symbol, by the exchange's clock"),
    "ingest": ("Ingest", "download", "trades/s received", "Reads the socket, puts trades in order, refills gaps"),
    "ticks": ("Tick stream", "database", "trades/s stored", "Every trade once, in id order, in the store"),
    "resample": ("Resample", "scissors", "trades/s read", "Cuts 1s, 1m and 5m bars from the tick streams"),
    "bars": ("Bars", "bar-chart", "bars/min stored", "Closed bars of all time frames, in the store"),
    "page": (
        "Page",
        "window",
        "round trip",
        "This browser and the web process; the way alone, without the work",
    ),
}
LATENCIES: Final = {
    "arrive": ("Exchange → receive", "From the exchange's trade time to its reading from the socket, clocks aligned"),
    "store": ("Receive → store", "From reading a trade to the store's notice that it is stored"),
    "bar": ("Bar close → stored", "From the end of a 1s, 1m or 5m bar to the store's notice that it is stored"),
    "painted": (
        "Trade → painted",
        "From the exchange's trade time to the frame after its numbers were written, on the pair page in this browser; "
        "the browser's clock is set by the server's",
    ),
}


def _number(field: str, title: str, help: str, width: int, **more: Any) -> dict[str, Any]:
    cell = {"cellClass": ["ag-right-aligned-cell", "num"], "cellRenderer": "sb_count", "type": "rightAligned"}
    return {
        "field": field,
        "headerName": title,
        "headerTooltip": help,
        "minWidth": width,
        "flex": width,
        **cell,
        **more,
    }


SYMBOLS: Final = [
    {
        "field": "name", "headerName": "Symbol", "pinned": "left", "width": 120, "filter": "agTextColumnFilter",
        "headerTooltip": "As the venue names it",
    },
    {
        "field": "state", "headerName": "State", "minWidth": 118, "flex": 118, "cellRenderer": "sb_feed",
        "headerTooltip": "LIVE, QUIET, STALE, GAP, HALTED, CATCHING UP, INIT, DOWN",
    },
    _number("age", "Last trade", "Age of the last trade, by the exchange's clock", 104, cellRenderer="sb_lasted",
            context={"unit": "ms"}),
    _number("ticks", "Trades", "Stored since the ingestor's session began", 90),
    _number("held", "Held", "Trades in the tick stream now", 90),
    _number("gaps", "Gaps", "Jumps in trade ids since the ingestor's session began", 74),
    _number("filled", "Filled", "Gaps closed by a refill; ≥ when some were given up", 78, cellRenderer="sb_filled"),
    _number("holes", "Abandoned", "Holes that could not be filled, as long as they are kept", 96),
    _number("duplicates", "Duplicates", "Trades that came again, dropped", 96),
    _number("quarantined", "Quarantined", "Trades refused because they cannot be trades", 102),
    _number("revised", "Revised bars", "1m bars held that changed after they had closed", 104),
]  # fmt: skip


def layout(**_: str) -> html.Div:
    """The frame; health.js fills it every two seconds."""
    return quiet_page(
        [
            html.H1("Health", className="visually-hidden"),
            html.Div(
                [
                    html.Div(
                        [html.Span("Asking", id="health-word"), html.Span("", id="health-reasons")],
                        id="health-verdict",
                        role="status",
                        **{"data-level": "wait"},
                    ),
                    html.Span("", id="health-as-of", className="note num"),
                ],
                className="health-head",
            ),
            html.Ol([_stage(id, *about) for id, about in STAGES.items()], className="stages"),
            html.Div([_latency(id, *about) for id, about in LATENCIES.items()], className="latencies"),
            panel(
                "Symbols",
                [html.Span("", id="health-symbols-note", className="note")],
                grid("health-symbols", SYMBOLS),
                "health-symbols-panel",
                "What the feed and the store know of every watched symbol; each column's title says what it counts.",
            ),
            html.Div([_roles(), _store()], className="health-lower"),
            dcc.Interval("health-clock", interval=EVERY_MS),
            dcc.Store("health-ask"),
            dcc.Store("health-message"),
        ],
        "1s",
    )


def _stage(id: str, title: str, picture: str, unit: str, help: str) -> html.Li:
    return html.Li(
        [
            html.Div([icon(picture), html.H2(title), html.Span("–", className="level")], className="stage-head"),
            html.Div(
                [html.Span("–", className="value num"), html.Span(unit, className="note")], className="stage-value"
            ),
            html.Div("–", className="lag"),
            html.Div("–", className="more note"),
        ],
        id=f"stage-{id}",
        className="stage",
        title=help,
        **{"data-level": "wait"},
    )


def _latency(id: str, title: str, help: str) -> html.Section:
    return panel(
        title,
        [],
        [
            html.Div(
                [
                    html.Span(["p50 ", html.B("–", className="p50 num")]),
                    html.Span(["p95 ", html.B("–", className="p95 num")]),
                    html.Span("", className="count note"),
                ],
                className="percentiles",
            ),
            html.Div(className="bins", role="img", **{"data-empty": "loading"}),
            html.Div([html.Span(text) for text in ("1 ms", "10", "100", "1 s", "10 s")], className="ticks note"),
        ],
        f"latency-{id}",
        help,
    )


def _roles() -> html.Section:
    heads = ("Role", "State", "Pid", "Since (UTC)", "Restarts", "Last exit", "Heartbeat", "Memory")
    table = html.Table(
        [
            html.Thead(html.Tr([html.Th(head, scope="col") for head in heads]), className="zoned"),
            html.Tbody(id="health-roles"),
        ],
        className="health-table",
    )
    logs = html.P(
        [
            "Log lines are not kept by the board. Every role writes to the standard error of ",
            html.Code("python app.py"),
            ": the terminal where it runs, or the journal of its service. ",
            html.Code("--log-json"),
            " makes them JSON.",
        ],
        className="note",
    )
    note = html.Span("processes, and what the supervisor says of them", className="note")
    help = (
        "The board's processes. Restarts and the last exit are counted by the supervisor; the heartbeat is the age of "
        "what the role last wrote to the store; memory is its resident set."
    )
    return panel("Roles", [note], [html.Div(table, className="scrolled"), logs], "health-roles-panel", help)


def _store() -> html.Section:
    facts = {
        "store": "Memory of the store",
        "web": "Memory of the web process",
        "held": "Trades held",
        "ping": "Round trip to the store",
        "commands": "Commands to the store",
        "clients": "Connections to the store",
        "late": "Late trades",
    }
    rows = [html.Div([html.Dt(text), html.Dd("–", id=f"fact-{name}", className="num")]) for name, text in facts.items()]
    help = "As the store and the web process tell of themselves; the round trip is one PING from the web process."
    return panel("Memory and store", [], html.Dl(rows, className="facts"), "health-store-panel", help)
