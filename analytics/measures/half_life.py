"""Half-life of a pair's spread, with its interval and its honest limits."""

from __future__ import annotations

from typing import Final

from analytics import reversion
from analytics.align import rows
from analytics.inputs import Pair, count
from analytics.measure import Measure, NotTestable, Output
from analytics.parameters import SCALE, WINDOW
from analytics.series import pair_column


def half_life(pair: Pair, *, window: int, scale: str) -> reversion.HalfLife | NotTestable:
    """Half-life of what least squares leaves of the newest ``window`` shared bars, as `analytics.reversion.half_life`.

    Steps over missing bars are left out. Least squares finds a finite half-life in 99 % of pairs of independent walks:
    it means something only beside a cointegration test, and only well below a quarter of the window.

    >>> import numpy as np
    >>> from analytics.align import Shared
    >>> random, ones = np.random.default_rng(1), np.ones(300)
    >>> x = 100 + random.normal(size=300).cumsum()
    >>> shared = Shared(np.arange(300) * 60_000, 2 * x + random.normal(size=300), x, ones, ones, np.arange(300))
    >>> found = half_life(Pair(shared, 60_000), window=300, scale="level")
    >>> round(found.bars, 9), found.reliable, found.n
    (0.174225661, True, 299)
    """
    size = count(pair)
    if size < window:
        return NotTestable(f"needs {window} shared bars, has {size}")
    column = pair_column(pair._replace(shared=rows(pair.shared, size - window)), scale, "spread")
    return column if isinstance(column, NotTestable) else reversion.half_life(column.values, column.follows)


def _warmup(*, window: int, scale: str) -> int:  # noqa: ARG001
    return window


MEASURE: Final = Measure(
    name="half_life",
    title="Half-life",
    group="cointegration",
    summary="How many bars until half of a deviation is gone",
    takes=Pair,
    parameters=(WINDOW, SCALE),
    outputs=(
        Output("bars", "Half-life", "bars", "Time in which half of a deviation is gone"),
        Output("low", "At least", "bars", "Lower end of the 95 % interval"),
        Output("high", "At most", "bars", "Upper end of the 95 % interval; none when no reversion cannot be excluded"),
        Output("reliable", "Reliable", "", "Whether it is shorter than a quarter of the window"),
        Output("speed", "Speed", "per bar", "Share of a deviation that is undone in a bar, negative when it reverts"),
        Output("speed_se", "Standard error", "per bar", "Of the speed"),
        Output("n", "Steps", "bars", "Steps between neighbouring bars that it rests on"),
    ),
    per_row=False,
    warmup=_warmup,
    compute=half_life,
    formula="e_t - e_t-1 = a + g e_t-1 + u_t; half-life = -ln 2 / ln(1 + g)",
    reference="Chan 2013, Algorithmic Trading, ch. 2; exact AR(1) form",
    oracle="numpy polyfit; statsmodels OLS; simulated AR(1) of known speed",
    tolerance="1e-12 relative",
)
