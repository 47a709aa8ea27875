"""Correlation: of all watched symbols, who moves first, and of one pair from bars and from trades, as of any bar."""

from __future__ import annotations

from typing import Any

import dash
from dash import dcc, html

from analytics.market import TIMEFRAME_MS
from analytics.parameters import WINDOW, Integer
from layouts.correlation import LEAD, METHOD
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
            html.Div([_matrix(), _leads(), _cross(), _ticks(), _epps()], className="tiles", id="correlation-tiles"),
            dcc.Store("correlation-address", data=address),
            dcc.Store("correlation-spec", data=""),
            dcc.Store("correlation-until"),
        ]
    )


def _controls() -> html.Div:
    return html.Div(
        [
            segmented("correlation-tf", "Time frame (1, 2, 3)", {name: name for name in TIMEFRAME_MS}),
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
            html.Div(slider, className="moment-slider", role="group", **{"aria-labelledby": "correlation-at-label"}),
            now,
        ],
        className="moment panel",
        title="Every figure as it was at this bar: nothing that came later counts",
    )


def _matrix() -> html.Section:
    help = (
        "Pearson correlation of one-bar log returns over the newest bars of the window, like beside like (average "
        "linkage on √(2(1 − r))). A return counts where a symbol traded in both of two bars that follow each other; "
        "a pair needs half of the window. A click on a cell opens the pair."
    )
    return figure_panel("correlation-matrix", "Correlation", help)


def _leads() -> html.Section:
    help = (
        "For every two symbols the lag of the strongest correlation, −60 to +60 bars: number = lag, colour = strength "
        "there. ● stands out from chance at the best of 121 lags (5 %, Sidak). A symbol that trades rarely has old "
        "prices and looks late without being so. A click on a cell opens the pair."
    )
    warning = html.Div("", id="correlation-leads-warning", className="figure-warning", role="note")
    return figure_panel("correlation-leads", "Lead and lag", help, below=[warning])


def _cross() -> html.Section:
    help = (
        "Correlation of the first symbol's one-bar log returns with the second's so many bars later, over the lead-lag "
        "window. Beyond the dashed lines (and marked ●): not by chance, though 121 lags were tried (5 %, Sidak). "
        "Beyond the dotted lines: 95 % for one lag alone, ±1.96/√n."
    )
    return figure_panel("correlation-cross", "Cross-correlation", help)


def _ticks() -> html.Section:
    help = (
        "Correlation straight from the trades, at their own times, without a grid (Hayashi and Yoshida 2005); each "
        "symbol keeps its last trade of every second. Shifting one clock tells which moves first. Beside it the "
        "correlation of bars, by the method and window above."
    )
    return figure_panel("correlation-ticks", "Hayashi-Yoshida", help, below=[_facts("correlation-ticks")])


def _epps() -> html.Section:
    help = (
        "Correlation of the newest trades on a grid of ever longer steps. On short steps most moves of one symbol meet "
        "an old price of the other, and correlation fades whatever the truth (Epps 1979): choose bars from where the "
        "curve is flat. Beside it Hayashi-Yoshida on trades thinned to the same step."
    )
    return figure_panel("correlation-epps", "Epps curve", help, below=[_facts("correlation-epps")])


def _facts(id: str) -> Any:
    return html.Div("", id=f"{id}-rests", className="note figure-rests")
