"""How fast a spread comes back: the half-life of an AR(1), with its uncertainty."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analytics.hedge import NoFit, fit_ols
from analytics.measure import NotTestable

NORMAL_95: Final = 1.959963984540054
MIN_STEPS: Final = 10


@dataclass(frozen=True, slots=True)
class HalfLife:
    """Bars until half of a deviation is gone, -ln 2 / ln(1 + speed), from e_t - e_t-1 = a + speed * e_t-1.

    ``low`` and ``high`` are the 95 % interval in bars, carried over from speed +- 1.96 ``speed_se``; ``high`` is None
    when the interval reaches speed = 0 (no reversion at all cannot be excluded), ``low`` is 0 when it reaches -1.
    ``speed`` is per bar, ``n`` the steps it rests on. ``reliable``: shorter than a quarter of the rows. Least squares
    finds reversion even in a random walk, so a half-life means something only beside a cointegration test.
    """

    bars: float
    low: float
    high: float | None
    reliable: bool
    speed: float
    speed_se: float
    n: int


def half_life(spread: ArrayLike, counted: NDArray[np.bool_] | None = None) -> HalfLife | NotTestable:
    """Half-life of a spread, shape (n,), in bars.

    ``counted`` (shape (n,)) marks rows that directly follow the row before; the step into any other row spans missing
    bars and is left out. None counts them all. Short windows bias it downwards: a true 120 bars reads 97 at n = 3600.

    >>> found = half_life([8.0, 4.0, 2.0, 1.0, 0.5, 9.0, 4.5, 2.25, 1.125, 7.0, 3.5, 1.75, 0.875, 0.4375],
    ...                   np.array([1, 1, 1, 1, 1, 0, 1, 1, 1, 0, 1, 1, 1, 1], dtype=bool))
    >>> round(found.bars, 9), found.n
    (1.0, 11)
    """
    values = np.asarray(spread, dtype=np.float64)
    changes, before = np.diff(values), values[:-1]
    if counted is not None and not counted[1:].all():
        changes, before = changes[counted[1:]], before[counted[1:]]
    fit = fit_ols(changes, before)
    if fit.n < MIN_STEPS:
        return NotTestable(f"needs {MIN_STEPS} steps between neighbouring bars, has {fit.n}")
    if isinstance(fit, NoFit):
        return NotTestable("the spread does not move" if "move" in fit.reason else fit.reason)
    if fit.slope >= 0:
        return NotTestable("the spread does not revert: it drifts away from its mean")
    if fit.slope <= -1:
        return NotTestable("the spread overshoots its mean within one bar")
    margin = NORMAL_95 * fit.slope_se
    fast, slow = fit.slope - margin, fit.slope + margin
    bars = _bars(fit.slope)
    return HalfLife(
        bars=bars,
        low=_bars(fast) if fast > -1 else 0.0,
        high=_bars(slow) if slow < 0 else None,
        reliable=bars < values.size / 4,
        speed=fit.slope,
        speed_se=fit.slope_se,
        n=fit.n,
    )


def _bars(speed: float) -> float:
    return -math.log(2) / math.log1p(speed)
