"""Variance ratio of a pair's spread or of one of its legs: do steps undo each other?"""

from __future__ import annotations

from typing import Final

from analytics import persistence
from analytics.inputs import Pair
from analytics.measure import Measure, NotTestable, Output
from analytics.parameters import SCALE, Integer
from analytics.series import SERIES, pair_column

_BARS: Final = Integer(
    name="bars", label="Long step", help="Bars in a long step", unit="bars", default=10, low=2, high=500
)


def variance_ratio(pair: Pair, *, series: str, scale: str, bars: int) -> persistence.VarianceRatio | NotTestable:
    """Lo and MacKinlay's test of all shared bars, as `analytics.persistence.variance_ratio`.

    The null hypothesis is that steps are uncorrelated. The spread's residual is estimated, which alone makes it look
    like it reverts: its p is too small and no substitute for a cointegration test.

    >>> import numpy as np
    >>> from analytics.align import Shared
    >>> random, ones = np.random.default_rng(1), np.ones(300)
    >>> x = 100 + random.normal(size=300).cumsum()
    >>> shared = Shared(np.arange(300) * 60_000, 2 * x + random.normal(size=300), x, ones, ones, np.arange(300))
    >>> variance_ratio(Pair(shared, 60_000), series="spread", scale="level", bars=5).verdict
    'Strong evidence of reversion: over 5 bars the variance is 0.22 of a random walk, p = 2.21e-08 on 299 steps.'
    """
    column = pair_column(pair, scale, series)
    if isinstance(column, NotTestable):
        return column
    return persistence.variance_ratio(column.steps, column.follows, bars)


def _warmup(*, series: str, scale: str, bars: int) -> int:  # noqa: ARG001
    return 10 * bars + 1


MEASURE: Final = Measure(
    name="variance_ratio",
    title="Variance ratio",
    group="cointegration",
    summary="Do steps add up as a random walk's, or undo each other?",
    takes=Pair,
    parameters=(SERIES, SCALE, _BARS),
    outputs=(
        Output("ratio", "Variance ratio", "", "1 for a random walk, less where steps undo each other"),
        Output("z", "z", "", "Distance from 1 in standard errors that allow for changing variance"),
        Output("p", "p", "", "Two-sided, from the normal distribution"),
        Output("bars", "Long step", "bars", "Bars in a long step"),
        Output("n", "Steps", "bars", "Steps between neighbouring bars that went in"),
        Output("overlapping", "Long steps", "", "Long steps without missing bars; they overlap"),
        Output("verdict", "Verdict", "", "The result in one sentence"),
    ),
    per_row=False,
    warmup=_warmup,
    compute=variance_ratio,
    formula="VR = var(x_t - x_t-q) / (q var(x_t - x_t-1)), both unbiased; "
    "z = (VR - 1) / sqrt(sum_j (2 (q - j) / q)^2 delta_j)",
    reference="Lo and MacKinlay 1988, Review of Financial Studies 1",
    oracle="plain double loop; size on seeded random walks",
    tolerance="1e-10 relative",
    null=persistence.NULL_STEPS,
)
