"""Parts that a pair's widgets are made of: rows, results, lines over time, and why there is nothing to draw."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import numpy as np

from analytics.cache import VersionCache
from analytics.gather import as_of, gather, stamps
from analytics.inputs import Floats, Integers, Leg, Pair, count
from analytics.live import PairSpec
from analytics.market import FLAGS, PARTIAL, name_of
from analytics.measure import NotTestable
from analytics.parameters import Integer
from analytics.registry import measure
from callbacks.flow_lines import LOOKS, MAX_POINTS, Record, line, over_time
from callbacks.flow_lines import as_of as known_at
from callbacks.flow_study import renewal
from callbacks.widgets import Desk, Drawn, Widget
from layouts.pair_views import TILES

Draw = Callable[[Desk, PairSpec], Drawn]

DAY: Final = 1_440
"""Newest rows of a curve that changes slowly; drawn thinned."""
EVERY: Final = MAX_POINTS
"""Newest rows of a curve whose every row is drawn."""
Z_95: Final = 1.96
TIME: Final[Record] = {
    "type": "date",
    "hoverformat": "%H:%M:%S UTC",
    "tickangle": 0,
    "nticks": 6,
    "tickformatstops": [
        {"dtickrange": [None, 59_999], "value": "%H:%M:%S\n%b %-d"},
        {"dtickrange": [60_000, None], "value": "%H:%M\n%b %-d"},
    ],
}
"""An axis of time: short labels, the day below where it changes."""
_ALL: Final = 10_000
_UNKNOWN: Final = "a leg did not move, or too many bars are missing"
_MAX_WIDGETS: Final = 256
_MAX_POINTS: Final = 400_000


def widget(name: str, draw: Draw) -> Widget:
    """A widget of the pair page, drawn once a bar for all who ask; bars of a second: once in five."""
    return Widget(name, TILES[name].title, TILES[name].help, "/pair", _kept(draw))


def _kept(draw: Draw) -> Draw:
    @functools.wraps(draw)
    def once(desk: Desk, spec: PairSpec) -> Drawn:
        y, x = (desk.cache.bars(symbol, spec.timeframe) for symbol in (spec.y, spec.x))
        return _held.get((draw, desk, spec), renewal(y, x, spec.step_ms), lambda _: draw(desk, spec))

    return once


def _weight(drawn: Drawn) -> int:
    return 1 + sum(len(trace.get("x", ())) for trace in drawn.traces)


_held: Final[VersionCache[Drawn]] = VersionCache(_MAX_WIDGETS, _MAX_POINTS, _weight)


def pair_of(desk: Desk, spec: PairSpec) -> Pair:
    """Every shared bar held."""
    found = gather(Pair, desk.cache, (spec.y, spec.x), spec.timeframe, _ALL)
    assert isinstance(found, Pair)
    return found


def legs_of(desk: Desk, spec: PairSpec) -> list[tuple[str, Leg]]:
    """Name and every bar held of y and of x."""
    return [
        (name_of(symbol), Leg(desk.cache.bars(symbol, spec.timeframe).bars, spec.step_ms))
        for symbol in (spec.y, spec.x)
    ]


def run(name: str, data: Pair | Leg, spec: PairSpec, **own: object) -> Any:
    """The measure with the pair's window and scale where it has them; `NotTestable` while it warms up.

    So it is where no row has a value.
    """
    each = measure(name)
    of_pair = {"window": window_of(name, spec), "scale": spec.scale}
    given = {one.name: of_pair[one.name] for one in each.parameters if one.name in of_pair} | own
    need, ready = each.warmup(**each.settings(given)), count(data)
    if ready < need:
        return warming(ready, need, shared=isinstance(data, Pair))
    found = each.run(data, **given)
    if each.per_row and not np.isfinite(found[0]).any():
        return NotTestable(_UNKNOWN)
    return found


def window_of(name: str, spec: PairSpec) -> int:
    """The pair's window, or the nearest that the measure can take."""
    limits = (one for one in measure(name).parameters if one.name == "window" and isinstance(one, Integer))
    return next((min(max(spec.window, one.low), one.high) for one in limits), spec.window)


def warming(ready: int, need: int, *, shared: bool = True) -> NotTestable:
    """How far the first value is."""
    return NotTestable(f"Warming up: {ready:,} of {need:,} {'shared ' if shared else ''}bars")


def nothing(why: NotTestable, whose: str = "") -> Drawn:
    """The reason in place of a figure."""
    words = why.reason if why.reason.startswith("Warming up") else f"Not testable: {why.reason}"
    return Drawn(reason=f"{whose}: {words}" if whose else words)


def ends(data: Pair | Leg) -> Integers:
    """When each row was known: at the end of its bar."""
    return stamps(data) + data.step_ms


def curve(times: Integers, values: Floats, name: str, look: tuple[str, str], rows: int = DAY, **more: Any) -> Record:
    """A line of the newest rows."""
    return line(times[-rows:], values[-rows:], name, look, **more)


def steps(times: Integers, values: Floats, rows: int = DAY) -> tuple[Integers, Floats]:
    """Of the newest rows those where the value is another than before, and the newest.

    >>> steps(np.arange(5), np.array([1.0, 1.0, 2.0, 2.0, 2.0]))
    (array([0, 2, 4]), array([1., 2., 2.]))
    """
    times, values = times[-rows:], values[-rows:]
    kept = np.ones(values.size, dtype=np.bool_)
    kept[1:] = (values[1:] != values[:-1]) & ~(np.isnan(values[1:]) & np.isnan(values[:-1]))
    kept[-1:] = True
    return times[kept], values[kept]


def band(times: Integers, middle: Floats, margin: Floats, colour: str) -> list[Record]:
    """What lies within ``margin`` of the middle, as an area without a name of its own."""
    known = np.isfinite(middle - margin)
    known[:-DAY] = False
    edge: Record = {
        "line": {"width": 0, "shape": "hv"},
        "showlegend": False,
        "hoverinfo": "skip",
        "hovertemplate": None,
    }
    area = edge | {"fill": "tonexty", "fillcolor": f"{colour} 0.13"}
    low, high = ((middle + sign * margin)[known] for sign in (-1, 1))
    traces = (curve(times[known], side, "", (colour, "solid"), **more) for side, more in ((low, edge), (high, area)))
    return [trace | {"mode": "lines"} for trace in traces]


def level(at: float, text: str, colour: str = "--warn", **more: Any) -> Record:
    """A dotted line across a figure."""
    look = {"line": {"color": colour, "dash": "dot", "width": 1}}
    label = {"label": {"text": text, "textposition": "end", "font": {"size": 10.5, "color": colour}}}
    return {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": at, "y1": at} | look | label | more


def over(spec: PairSpec, data: Pair | Leg, traces: Iterable[Record], words: Sequence[str], **layout: Any) -> Drawn:
    """Curves over time, with what they rest on."""
    known = as_of(data) or 0
    record = over_time("", list(traces), **{"uirevision": f"{spec}", "xaxis": TIME} | layout)
    return Drawn(tuple(record["traces"]), record["layout"], known_at(known, *words, partial(data, spec)))


def still(spec: PairSpec, data: Pair | Leg, traces: Iterable[Record], words: Sequence[str], layout: Record) -> Drawn:
    """A figure without a time axis, with what it rests on."""
    note = known_at(as_of(data) or 0, *words, partial(data, spec))
    return Drawn(tuple(traces), layout | {"uirevision": f"{spec}"}, note)


def partial(data: Pair | Leg, spec: PairSpec) -> str:
    """How many bars of the newest window miss trades; empty when none does."""
    flags = data.bars[:, FLAGS].astype(np.int64) if isinstance(data, Leg) else data.shared.flags
    missing = np.count_nonzero(flags[-spec.window :] & PARTIAL)
    return f"partial: {missing} of the newest {spec.window} bars miss trades" if missing else ""


def look_of(place: int) -> tuple[str, str]:
    """Colour and dash of y (0) and of x (1)."""
    return LOOKS[place]
