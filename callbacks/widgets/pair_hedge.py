"""What the hedge ratio of a pair is, by every estimator, and how far the spread must go to pay for a trade in it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import numpy as np

from analytics.estimators import ESTIMATORS
from analytics.inputs import Floats, Pair, count
from analytics.live import PairHistory, PairSpec
from analytics.measure import NotTestable
from analytics.registry import measure
from callbacks.flow_lines import FRAME, Record
from callbacks.widget_parts import (
    DAY,
    EVERY,
    Z_95,
    band,
    curve,
    ends,
    level,
    nothing,
    over,
    pair_of,
    run,
    warming,
    widget,
)
from callbacks.widgets import Desk, Drawn
from callbacks.words import figures, number

_LOOKS: Final = {
    "ols": ("--leg-y", "solid"),
    "tls": ("--warn", "dot"),
    "huber": ("--leg-x", "dash"),
    "theil_sen": ("--z", "dashdot"),
    "kalman": ("--spread", "solid"),
}
_BANDS: Final = ("ols", "kalman")
_WILD: Final = "tls"
"""Not counted in the range: near no correlation its line is upright."""
_ROOM: Final = 0.15
_LEGEND: Final = FRAME["legend"] | {"traceorder": "normal"}


def estimators(desk: Desk, spec: PairSpec) -> Drawn:
    """Every estimator's hedge ratio as of each bar, in bands where there is a standard error."""
    pair = pair_of(desk, spec)
    if count(pair) <= spec.window:
        return nothing(warming(count(pair), spec.window + 1))
    histories = {name: desk.book.history(_by(spec, name)) for name in ESTIMATORS}
    lines = {name: found.hedge_ratio[-DAY:] for name, found in histories.items()}
    if not any(np.isfinite(line).any() for line in lines.values()):
        return nothing(NotTestable("no estimator finds a line: a leg does not move"))
    traces = [trace for name in _BANDS for trace in _band(name, pair, spec)]
    # The chosen one is the widest: it must not cover the others.
    traces += [_line(name, histories[name], spec) for name in sorted(ESTIMATORS, key=lambda name: name != spec.method)]
    drawn = histories[spec.method].hedge_ratio[-1]
    said = f"{ESTIMATORS[spec.method].label} {figures(float(drawn), 4)}, {spec.window} {spec.timeframe} bars"
    low, high = _range(lines)
    far = lines[_WILD][np.isfinite(lines[_WILD])]
    outside = "TLS in part outside" if far.size and (far.min() < low or far.max() > high) else ""
    return over(spec, pair, traces, (said, outside), yaxis={"range": [low, high]}, legend=_LEGEND)


def _by(spec: PairSpec, method: str) -> PairSpec:
    return spec if method == spec.method else replace(spec, method=method, options=())


def _line(name: str, found: PairHistory, spec: PairSpec) -> Record:
    colour, dash = _LOOKS[name]
    chosen = name == spec.method
    width: Record = {"line": {"color": colour, "dash": dash, "width": 2.25 if chosen else 1.25, "shape": "hv"}}
    label = ESTIMATORS[name].label + (" (chosen)" if chosen else "")
    times = found.open_ms + spec.step_ms
    return curve(times, found.hedge_ratio, label, (colour, dash), **width, hovertemplate="%{y:.5~g}")


def _band(name: str, pair: Pair, spec: PairSpec) -> list[Record]:
    found = run(name, pair, spec, **(spec.settings if name == spec.method else {}))
    if isinstance(found, NotTestable):
        return []
    return band(ends(pair), found.hedge_ratio, Z_95 * found.hedge_ratio_se, _LOOKS[name][0])


def _range(lines: dict[str, Floats]) -> tuple[float, float]:
    counted = [line for name, line in lines.items() if name != _WILD and np.isfinite(line).any()]
    values = np.concatenate(counted or [lines[_WILD]])
    low, high = np.nanquantile(values, (0.005, 0.995))
    room = _ROOM * (high - low) or abs(high) * _ROOM
    return float(low - room), float(high + room)


def break_even(desk: Desk, spec: PairSpec) -> Drawn:
    """The z that pays for a round trip beside |z| and the entry line."""
    pair = pair_of(desk, spec)
    found = run("round_trip_cost", pair, spec)
    if isinstance(found, NotTestable):
        return nothing(found)
    history = desk.book.history(spec)
    times = history.open_ms + spec.step_ms
    traces = [
        curve(times, np.abs(history.z), "|z|", _LOOK_Z, EVERY, line=_THIN, hovertemplate="%{y:.2f}"),
        curve(ends(pair), found.break_even_z, "Break-even z", _LOOK_COST, EVERY, line=_BOLD, hovertemplate="%{y:.2f}"),
    ]
    entry = level(desk.entry_z, f"entry {number(desk.entry_z, 2)}")
    words = (_left(found.break_even_z[-1], desk.entry_z), _charged())
    return over(spec, pair, traces, words, yaxis={"rangemode": "tozero", "title": "z [σ]"}, shapes=[entry])


_LOOK_Z: Final = ("--z", "solid")
_LOOK_COST: Final = ("--down", "dash")
_THIN: Final = {"color": "--z 0.7", "width": 1, "shape": "hv"}
_BOLD: Final = {"color": "--down", "width": 2, "dash": "dash", "shape": "hv"}


def _left(cost: Any, entry: float) -> str:
    if not np.isfinite(cost):
        return "no sigma now"
    rest = entry - float(cost)
    paid = (
        f"an entry at {number(entry, 2)} leaves {number(rest, 2)} σ"
        if rest > 0
        else (f"an entry at {number(entry, 2)} does not pay")
    )
    return f"{number(float(cost), 2)} σ now: {paid}"


def _charged() -> str:
    own = measure("round_trip_cost").settings({})
    legs = [f"{own[f'{leg}_fee']:g} + {own[f'{leg}_half_spread']:g} bps" for leg in ("y", "x")]
    return f"fee + half-spread of a trade: {legs[0]}" + ("" if legs[0] == legs[1] else f" in y, {legs[1]} in x")


WIDGETS: Final = (widget("pair-ratios", estimators), widget("pair-break-even", break_even))
