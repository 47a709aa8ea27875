"""The data: one symbol's features and bars as tables to sort, filter and take away, and its trades as they come."""

from __future__ import annotations

from typing import Any

import dash
from dash import dcc, html

from analytics.market import BUILT
from analytics.parameters import WINDOW
from layouts.grids import grid
from layouts.quiet import quiet_page
from layouts.tables import BARS, FEATURES, ROWS, VIEWS
from layouts.upload import upload_button, upload_dialog
from layouts.widgets import icon, panel, segmented

dash.register_page(__name__, path="/data", name="Data", title="Data · Spreadboard", icon="table", key="d", order=6)


def layout(**address: str) -> html.Div:
    """The page for the settings in the address bar; they are checked where the market is known."""
    return quiet_page(
        [
            html.H1("Data", className="visually-hidden"),
            _controls(),
            html.Div("", id="data-problem", className="problem", role="alert"),
            html.Div(_panel(), id="data-box", className="watermarked"),
            upload_dialog(),
            dcc.Store("data-address", data=address),
            dcc.Store("data-query", data=""),
            dcc.Store("data-rows"),
            dcc.Store("data-again"),
            dcc.Store("tape-ask"),
            dcc.Store("tape-trades"),
        ]
    )


def _controls() -> html.Div:
    window = dcc.Input(id="data-window", type="text", debounce=True, inputMode="numeric", size="5")
    counts = [{"value": value, "label": text} for value, text in ROWS.choices.items()]
    return html.Div(
        [
            html.Div(
                dcc.Dropdown(id="data-symbol", clearable=False, searchable=True), className="pick", title="Symbol"
            ),
            segmented("data-view", VIEWS.help, VIEWS.choices),
            html.Div(segmented("data-tf", "Time frame (1, 2, 3)", {name: name for name in BUILT}), className="of-bars"),
            html.Label(
                [
                    ROWS.label,
                    dcc.Dropdown(counts, id="data-count", clearable=False, searchable=False, className="narrow"),
                ],
                className="field of-bars",
                title=ROWS.help,
            ),
            html.Label(
                [WINDOW.label, window, html.Span(WINDOW.unit, className="note")],
                id="data-window-field",
                className="field of-features",
                title=f"Bars in every value that needs more than its own: {WINDOW.allowed}",
            ),
            html.Span(className="spacer"),
            upload_button(),
        ],
        className="controls",
    )


def _panel() -> html.Section:
    head = [
        html.Span("", id="data-note", className="note"),
        html.Span(className="spacer"),
        html.Span("", id="tape-count", className="note num"),
        html.Span("", id="tape-word", className="tape-word", role="status"),
        html.Button(
            [icon("pause-fill"), "Pause"],
            id="tape-pause",
            className="small-button",
            type="button",
            title="Hold the tape; it also stands still while the pointer is over it",
            **{"aria-pressed": "false"},
        ),
        html.Span(
            [_take("parquet", "Parquet"), _take("json", "JSON")],
            className="takes",
            role="group",
            **{"aria-label": "The rows from the API"},
        ),
    ]
    body = [
        html.Div(grid("data-features", FEATURES), id="data-features-view"),
        html.Div(grid("data-bars", BARS), id="data-bars-view"),
        _tape(),
        html.Div("Loading…", id="data-empty", role="status"),
        html.P(
            "Each column by itself, among the rows shown: bold is the furthest 5 % (▲ high, ▼ low, where there is no "
            "sign), faint the nearer half; the sign tells above 0 from below, and so does the colour.",
            className="note data-legend",
        ),
    ]
    help = (
        "Features of every closed bar, its own numbers, or the trades as they come; a column's title says what it is. "
        "A value at a bar uses that bar and those before it. The CSV holds the rows in the order and filter shown; "
        "Parquet and JSON come from the API, oldest first."
    )
    return panel("–", head, body, "data-panel", help)


def _take(form: str, name: str) -> html.A:
    more: dict[str, Any] = {"target": "_blank"} if form == "json" else {"download": ""}
    title = "These rows from the API with the same settings, oldest first; the table's filters do not count"
    return html.A([icon("download"), name], id=f"data-{form}", className="small-button", title=title, **more)


def _tape() -> html.Div:
    heads = ("Time [UTC]", "Price", "Size [base]", "Value [quote]", "Side", "Trade id")
    table = html.Table(
        [
            html.Caption("Trades, newest first; the side is the aggressor's", className="visually-hidden"),
            html.Thead(html.Tr([html.Th(head, scope="col") for head in heads]), className="zoned"),
            html.Tbody(id="tape-body"),
        ]
    )
    scroll = html.Div(table, id="tape-scroll", tabIndex="0", role="region", **{"aria-label": "Tape of trades"})
    return html.Div(scroll, id="tape-view")
