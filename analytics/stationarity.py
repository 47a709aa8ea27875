"""Tests of legs and pairs for a unit root, and in plain words why there may be nothing to test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from analytics.hedge import NoFit, fit_ols
from analytics.mackinnon import mackinnon_critical, mackinnon_p
from analytics.measure import NotTestable, Output
from analytics.rolling import ROUNDING, Floats
from analytics.unit_root import Regression, Rule, dickey_fuller, rows_for
from analytics.words import many, with_gaps

MIN_ROWS: Final = 50
DUPLICATE_R_SQUARED: Final = 1 - 1e-6
"""Legs closer than this are one asset: what is left is noise about an identity, not a spread."""
NULL_PAIR: Final = "the legs are not cointegrated: what the regression of y on x leaves has a unit root"
NULL_LEG: Final = "the series has a unit root"
OUTPUTS: Final = (
    Output("statistic", "Statistic", "", "Dickey-Fuller t; the more negative, the less like a random walk"),
    Output("p", "p", "", "How often a unit root would give a statistic this low"),
    Output("lags", "Lags", "bars", "Lagged steps in the regression"),
    Output("n", "Bars", "bars", "Rows that went in"),
    Output("gaps", "Gaps", "", "How often bars are missing between the rows"),
    Output("critical", "Critical values", "", "Statistics below which the test rejects at 1, 5 and 10 %"),
    Output("verdict", "Verdict", "", "The result in one sentence"),
)
_AROUND: Final = {"n": "", "c": "", "ct": " around a trend"}


@dataclass(frozen=True, slots=True)
class UnitRootTest:
    """A test whose null hypothesis is a unit root, in a leg or in what the regression of a pair leaves.

    ``p`` and ``critical`` (keys 1%, 5%, 10%) are MacKinnon's (1994, 2010) for the case at hand: for a pair those of two
    variables, because the residual is estimated. ``lags`` were chosen by a rule or given, ``n`` rows went in,
    ``gaps`` is how often bars are missing between them (a step over a gap counts as one bar). ``verdict`` is one
    sentence for people.
    """

    null: str
    statistic: float
    p: float
    lags: int
    n: int
    gaps: int
    critical: dict[str, float]
    verdict: str


def engle_granger(
    y: ArrayLike, x: ArrayLike, lags: int | None = None, gaps: int = 0, rule: Rule = "aic"
) -> UnitRootTest | NotTestable:
    """Engle-Granger test of two price (or log price) columns of shape (n,), y on x with a constant.

    The null hypothesis is **no** cointegration. The residual's Dickey-Fuller regression has no constant, its lags are
    ``lags``, or (None) chosen by ``rule`` from 0 to 12 (n / 100)^(1/4). Statistic, p and critical values equal those of
    statsmodels' ``coint``, which on NaN, constant or identical legs would return p = 0 or fail: here that is
    `NotTestable`. The order of the legs matters. Under 1 ms at n = 3600.

    >>> random = np.random.default_rng(1)
    >>> x = random.normal(size=300).cumsum()
    >>> engle_granger(random.normal(size=300).cumsum(), x, lags=1).verdict
    'No evidence that the legs are cointegrated: p = 0.783 with 1 lag on 300 bars.'
    """
    ys, xs = np.asarray(y, dtype=np.float64), np.asarray(x, dtype=np.float64)
    fit = fit_ols(ys, xs)
    if fit.n < MIN_ROWS:
        return NotTestable(f"needs {MIN_ROWS} shared bars, has {fit.n}")
    if isinstance(fit, NoFit):
        return NotTestable(fit.reason)
    if fit.r_squared > DUPLICATE_R_SQUARED:
        return NotTestable("the legs are all but identical: there is no spread to test")
    residual = (ys - fit.y_mean) - fit.slope * (xs - fit.x_mean)
    found = _statistic(residual, "n", rule if lags is None else lags)
    if isinstance(found, NotTestable):
        return found
    statistic, used, _ = found
    p, n = float(mackinnon_p(statistic, "c", 2)), residual.size
    # On n - 1 rows, as Stata's egranger and statsmodels' coint count them.
    critical = mackinnon_critical("c", 2, n - 1)
    claim = "the legs are cointegrated"
    return UnitRootTest(NULL_PAIR, statistic, p, used, n, gaps, critical, _verdict(claim, p, used, n, gaps))


def engle_granger_p(y: Floats, x: Floats) -> Floats:
    """p of `engle_granger` with lags by AIC for each row of ``y`` and ``x`` (B, n); NaN where it is `NotTestable`.

    A row's p does not depend on the other rows, to the last bit. Raises ValueError below 50 columns.

    >>> random = np.random.default_rng(1)
    >>> walks = random.normal(size=(2, 300)).cumsum(axis=1)
    >>> engle_granger_p(walks, np.array([walks[1], walks[1]])).round(3)
    array([0.968,   nan])
    """
    count, n = y.shape
    if n < MIN_ROWS:
        raise ValueError(f"`y` and `x` must have {MIN_ROWS} columns or more, got {n}. Take longer windows.")
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        y_mean, x_mean = y.mean(axis=1, keepdims=True), x.mean(axis=1, keepdims=True)
        dy, dx = y - y_mean, x - x_mean
        yy, xx, xy = (np.einsum("bt,bt->b", one, other) for one, other in ((dy, dy), (dx, dx), (dx, dy)))
        rest = dy - (xy / xx)[:, None] * dx
        rest -= rest.mean(axis=1, keepdims=True)
        left = np.einsum("bt,bt->b", rest, rest)
        usable = (yy > n * (ROUNDING * y_mean[:, 0]) ** 2) & (xx > n * (ROUNDING * x_mean[:, 0]) ** 2)
        usable &= left > (1 - DUPLICATE_R_SQUARED) * yy
    p = np.full(count, np.nan)
    p[usable] = mackinnon_p(dickey_fuller(rest[usable], "n", "aic").statistic, "c", 2)
    return p


def adf(
    values: ArrayLike, lags: int | None = None, gaps: int = 0, regression: Regression = "c", rule: Rule = "aic"
) -> UnitRootTest | NotTestable:
    """Augmented Dickey-Fuller test of one observed series of shape (n,), with a constant unless told otherwise.

    The null hypothesis is a unit root. ``regression`` and the lags as in `analytics.unit_root.dickey_fuller`. For
    prices and log prices; never for what a fit leaves, whose p would be far too small: use `engle_granger`.

    >>> adf(np.random.default_rng(1).normal(size=100).cumsum()).verdict
    'No evidence that the series is stationary: p = 0.826 with 2 lags on 100 bars.'
    """
    series = np.asarray(values, dtype=np.float64)
    if series.size < MIN_ROWS:
        return NotTestable(f"needs {MIN_ROWS} bars, has {series.size}")
    if not np.isfinite(series).all():
        return NotTestable("a price is missing or infinite")
    if series.std() <= ROUNDING * abs(series.mean()):
        return NotTestable("the series does not move")
    found = _statistic(series, regression, rule if lags is None else lags)
    if isinstance(found, NotTestable):
        return found
    statistic, used, rows = found
    p, n = float(mackinnon_p(statistic, regression, 1)), series.size
    critical = mackinnon_critical(regression, 1, rows)
    claim = f"the series is stationary{_AROUND[regression]}"
    return UnitRootTest(NULL_LEG, statistic, p, used, n, gaps, critical, _verdict(claim, p, used, n, gaps))


def _statistic(series: Floats, regression: Regression, lags: int | Rule) -> tuple[float, int, int] | NotTestable:
    if isinstance(lags, int) and series.size < rows_for(lags, regression):
        return NotTestable(f"{lags} lags need {rows_for(lags, regression)} bars, there are {series.size}")
    found = dickey_fuller(series, regression, lags)
    if found.lags[0] < 0:
        return NotTestable("the steps repeat themselves: each follows exactly from the ones before")
    return float(found.statistic[0]), int(found.lags[0]), int(found.rows[0])


def strength(p: float) -> str:
    """How strong a small p is, as the start of a sentence.

    >>> strength(0.03)
    'Evidence'
    """
    return "Strong evidence" if p < 0.01 else "Evidence" if p < 0.05 else "Weak evidence" if p < 0.1 else "No evidence"


def _verdict(claim: str, p: float, lags: int, n: int, gaps: int) -> str:
    return f"{strength(p)} that {claim}: p = {p:.3g} with {many(lags, 'lag')} on {n} bars{with_gaps(gaps)}."
