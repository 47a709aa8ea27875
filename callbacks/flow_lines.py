"""Lines over time for the flow page's figures: thinned to what a screen shows, with what they rest on beside them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analytics.inputs import Input
from analytics.market import OPEN_MS
from callbacks.flow_cards import clock, why_none
from callbacks.flow_study import LegFlow, Study
from layouts.figures import figure

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Record = dict[str, Any]

MAX_POINTS: Final = 600
FEW_POINTS: Final = 10
"""So few are marked one by one: a lone value has no line."""
LOOKS: Final = (("--leg-y", "solid"), ("--leg-x", "dash"))
"""Colour and dash of y and of x."""
FROM_ZERO: Final[Record] = {"rangemode": "tozero"}
FRAME: Final[Record] = {
    "showlegend": True,
    "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "bgcolor": "rgba(0,0,0,0)"},
    "margin": {"l": 8, "r": 12, "t": 24, "b": 8},
}


class Shown(NamedTuple):
    """What a figure shows: the column of a measure of ``unit`` (trades or bars)."""

    id: str
    measure: str
    unit: str
    column: Callable[[LegFlow], Floats]

    def rows(self, leg: LegFlow) -> Input:
        """What the measure was given."""
        return leg.trades if self.unit == "trades" else leg.bars


class Drawn(NamedTuple):
    """A figure's record and the note beside its title."""

    record: Record
    note: str = ""


def line(times: Integers, values: Floats, name: str, look: tuple[str, str], **more: Any) -> Record:
    """A line of every k-th point, counted back from the newest; None where there is no value."""
    step = -(-times.size // MAX_POINTS) or 1
    first = (times.size - 1) % step if times.size else 0
    kept = [float(f"{value:.6g}") if math.isfinite(value) else None for value in values[first::step].tolist()]
    few = len(kept) - kept.count(None) < FEW_POINTS
    return {
        "type": "scatter",
        "mode": "lines+markers" if few else "lines",
        "marker": {"size": 4},
        "name": name,
        "x": times[first::step].tolist(),
        "y": kept,
        "line": {"color": look[0], "dash": look[1], "width": 1.5, "shape": "hv"},
        "hovertemplate": "%{y:,.4~g}",
        **more,
    }


def over_time(id: str, traces: list[Record], **layout: Any) -> Record:
    """A figure on a time axis."""
    xaxis = {"type": "date", "hoverformat": "%H:%M:%S UTC"}
    return figure(id, traces, FRAME | {"xaxis": xaxis, "hovermode": "x unified"} | layout)


def of_trades(study: Study, shown: Shown, words: str) -> Drawn:
    """A value after each trade, a line for each leg."""
    traces = [
        line(leg.trades.time_ms, shown.column(leg), leg.name, look) for leg, look in zip(study.legs, LOOKS, strict=True)
    ]
    return _drawn(study, shown, words, traces, yaxis=FROM_ZERO)


def of_bars(study: Study, shown: Shown, words: str, traces: list[Record] | None = None, **layout: Any) -> Drawn:
    """A value of each bar, a line for each leg, or ``traces`` in their place."""
    lines = [bar_line(study, leg, shown.column(leg), look) for leg, look in zip(study.legs, LOOKS, strict=True)]
    window = {"window": study.spec.window}
    rests_on = f"{study.spec.window} {study.spec.timeframe} bars in each value"
    words = "; ".join(part for part in (rests_on, words) if part)
    return _drawn(study, shown, words, traces or lines, window, **layout)


def bar_line(study: Study, leg: LegFlow, values: Floats, look: tuple[str, str], **more: Any) -> Record:
    """A value of each bar of the window, at the bar's end: when it was known."""
    ends = leg.bars.bars[:, OPEN_MS].astype(np.int64) + leg.bars.step_ms
    shown = ends > study.as_of_ms - study.spec.window * study.spec.step_ms
    return line(ends[shown], values[shown], leg.name, look, **more)


def as_of(time_ms: int, *words: str) -> str:
    """The time of the newest bar or trade that a figure rests on, first so that it is never cut off, and ``words``."""
    known = [f"as of {clock(time_ms)} UTC"] if time_ms else []
    return " · ".join([*known, *filter(None, words)])


def _drawn(
    study: Study,
    shown: Shown,
    words: str,
    traces: list[Record],
    settings: dict[str, Any] | None = None,
    **layout: Any,
) -> Drawn:
    """The traces, with the legs that have no value in the note; the reason in their place when that is both."""
    time_ms = study.traded_ms if shown.unit == "trades" else study.as_of_ms
    absent = [
        f"{leg.name}: {why_none(shown.measure, shown.rows(leg), shown.unit, **settings or {})}"
        for leg in study.legs
        if not np.isfinite(shown.column(leg)).any()
    ]
    if len(absent) == len(study.legs):
        return Drawn(figure(shown.id, [], reason=" · ".join(absent)), as_of(time_ms))
    return Drawn(over_time(shown.id, traces, **layout), as_of(time_ms, "; ".join([words, *absent])))
