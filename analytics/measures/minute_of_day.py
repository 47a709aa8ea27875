"""The day's shape: volatility, volume and trades by time of the day, in UTC."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analytics.flow import MINUTE_MS, bar_returns
from analytics.inputs import Leg
from analytics.market import OPEN_MS, QUOTE_VOLUME, TRADES
from analytics.measure import Measure, NotTestable, Output
from analytics.parameters import Choice

Floats = NDArray[np.float64]

MIN_BARS: Final = 60
_DAY_MS: Final = 1_440 * MINUTE_MS
_SLOT_MS: Final = {"1m": MINUTE_MS, "5m": 5 * MINUTE_MS, "1h": 60 * MINUTE_MS}
_SLOT: Final = Choice(
    name="slot",
    label="Slot",
    help="Into how long slots the day is cut",
    default="5m",
    choices={"1m": "Minute", "5m": "5 minutes", "1h": "Hour"},
)


@dataclass(frozen=True, slots=True)
class Slot:
    """One slot of the day from ``minute`` (after midnight UTC) on.

    ``bars`` of the ``possible`` ones had trades. ``quote_volume`` and ``trades`` are per minute, bars without trades
    counting as 0. ``volatility`` is the standard deviation of the ``returns`` one-bar log returns, None without any.
    """

    minute: int
    bars: int
    possible: int
    quote_volume: float
    trades: float
    returns: int
    volatility: float | None


@dataclass(frozen=True, slots=True)
class MinuteOfDay:
    """``slots`` of the day that the bars reach, by time; ``days`` is the time from first to last bar in days."""

    days: float
    bars: int
    slots: tuple[Slot, ...]


def minute_of_day(leg: Leg, *, slot: str) -> MinuteOfDay | NotTestable:
    """Volatility, volume and trades of a leg by time of the day in UTC, from all bars given.

    A bar belongs to the slot in which it opens. Silent minutes pull volume and trades of their slot down; so does an
    outage of the feed, which bars cannot tell apart: ``bars`` against ``possible`` shows both. Returns over missing
    bars are left out, means of returns are taken as 0. One day shows that day, not a habit. `NotTestable` below 60
    bars and where a bar holds no price or volume.

    >>> bars = np.ones((60, 10)); bars[:, OPEN_MS] = np.arange(60) * 120_000; bars[:, TRADES] = 3
    >>> first = minute_of_day(Leg(bars, 60_000), slot="1h").slots[0]
    >>> first.bars, first.possible, first.trades, first.volatility
    (30, 60, 1.5, None)
    """
    rows = len(leg.bars)
    if rows < MIN_BARS:
        return NotTestable(f"needs {MIN_BARS} bars, has {rows}")
    returns, counted = bar_returns(leg)
    squares = returns * returns
    table = np.column_stack([leg.bars[:, QUOTE_VOLUME], leg.bars[:, TRADES], counted, squares])
    if not np.isfinite(table).all():
        return NotTestable("a price or a volume is missing or infinite")
    open_ms = leg.bars[:, OPEN_MS].astype(np.int64)
    slot_ms = _SLOT_MS[slot]
    place = open_ms % _DAY_MS // slot_ms
    slots = _DAY_MS // slot_ms
    bars = np.bincount(place, minlength=slots)
    volume, trades, n, moved = (np.bincount(place, weights=column, minlength=slots) for column in table.T)
    possible = _possible(int(open_ms[0]), int(open_ms[-1]), leg.step_ms, slot_ms)
    minutes = possible * (leg.step_ms / MINUTE_MS)
    return MinuteOfDay(
        days=(int(open_ms[-1]) - int(open_ms[0]) + leg.step_ms) / _DAY_MS,
        bars=rows,
        slots=tuple(
            Slot(
                minute=int(each * slot_ms // MINUTE_MS),
                bars=int(bars[each]),
                possible=int(possible[each]),
                quote_volume=float(volume[each] / minutes[each]),
                trades=float(trades[each] / minutes[each]),
                returns=int(n[each]),
                volatility=float(np.sqrt(moved[each] / n[each])) if n[each] else None,
            )
            for each in np.flatnonzero(possible)
        ),
    )


def _possible(first_ms: int, last_ms: int, step_ms: int, slot_ms: int) -> NDArray[np.int64]:
    """How many bars could open in each slot of the day from the first to the last, both included."""
    days, rest_ms = divmod(last_ms - first_ms + step_ms, _DAY_MS)
    slots = _DAY_MS // slot_ms
    one_day = (first_ms + np.arange(0, _DAY_MS, step_ms)) % _DAY_MS // slot_ms
    counts: NDArray[np.int64] = days * np.bincount(one_day, minlength=slots)
    return counts + np.bincount(one_day[: rest_ms // step_ms], minlength=slots)


def _warmup(*, slot: str) -> int:  # noqa: ARG001
    return MIN_BARS


MEASURE: Final = Measure(
    name="minute_of_day",
    title="Day shape",
    group="study",
    summary="Volatility, volume and trades by time of the day (UTC)",
    takes=Leg,
    parameters=(_SLOT,),
    outputs=(
        Output("days", "Days", "days", "Time from the first to the last bar"),
        Output("bars", "Bars", "bars", "Bars it rests on"),
        Output("slots", "Slots", "", "By time of the day: volatility, volume and trades per minute, and the counts"),
    ),
    per_row=False,
    warmup=_warmup,
    compute=minute_of_day,
    formula="per slot: sqrt(sum r^2 / returns); sum of volume (trades) / minutes of the slot in the span",
    reference="Andersen and Bollerslev 1997, J. Empirical Finance 4 (intraday periodicity)",
    oracle="brute force over the bars; hand-computed bars; planted day shape",
    tolerance="1e-12 relative",
)
