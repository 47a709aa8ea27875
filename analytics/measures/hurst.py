"""Hurst exponent of a pair's spread or of one of its legs, with the scales that it was read from."""

from __future__ import annotations

from typing import Final

from analytics import persistence
from analytics.inputs import Pair
from analytics.measure import Measure, NotTestable, Output
from analytics.parameters import SCALE, Integer
from analytics.series import SERIES, pair_column

_SHORTEST: Final = Integer(
    name="shortest",
    label="Shortest piece",
    help="Bars in the shortest pieces",
    unit="bars",
    default=10,
    low=5,
    high=200,
)
_LONGEST: Final = Integer(
    name="longest",
    label="Longest piece",
    help="Bars in the longest pieces; there are never fewer than 4 of a length",
    unit="bars",
    default=1000,
    low=20,
    high=20_000,
)


def hurst(pair: Pair, *, series: str, scale: str, shortest: int, longest: int) -> persistence.Hurst | NotTestable:
    """Detrended fluctuation analysis of all shared bars, as `analytics.persistence.hurst`.

    Steps over missing bars are left out. A spread that reverts has no single exponent: 0.5 well below its half-life,
    0 well above; so read it with its scales, and a half-life beside it.

    >>> import numpy as np
    >>> from analytics.align import Shared
    >>> random, ones = np.random.default_rng(1), np.ones(300)
    >>> x = 100 + random.normal(size=300).cumsum()
    >>> shared = Shared(np.arange(300) * 60_000, 2 * x + random.normal(size=300), x, ones, ones, np.arange(300))
    >>> hurst(Pair(shared, 60_000), series="spread", scale="level", shortest=5, longest=75).verdict
    'Over 5 to 64 bars the series reverts: H = 0.08, where walks of 299 steps mostly read 0.33 to 0.67.'
    """
    column = pair_column(pair, scale, series)
    if isinstance(column, NotTestable):
        return column
    return persistence.hurst(column.steps[column.follows], shortest, longest)


def _warmup(*, series: str, scale: str, shortest: int, longest: int) -> int:  # noqa: ARG001
    return persistence.steps_for(shortest) + 1


MEASURE: Final = Measure(
    name="hurst",
    title="Hurst exponent",
    group="cointegration",
    summary="Does the series trend, wander or revert, over which lengths?",
    takes=Pair,
    parameters=(SERIES, SCALE, _SHORTEST, _LONGEST),
    outputs=(
        Output("exponent", "Hurst exponent", "", "0.5 wanders, more trends, less reverts"),
        Output("slope_se", "Standard error", "", "Of the line through the scales, not of the exponent of the process"),
        Output("r_squared", "R2", "", "How straight the line through the scales is"),
        Output("scales", "Scales", "bars", "Lengths of the pieces"),
        Output("fluctuations", "Fluctuations", "price", "Root mean square distance from lines through the pieces"),
        Output("n", "Steps", "bars", "Steps between neighbouring bars that went in"),
        Output("verdict", "Verdict", "", "The result in one sentence"),
    ),
    per_row=False,
    warmup=_warmup,
    compute=hurst,
    formula="slope of ln F(s) on ln s, F(s) the RMS of what straight lines through pieces of s rows leave (DFA-1)",
    reference="Peng et al. 1994, Physical Review E 49",
    oracle="plain piece-by-piece polyfit; fractional Gaussian noise of H = 0.3, 0.5, 0.7",
    tolerance="1e-10 relative; bias below 0.02",
)
