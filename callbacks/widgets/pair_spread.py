"""The spread of a pair and its z at every closed bar, each beside the entry lines."""

from __future__ import annotations

from typing import Final

import numpy as np

from analytics.estimators import ESTIMATORS
from analytics.inputs import Pair, count
from analytics.live import PairHistory, PairSpec
from analytics.measure import NotTestable
from callbacks.correlation_words import signed
from callbacks.widget_parts import EVERY, curve, level, nothing, over, pair_of, warming, widget
from callbacks.widgets import Desk, Drawn
from callbacks.words import figures, number

_ZERO: Final = {"zeroline": True, "zerolinecolor": "--text-3"}


def spread(desk: Desk, spec: PairSpec) -> Drawn:
    """The as-of spread between its entry lines."""
    pair, history = pair_of(desk, spec), desk.book.history(spec)
    lacks = _lacks(pair, history, spec)
    if lacks is not None:
        return nothing(lacks)
    times, far = history.open_ms + spec.step_ms, desk.entry_z * history.sigma
    line = {"line": {"color": "--warn", "dash": "dot", "width": 1, "shape": "hv"}, "showlegend": False}
    entry = f"±{number(desk.entry_z, 2)} σ"
    traces = [
        curve(times, far, entry, ("--warn", "dot"), EVERY, **line),
        curve(times, -far, entry, ("--warn", "dot"), EVERY, **line),
        curve(times, history.spread, "Spread", ("--spread", "solid"), EVERY),
    ]
    unit = "log price of y" if spec.scale == "log" else "price of y"
    words = (f"{figures(float(history.spread[-1]))} at the newest bar", _fit(spec), unit)
    return over(spec, pair, traces, words, yaxis=_ZERO, showlegend=False)


def z_score(desk: Desk, spec: PairSpec) -> Drawn:
    """The as-of z between the entry lines."""
    pair, history = pair_of(desk, spec), desk.book.history(spec)
    lacks = _lacks(pair, history, spec)
    if lacks is not None:
        return nothing(lacks)
    times, entry, newest = history.open_ms + spec.step_ms, desk.entry_z, float(history.z[-1])
    line = curve(times, history.z, "z", ("--z", "solid"), EVERY, hovertemplate="%{y:+.2f}")
    shapes = [level(entry, f"short entry {signed(entry, 2)}"), level(-entry, f"long entry {signed(-entry, 2)}")]
    words = (f"{signed(newest, 2)} at the newest bar" if np.isfinite(newest) else "no z now", _fit(spec))
    return over(spec, pair, [line], words, yaxis=_ZERO | {"title": "z [σ]"}, shapes=shapes, showlegend=False)


def _fit(spec: PairSpec) -> str:
    return f"{ESTIMATORS[spec.method].label}, {spec.window} {spec.timeframe} bars"


def _lacks(pair: Pair, history: PairHistory, spec: PairSpec) -> NotTestable | None:
    if count(pair) <= spec.window:
        return warming(count(pair), spec.window + 1)
    return (
        None if np.isfinite(history.z[-EVERY:]).any() else NotTestable("no spread can be formed: a leg does not move")
    )


WIDGETS: Final = (widget("pair-spread", spread), widget("pair-z", z_score))
