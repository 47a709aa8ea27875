"""What every page stands in: header with the feed's badge, icon rail made from the page registry, clock and help."""

from __future__ import annotations

from typing import Any, Final

import dash
from dash import dcc, html

from layouts.widgets import button, icon

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
    "1 2 3": "time frame 1s, 1m, 5m",
    "s": "swap the legs",
    "f": "follow live on or off",
    "t": "dark or light",
    "?": "this sheet",
    "Esc": "close this sheet",
}


def shell(interval_ms: int, push: str, entry_z: float) -> html.Div:
    """The frame around the page container. ``push``: ``interval`` or ``sse``; ``entry_z``: where z is a signal."""
    return html.Div(
        [
            _header(),
            html.Div(
                "SIMULATED: these prices come from the simulated exchange, not from a market.",
                id="ribbon",
                hidden=True,
                role="note",
            ),
            html.Nav(
                [_link(page) for page in dash.page_registry.values()], className="rail", **{"aria-label": "Pages"}
            ),
            html.Main(dash.page_container, id="main"),
            _help(),
            dcc.Interval("clock", interval=interval_ms, max_intervals=0 if push == "sse" else -1),
        ],
        id="shell",
        **{"data-push": push, "data-entry": str(entry_z)},
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
            button("moon-stars", "Dark or light (t)", "theme"),
            button("question-circle", "Keys and help (?)", "help-open"),
        ],
        className="top",
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
    rows = [
        part
        for keys, text in (pages | KEYS).items()
        for part in (html.Dt([html.Kbd(key) for key in keys.split()]), html.Dd(text))
    ]
    return html.Dialog(
        [
            html.Div([html.H2("Keys"), button("x-lg", "Close", "help-close")], className="panel-head"),
            html.Dl(rows),
            html.P(
                "Every number at time t uses only what was known before t. Closed bars are never repainted; the open "
                "bar is drawn in grey until it closes. All times are UTC; a bar is stamped at its open."
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
