"""Correlation of two symbols from their trades, and which of them moves first, in seconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from analytics.hayashi_yoshida import common_span, correlation, covariance, lead, path, shifted, variance
from analytics.inputs import Floats, Integers, TradePair
from analytics.measure import Measure, NotTestable, Output
from analytics.parameters import Integer

_REACH: Final = Integer(
    name="reach",
    label="Reach",
    help="How far one clock is shifted against the other, in 20 steps either way",
    unit="s",
    default=10,
    low=1,
    high=300,
)
_THIN: Final = Integer(
    name="thin",
    label="Thin to",
    help="Each leg keeps its last trade of every so many milliseconds, at its own time. With 1, a leg that needs a "
    "moment to follow, and prices that jump between bid and ask, pull the correlation toward 0",
    unit="ms",
    default=1000,
    low=1,
    high=60_000,
)
_STEPS: Final = 20
_LEAST: Final = 30


@dataclass(frozen=True, slots=True, eq=False)
class HayashiYoshida:
    """Over the time that both symbols have trades, from the log prices of the trades that thinning keeps.

    ``covariance``, ``y_variance`` and ``x_variance`` are sums over the span of ``span_ms``; ``y_moments`` and
    ``x_moments`` count the prices. ``shifted[i]`` is the correlation of y at t with x at t + ``lags_ms[i]`` (NaN where
    fewer than 30 prices of each are left in common), ``chance`` the size up to which the best of the 41 may be chance,
    and ``lead_ms`` the lag where the correlation is largest in size: above 0, y moves first. ``lead_clear`` says if
    that is more than chance, and by more than chance above the one without a lag. ``lead_ratio`` is the sum of squares
    at lags above 0 over that below: above 1, y leads on the whole; None where there is nothing below.
    """

    correlation: float
    covariance: float
    y_variance: float
    x_variance: float
    y_moments: int
    x_moments: int
    span_ms: int
    lags_ms: Integers
    shifted: Floats
    chance: float
    lead_ms: int
    lead_clear: bool
    lead_ratio: float | None


def hayashi_yoshida(pair: TradePair, *, reach: int, thin: int) -> HayashiYoshida | NotTestable:
    """Covariance, correlation and lead of two symbols' log prices, without any grid.

    On trades thinned too little it reads low: of BTC and ETH, whose bars of 10 s have a correlation of .8, every trade
    gives .2, trades thinned to 100 ms .66 and to 1 s .83. Needs 30 prices of each in the time they share.

    ``chance`` is at the 5 % level for all lags together. Null hypothesis: the legs move together at no lag (see
    `analytics.hayashi_yoshida.lead`); a lead that is not clear is no lead.

    >>> from analytics.inputs import Trades
    >>> times, walk = np.arange(200) * 700, np.exp(np.random.default_rng(1).normal(size=200).cumsum())
    >>> y = Trades(times, walk, walk, walk > 1)
    >>> found = hayashi_yoshida(TradePair(y, y._replace(time_ms=times + 1400)), reach=7, thin=1)
    >>> found.lead_ms, found.lead_clear, found.shifted[found.lags_ms == 1400].round(12)
    (1400, True, array([1.]))
    """
    whole = path(pair.y, thin), path(pair.x, thin)
    y, x = common_span(*whole)
    fewer = min(y.time_ms.size, x.time_ms.size)
    if fewer < _LEAST:
        return NotTestable(f"a symbol has {fewer} prices in the time both have, {_LEAST} are needed")
    value = correlation(y, x)
    if value is None:
        return NotTestable("the price of a symbol does not move in the time that both have")
    lags_ms = np.arange(-_STEPS, _STEPS + 1) * (reach * 1000 // _STEPS)
    found = shifted(*whole, lags_ms, _LEAST)
    curve, best = found.correlation, lead(found)
    ahead, behind = (float(np.nansum(side**2)) for side in (curve[_STEPS + 1 :], curve[:_STEPS]))
    return HayashiYoshida(
        correlation=value,
        covariance=covariance(y, x),
        y_variance=variance(y),
        x_variance=variance(x),
        y_moments=int(y.time_ms.size),
        x_moments=int(x.time_ms.size),
        span_ms=int(max(y.time_ms[-1], x.time_ms[-1]) - min(y.time_ms[0], x.time_ms[0])),
        lags_ms=lags_ms,
        shifted=curve,
        chance=best.bar,
        lead_ms=best.lag_ms,
        lead_clear=best.clear,
        lead_ratio=ahead / behind if behind > 0 else None,
    )


def _warmup(*, reach: int, thin: int) -> int:  # noqa: ARG001
    return _LEAST


MEASURE: Final = Measure(
    name="hayashi_yoshida",
    title="Hayashi-Yoshida correlation",
    group="dependence",
    summary="How much two symbols move together trade by trade, and which of them moves first",
    takes=TradePair,
    parameters=(_REACH, _THIN),
    outputs=(
        Output("correlation", "Correlation", "", "Of the log prices, from trades at their own times"),
        Output("covariance", "Covariance", "", "Of the log prices, summed over the time that both have"),
        Output("y_variance", "Variance of y", "", "Sum of squared changes of y's log price"),
        Output("x_variance", "Variance of x", "", "Sum of squared changes of x's log price"),
        Output("y_moments", "Prices of y", "", "How many thinning keeps"),
        Output("x_moments", "Prices of x", "", "How many thinning keeps"),
        Output("span_ms", "Span", "ms", "Time that both symbols have"),
        Output("lags_ms", "Lags", "ms", "Shifts of x's clock; above 0, y moves first"),
        Output("shifted", "Shifted correlation", "", "Of y at a time with x one lag later"),
        Output("chance", "Chance", "", "Size that the best of the shifted correlations stays within by chance, 95 %"),
        Output("lead_ms", "Lead of y", "ms", "Lag of the largest correlation; below 0, x moves first"),
        Output("lead_clear", "Clear lead", "", "The largest is beyond chance, and so is what it gains over no lag"),
        Output("lead_ratio", "Lead ratio", "", "Squares of the correlations where y moves first over the others"),
    ),
    per_row=False,
    warmup=_warmup,
    compute=hayashi_yoshida,
    formula="sum over i, j of dy_i dx_j [(s_i, e_i] and (s_j, e_j] overlap] / sqrt(sum dy^2 sum dx^2)",
    reference="Hayashi and Yoshida 2005, Bernoulli 11; Huth and Abergel 2014, J. Empirical Finance 26 (lead)",
    null="the symbols move together at no lag (for chance and lead_clear)",
    oracle="every pair of intervals compared one by one; worked example by hand; simulated legs of known "
    "correlation; false finds counted on independent legs",
    tolerance="1e-14",
)
