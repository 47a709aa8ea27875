"""What happens on a click: test the pair for cointegration now, and switch to the live feed."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import dash
import numpy as np
from dash import Input, Output, State

from analytics.dependence import follows
from analytics.live import PairBook, PairHistory, PairSpec
from analytics.stationarity import NotTestable, engle_granger
from callbacks.live import Live
from layouts.widgets import not_testable, test_result
from store import StoreError, open_store

if TYPE_CHECKING:
    from runtime.settings import Settings


def register(app: dash.Dash, live: Live, book: PairBook, settings: Settings) -> None:
    """Tie the buttons. The switch asks for the feed that was configured."""

    @app.callback(
        Output("pair-test-result", "children"),
        Input("pair-test", "n_clicks"),
        Input("pair-spec", "data"),
        State("pair-test", "disabled"),
        running=[(Output("pair-test", "children"), "Testing…", "Test now")],
        prevent_initial_call=True,
    )
    def test(_: int | None, text: str, disabled: bool) -> Any:
        if dash.ctx.triggered_id != "pair-test" or disabled:
            return None
        query, problems = live.read(dict(parse_qsl(text)))
        if problems:
            return not_testable(problems[0])
        return _test(book, query.spec(live.venue()))

    @app.callback(
        Output("feed-switch", "disabled"),
        Output("feed-switch", "children"),
        Input("feed-switch", "n_clicks"),
        prevent_initial_call=True,
    )
    def switch(_: int) -> tuple[bool, str]:
        try:
            # Asked for a few times in a process's life: not worth a connection that is kept.
            with contextlib.closing(open_store(settings.redis.url, settings.redis.timeout_s)) as store:
                store.status.ask_source(settings.feed.source)
        except StoreError:
            return False, "The store did not answer: try again"
        return True, "Switching…"


def _test(book: PairBook, spec: PairSpec) -> Any:
    """Engle-Granger on the bars of the current window, with its surroundings stated."""
    history = book.history(spec)
    if len(history) < spec.window:
        return not_testable(f"warming up {len(history)}/{spec.window}")
    y, x = _legs(history, spec)
    open_ms = history.open_ms[-spec.window :]
    gaps = int(np.count_nonzero(~follows(open_ms, spec.step_ms)[1:]))
    result = engle_granger(y, x, gaps=gaps)
    if isinstance(result, NotTestable):
        return not_testable(result.reason)
    return test_result(result, int(history.open_ms[-1]) + spec.step_ms)


def _legs(history: PairHistory, spec: PairSpec) -> tuple[np.ndarray, np.ndarray]:
    y, x = history.y[-spec.window :], history.x[-spec.window :]
    return (np.log(y), np.log(x)) if spec.scale == "log" else (y, x)
