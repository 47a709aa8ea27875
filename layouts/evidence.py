"""The panel of cointegration tests, and of estimators side by side: what is asked, what it needs, what was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from dash import html

from analytics.measure import Measure
from analytics.registry import measure
from layouts.widgets import panel, segmented


class Line(NamedTuple):
    """One test as the table lists it: the measure that makes it, with ``choice`` of its settings, of which leg."""

    measure: str
    title: str
    leg: str = ""
    choice: Mapping[str, str] = {}


class Found(NamedTuple):
    """What a test found, in words. ``tone`` is ``up`` where that speaks for a spread that reverts, else empty."""

    statistic: str = ""
    critical: str = ""
    p: str = ""
    lags: str = ""
    says: str = ""
    tone: str = ""


class Basis(NamedTuple):
    """What results rest on, in words. ``key`` names the settings, so that the page can tell when they have changed."""

    key: str
    as_of_ms: int
    words: str


LINES: Final = (
    Line("engle_granger", "Engle-Granger, y on x", choice={"dependent": "y"}),
    Line("engle_granger", "Engle-Granger, x on y", choice={"dependent": "x"}),
    Line("johansen", "Johansen, trace"),
    Line("adf", "Dickey-Fuller, leg y", "y"),
    Line("adf", "Dickey-Fuller, leg x", "x"),
    Line("kpss", "KPSS, leg y", "y"),
    Line("kpss", "KPSS, leg x", "x"),
    Line("half_life", "Half-life of the spread"),
    Line("hurst", "Hurst exponent of the spread", choice={"series": "spread"}),
    Line("variance_ratio", "Variance ratio of the spread", choice={"series": "spread"}),
)
ESTIMATOR_COLUMNS: Final = {
    "Estimator": "With its default settings",
    "Hedge ratio": "Of y on x: units of x for one of y, or an elasticity on log scale",
    "Intercept": "Of the same line",
    "Sigma": "What a z of 1 is worth, as the estimator measures it",
    "Half-life": "AR(1) on what the line leaves; without cointegration it means nothing",
    "Hedge ratio, x on y": "1 / slope of x on y. Far from the first, the ratio is badly determined",
}
_TEST_COLUMNS: Final = ("Test", "Statistic", "Critical, 5 %", "p", "Lags", "What it says")


def need(line: Line) -> int:
    """Shared bars that a test cannot do without; one with a window of its own takes what there is."""
    made_by = measure(line.measure)
    least = {one.name: getattr(one, "low", one.default) for one in made_by.parameters if one.name == "window"}
    return made_by.warmup(**made_by.settings(least))


def evidence_panel() -> html.Section:
    """Both tables, one in sight, with the button that fills them."""
    head = [
        segmented("pair-tab", "What is listed", {"tests": "Tests", "estimators": "Estimators"}, "tests"),
        html.Span("", id="pair-outdated", className="outdated", role="status"),
        html.Span(className="spacer"),
        html.Button("Test now", id="pair-test-again", className="small-button", type="button", disabled=True),
    ]
    body = [html.Div(findings_table({}), id="pair-tests"), html.Div(estimators_table([]), id="pair-estimators")]
    least = {"data-least": str(min(map(need, LINES)))}
    box = html.Div(body, id="pair-evidence-box", tabIndex="0", **least)
    help = (
        "Tests of the closed bars in the window, made when you ask for them; a test's name tells its null hypothesis. "
        "Engle-Granger, both ways round, and Johansen ask whether the legs are cointegrated, Dickey-Fuller and KPSS "
        "whether a leg has a unit root, the rest how the spread reverts."
    )
    return panel("Cointegration", head, box, "pair-evidence", help)


def findings_table(
    found: Mapping[str, Found], verdict: str = "", reasons: Sequence[str] = (), basis: Basis | None = None
) -> html.Div:
    """Every test; beside one that was not made, the page itself says what is missing."""
    head = html.Tr([html.Th(name, scope="col") for name in _TEST_COLUMNS])
    rows = [_test_row(line, found.get(line.title)) for line in LINES]
    parts = [html.P(verdict, className="verdict"), _table(head, rows)]
    if reasons:
        parts.append(html.Details([html.Summary("What this rests on, in words"), html.Ul([*map(html.Li, reasons)])]))
    return _held(parts, basis)


def estimators_table(rows: Sequence[Sequence[str]], basis: Basis | None = None) -> html.Div:
    """One row an estimator; without rows, what the table is for."""
    head = html.Tr([html.Th(name, scope="col", title=help) for name, help in ESTIMATOR_COLUMNS.items()])
    empty = "" if rows else "Every estimator on the same window, both ways round, when you ask for it."
    return _held([html.P(empty, className="verdict"), _table(head, [*map(_estimator_row, rows)])], basis)


def summary(found: Found | None) -> html.Div:
    """The first test for the card: its p and how strong that is."""
    p = f"p {found.p}" if found and found.p else "–"
    says = found.says.partition(" that ")[0] if found else "needs more bars"
    below = html.Div(f"{says} · Engle-Granger", className="card-below", title=found.says if found else says)
    return html.Div([html.Div(p, className="card-value num"), below])


def _held(parts: list[Any], basis: Basis | None) -> html.Div:
    if basis is None:
        return html.Div(parts, className="evidence")
    marks = {"data-key": basis.key, "data-as-of": str(basis.as_of_ms)}
    return html.Div([*parts, html.P(basis.words, className="note")], className="evidence", **marks)


def _table(head: html.Tr, rows: Sequence[html.Tr]) -> html.Table:
    return html.Table([html.Thead(head), html.Tbody(list(rows))])


def _test_row(line: Line, found: Found | None) -> html.Tr:
    title = html.Th(line.title, scope="row", title=_asked(measure(line.measure)))
    if found is None:
        waits = html.Td(html.Span("", className="waits", **{"data-need": str(need(line))}), colSpan=5)
        return html.Tr([title, waits])
    says = html.Td(found.says, className=f"says {found.tone}".strip())
    return html.Tr([title, *[html.Td(text, className="num") for text in found[:4]], says])


def _estimator_row(row: Sequence[str]) -> html.Tr:
    return html.Tr([html.Th(row[0], scope="row"), *[html.Td(cell, className="num") for cell in row[1:]]])


def _asked(made_by: Measure) -> str:
    return f"Null hypothesis: {made_by.null}" if made_by.null else made_by.summary
