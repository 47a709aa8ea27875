"""Engle-Granger test of a pair: does what the hedge leaves come back, beyond what fitting alone would show?"""

from __future__ import annotations

from typing import Final

from analytics import stationarity
from analytics.inputs import Pair
from analytics.measure import Measure, NotTestable
from analytics.parameters import SCALE, Choice
from analytics.series import LAGS, RULE, lag_choice, pair_columns
from analytics.unit_root import rows_for

_DEPENDENT: Final = Choice(
    name="dependent",
    label="Explain",
    help="Which leg is regressed on the other: the two orders give different statistics",
    default="y",
    choices={"y": "Leg y by x", "x": "Leg x by y"},
)


def engle_granger(
    pair: Pair, *, scale: str, dependent: str, rule: str, lags: int
) -> stationarity.UnitRootTest | NotTestable:
    """Test of all shared closes, as `analytics.stationarity.engle_granger`; a step over missing bars counts as one bar.

    The null hypothesis is **no** cointegration. p and critical values are those of two variables: the ones of a single
    series would find cointegration in 15 % of independent walks at the 5 % level. `NotTestable` below 50 shared bars,
    for legs that do not move or are one asset, and for missing prices.

    >>> import numpy as np
    >>> from analytics.align import Shared
    >>> random, ones = np.random.default_rng(1), np.ones(300)
    >>> x = 100 + random.normal(size=300).cumsum()
    >>> shared = Shared(np.arange(300) * 60_000, 2 * x + random.normal(size=300), x, ones, ones, np.arange(300))
    >>> engle_granger(Pair(shared, 60_000), scale="level", dependent="y", rule="fixed", lags=9).verdict
    'Strong evidence that the legs are cointegrated: p = 2.96e-05 with 9 lags on 300 bars.'
    """
    first, second = pair_columns(pair, scale)
    if dependent == "x":
        first, second = second, first
    given, by = lag_choice(rule, lags)
    return stationarity.engle_granger(first.values, second.values, given, first.gaps, by)


def _warmup(*, scale: str, dependent: str, rule: str, lags: int) -> int:  # noqa: ARG001
    return max(stationarity.MIN_ROWS, rows_for(lags, "n") if rule == "fixed" else 0)


MEASURE: Final = Measure(
    name="engle_granger",
    title="Engle-Granger test",
    group="cointegration",
    summary="Are the two legs tied to each other, so that their spread comes back?",
    takes=Pair,
    parameters=(SCALE, _DEPENDENT, RULE, LAGS),
    outputs=stationarity.OUTPUTS,
    per_row=False,
    warmup=_warmup,
    compute=engle_granger,
    formula="e = y - a - b x by least squares; t of g in: e_t - e_t-1 = g e_t-1 + sum c_i (e_t-i - e_t-i-1) + u_t",
    reference="Engle and Granger 1987, Econometrica 55; MacKinnon 1994 and 2010 (N = 2) for p and critical values",
    oracle="statsmodels coint; Stata egranger; published figures for GLD-GDX and KO-PEP",
    tolerance="1e-9 relative",
    null=stationarity.NULL_PAIR,
)
