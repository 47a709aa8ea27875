"""Correlation: of all watched symbols, who moves first, and of one pair from bars and from trades, as of any bar."""

from __future__ import annotations

from typing import Any

import dash
from dash import dcc, html

from analytics.market import BUILT
from analytics.parameters import WINDOW, Integer
from layouts.correlation import LEAD, METHOD, TILES
from layouts.figures import figure_panel
from layouts.quiet import quiet_page
from layouts.widgets import button, icon, segmented

dash.register_page(
    __name__,
    path="/correlation",
    name="Corr",
    title="Correlation · Spreadboard",
    icon="grid-3x3",
    key="c",
    order=2,
)


def layout(**address: str) -> html.Div:
    """The page for the settings in the address bar; they are checked where the market is known."""
    return quiet_page(
        [
            html.H1("Correlation", className="visually-hidden"),
            _controls(),
            _moment(),
            html.Div("", id="correlation-problem", className="problem", role="alert"),
            _tiles(),
            dcc.Store("correlation-address", data=address),
            dcc.Store("correlation-spec", data=""),
            dcc.Store("correlation-until"),
        ]
    )


def _controls() -> html.Div:
    return html.Div(
        [
            segmented("correlation-tf", "Time frame (1, 2, 3)", {name: name for name in BUILT}),
            _bars("correlation-window", WINDOW, "Window"),
            _bars("correlation-lead", LEAD, "Lead-lag window"),
            html.Span(className="rule"),
            _pick("correlation-y", "First symbol of the pair"),
            button("arrow-left-right", "Swap the two (s)", "correlation-swap"),
            _pick("correlation-x", "Second symbol of the pair"),
            segmented("correlation-method", f"{METHOD.label} on bars: {METHOD.help}", METHOD.choices),
            dcc.Link(
                [icon("graph-up"), "Open pair"],
                id="correlation-open",
                href="/pair",
                className="small-button link-button",
            ),
        ],
        className="controls",
    )


def _bars(id: str, each: Integer, label: str) -> html.Label:
    field = dcc.Input(id=id, type="text", debounce=True, inputMode="numeric", size="5")
    title = f"{each.help.partition('. ')[0]}, {each.allowed.removeprefix('a whole number ')}"
    return html.Label(
        [label, field, html.Span("bars", className="note")], f"{id}-field", className="field", title=title
    )


def _pick(id: str, label: str) -> html.Div:
    return html.Div(dcc.Dropdown(id=id, clearable=False, searchable=True), className="pick", title=label)


def _moment() -> html.Div:
    slider = dcc.Slider(
        0,
        1,
        value=1,
        id="correlation-at",
        step=1,
        marks=None,
        included=False,
        allow_direct_input=False,
        tooltip={"placement": "top", "always_visible": False, "transform": "sbClock"},
    )
    now = html.Button(
        [icon("skip-end-fill"), "Now"],
        id="correlation-now",
        className="small-button",
        type="button",
        title="Follow the newest bar",
        **{"aria-pressed": "true"},
    )
    return html.Div(
        [
            html.Span("As of", id="correlation-at-label"),
            html.Time("–", id="correlation-at-words", className="num"),
            html.Div(
                slider, className="moment-slider zoned", role="group", **{"aria-labelledby": "correlation-at-label"}
            ),
            now,
        ],
        className="moment panel",
        title="Every figure as it was at this bar: nothing that came later counts",
    )


def _tiles() -> html.Div:
    warning = html.Div("", id="correlation-leads-warning", className="figure-warning", role="note")
    below = {"correlation-leads": [warning]} | {id: [_facts(id)] for id in ("correlation-ticks", "correlation-epps")}
    figures = [
        figure_panel(id, tile.title, tile.help, below=below.get(id, ()), of=tile.of) for id, tile in TILES.items()
    ]
    return html.Div(figures, className="tiles", id="correlation-tiles")


def _facts(id: str) -> Any:
    return html.Div("", id=f"{id}-rests", className="note figure-rests")
