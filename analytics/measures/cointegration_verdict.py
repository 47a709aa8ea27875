"""Every test of a pair at once, and what they mean together."""

from __future__ import annotations

from typing import Final

from analytics import verdict
from analytics.inputs import Pair
from analytics.measure import Measure, NotTestable, Output
from analytics.parameters import SCALE
from analytics.series import pair_column, pair_columns
from analytics.stationarity import MIN_ROWS, NULL_PAIR


def cointegration_verdict(pair: Pair, *, scale: str) -> verdict.CointegrationVerdict | NotTestable:
    """Test all shared closes of a pair, as `analytics.verdict.cointegration_verdict`.

    The null hypothesis is **no** cointegration. `NotTestable` below 50 shared bars, for legs that do not move or are
    one asset, and for missing prices.

    >>> import numpy as np
    >>> from analytics.align import Shared
    >>> random, ones = np.random.default_rng(1), np.ones(300)
    >>> x = 100 + random.normal(size=300).cumsum()
    >>> shared = Shared(np.arange(300) * 60_000, 2 * x + random.normal(size=300), x, ones, ones, np.arange(300))
    >>> cointegration_verdict(Pair(shared, 60_000), scale="level").verdict
    'The legs were cointegrated over these 300 bars, whichever explains the other.'
    """
    spread = pair_column(pair, scale, "spread")
    if isinstance(spread, NotTestable):
        return spread
    return verdict.cointegration_verdict(*pair_columns(pair, scale), spread)


def _warmup(*, scale: str) -> int:  # noqa: ARG001
    return MIN_ROWS


MEASURE: Final = Measure(
    name="cointegration_verdict",
    title="Cointegration verdict",
    group="cointegration",
    summary="Are the legs tied to each other? What was tested, what it means, and what could not be seen",
    takes=Pair,
    parameters=(SCALE,),
    outputs=(
        Output("conclusion", "Conclusion", "", "Cointegrated, in one direction, not shown, or stationary legs"),
        Output("verdict", "Verdict", "", "The conclusion in one sentence"),
        Output("findings", "Findings", "", "One sentence for each thing that was looked at"),
        Output("y_on_x", "Engle-Granger, y on x", "", "Test of what x leaves of y"),
        Output("x_on_y", "Engle-Granger, x on y", "", "Test of what y leaves of x"),
        Output("adf_y", "Dickey-Fuller, y", "", "Does leg y wander?"),
        Output("adf_x", "Dickey-Fuller, x", "", "Does leg x wander?"),
        Output("kpss_y", "KPSS, y", "", "Does leg y come back?"),
        Output("kpss_x", "KPSS, x", "", "Does leg x come back?"),
        Output("johansen", "Johansen", "", "Combinations of the legs that come back"),
        Output("half_life", "Half-life", "bars", "Of what x leaves of y, over all rows"),
        Output("variance_ratio", "Variance ratio", "", "Of what x leaves of y"),
        Output("detectable_half_life", "Detectable half-life", "bars", "Longer ones are mostly missed"),
        Output("n", "Bars", "bars", "Rows that went in"),
        Output("gaps", "Gaps", "", "How often bars are missing between the rows"),
    ),
    per_row=False,
    warmup=_warmup,
    compute=cointegration_verdict,
    formula="Engle-Granger in both directions at 5 %, beside Dickey-Fuller, KPSS, Johansen, half-life, variance ratio",
    reference="Engle and Granger 1987; Johansen 1991; Kwiatkowski et al. 1992; Lo and MacKinlay 1988",
    oracle="the tests' own; seeded pairs that are tied, independent, or stationary by themselves",
    tolerance="that of each test",
    null=NULL_PAIR,
)
