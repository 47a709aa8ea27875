"""Arrival rate of trades: how many come per minute, how clustered, and how long nothing comes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from analytics.inputs import Trades
from analytics.measure import Measure, NotTestable, Output
from analytics.parameters import Integer

MIN_TRADES: Final = 100
MIN_INTERVALS: Final = 20
_INTERVAL_S: Final = Integer(
    name="interval_s", label="Interval", help="Length of the counts", unit="s", default=1, low=1, high=3600
)


@dataclass(frozen=True, slots=True)
class ArrivalRate:
    """``dispersion`` is the variance of the counts per interval over their mean: 1 for a Poisson process.

    ``intervals`` is how many whole ones there are, ``silent_share`` how many of them hold no trade;
    ``same_ms_share`` the share of trades in the millisecond of the trade before.
    """

    n: int
    trades_per_minute: float
    dispersion: float
    intervals: int
    silent_share: float
    longest_gap_s: float
    median_gap_s: float
    same_ms_share: float


def arrival_rate(trades: Trades, *, interval_s: int) -> ArrivalRate | NotTestable:
    """Trades per minute between the first and the last trade, their dispersion and the gaps between them.

    Counts are over whole intervals from the first trade on; what is left at the end is not counted. `NotTestable`
    below 100 trades or 20 intervals. Time after the last trade is unknown here: the caller's clock knows it.

    >>> one = np.ones(121)
    >>> found = arrival_rate(Trades(np.arange(121) * 500, one, one, one > 0), interval_s=1)
    >>> found.trades_per_minute, found.dispersion, found.intervals
    (120.0, 0.0, 60)
    """
    time_ms = trades.time_ms
    if time_ms.size < MIN_TRADES:
        return NotTestable(f"needs {MIN_TRADES} trades, has {time_ms.size}")
    since = time_ms - time_ms[0]
    intervals = int(since[-1]) // (1000 * interval_s)
    if intervals < MIN_INTERVALS:
        return NotTestable(f"needs {MIN_INTERVALS} intervals of {interval_s} s, has {intervals}")
    places = since // (1000 * interval_s)
    counts = np.unique(places[places < intervals], return_counts=True)[1].astype(np.float64)
    mean = float(counts.sum()) / intervals
    silent = intervals - counts.size
    # Silent intervals are counted, not stored: a pause may be years long.
    squares = float(((counts - mean) ** 2).sum()) + silent * mean * mean
    gaps_ms = np.diff(time_ms)
    return ArrivalRate(
        n=time_ms.size,
        trades_per_minute=(time_ms.size - 1) / (float(since[-1]) / 60_000),
        dispersion=squares / (intervals - 1) / mean,
        intervals=intervals,
        silent_share=silent / intervals,
        longest_gap_s=float(gaps_ms.max()) / 1000,
        median_gap_s=float(np.median(gaps_ms)) / 1000,
        same_ms_share=float(np.count_nonzero(gaps_ms == 0)) / gaps_ms.size,
    )


def _warmup(*, interval_s: int) -> int:  # noqa: ARG001
    return MIN_TRADES


MEASURE: Final = Measure(
    name="arrival_rate",
    title="Arrival rate",
    group="liquidity",
    summary="How many trades come per minute, how clustered they are, and how long nothing comes",
    takes=Trades,
    parameters=(_INTERVAL_S,),
    outputs=(
        Output("n", "Trades", "", "Trades it rests on"),
        Output("trades_per_minute", "Rate", "per minute", "Trades per minute from the first to the last"),
        Output("dispersion", "Dispersion", "", "Variance over mean of the counts; 1 is a Poisson process"),
        Output("intervals", "Intervals", "", "Whole intervals counted"),
        Output("silent_share", "Silent", "", "Share of intervals without a trade"),
        Output("longest_gap_s", "Longest gap", "s", "Longest time between two trades"),
        Output("median_gap_s", "Median gap", "s", "Median time between two trades"),
        Output("same_ms_share", "Same moment", "", "Share of trades in the millisecond of the trade before"),
    ),
    per_row=False,
    warmup=_warmup,
    compute=arrival_rate,
    formula="(n - 1) / (T_last - T_first); var(counts) / mean(counts)",
    reference="Cox and Lewis 1966, The Statistical Analysis of Series of Events",
    oracle="hand-computed trades; counts by numpy.histogram; simulated Poisson process",
    tolerance="1e-12 relative",
)
