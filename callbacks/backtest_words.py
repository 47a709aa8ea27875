"""What the backtest page says beside its figures: cards, what the test rests on, cautions, and the rows of trades."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

from dash import html

from analytics.backtest.columns import trade_columns
from analytics.backtest.key_figures import KEY_FIGURES, duration
from analytics.backtest.pair import Study
from analytics.market import UPLOADED_STATE, is_uploaded, name_of
from analytics.spec import PairSpec
from analytics.words import many
from callbacks.backtest_data import Span
from callbacks.backtest_figures import utc
from callbacks.backtest_query import BacktestQuery, rules_in_words
from callbacks.correlation_words import plain
from layouts.backtest import key_card
from layouts.options import shown

API: Final = "/api/v1/backtest"
MAX_LISTED: Final = 1_000
LATE_STEPS: Final = 3
"""Bars are late when the newest shared one ended so many steps, and 30 s, before now."""
_LATE_MS: Final = 30_000
_FINE: Final = ("LIVE", "QUIET", UPLOADED_STATE)


def cards(study: Study) -> list[html.Div]:
    """The key figures, in their order."""
    found = study.report
    return [key_card(each, each.value(found), each.interval(found), each.below(found)) for each in KEY_FIGURES]


def basis(study: Study) -> str:
    """Which bars the test rests on, and as of when."""
    spec, run = study.prepared.spec, study.run
    first, last = utc(int(run.open_ms[0])), utc(int(run.open_ms[-1]) + run.step_ms)
    until = last[11:] if first[:10] == last[:10] else last
    bars = f"{run.open_ms.size:,} shared {spec.timeframe} bars ({duration(study.prepared.legs.span_ms)})"
    return (
        f"{name_of(spec.y)} on {name_of(spec.x)} · {bars}, {first} to {until} UTC"
        f" · first signal after {spec.window} bars · fills at the next open"
    )


def cautions(study: Study, now_ms: int, states: dict[str, str]) -> str:
    """What limits the test, in words; empty when nothing does."""
    prepared, run, found = study.prepared, study.run, []
    if not len(run.trades):
        found.append("no trade: z never ordered an entry that could be filled")
    if prepared.missing:
        found.append(f"{many(prepared.missing, 'bar')} missing, nothing was invented for them")
    if prepared.partial:
        found.append(f"{many(prepared.partial, 'bar')} with trades missing (partial): no entry there")
    if run.blocked:
        found.append(f"{run.blocked:,} blocked at entry: a bar was missing or partial, or there was no half-life")
    if run.closed_at_end:
        found.append("flat at the end: the last position was closed at the last close, no rule asked for it")
    end_ms = int(run.open_ms[-1]) + run.step_ms
    if not is_uploaded(prepared.spec.y) and now_ms - end_ms > LATE_STEPS * run.step_ms + _LATE_MS:
        found.append(f"the newest of these bars ended {duration(now_ms - end_ms)} ago")
    found += [f"{name_of(symbol)} is {state} now" for symbol, state in states.items() if state not in _FINE]
    return "; ".join(found)


def trade_rows(study: Study) -> tuple[list[dict[str, Any]], str]:
    """The newest trades for the grid, and what is said of how many there are."""
    columns, count = trade_columns(study), len(study.run.trades)
    newest = {name: column[-MAX_LISTED:] for name, column in columns.items()}
    opened, closed = ([utc(each) for each in newest.pop(name).tolist()] for name in ("entry_ms", "exit_ms"))
    sent = {name: plain(column) if column.dtype.kind == "f" else column.tolist() for name, column in newest.items()}
    sent |= {"id": opened, "entry": opened, "exit": closed}
    rows = [dict(zip(sent, row, strict=True)) for row in zip(*sent.values(), strict=True)]
    note = f"{count:,}, newest first" if count <= MAX_LISTED else f"newest {MAX_LISTED:,} of {count:,}; the CSV has all"
    return rows, note if count else "none"


def links(query: BacktestQuery, spec: PairSpec, span: Span) -> list[str]:
    """Where the API has this very test: the HTML report, the trades as CSV, everything as JSON."""
    settings = {name: getattr(spec, name) for name in ("y", "x", "timeframe", "window", "method", "scale")}
    settings |= {name: shown(value) for name, value in spec.options}
    text = urlencode(settings | rules_in_words(query.rules) | {"start": span.start_ms, "end": span.end_ms})
    return [f"{API}/report.html?{text}", f"{API}?{text}&format=csv", f"{API}?{text}"]
