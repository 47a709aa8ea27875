"""The panels of the tests on demand: a button that starts one, its progress, a way to end it, and what it found."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import dash
from dash import ClientsideFunction, Input, Output, State, ctx, no_update

from analytics.backtest.axes import TRIED
from callbacks.backtest_choice import default, span_of
from callbacks.backtest_data import Backtests
from callbacks.backtest_heat import Result
from callbacks.backtest_jobs import OWN, asked, key, work
from callbacks.backtest_query import parse
from callbacks.backtest_results import RESULTS
from callbacks.jobs import Jobs, Progress
from callbacks.live import Live
from layouts.figures import figure

FIGURES: Final = ("heat", "walk", "estimators")
BODIES: Final = ("walk", "estimators", "look")


class Ask(NamedTuple):
    """What a panel holds when it is to change, first of all what caused it; ``ran`` is the test that is on the page."""

    by: str
    spec: str
    ran: str
    span: dict[str, Any] | None
    viewer: str
    shown: str


class Panel(NamedTuple):
    """What a panel shows; `no_update` where it stays."""

    note: Any = no_update
    value: Any = no_update
    total: Any = no_update
    idle: bool = True
    ready: bool = False
    shown: Any = no_update
    figure: Any = no_update
    body: Any = no_update
    best: Any = no_update

    def outputs(self, kind: str) -> list[Any]:
        """In the order of the callback's outputs."""
        hidden = [self.idle, self.idle]
        found = [self.note, self.value, self.total, *hidden, not (self.ready and self.idle), self.idle, self.shown]
        found += [self.figure] if kind in FIGURES else []
        found += [self.body] if kind in BODIES else []
        if kind == "heat":
            found += [self.best, no_update if self.best is no_update else not self.best]
        return found


def register(app: dash.Dash, live: Live, data: Backtests, jobs: Jobs) -> None:
    """Tie each panel to its job."""
    for kind in OWN:
        _panel(app, kind, live, data, jobs)


def _panel(app: dash.Dash, kind: str, live: Live, data: Backtests, jobs: Jobs) -> None:
    id = f"backtest-{kind}"
    outputs = [
        Output(f"{id}-note", "children"),
        Output(f"{id}-progress", "value"),
        Output(f"{id}-progress", "max"),
        Output(f"{id}-progress", "hidden"),
        Output(f"{id}-cancel", "hidden"),
        Output(f"{id}-run", "disabled"),
        Output(f"{id}-poll", "disabled"),
        Output(f"{id}-shown", "data"),
    ]
    outputs += [Output(f"{id}-data", "data")] if kind in FIGURES else []
    outputs += [Output(f"{id}-body", "children")] if kind in BODIES else []
    outputs += [Output(f"{id}-found", "data"), Output(f"{id}-best", "disabled")] if kind == "heat" else []

    @app.callback(
        *outputs,
        Input(f"{id}-run", "n_clicks"),
        Input(f"{id}-cancel", "n_clicks"),
        Input(f"{id}-poll", "n_intervals"),
        Input("backtest-spec", "data"),
        Input("backtest-ran", "data"),
        State("backtest-span", "data"),
        State("backtest-viewer", "data"),
        State(f"{id}-shown", "data"),
        prevent_initial_call=True,
    )
    def change(_run: Any, _cancel: Any, _poll: Any, *held: Any) -> list[Any]:
        ask = Ask(str(ctx.triggered_id or "").removeprefix(f"{id}-"), *held)
        return panel(kind, ask, live, data, jobs).outputs(kind)

    if kind in FIGURES:
        app.clientside_callback(
            ClientsideFunction("sb", "backtestDraw"), Input(f"{id}-data", "data"), prevent_initial_call=True
        )


def panel(kind: str, ask: Ask, live: Live, data: Backtests, jobs: Jobs) -> Panel:
    """How a panel looks after what was done to it."""
    query = parse(ask.spec or "", default(live), live.names())
    span = span_of(ask.span, query)
    if not ask.ran.startswith(f"{query.test()}|") or span is None:
        # What is shown stays until the test above is through, unless that found nothing to test.
        untestable = ask.ran.startswith("nothing")
        return _cleared(kind, "", ask, "There is nothing to test above", ready=False) if untestable else Panel()
    what = asked(kind, query, live.venue(), span)
    name = key(kind, what)
    if ask.by == "run":
        progress = jobs.start(name, work(kind, what, data), ask.viewer)
    elif ask.by == "cancel":
        progress = jobs.leave(name, ask.viewer)
    else:
        progress = jobs.ask(name, ask.viewer)
    show = query.job["show"]
    return _seen(kind, progress, ask, (what, show), f"{hash((what, show if kind == 'heat' else ''))}")


def _seen(kind: str, progress: Progress, ask: Ask, what: tuple[Any, str], name: str) -> Panel:
    if progress.open:
        words = "waiting for a place" if progress.state == "waiting" else _steps(progress)
        return Panel(words, str(progress.done), str(progress.total or 1), idle=False, ready=True, shown="")
    if progress.state != "done":
        return _cleared(kind, progress.state, ask, _why_not(kind, progress, what[0]), ready=True)
    if ask.shown == f"done {name}":
        return Panel(ready=True)
    found = RESULTS[kind](progress.result, *what) if kind == "heat" else RESULTS[kind](progress.result, what[0])
    return _done(found, f"done {name}")


def _done(found: Result, name: str) -> Panel:
    return Panel(found.note, ready=True, shown=name, figure=found.figure, body=found.body, best=found.best)


def _cleared(kind: str, state: str, ask: Ask, reason: str, *, ready: bool) -> Panel:
    name = f"{state} {reason}"
    if ask.shown == name:
        return Panel(ready=ready)
    empty = figure(f"backtest-{kind}", [], reason=reason)
    return Panel("", ready=ready, shown=name, figure=empty, body=reason if kind == "look" else None, best={})


def _steps(progress: Progress) -> str:
    return f"step {progress.done} of {progress.total}" if progress.total else "starting"


def _why_not(kind: str, progress: Progress, what: Any) -> str:
    if progress.state == "failed":
        return f"Not testable: {progress.error}"
    if progress.state == "full":
        return "Too many tests are waiting. Try again in a moment."
    before = "Cancelled. " if progress.state == "cancelled" else ""
    own = dict(what.own)
    words = {
        "heat": lambda: f"Not run for these settings. Run tries about {_cells(own)} combinations.",
        "walk": lambda: "Not run for these settings. Run trains, freezes and tests stretch by stretch.",
        "estimators": lambda: "Not run for these settings. Compare runs the same rules with every estimator.",
        "look": lambda: "Not run for these settings. The test computes everything again on 20 shorter histories.",
    }
    return before + words[kind]()


def _cells(own: dict[str, str]) -> int:
    return len(TRIED[own["rows"]]) * len(TRIED[own["columns"]])
