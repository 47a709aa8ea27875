"""Augmented Dickey-Fuller test of one leg's prices: do they wander, or come back to a level or a trend?"""

from __future__ import annotations

from typing import Final

from analytics import stationarity
from analytics.inputs import Leg
from analytics.measure import Measure, NotTestable
from analytics.parameters import SCALE, Choice
from analytics.series import LAGS, RULE, lag_choice, leg_column
from analytics.unit_root import Regression, rows_for

_REGRESSION: Final = Choice(
    name="regression",
    label="Around",
    help="What the series may come back to: zero, a level, or a straight trend",
    default="c",
    choices={"n": "Zero", "c": "Level", "ct": "Trend"},
)


def adf(
    leg: Leg, *, scale: str, regression: Regression, rule: str, lags: int
) -> stationarity.UnitRootTest | NotTestable:
    """Test of all closes of ``leg``, as `analytics.stationarity.adf`; a step over missing bars counts as one bar.

    The null hypothesis is a unit root. `NotTestable` below 50 bars and for prices that are missing, still, or follow
    exactly from the ones before. For prices only: what a fit leaves needs other critical values.

    >>> import numpy as np
    >>> bars = np.ones((200, 10))
    >>> bars[:, 0], bars[:, 4] = np.arange(200) * 60_000, 100 + np.random.default_rng(1).normal(size=200).cumsum()
    >>> adf(Leg(bars, 60_000), scale="log", regression="c", rule="aic", lags=1).verdict
    'No evidence that the series is stationary: p = 0.841 with 10 lags on 200 bars.'
    """
    column = leg_column(leg, scale)
    given, by = lag_choice(rule, lags)
    return stationarity.adf(column.values, given, column.gaps, regression, by)


def _warmup(*, scale: str, regression: str, rule: str, lags: int) -> int:  # noqa: ARG001
    return max(stationarity.MIN_ROWS, rows_for(lags, regression) if rule == "fixed" else 0)


MEASURE: Final = Measure(
    name="adf",
    title="Dickey-Fuller test",
    group="cointegration",
    summary="Does one leg wander like a random walk, or come back?",
    takes=Leg,
    parameters=(SCALE, _REGRESSION, RULE, LAGS),
    outputs=stationarity.OUTPUTS,
    per_row=False,
    warmup=_warmup,
    compute=adf,
    formula="t of g in: x_t - x_t-1 = a + b t + g x_t-1 + sum c_i (x_t-i - x_t-i-1) + e_t",
    reference="Said and Dickey 1984, Biometrika 71; MacKinnon 1994 and 2010 for p and critical values",
    oracle="statsmodels adfuller, same lags; Stata dfuller",
    tolerance="1e-10 relative (5e-9 for prices of 100,000), p equal to the last bit for the same statistic",
    null=stationarity.NULL_LEG,
)
