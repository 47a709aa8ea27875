"""The pair: prices of both legs, spread, z-score and volume on one time axis, with the key figures above."""

from __future__ import annotations

import dash
from dash import dcc, html

from analytics.market import BUILT
from analytics.parameters import MAX_WINDOW, MIN_WINDOW, SCALE
from analytics.spec import METHOD
from analytics.window import SPARSE_STEPS
from layouts.chart import chart
from layouts.evidence import evidence_panel
from layouts.options import groups
from layouts.pair_views import pair_views
from layouts.widgets import button, card, icon, panel, segmented

dash.register_page(__name__, path="/pair", name="Pair", title="Pair · Spreadboard", icon="graph-up", key="p", order=1)


def layout(**address: str) -> html.Div:
    """The page for the settings in the address bar; they are checked where the market is known."""
    return html.Div(
        [
            html.H1("Pair", className="visually-hidden"),
            _controls(),
            html.Div("", id="pair-problem", className="problem", role="alert"),
            _cards(),
            _basis(),
            _chart(),
            evidence_panel(),
            pair_views(),
            dcc.Store("pair-address", data=address),
            dcc.Store("pair-spec", data=""),
            dcc.Store("pair-message"),
            dcc.Store("pair-cursor", data=""),
        ],
        id="pair-page",
        className="page",
        **{"data-state": "loading"},
    )


def _controls() -> html.Div:
    return html.Div(
        [
            _pick("pair-y", "Leg y: bought in a long spread"),
            button("arrow-left-right", "Swap the legs (s)", "pair-swap"),
            _pick("pair-x", "Leg x: the hedge"),
            segmented("pair-tf", "Time frame (1, 2, 3)", {name: name for name in BUILT}),
            html.Label(
                [
                    "Window",
                    dcc.Input(id="pair-window", type="text", debounce=True, inputMode="numeric", size="5"),
                    html.Span("bars", className="note"),
                ],
                id="pair-window-field",
                className="field",
                title=f"Shared bars in every statistic, {MIN_WINDOW} to {MAX_WINDOW}",
            ),
            segmented("pair-scale", "Scale of the regression", SCALE.choices),
            html.Label([METHOD.label, _methods()], className="field", title=f"{METHOD.help}: y on x, with a constant"),
            *groups(),
        ],
        className="controls",
    )  # fmt: skip


def _methods() -> dcc.Dropdown:
    choices = [{"value": value, "label": text} for value, text in METHOD.choices.items()]
    return dcc.Dropdown(choices, id="pair-method", clearable=False, searchable=False, className="narrow")


def _pick(id: str, label: str) -> html.Div:
    return html.Div(dcc.Dropdown(id=id, clearable=False, searchable=True), className="pick", title=label)


def _cards() -> html.Div:
    test = html.Button("Test now", id="pair-test", className="small-button", type="button", disabled=True)
    return html.Div(
        [
            card("y", "y", "Last trade of leg y; change over 24 h, or since the oldest bar held"),
            card("x", "x", "Last trade of leg x; change over 24 h, or since the oldest bar held"),
            card("hedge", "Hedge ratio", "Units of x for each y (elasticity on log scale), ± its standard error"),
            card("spread", "Spread", "Last trades against the fit of the closed bars: y − intercept − hedge ratio · x"),
            card("z", "z-score", "Spread in sigmas: of the fit's residuals, or of the forecast's error (Kalman)"),
            card("corr", "Correlation", "Of one-bar log returns over the window"),
            card("half", "Half-life", "Time until half of a deviation is gone: AR(1) on the residuals, 95 % interval"),
            html.Div(
                [
                    html.Div([html.Span("Cointegration"), test], className="card-head"),
                    html.Div(
                        html.Div(id="pair-test-result"),
                        id="pair-test-box",
                        className="test-box",
                    ),
                ],
                className="kpi test",
                title="Engle-Granger, y on x: the null hypothesis is no cointegration. All tests are below the chart",
            ),
        ],
        className="kpis",
    )  # fmt: skip


def _basis() -> html.Div:
    parts = [html.Span("", id=f"pair-basis-{name}") for name in ("span", "breaks", "partial")]
    return html.Div(
        [html.Span("z rests on"), *parts],
        id="pair-basis",
        className="basis",
        title="Closed bars of both legs that the fit is made of. A break is time without such a bar inside the window, "
        f"a partial bar misses trades. ▲ marks a span of over {SPARSE_STEPS:g} times the bars in it, and partial bars",
    )


def _chart() -> html.Section:
    head = [
        html.Span("", id="pair-chart-note", className="note"),
        html.Span("", id="pair-readout", className="readout num"),
        html.Span(className="spacer"),
        html.Button(
            [icon("skip-end-fill"), "Go live"], id="go-live", className="small-button offer", type="button", hidden=True
        ),
        html.Button(
            [icon("broadcast"), "Follow live"],
            id="follow",
            className="small-button",
            type="button",
            title="Scroll with new bars (l)",
            **{"aria-pressed": "true"},
        ),
    ]
    state = html.Div(
        [
            html.Span("", id="pair-state-word"),
            html.Div(html.Div(id="pair-progress-bar"), id="pair-progress", role="progressbar"),
            html.Span("", id="pair-state-text"),
        ],
        id="pair-state",
        role="status",
    )
    help = (
        "y and x: closes. spread = y − intercept − hedge ratio · x, and z = spread / σ, by the fit to the bars before "
        "each, as it was known then. Grey: the bar that is open. Dashed: ±2σ, and the entry lines."
    )
    return panel("–", head, [state, html.Div(chart(), id="pair-chart-box")], "pair-chart-panel", help)
