"""What happens on a click: test the pair for cointegration now, and switch to the live feed."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import dash
from dash import Input, Output, State, no_update

from analytics.live import PairSpec
from callbacks.evidence import Evidence, Examiner
from callbacks.live import Live
from callbacks.words import conclusion, estimates, words
from layouts.evidence import LINES, estimators_table, findings_table, summary
from store import StoreError, open_store

if TYPE_CHECKING:
    from runtime.settings import Settings

_BUTTONS = ("pair-test", "pair-test-again")


def register(app: dash.Dash, live: Live, settings: Settings) -> None:
    """Tie the buttons. The switch asks for the feed that was configured."""
    examiner = Examiner(live.market)

    @app.callback(
        Output("pair-test-result", "children"),
        Output("pair-tests", "children"),
        Output("pair-estimators", "children"),
        *[Input(id, "n_clicks") for id in _BUTTONS],
        State("pair-spec", "data"),
        running=[(Output(id, "children"), "Testing…", "Test now") for id in _BUTTONS],
        prevent_initial_call=True,
    )
    def test(_one: int | None, _other: int | None, text: str) -> Any:
        query, problems = live.read(dict(parse_qsl(text)))
        if problems:
            return no_update
        spec = query.spec(live.venue())
        evidence = examiner.examine(spec)
        return no_update if evidence is None else _shown(evidence, spec)

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


def _shown(evidence: Evidence, spec: PairSpec) -> tuple[Any, Any, Any]:
    found = {title: words(result, spec.step_ms) for title, result in evidence.found.items()}
    return (
        summary(found.get(LINES[0].title)),
        findings_table(found, *conclusion(evidence.verdict), evidence.basis),
        estimators_table(estimates(evidence.comparison, spec.step_ms), evidence.basis),
    )
