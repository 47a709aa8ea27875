"""KPSS test of one leg: is there evidence that its prices are not stationary?"""

from __future__ import annotations

from typing import Final, Literal

from analytics import kpss as test
from analytics.inputs import Leg
from analytics.measure import Measure, NotTestable, Output
from analytics.parameters import SCALE, Choice
from analytics.series import leg_column

_REGRESSION: Final = Choice(
    name="regression",
    label="Around",
    help="What the series is supposed to be stationary around",
    default="c",
    choices={"c": "Level", "ct": "Trend"},
)


def kpss(leg: Leg, *, scale: str, regression: Literal["c", "ct"]) -> test.Kpss | NotTestable:
    """Test of all closes of ``leg``, as `analytics.kpss.kpss`; a step over missing bars counts as one bar.

    The null hypothesis is stationarity, so a large p proves nothing. Beside a Dickey-Fuller test: when both reject, or
    neither does, the data are not enough to tell.

    >>> import numpy as np
    >>> bars = np.ones((200, 10))
    >>> bars[:, 0], bars[:, 4] = np.arange(200) * 60_000, 100 + np.random.default_rng(1).normal(size=200).cumsum()
    >>> kpss(Leg(bars, 60_000), scale="log", regression="c").verdict
    'Evidence against stationarity around a level: p = 0.01 or less with 9 lags on 200 bars.'
    """
    column = leg_column(leg, scale)
    return test.kpss(column.values, regression, column.gaps)


def _warmup(*, scale: str, regression: str) -> int:  # noqa: ARG001
    return test.MIN_ROWS


MEASURE: Final = Measure(
    name="kpss",
    title="KPSS test",
    group="cointegration",
    summary="Is there evidence that one leg does not come back?",
    takes=Leg,
    parameters=(SCALE, _REGRESSION),
    outputs=(
        Output("statistic", "Statistic", "", "Larger is less like a stationary series"),
        Output("p", "p", "", "Probability of a statistic this large in a stationary series, held to 0.01 to 0.1"),
        Output("p_text", "p in words", "", "p, with 'or less' or 'or more' at the ends of the table"),
        Output("lags", "Lags", "bars", "Autocovariances in the long-run variance"),
        Output("n", "Bars", "bars", "Rows that went in"),
        Output("gaps", "Gaps", "", "How often bars are missing between the rows"),
        Output("critical", "Critical values", "", "Statistics above which the test rejects"),
        Output("verdict", "Verdict", "", "The result in one sentence"),
    ),
    per_row=False,
    warmup=_warmup,
    compute=kpss,
    formula="sum S_t^2 / (n^2 s^2), S_t the running sum of residuals, s^2 their long-run variance (Bartlett weights)",
    reference="Kwiatkowski, Phillips, Schmidt and Shin 1992, J. Econometrics 54; lags of Hobijn, Franses and Ooms 2004",
    oracle="statsmodels kpss(nlags='auto')",
    tolerance="1e-10 relative",
    null="the series is stationary around a level or a trend",
)
