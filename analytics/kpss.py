"""The KPSS test, whose null hypothesis is the other way round: the series is stationary."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike

from analytics.measure import NotTestable
from analytics.rolling import ROUNDING, Floats
from analytics.words import many, with_gaps

MIN_ROWS: Final = 50
NULL: Final = {"c": "the series is stationary around a level", "ct": "the series is stationary around a trend"}
# Kwiatkowski, Phillips, Schmidt and Shin 1992, table 1.
_P: Final = (0.10, 0.05, 0.025, 0.01)
_LEVELS: Final = ("10%", "5%", "2.5%", "1%")
_CRITICAL: Final = {"c": (0.347, 0.463, 0.574, 0.739), "ct": (0.119, 0.146, 0.176, 0.216)}


@dataclass(frozen=True, slots=True)
class Kpss:
    """A test whose null hypothesis is stationarity: a small ``p`` speaks against it.

    The table ends at 0.01 and 0.1: ``p`` is never outside, and ``p_text`` says "at most" or "at least" at its ends.
    ``lags`` is how many autocovariances the long-run variance rests on, ``n`` rows went in, ``gaps`` is how often bars
    are missing between them (a step over a gap counts as one bar). ``verdict`` is one sentence for people.
    """

    null: str
    statistic: float
    p: float
    p_text: str
    lags: int
    n: int
    gaps: int
    critical: dict[str, float]
    verdict: str


def kpss(values: ArrayLike, regression: Literal["c", "ct"] = "c", gaps: int = 0) -> Kpss | NotTestable:
    """KPSS test of one observed series of shape (n,), around a level ("c") or a linear trend ("ct").

    The null hypothesis is stationarity. Bartlett weights over as many lags as Hobijn, Franses and Ooms 2004 choose from
    the data, statsmodels' nlags="auto". For prices and log prices; for what a fit leaves the table is wrong.

    >>> kpss(np.random.default_rng(1).normal(size=200).cumsum()).verdict
    'Evidence against stationarity around a level: p = 0.01 or less with 9 lags on 200 bars.'
    """
    series = np.asarray(values, dtype=np.float64)
    n = series.size
    if n < MIN_ROWS:
        return NotTestable(f"needs {MIN_ROWS} bars, has {n}")
    if not np.isfinite(series).all():
        return NotTestable("a price is missing or infinite")
    level = series.mean()
    rest = series - level
    if regression == "ct":
        time = np.arange(n) - (n - 1) / 2
        rest -= (rest @ time / (time @ time)) * time
    if not float(rest @ rest) > n * (ROUNDING * level) ** 2:
        return NotTestable("the series does not move" if regression == "c" else "the series is a straight line")
    lags = _lags(rest)
    spread = _long_run_variance(rest, lags)
    if not spread > 0:
        return NotTestable("the long-run variance is not positive")
    statistic = float((rest.cumsum() ** 2).sum() / n**2 / spread)
    critical = _CRITICAL[regression]
    p = float(np.interp(statistic, critical, _P))
    text = f"{p:.3g}" + (" or less" if p == _P[-1] else " or more" if p == _P[0] else "")
    strength = "Evidence" if p < 0.05 else "Weak evidence" if p < 0.1 else "No evidence"
    claim = f"{strength} against stationarity around {'a level' if regression == 'c' else 'a trend'}"
    return Kpss(
        null=NULL[regression],
        statistic=statistic,
        p=p,
        p_text=text,
        lags=lags,
        n=n,
        gaps=gaps,
        critical=dict(zip(_LEVELS, critical, strict=True)),
        verdict=f"{claim}: p = {text} with {many(lags, 'lag')} on {n} bars{with_gaps(gaps)}.",
    )


def _lags(rest: Floats) -> int:
    n = rest.size
    zeroth, first = float(rest @ rest) / n, 0.0
    for lag in range(1, int(n ** (2 / 9)) + 1):
        product = float(rest[lag:] @ rest[:-lag]) / (n / 2)
        zeroth += product
        first += lag * product
    if not zeroth:
        return n - 1
    return min(n - 1, int(1.1447 * ((first / zeroth) ** 2) ** (1 / 3) * n ** (1 / 3)))


def _long_run_variance(rest: Floats, lags: int) -> float:
    total = float(rest @ rest)
    for lag in range(1, lags + 1):
        total += 2 * float(rest[lag:] @ rest[:-lag]) * (1 - lag / (lags + 1))
    return total / rest.size
