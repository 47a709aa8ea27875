"""Backtest: a pair's rules on the bars that are kept, what they earned after costs, and how much of it to believe."""

from __future__ import annotations

import secrets
from typing import Any

import dash
from dash import dcc, html

from analytics.backtest import axes
from analytics.market import BUILT
from analytics.parameters import SCALE, WINDOW
from analytics.spec import METHOD
from layouts.backtest import (
    HEAT_SHOWS,
    TEST,
    TRADES,
    TRAIN,
    field,
    job_panel,
    option_groups,
    rule_fields,
    waiting_cards,
)
from layouts.figures import figure_panel
from layouts.grids import grid
from layouts.quiet import quiet_page
from layouts.widgets import button, icon, panel, segmented

dash.register_page(
    __name__, path="/backtest", name="Test", title="Backtest · Spreadboard", icon="bar-chart-steps", key="t", order=4
)


def layout(**address: str) -> html.Div:
    """The page for the settings in the address bar; they are checked where the market is known."""
    return quiet_page(
        [
            html.H1("Backtest", className="visually-hidden"),
            _controls(),
            html.Div(rule_fields(), className="rule-groups"),
            html.Div("", id="backtest-problem", className="problem", role="alert"),
            _basis(),
            html.Div(waiting_cards(), id="backtest-cards", className="backtest-cards"),
            _curves(),
            html.Div([_stress(), _hours(), _captured()], className="backtest-three"),
            _trades(),
            _heat(),
            html.Div([_walk(), _estimators()], className="tiles backtest-jobs"),
            _look(),
            *_stores(address),
        ]
    )


def _stores(address: dict[str, str]) -> list[Any]:
    empty = ("spec", "ran")
    return [
        dcc.Store("backtest-address", data=address),
        *[dcc.Store(f"backtest-{name}", data="") for name in empty],
        dcc.Store("backtest-viewer", data=secrets.token_hex(8)),
        *[dcc.Store(f"backtest-{name}") for name in ("span", "load", "range", "fresh", "heat-found")],
    ]


def _controls() -> html.Div:
    methods = [{"value": value, "label": text} for value, text in METHOD.choices.items()]
    method = dcc.Dropdown(methods, id="backtest-method", clearable=False, searchable=False, className="narrow")
    return html.Div(
        [
            _pick("backtest-y", "Leg y: bought in a long spread"),
            button("arrow-left-right", "Swap the legs (s)", "backtest-swap"),
            _pick("backtest-x", "Leg x: the hedge"),
            segmented("backtest-tf", "Time frame (1, 2, 3)", {name: name for name in BUILT}),
            field("backtest-window", WINDOW),
            segmented("backtest-scale", "Scale of the regression", SCALE.choices),
            html.Label([METHOD.label, method], className="field", title=f"{METHOD.help}: y on x, with a constant"),
            *option_groups(),
            html.Span(className="spacer"),
            dcc.Link(
                [icon("graph-up"), "Open pair"], id="backtest-open", href="/pair", className="small-button link-button"
            ),
        ],
        className="controls",
    )


def _pick(id: str, label: str) -> html.Div:
    return html.Div(dcc.Dropdown(id=id, clearable=False, searchable=True), className="pick", title=label)


def _basis() -> html.Div:
    """What the test rests on: which bars, as of when, and what is wrong with them."""
    return html.Div(
        [
            html.Span("Loading the bars…", id="backtest-basis", role="status"),
            html.Span("", id="backtest-caution", className="caution"),
            html.Span(className="spacer"),
            html.Button(
                [icon("arrow-clockwise"), "Newest bars"],
                id="backtest-newest",
                className="small-button",
                type="button",
                title="Run on all bars that are kept now; until then the test stands still",
            ),
            html.Button(
                [icon("pin-angle"), "Hold"],
                id="backtest-hold",
                className="small-button",
                type="button",
                title="Put the span into the address, so that the link shows these very bars while they are kept",
                **{"aria-pressed": "false"},
            ),
            html.Span(
                [_take("report", "Report"), _take("csv", "CSV"), _take("json", "JSON")],
                className="takes",
                role="group",
                **{"aria-label": "Take the result away"},
            ),
        ],
        className="backtest-basis panel",
    )


def _take(form: str, name: str) -> html.A:
    titles = {
        "report": "One HTML file with settings, figures, picture and trades; opens without this program",
        "csv": "The trades, oldest first",
        "json": "Settings, figures and trades from the API",
    }
    more: dict[str, Any] = {"target": "_blank"} if form == "json" else {"download": ""}
    return html.A([icon("download"), name], id=f"backtest-{form}", className="small-button", title=titles[form], **more)


def _curves() -> html.Section:
    help = (
        "Equity after all costs at each close (before costs dotted), how far it is below its high, and the z that the "
        "rules read, with the entries (triangles), the exits (circles) and the side that was held. Drag to look "
        "closer; double-click shows all."
    )
    return figure_panel("backtest-curves", "Equity, drawdown and z", help)


def _stress() -> html.Section:
    help = "The same test at 1, 2 and 3 times the stated fee, half-spread and funding."
    return figure_panel("backtest-stress", "Cost stress", help)


def _hours() -> html.Section:
    help = "Net profit of the trades that were entered in each hour of the day (UTC). Few trades an hour prove nothing."
    return figure_panel("backtest-hours", "Edge by hour", help)


def _captured() -> html.Section:
    help = (
        "What each trade got before costs, in sigmas of the spread as known at entry, against the median cost of a "
        "round trip: right of the line a trade earned."
    )
    return figure_panel("backtest-captured", "Break-even in z", help)


def _trades() -> html.Section:
    head = [html.Span("", id="backtest-trades-note", className="note figure-note")]
    body = html.Div(
        grid("backtest-trades", TRADES, pagination=True, paginationPageSize=100, paginationPageSizeSelector=False),
        id="backtest-trades-box",
        className="watermarked",
    )
    return panel("Trades", head, body, "backtest-trades-panel")


def _figure(kind: str) -> html.Div:
    id = f"backtest-{kind}"
    return html.Div(
        [
            html.Div(
                id=id,
                className="figure",
                role="img",
                **{"data-state": "loading", "aria-labelledby": f"{id}-panel-title"},
            ),
            dcc.Store(f"{id}-data"),
        ],
        className="figure-box",
    )


def _heat() -> html.Section:
    help = (
        "Every combination of two parameters on the same bars, net of costs; the others stay as they are. Plateau: "
        "mean net of a cell and its neighbours less their deviation, so a lone peak scores low. □ is the present "
        "setting, ◆ the highest plateau. A click on a cell loads it. The best of many cells is lucky: believe the "
        "walk-forward."
    )
    head = [
        field("backtest-rows", axes.ROWS),
        field("backtest-columns", axes.COLUMNS),
        segmented("backtest-show", HEAT_SHOWS.help, HEAT_SHOWS.choices),
        html.Button("Load plateau", id="backtest-heat-best", className="small-button", type="button", disabled=True,
                    title="Set both parameters to the cell with the highest plateau"),
    ]  # fmt: skip
    return job_panel("heat", "Parameter heatmap", help, head=head, body=[_figure("heat")], run="Run")


def _walk() -> html.Section:
    help = (
        "Fit y on x by least squares on a training stretch, choose the entry that earned most there, freeze all of it, "
        "trade the stretch that follows, roll on. In-sample promises too much by construction. Deflated Sharpe: "
        "probability that the true Sharpe is above what the best of as many entries without skill would show."
    )
    head = [field("backtest-train", TRAIN), field("backtest-test", TEST)]
    body = [_figure("walk"), html.Div(id="backtest-walk-body", className="job-body")]
    return job_panel("walk", "Walk-forward", help, head=head, body=body, run="Run")


def _estimators() -> html.Section:
    help = "The same rules, window, bars and costs with every way to estimate the hedge ratio."
    body = [_figure("estimators"), html.Div(id="backtest-estimators-body", className="job-body")]
    return job_panel("estimators", "Estimators", help, head=[], body=body, run="Compare")


def _look() -> html.Section:
    help = (
        "Forgets the future at 20 moments, computes everything again, and lists each value of a bar that comes out "
        "different with hindsight: hedge ratio, sigma, z, half-life, gross and equity. There must be none."
    )
    body = html.Div(id="backtest-look-body", className="job-body")
    return job_panel("look", "Look-ahead self-test", help, head=[], body=[body], run="Test")
