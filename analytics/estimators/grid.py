"""Estimators too slow for every bar: fitted anew on a grid that the bars' open times fix, the line stands in between.

A new line is made after the first bar of every `every` steps of the clock, and after the first whole window. But for
that first one, which depends on where the bars begin, where it is made depends on the bars' times alone. What a row
shows never changes when later bars come.
"""

from __future__ import annotations

from abc import abstractmethod
from collections import deque
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from analytics.align import Shared
from analytics.estimators.base import AsOf, Estimator, Floats, Rows, scaled, z_of
from analytics.estimators.robust import SIGMA, SLOPE, X_MEAN, Y_MEAN, huber, lines, theil_sen
from analytics.hedge import Line, NoFit, fit_ols
from analytics.parameters import Integer

EVERY: Final = Integer(
    name="every",
    label="Refit every",
    help="A new line at most every so many bars, fixed by the clock; the last one stands in between",
    unit="bars",
    default=5,
    low=1,
    high=120,
)


class Grid(Estimator):
    """An estimator on the grid; ``find`` makes the lines."""

    parameters = (EVERY,)

    @staticmethod
    @abstractmethod
    def find(y: Floats, x: Floats) -> Floats:
        """Lines of rows of y and x, both (m, n), as `LineFinder` gives them."""

    def reach(self, window: int, options: Mapping[str, Any]) -> int:
        """The window before the oldest bar that the newest line can come from."""
        return window + int(options["every"])

    def columns(self, rows: Rows, window: int, options: Mapping[str, Any], state: Any) -> tuple[AsOf, Any]:
        """See `Estimator.columns`. The state is the open time of the newest row: what is older needs no lines."""
        n = rows.y.size
        refit = _refits(rows, window, options["every"])
        if state is not None:
            first = np.searchsorted(rows.open_ms, state, "right")
            refit = refit[max(0, int(np.searchsorted(refit, first, "left")) - 1) :]
        # One more line, of NaN, for the rows before the first.
        table = np.vstack([lines(rows.y, rows.x, window, refit, self.find), np.full((1, 4), np.nan)])
        table = table[np.searchsorted(refit, np.arange(n), "left") - 1]
        with np.errstate(invalid="ignore", over="ignore"):
            spread = (rows.y - table[:, Y_MEAN]) - table[:, SLOPE] * (rows.x - table[:, X_MEAN])
        spread[~np.isfinite(spread)] = np.nan
        intercept = table[:, Y_MEAN] - table[:, SLOPE] * table[:, X_MEAN]
        z = z_of(spread, table[:, SIGMA])
        as_of = AsOf(table[:, SLOPE].copy(), intercept, table[:, SIGMA].copy(), spread, z)
        return as_of, int(rows.open_ms[-1]) if n else None

    def newest(self, rows: Rows, window: int, options: Mapping[str, Any], state: Any) -> Line | NoFit:  # noqa: ARG002
        """See `Estimator.newest`."""
        last = _refits(rows, window, options["every"])[-1:]
        y, x = (column[last[0] - window + 1 : last[0] + 1] for column in (rows.y, rows.x))
        return self.fit(y, x)

    @classmethod
    def fit(cls, y: Floats, x: Floats) -> Line | NoFit:
        """The line of one window, two columns of shape (n,). `NoFit` as `fit_ols`."""
        plain = fit_ols(y, x)
        if isinstance(plain, NoFit):
            return plain
        slope, x_mean, y_mean, sigma = lines(y, x, y.size, np.array([y.size - 1]), cls.find)[0].tolist()
        intercept = y_mean - slope * x_mean
        return Line(n=y.size, slope=slope, intercept=intercept, sigma=sigma, y_mean=y_mean, x_mean=x_mean)


class Huber(Grid):
    """Least squares in which rows further than 1.345 sigma count by less."""

    name = "huber"
    label = "Huber"
    find = staticmethod(huber)


class TheilSen(Grid):
    """The median slope of all pairs of rows: up to 29 % bad rows do not turn it."""

    name = "theil_sen"
    label = "Theil-Sen"
    find = staticmethod(theil_sen)


def warmup(*, window: int, scale: str, every: int) -> int:  # noqa: ARG001
    """Rows before a measure's first value."""
    return window + 1


class GridOnline:
    """The same one row at a time, for a measure's ``online``; keeps one window."""

    def __init__(self, estimator: Grid, step_ms: int, *, window: int, scale: str, every: int) -> None:
        self._estimator = estimator
        self._scale = scale
        self._cell_ms = step_ms * every
        self._held: deque[tuple[int, float, float]] = deque(maxlen=window)
        self._line: Line | NoFit = NoFit("", 0)

    def update(self, row: Shared) -> tuple[float, ...]:
        """See `analytics.measure.Online.update`."""
        (y,), (x,) = scaled(np.atleast_1d(row.y), np.atleast_1d(row.x), self._scale)
        line, open_ms = self._line, int(row.open_ms)
        outputs = (np.nan,) * len(AsOf._fields)
        if isinstance(line, Line):
            spread = line.residual(y, x)
            outputs = (line.slope, line.intercept, line.sigma, spread, spread / line.sigma if line.sigma else np.nan)
        fresh = bool(self._held) and open_ms // self._cell_ms != self._held[-1][0] // self._cell_ms
        first = len(self._held) == (self._held.maxlen or 0) - 1
        self._held.append((open_ms, y, x))
        if first or (fresh and len(self._held) == self._held.maxlen):
            _, ys, xs = np.array(self._held).T
            self._line = self._estimator.fit(ys, xs)
        return outputs


def _refits(rows: Rows, window: int, every: int) -> Any:
    """The rows after which a new line is made: the first with a whole window, then the first of each cell."""
    cell = rows.open_ms // (rows.step_ms * every)
    fresh = np.flatnonzero(np.diff(cell)) + 1
    fresh = fresh[fresh >= window]
    return np.concatenate([[window - 1], fresh]) if rows.y.size >= window else fresh[:0]
