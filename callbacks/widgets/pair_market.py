"""The legs of a pair themselves: prices side by side, volume, signed flow, and the shape of their day."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from analytics.gather import as_of
from analytics.inputs import Floats, Leg, count
from analytics.live import PairSpec
from analytics.measure import NotTestable
from analytics.measures.minute_of_day import Slot
from callbacks.correlation_words import signed
from callbacks.flow_cards import clock, compact
from callbacks.flow_lines import FRAME, Record
from callbacks.widget_parts import (
    EVERY,
    curve,
    ends,
    legs_of,
    look_of,
    nothing,
    over,
    pair_of,
    run,
    still,
    warming,
    widget,
)
from callbacks.widgets import Desk, Drawn

_BARS: Final = 240
"""Newest bars whose volume is drawn, each of them."""
_BPS: Final = 1e4
_DAY_MINUTES: Final = 1_440
_SLOT_MINUTES: Final = 5


def prices(desk: Desk, spec: PairSpec) -> Drawn:
    """Both legs from 100 on."""
    pair = pair_of(desk, spec)
    if count(pair) < 2:
        return nothing(warming(count(pair), 2))
    times = ends(pair)
    traces, words = [], []
    for place, ((name, _), closes) in enumerate(zip(legs_of(desk, spec), (pair.shared.y, pair.shared.x), strict=True)):
        rebased = 100 * closes[-EVERY:] / closes[-EVERY:][0]
        traces.append(curve(times, rebased, name, look_of(place), EVERY, hovertemplate="%{y:.3f}"))
        words.append(f"{name} {signed(float(rebased[-1]) - 100, 2)} %")
    since = f"since {clock(int(times[-EVERY:][0]))}, {spec.timeframe} bars"
    return over(spec, pair, traces, (*words, since), yaxis={"title": "first bar = 100"})


def volume(desk: Desk, spec: PairSpec) -> Drawn:
    """Traded value of every bar: y upwards, x downwards."""
    found = _features(desk, spec)
    if isinstance(found, Drawn):
        return found
    traces, most, newest = [], 0.0, []
    for place, (name, leg, table) in enumerate(found):
        values = table.quote_volume[-_BARS:]
        most = max(most, float(np.nanmax(values)))
        traces.append(_bars(leg, values if place == 0 else -values, name, place, [compact(v) for v in values]))
        newest.append(f"{name} {compact(float(values[-1]))}")
    sizes = (-most, -most / 2, 0.0, most / 2, most)
    axis = {"tickvals": list(sizes), "ticktext": [compact(abs(size)) for size in sizes], "zeroline": True}
    words = (*newest, f"newest {_BARS} {spec.timeframe} bars, quote asset")
    return over(spec, pair_of(desk, spec), traces, words, yaxis=axis, barmode="overlay", bargap=0.1)


def flow(desk: Desk, spec: PairSpec) -> Drawn:
    """Signed flow of every bar, added up."""
    found = _features(desk, spec)
    if isinstance(found, Drawn):
        return found
    traces, words = [], []
    for place, (name, leg, table) in enumerate(found):
        net = np.nancumsum((table.quote_volume * table.imbalance)[-_BARS:])
        traces.append(curve(ends(leg)[-_BARS:], net, name, look_of(place), _BARS, hovertemplate="%{y:,.3s}"))
        words.append(f"{name} {'+' if net[-1] > 0 else ''}{compact(float(net[-1]))}")
    axis = {"tickformat": "~s", "zeroline": True, "zerolinecolor": "--text-3"}
    return over(
        spec, pair_of(desk, spec), traces, (*words, f"newest {_BARS} {spec.timeframe} bars, quote asset"), yaxis=axis
    )


def _features(desk: Desk, spec: PairSpec) -> list[tuple[str, Leg, Any]] | Drawn:
    found = []
    for name, leg in legs_of(desk, spec):
        table = run("minute_features", leg, spec)
        if isinstance(table, NotTestable):
            return nothing(table, name)
        found.append((name, leg, table))
    return found


def _bars(leg: Leg, values: Floats, name: str, place: int, told: list[str]) -> Record:
    return {
        "type": "bar",
        "name": name,
        "x": ends(leg)[-_BARS:].tolist(),
        "y": [None if np.isnan(value) else float(f"{value:.6g}") for value in values.tolist()],
        "customdata": told,
        "marker": {"color": look_of(place)[0], "line": {"width": 0}},
        "hovertemplate": "%{customdata}",
    }


def day_volatility(desk: Desk, spec: PairSpec) -> Drawn:
    """Volatility by time of the day."""
    unit = f"bps a {spec.timeframe} bar"
    return _day(desk, spec, lambda slot: None if slot.volatility is None else _BPS * slot.volatility, unit, ".2f")


def day_liquidity(desk: Desk, spec: PairSpec) -> Drawn:
    """Traded value a minute by time of the day."""
    return _day(desk, spec, lambda slot: slot.quote_volume, "quote asset a minute", ",.3s")


def _day(desk: Desk, spec: PairSpec, value: Callable[[Slot], float | None], unit: str, digits: str) -> Drawn:
    traces, days = [], []
    legs = legs_of(desk, spec)
    for place, (name, leg) in enumerate(legs):
        found = run("minute_of_day", leg, spec, slot=f"{_SLOT_MINUTES}m")
        if isinstance(found, NotTestable):
            return nothing(found, name)
        known = {slot.minute: value(slot) for slot in found.slots}
        days.append(found.days)
        traces.append(_slots(known, name, place, digits))
    hours = range(0, _DAY_MINUTES + 1, 180)
    layout = FRAME | {
        "hovermode": "x unified",
        "xaxis": {
            "range": [0, _DAY_MINUTES],
            "tickvals": list(hours),
            "ticktext": [f"{hour // 60:02d}:00" for hour in hours],
            "title": "Time of day, UTC",
        },
        "yaxis": {"title": unit, "rangemode": "tozero"} | ({"tickformat": "~s"} if "s" in digits else {}),
    }
    newest = max((leg for _, leg in legs), key=lambda leg: as_of(leg) or 0)
    return still(spec, newest, traces, (f"slots of {_SLOT_MINUTES} minutes, {min(days):.1f} days of bars",), layout)


def _slots(known: dict[int, float | None], name: str, place: int, digits: str) -> Record:
    """A value for every slot of the day, None where no bar reaches."""
    minutes = range(0, _DAY_MINUTES, _SLOT_MINUTES)
    colour, dash = look_of(place)
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": list(minutes),
        "y": [known.get(minute) for minute in minutes],
        "text": [f"{minute // 60:02d}:{minute % 60:02d}" for minute in minutes],
        "line": {"color": colour, "dash": dash, "width": 1.5, "shape": "hv"},
        "hovertemplate": f"%{{text}}: %{{y:{digits}}}",
    }


WIDGETS: Final = (
    widget("pair-prices", prices),
    widget("pair-volume", volume),
    widget("pair-flow", flow),
    widget("pair-day-volatility", day_volatility),
    widget("pair-day-liquidity", day_liquidity),
)
