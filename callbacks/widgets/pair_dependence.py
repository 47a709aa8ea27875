"""How a pair moves together over time: rolling correlation and rolling beta, with the breaks of both."""

from __future__ import annotations

from typing import Final

import numpy as np

from analytics.inputs import Floats, Pair
from analytics.live import PairSpec
from analytics.measure import NotTestable
from callbacks.flow_lines import Record
from callbacks.widget_parts import DAY, Z_95, band, curve, ends, nothing, over, pair_of, run, widget
from callbacks.widgets import Desk, Drawn
from callbacks.words import number

Breaks = tuple[list[Record], str]

_AXIS: Final = {"zeroline": True, "tickformat": ".2f"}


def correlation(desk: Desk, spec: PairSpec) -> Drawn:
    """Correlation of returns, with the bars at which it broke."""
    pair = pair_of(desk, spec)
    found = run("correlation", pair, spec)
    if isinstance(found, NotTestable):
        return nothing(found)
    values = found.correlation
    line = curve(ends(pair), values, "Correlation", ("--leg-x", "solid"), hovertemplate="%{y:.3f}")
    breaks = _breaks(spec, pair, "correlation", values)
    return _drawn(spec, pair, [line], breaks, _newest(values))


def beta(desk: Desk, spec: PairSpec) -> Drawn:
    """Beta of returns within its band, with the bars at which it broke."""
    pair = pair_of(desk, spec)
    found = run("rolling_beta", pair, spec)
    if isinstance(found, NotTestable):
        return nothing(found)
    times, error = ends(pair), Z_95 * found.standard_error
    line = curve(times, found.beta, "Beta", ("--spread", "solid"), hovertemplate="%{y:.3f}")
    breaks = _breaks(spec, pair, "beta", found.beta)
    within = f" ± {number(error[-1], 2)}" if np.isfinite(error[-1]) else ""
    return _drawn(spec, pair, [*band(times, found.beta, error, "--spread"), line], breaks, _newest(found.beta) + within)


def _newest(values: Floats) -> str:
    return f"now {number(values[-1], 2)}" if np.isfinite(values[-1]) else "no value now"


def _drawn(spec: PairSpec, pair: Pair, traces: list[Record], breaks: Breaks, newest: str) -> Drawn:
    marks, said = breaks
    shapes = [_upright(at) for mark in marks for at in mark["x"]]
    words = (newest, f"{spec.window} returns of {spec.timeframe}", said)
    return over(spec, pair, [*traces, *marks], words, yaxis=_AXIS, shapes=shapes)


def _breaks(spec: PairSpec, pair: Pair, of: str, values: Floats) -> Breaks:
    """A mark at each break of the bars shown, and how many there are in words."""
    found = run("correlation_break", pair, spec, of=of)
    if isinstance(found, NotTestable):
        return [], "breaks cannot be told yet"
    marks = []
    for name, symbol, sign in (("Rise called", "triangle-up", 1), ("Fall called", "triangle-down", -1)):
        at = np.flatnonzero(found.alarm == sign)
        at = at[at >= values.size - DAY]
        if at.size:
            marks.append(_marks(ends(pair)[at].tolist(), values[at].tolist(), name, symbol))
    count = sum(len(mark["x"]) for mark in marks)
    return marks, f"{count} {'break' if count == 1 else 'breaks'} called" if count else "no break"


def _marks(times: list[int], values: list[float], name: str, symbol: str) -> Record:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": times,
        "y": values,
        "marker": {"symbol": symbol, "size": 10, "color": "--warn", "line": {"width": 1, "color": "--panel"}},
        "hovertemplate": "%{y:.3f}",
    }


def _upright(at: int) -> Record:
    look = {"line": {"color": "--warn 0.6", "dash": "dot", "width": 1}}
    return {"type": "line", "yref": "paper", "y0": 0, "y1": 1, "x0": at, "x1": at} | look


WIDGETS: Final = (widget("pair-correlation", correlation), widget("pair-beta", beta))
