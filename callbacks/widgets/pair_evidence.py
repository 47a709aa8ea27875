"""When a pair was tied together, and what its legs were doing: the strip of p-values and the regimes."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from analytics.live import PairSpec
from analytics.measure import NotTestable
from analytics.registry import measure
from callbacks.flow_lines import Record
from callbacks.widget_parts import (
    DAY,
    TIME,
    curve,
    ends,
    legs_of,
    level,
    look_of,
    nothing,
    over,
    pair_of,
    run,
    steps,
    widget,
    window_of,
)
from callbacks.widgets import Desk, Drawn
from callbacks.words import SIGNIFICANT, number, probability

_FLOOR: Final = 1e-4
_P_AXIS: Final = {
    "type": "log",
    "range": [-4.15, 0.1],
    "tickvals": [_FLOOR, 0.001, 0.01, SIGNIFICANT, 0.2, 1],
    "ticktext": ["≤ 0.0001", "0.001", "0.01", "0.05", "0.2", "1"],
}
_REGIMES: Final = ("calm", "trending", "stressed")
_APART: Final = 0.1
"""The two legs' lines stand so far above and below a regime's own height."""


def p_over_time(desk: Desk, spec: PairSpec) -> Drawn:
    """p of the test at each moment, against 5 %."""
    pair = pair_of(desk, spec)
    found = run("p_strip", pair, spec)
    if isinstance(found, NotTestable):
        return nothing(found)
    times, values = steps(ends(pair), found.p)
    known = np.isfinite(values)
    line = curve(times, np.maximum(values, _FLOOR), "p", ("--accent", "solid"))
    line |= {"mode": "lines+markers", "marker": {"size": 4}}
    line |= {"customdata": [probability(p) if ok else "–" for p, ok in zip(values, known, strict=True)]}
    line["hovertemplate"] = "p %{customdata}"
    below, tests = int((values[known] < SIGNIFICANT).sum()), int(known.sum())
    words = (
        f"p {probability(float(values[-1]))} now" if known[-1] else "no test now",
        f"below 0.05 in {below} of {tests} tests shown",
        f"{window_of('p_strip', spec)} {spec.timeframe} bars each",
    )
    area = {"type": "rect", "xref": "paper", "x0": 0, "x1": 1, "y0": _FLOOR / 2, "y1": SIGNIFICANT}
    area |= {"fillcolor": "--up 0.1", "line": {"width": 0}, "layer": "below"}
    shapes = [area, level(SIGNIFICANT, "5 %")]
    return over(spec, pair, [line], words, yaxis=_P_AXIS, shapes=shapes, showlegend=False)


def regime(desk: Desk, spec: PairSpec) -> Drawn:
    """The regime of both legs above the volatility that it comes from."""
    traces: list[Record] = []
    words = []
    legs = legs_of(desk, spec)
    stressed = measure("regime").settings({})["stressed_at"]
    top = 1.3 * stressed
    for place, (name, leg) in enumerate(legs):
        found = run("regime", leg, spec)
        if isinstance(found, NotTestable):
            return nothing(found, name)
        top = max(top, 1.1 * float(np.nanmax(found.volatility_ratio[-DAY:], initial=0)))
        traces += _leg(name, place, ends(leg), found)
        words.append(_said(name, found))
    limit = level(stressed, f"stressed at {stressed:g}", yref="y2")
    layout = _TWO_ROWS | {"yaxis2": _TWO_ROWS["yaxis2"] | {"range": [0, top]}}
    return over(spec, pair_of(desk, spec), traces, words, shapes=[limit], **layout)


def _leg(name: str, place: int, times: Any, found: Any) -> list[Record]:
    colour, dash = look_of(place)
    at, values = steps(times, found.regime)
    height = values + (_APART if place == 0 else -_APART)
    states = [_REGIMES[int(value)] if np.isfinite(value) else "–" for value in values]
    bold = {"line": {"color": colour, "dash": dash, "width": 3, "shape": "hv"}}
    strip = curve(at, height, name, (colour, dash), DAY, **bold, customdata=states, hovertemplate="%{customdata}")
    strip |= {"mode": "lines"}
    ratio = curve(times, found.volatility_ratio, f"{name}, volatility", (colour, dash), yaxis="y2", showlegend=False)
    return [strip, ratio | {"hovertemplate": "%{y:.2f} × usual volatility"}]


def _said(name: str, found: Any) -> str:
    state = found.regime[-1]
    if not np.isfinite(state):
        return f"{name}: unknown now"
    ratio, trend = number(float(found.volatility_ratio[-1]), 2), f"{found.trend[-1]:+.1f}".replace("-", "−")
    return f"{name} {_REGIMES[int(state)]} (volatility {ratio} × usual, trend {trend})"


_TWO_ROWS: Final[Record] = {
    "yaxis": {"domain": [0.52, 1], "tickvals": [0, 1, 2], "ticktext": list(_REGIMES), "range": [-0.4, 2.4]},
    "yaxis2": {"domain": [0, 0.42], "title": "× usual"},
    "xaxis": TIME | {"anchor": "y2"},
}

WIDGETS: Final = (widget("pair-p", p_over_time), widget("pair-regime", regime))
