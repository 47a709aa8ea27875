"""Johansen's test of a pair: how many combinations of the legs come back, in no order of the legs."""

from __future__ import annotations

from typing import Final

import numpy as np

from analytics import johansen as test
from analytics.inputs import Pair
from analytics.measure import Measure, NotTestable, Output
from analytics.parameters import SCALE, Choice, Integer
from analytics.series import pair_columns

_TERMS: Final = Choice(
    name="terms",
    label="Around",
    help="Deterministic part: none, a constant, or a trend in the prices",
    default="constant",
    choices={"none": "Zero", "constant": "Level", "trend": "Trend"},
)
_ORDERS: Final = {"none": -1, "constant": 0, "trend": 1}
_LAGS: Final = Integer(
    name="lags", label="Lags", help="Lagged steps of each leg", unit="bars", default=1, low=1, high=30
)


def johansen(pair: Pair, *, scale: str, terms: str, lags: int) -> test.Johansen | NotTestable:
    """Trace and largest-eigenvalue tests of all shared closes, as `analytics.johansen.johansen`.

    The null hypotheses are: no combination comes back, then at most one. The first column of ``weights`` is the
    spread, y then x. A step over missing bars counts as one bar.

    >>> import numpy as np
    >>> from analytics.align import Shared
    >>> random, ones = np.random.default_rng(1), np.ones(300)
    >>> x = 100 + random.normal(size=300).cumsum()
    >>> shared = Shared(np.arange(300) * 60_000, 2 * x + random.normal(size=300), x, ones, ones, np.arange(300))
    >>> johansen(Pair(shared, 60_000), scale="level", terms="constant", lags=1).verdict
    'The trace test finds 1 relation among 2 legs at 5 %, the largest eigenvalue 1: 1 lag on 300 bars.'
    """
    y, x = pair_columns(pair, scale)
    return test.johansen(np.column_stack([y.values, x.values]), _ORDERS[terms], lags, y.gaps)


def _warmup(*, scale: str, terms: str, lags: int) -> int:  # noqa: ARG001
    return test.rows_for(2, lags)


MEASURE: Final = Measure(
    name="johansen",
    title="Johansen test",
    group="cointegration",
    summary="How many combinations of the legs come back, and with which weights",
    takes=Pair,
    parameters=(SCALE, _TERMS, _LAGS),
    outputs=(
        Output(
            "relations", "Relations", "", "By the trace test at 5 %; 2 means that the legs are stationary themselves"
        ),
        Output("relations_largest", "By largest eigenvalue", "", "The same by the other test"),
        Output("trace", "Trace", "", "Statistics of: no relation, at most one"),
        Output("trace_critical", "Trace, critical", "", "At 10, 5 and 1 %, a row for each statistic"),
        Output("largest", "Largest eigenvalue", "", "Statistics of: no relation, at most one"),
        Output("largest_critical", "Largest, critical", "", "At 10, 5 and 1 %, a row for each statistic"),
        Output("eigenvalues", "Eigenvalues", "", "Squared correlations of steps and combinations of levels"),
        Output("weights", "Weights", "", "One combination a column, of variance 1 after lags; y then x"),
        Output("lags", "Lags", "bars", "Lagged steps of each leg"),
        Output("n", "Bars", "bars", "Rows that went in"),
        Output("gaps", "Gaps", "", "How often bars are missing between the rows"),
        Output("verdict", "Verdict", "", "The result in one sentence"),
    ),
    per_row=False,
    warmup=_warmup,
    compute=johansen,
    formula="eigenvalues l of S_kk^-1 S_k0 S_00^-1 S_0k; "
    "trace_r = -T sum_{i>r} ln(1 - l_i); largest_r = -T ln(1 - l_r+1)",
    reference="Johansen 1991, Econometrica 59; MacKinnon, Haug and Michelis 1999 for critical values",
    oracle="statsmodels coint_johansen; published figures for EWA-EWC-IGE",
    tolerance="1e-10 relative",
    null="at most r combinations of the legs come back",
)
