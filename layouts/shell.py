"""What every page stands in: header with the feed's badge, icon rail made from the page registry, clock and help."""

from __future__ import annotations

import json
from typing import Any, Final

import dash
from dash import dcc, html

from layouts.widgets import button, icon, segmented

INDEX: Final = """<!DOCTYPE html>
<html lang="en" data-bs-theme="dark">
<head>
{%metas%}
<title>{%title%}</title>
{%favicon%}
{%css%}
<script src="/assets/theme.js"></script>
</head>
<body>
{%app_entry%}
<footer>{%config%}{%scripts%}{%renderer%}</footer>
</body>
</html>"""

KEYS: Final = {
    "Ctrl k": "find a page, pair, symbol or action (⌘ k on a Mac)",
    "j k": "next and previous pair, on the pair page",
    "1 2 3": "time frame 1s, 1m, 5m",
    "s": "swap the legs",
    "f": "freeze everything, or go on live",
    "l": "follow live on or off",
    "t": "dark or light",
    "a": "add a widget, on the workspace",
    "Enter": "open the row of a list",
    "?": "this sheet",
    "Esc": "close what is open",
}
LOOKS: Final = {
    "theme": ("Theme", {"dark": "Dark", "light": "Light"}),
    "palette": ("Colours", {"standard": "Standard", "safe": "Colour-blind safe"}),
    "density": ("Rows", {"dense": "Dense", "comfortable": "Comfortable"}),
    "zone": ("Times", {"utc": "UTC", "local": "Local"}),
}
"""Settings of the browser, by the names and values that theme.js keeps them under."""


def shell(interval_ms: int, push: str, entry_z: float) -> html.Div:
    """The frame around the page container. ``push``: ``interval`` or ``sse``; ``entry_z``: where z is a signal."""
    return html.Div(
        [
            html.A("Skip to the page", href="#main", id="skip"),
            _header(),
            _frozen(),
            html.Div(
                "SIMULATED: these prices come from the simulated exchange, not from a market.",
                id="ribbon",
                hidden=True,
                role="note",
            ),
            html.Nav(
                [_link(page) for page in dash.page_registry.values()], className="rail", **{"aria-label": "Pages"}
            ),
            html.Main(dash.page_container, id="main", tabIndex=-1),
            _settings(),
            _palette(),
            _help(),
            html.Div("", id="said", role="status"),
            dcc.Interval("clock", interval=interval_ms, max_intervals=0 if push == "sse" else -1),
        ],
        id="shell",
        **{"data-push": push, "data-entry": str(entry_z), "data-interval": str(interval_ms)},
    )


def _header() -> html.Header:
    return html.Header(
        [
            dcc.Link([icon("activity"), html.Span("Spreadboard")], href="/", className="brand"),
            html.Span(className="spacer"),
            html.Button("Live feed is back: switch", id="feed-switch", className="offer", type="button", hidden=True),
            html.Span(
                [
                    html.Span(className="dot"),
                    html.Span("CONNECTING", id="badge-word"),
                    html.Span("", id="badge-age", className="num"),
                ],
                id="badge",
                className="badge-feed",
                **{"data-level": "wait"},
            ),
            html.Span(
                [icon("broadcast"), html.Span("–", id="latency", className="num")],
                className="chip",
                title="Exchange to here: median time from the trade's event to its arrival",
            ),
            html.Time("", id="utc", className="num"),
            button("search", "Find a page, pair, symbol or action (Ctrl k)", "palette-open"),
            html.Button(
                [icon("snow"), html.Span("FROZEN")],
                id="freeze",
                className="icon-button",
                type="button",
                title="Freeze everything, or go on live (f)",
                **{"aria-label": "Freeze everything", "aria-pressed": "false"},
            ),
            button("sliders", "Theme, colours, rows and times", "settings-open", **{"aria-expanded": "false"}),
            button("question-circle", "Keys and help (?)", "help-open"),
        ],
        className="top",
    )


def _frozen() -> html.Div:
    return html.Div(
        [
            html.Span("", id="frozen-at"),
            html.Span("No number moves by itself; the badge above goes on telling how the feed is."),
            html.Button("Go on live (f)", id="thaw", className="small-button", type="button"),
        ],
        id="frozen",
        hidden=True,
        role="status",
    )


def _settings() -> html.Div:
    rows = [
        html.Div([html.Span(name), segmented(f"set-{id}", name, choices)], className="setting")
        for id, (name, choices) in LOOKS.items()
    ]
    note = html.P("Kept in this browser. Files and the API are always in UTC.", className="note")
    return html.Div([*rows, note], id="settings", hidden=True, role="dialog", **{"aria-label": "Settings"})


def _palette() -> html.Dialog:
    return html.Dialog(
        [
            html.Div(icon("search"), id="palette-search"),
            html.Ul(id="palette-list", role="listbox", **{"aria-label": "Found"}),
            html.Div("", id="palette-more", className="note", role="status"),
        ],
        id="palette",
        **{"aria-label": "Find a page, pair, symbol or action"},
    )


def _link(page: Any) -> dcc.Link:
    return dcc.Link(
        [icon(page["icon"]), html.Span(page["name"], className="rail-name", **{"data-key": page["key"]})],
        href=page["relative_path"],
        className="rail-link",
        title=f"{page['name']} (g {page['key']})",
    )


def _help() -> html.Dialog:
    pages = {f"g {page['key']}": f"go to {page['name']}" for page in dash.page_registry.values()}
    return html.Dialog(
        [
            html.Div([html.H2("Keys"), button("x-lg", "Close", "help-close")], className="panel-head"),
            html.Dl(id="help-keys", **{"data-keys": json.dumps(pages | KEYS)}),
            html.P(
                "Every number at time t uses only what was known before t. Closed bars are never repainted; the open "
                "bar is drawn in grey until it closes. A bar is stamped at its open. Times are UTC unless the settings "
                "say local; each says its zone, and a local time has the distance from UTC that holds now."
            ),
            html.P(
                [
                    "Charts: TradingView Lightweight Charts™, © TradingView, Inc. ",
                    html.A(
                        "www.tradingview.com", href="https://www.tradingview.com/", target="_blank", rel="noreferrer"
                    ),
                ]
            ),
        ],
        id="help",
    )
