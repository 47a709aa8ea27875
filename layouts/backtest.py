"""Parts of the backtest page: the settings and their fields, the cards, and the columns of its tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from dash import dcc, html

from analytics.backtest import axes
from analytics.backtest.key_figures import KEY_FIGURES, KeyFigure
from analytics.backtest.pair import RULES
from analytics.estimators import ESTIMATORS
from analytics.parameters import Choice, Integer, Parameter
from layouts.options import shown
from layouts.widgets import icon, panel

HEAT_SHOWS: Final = Choice(
    name="show",
    label="Shown",
    help="What the cells show",
    default="net",
    choices={"net": "Net", "plateau": "Plateau", "sharpe": "Sharpe", "trades": "Trades"},
)
TRAIN: Final = Integer(
    name="train", label="Train", help="Bars of each training stretch; 0 is a quarter of all", unit="bars", default=0,
    low=0, high=100_000,
)  # fmt: skip
TEST: Final = Integer(
    name="test", label="Test", help="Bars of the test stretch that follows; 0 is half of the training", unit="bars",
    default=0, low=0, high=100_000,
)  # fmt: skip
JOB_SETTINGS: Final[tuple[Parameter, ...]] = (axes.ROWS, axes.COLUMNS, HEAT_SHOWS, TRAIN, TEST)
"""Settings of the tests on demand."""

OPTIONS: Final = {
    f"backtest-{method}-{each.name}": (method, each)
    for method, estimator in ESTIMATORS.items()
    for each in estimator.parameters
}
"""Fields of the estimators' own settings by id: whose it is, and what it declares."""

_WORDS: Final = {"quote": "quote", "sigma": "σ", "bps": "bps", "bars": "bars", "bps / 8 h": "bps/8 h"}
_SHORT: Final = {
    "time_stop_half_lives": "or half-lives",
    "funding_long_bps": "Funding long",
    "funding_short_bps": "short",
}


def rule_fields() -> list[html.Div]:
    """The rules in three groups: when, how much, at what cost."""
    parts = {"When": RULES[:7], "How much": (RULES[7], RULES[-1]), "At what cost": RULES[8:-1]}
    return [
        html.Div(
            [html.Span(title, className="group-name"), *(field(f"backtest-{each.name}", each) for each in group)],
            className="rule-group",
            role="group",
            **{"aria-label": title},
        )
        for title, group in parts.items()
    ]


def option_groups() -> list[html.Span]:
    """One group of fields for each estimator; only the chosen one's is shown."""
    return [
        html.Span(
            [field(id, each) for id, (owner, each) in OPTIONS.items() if owner == method],
            id=f"backtest-options-{method}",
            className="options",
            hidden=True,
        )
        for method in ESTIMATORS
    ]


def field(id: str, each: Parameter) -> html.Label:
    """A labelled field for a declared setting."""
    label: list[Any] = [_SHORT.get(each.name, each.label), _control(id, each)]
    if each.unit:
        label.append(html.Span(_WORDS.get(each.unit, each.unit), className="note"))
    title = f"{each.help}. Must be {each.allowed}; the default is {shown(each.default)}."
    return html.Label(label, id=f"{id}-field", className="field", title=title)


def _control(id: str, each: Parameter) -> Any:
    if isinstance(each, Choice):
        choices = [{"value": value, "label": text} for value, text in each.choices.items()]
        return dcc.Dropdown(choices, each.default, id=id, clearable=False, searchable=False, className="narrow")
    return dcc.Input(shown(each.default), id=id, type="text", debounce=True, inputMode="decimal", size="5")


def key_card(figure: KeyFigure, value: str = "–", interval: str = "", below: str = "") -> html.Div:
    """A key figure with its interval and what belongs to it; without a value, as it stands before the first answer."""
    return html.Div(
        [
            html.Div([html.Span(figure.label), html.Span(figure.unit, className="note")], className="card-head"),
            html.Div(value, className="card-value num"),
            html.Div(interval or below, className="card-below num", title=interval or below),
        ],
        id=f"backtest-card-{figure.name}",
        className="kpi",
        title=f"{figure.help}. {below}" if below and interval else figure.help,
    )


def waiting_cards() -> list[html.Div]:
    """All cards before the first answer, or where there is none."""
    return [key_card(figure) for figure in KEY_FIGURES]


def table(heads: Sequence[str], rows: Sequence[Sequence[Any]], caption: str) -> html.Div:
    """A plain table: text on the left in the first column, numbers on the right in the others."""
    body = [html.Tr([html.Th(head, scope="row"), *(html.Td(cell, className="num") for cell in cells)])
            for head, *cells in rows]  # fmt: skip
    return html.Div(
        html.Table(
            [
                html.Caption(caption, className="visually-hidden"),
                html.Thead(html.Tr([html.Th(head, scope="col") for head in heads])),
                html.Tbody(body),
            ],
            className="plain-table",
        ),
        className="table-box",
        tabIndex="0",
        role="region",
        **{"aria-label": caption},
    )


def job_panel(kind: str, title: str, help: str, *, head: Sequence[Any], body: Sequence[Any], run: str) -> html.Section:
    """A panel whose content is made on demand, with its button, its progress and a way to end it."""
    id = f"backtest-{kind}"
    line = [
        html.Span("", id=f"{id}-note", className="note figure-note", role="status"),
        html.Span(className="spacer"),
        *head,
        html.Progress(
            "", id=f"{id}-progress", className="job-progress", hidden=True, **{"aria-label": f"{title}: progress"}
        ),
        html.Button("Cancel", id=f"{id}-cancel", className="small-button", type="button", hidden=True),
        html.Button([icon("play-fill"), run], id=f"{id}-run", className="small-button", type="button", disabled=True),
    ]
    stores = [dcc.Interval(f"{id}-poll", interval=300, disabled=True), dcc.Store(f"{id}-shown", data="")]
    return panel(title, line, [*body, *stores], f"{id}-panel", help)


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


def _number(field: str, title: str, help: str, width: int, digits: int, *, signed: bool = False) -> dict[str, Any]:
    return _column(
        field,
        title,
        help,
        width,
        type="rightAligned",
        filter="agNumberColumnFilter",
        cellClass=["ag-right-aligned-cell", "num"],
        cellRenderer="sb_money",
        cellRendererParams={"digits": digits, "signed": signed},
    )


TRADES: Final = [
    _column("entry", "Entry [UTC]", "Open of the bar at which it was filled", 164, cellClass="num", pinned="left",
            headerClass="zoned", cellRenderer="sb_moment", flex=None, sort="desc", sortingOrder=["desc", "asc"]),
    _column("side", "Side", "Long buys y and sells x", 82, cellRenderer="sb_side"),
    _column("exit", "Exit [UTC]", "When it was closed", 164, cellClass="num", headerClass="zoned",
            cellRenderer="sb_moment"),
    _column("reason", "Why closed", "target: z was back; stop; time stop; end: the bars ended", 96,
            cellRenderer="sb_why"),
    _number("bars", "Held [bars]", "Bars on the clock, missing ones included", 84, 0),
    _number("entry_z", "z at signal [σ]", "At the close before the fill", 100, 2, signed=True),
    _number("gross", "Gross [quote]", "Before costs", 96, 3, signed=True),
    _number("cost", "Costs [quote]", "Fees and half-spreads of all fills", 96, 3),
    _number("funding", "Funding [quote]", "Paid over the time held", 100, 3),
    _number("net", "Net [quote]", "After costs and funding", 96, 3, signed=True),
    _number("captured_z", "Got [σ]", "Gross profit in sigmas of the spread as known at entry", 76, 2, signed=True),
    _number("cost_z", "Costs [σ]", "Costs in the same sigmas", 76, 2),
]  # fmt: skip
