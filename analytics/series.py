"""The series that tests look at: a leg, or what least squares leaves of a pair, with its gaps counted."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analytics.dependence import follows
from analytics.hedge import NoFit, fit_ols
from analytics.inputs import Leg, Pair
from analytics.market import CLOSE, OPEN_MS
from analytics.measure import NotTestable
from analytics.parameters import Choice, Integer
from analytics.stationarity import DUPLICATE_R_SQUARED
from analytics.unit_root import Rule

Floats = NDArray[np.float64]

SERIES: Final = Choice(
    name="series",
    label="Series",
    help="What least squares of y on x leaves, or one of the legs",
    default="spread",
    choices={"spread": "Spread", "y": "Leg y", "x": "Leg x"},
)
RULE: Final = Choice(
    name="rule",
    label="Lags by",
    help="How the number of lagged steps is found: by Akaike's or Schwarz's criterion, or as given",
    default="aic",
    choices={"aic": "AIC", "bic": "BIC", "fixed": "As given"},
)
LAGS: Final = Integer(
    name="lags",
    label="Lags",
    help="Lagged steps in the regression, where they are not chosen by a criterion",
    unit="bars",
    default=1,
    low=0,
    high=100,
)


def lag_choice(rule: str, lags: int) -> tuple[int | None, Rule]:
    """What the tests take for the settings `RULE` and `LAGS`.

    >>> lag_choice("fixed", 3), lag_choice("bic", 3)
    ((3, 'aic'), (None, 'bic'))
    """
    return lags if rule == "fixed" else None, "bic" if rule == "bic" else "aic"


class Column(NamedTuple):
    """One series (n,), which of its rows directly follow the row before, and how often bars are missing."""

    values: Floats
    follows: NDArray[np.bool_]
    gaps: int

    @property
    def steps(self) -> Floats:
        """Changes from row to row, (n,); 0 in row 0."""
        return np.diff(self.values, prepend=self.values[:1])


def leg_column(leg: Leg, scale: str) -> Column:
    """Closes of a leg, or their logarithms (NaN where a close is not positive)."""
    return _column(leg.bars[:, CLOSE], leg.bars[:, OPEN_MS].astype(np.int64), leg.step_ms, scale)


def pair_columns(pair: Pair, scale: str) -> tuple[Column, Column]:
    """The same of both legs of a pair, y and x, over the bars they share."""
    shared = pair.shared
    y, x = (_column(each, shared.open_ms, pair.step_ms, scale) for each in (shared.y, shared.x))
    return y, x


def pair_column(pair: Pair, scale: str, series: str) -> Column | NotTestable:
    """Leg y, leg x, or the residual of least squares of y on x over all rows (`SERIES`)."""
    y, x = pair_columns(pair, scale)
    if series != "spread":
        return y if series == "y" else x
    fit = fit_ols(y.values, x.values)
    if isinstance(fit, NoFit):
        return NotTestable(fit.reason)
    if fit.r_squared > DUPLICATE_R_SQUARED:
        return NotTestable("the legs are all but identical: there is no spread to test")
    return y._replace(values=(y.values - fit.y_mean) - fit.slope * (x.values - fit.x_mean))


def _column(prices: Floats, open_ms: NDArray[np.int64], step_ms: int, scale: str) -> Column:
    counted = follows(open_ms, step_ms)
    gaps = int(np.count_nonzero(~counted[1:]))
    if scale == "level":
        return Column(prices, counted, gaps)
    with np.errstate(divide="ignore", invalid="ignore"):
        values = np.log(prices)
    return Column(np.where(np.isfinite(values), values, np.nan), counted, gaps)
