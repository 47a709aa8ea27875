"""Johansen's test: how many combinations of several price series revert, and which ones."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analytics.johansen_critical import MOST_LEGS, critical_values
from analytics.measure import NotTestable
from analytics.rolling import ROUNDING
from analytics.stationarity import DUPLICATE_R_SQUARED, MIN_ROWS
from analytics.words import many, with_gaps

Floats = NDArray[np.float64]

_LEAST_PIVOT: Final = 1e-5


@dataclass(frozen=True, slots=True, eq=False)
class Johansen:
    """Johansen's trace and largest-eigenvalue tests of k series; row r of each column tests "at most r relations".

    ``eigenvalues``, ``trace`` and ``largest`` have shape (k,), their critical values (k, 3) at 10, 5 and 1 %.
    ``weights`` (k, k) holds one combination a column, the most strongly reverting first, scaled so that its residual
    has variance 1 and the first weight is positive. ``relations`` is how many the trace test finds at 5 % and
    ``relations_largest`` the other test; k of them mean that the series are stationary themselves. ``n`` rows went in,
    ``gaps`` is how often bars are missing between them (a step over a gap counts as one bar).
    """

    relations: int
    relations_largest: int
    trace: Floats
    trace_critical: Floats
    largest: Floats
    largest_critical: Floats
    eigenvalues: Floats
    weights: Floats
    lags: int
    n: int
    gaps: int
    verdict: str


def johansen(levels: ArrayLike, constant: int = 0, lags: int = 1, gaps: int = 0) -> Johansen | NotTestable:
    """Test ``levels`` (n, k), 2 to 12 price or log price columns, with ``lags`` >= 1 lagged steps of each.

    The null hypothesis of row r is: at most r combinations revert. ``constant`` is -1 for no deterministic part, 0 for
    a constant, 1 for a trend in the levels. Statistics, weights and critical values (MacKinnon, Haug and Michelis 1999)
    equal those of statsmodels' coint_johansen; its order of no lag, which sets a step against the level it leads to,
    is not offered. Raises ValueError for other orders or counts of legs.

    >>> random = np.random.default_rng(1)
    >>> x = random.normal(size=500).cumsum()
    >>> johansen(np.column_stack([2 * x + random.normal(size=500), x])).verdict
    'The trace test finds 1 relation among 2 legs at 5 %, the largest eigenvalue 1: 1 lag on 500 bars.'
    """
    # One leg a row: numpy is slow on short rows.
    table = np.ascontiguousarray(np.asarray(levels, dtype=np.float64).T)
    legs, n = table.shape
    if not (2 <= legs <= MOST_LEGS and constant in {-1, 0, 1} and lags >= 1):
        raise ValueError(
            f"`levels` must have 2 to {MOST_LEGS} columns, `constant` be -1, 0 or 1 and `lags` at least 1, got "
            f"{legs}, {constant} and {lags}. There are no critical values beyond."
        )
    problem = _problem(table, rows_for(legs, lags))
    if problem:
        return NotTestable(problem)
    found = _relations(_detrended(table, constant), constant >= 0, lags)
    if found is None:
        return NotTestable("the steps repeat themselves: each follows exactly from the ones before")
    eigenvalues, weights = found
    largest = -(n - lags - 1) * np.log1p(-eigenvalues)
    trace = np.cumsum(largest[::-1])[::-1]
    trace_critical, largest_critical = critical_values(legs, constant)
    by_trace, by_largest = _first_kept(trace, trace_critical), _first_kept(largest, largest_critical)
    return Johansen(
        relations=by_trace,
        relations_largest=by_largest,
        trace=trace,
        trace_critical=trace_critical,
        largest=largest,
        largest_critical=largest_critical,
        eigenvalues=eigenvalues,
        weights=weights,
        lags=lags,
        n=n,
        gaps=gaps,
        verdict=f"The trace test finds {many(by_trace, 'relation')} among {legs} legs at 5 %, the largest eigenvalue "
        f"{by_largest}: {many(lags, 'lag')} on {many(n, 'bar')}{with_gaps(gaps)}.",
    )


def rows_for(legs: int, lags: int) -> int:
    """Rows that the test must have: at least three for each number that it estimates of a leg."""
    return max(MIN_ROWS, 3 * legs * (lags + 1))


def _problem(table: Floats, need: int) -> str:
    legs, n = table.shape
    if n < need:
        return f"needs {need} shared bars, has {n}"
    if not np.isfinite(table).all():
        return "a price is missing or infinite"
    mean = table.mean(axis=1, keepdims=True)
    centred = table - mean
    products = centred @ centred.T
    squares = np.diag(products)
    if not (squares > n * (ROUNDING * mean[:, 0]) ** 2).all():
        return "a leg does not move"
    try:
        # 1 - R squared of each leg on the others.
        own = 1.0 / (np.diag(np.linalg.inv(products / np.sqrt(np.outer(squares, squares)))))
    except np.linalg.LinAlgError:
        own = np.zeros(legs)
    return "" if (own > 1 - DUPLICATE_R_SQUARED).all() else "the legs are all but identical: there is no spread to test"


def _detrended(table: Floats, order: int) -> Floats:
    if order < 0:
        return table
    table = table - table.mean(axis=1, keepdims=True)
    if order == 1:
        time = np.arange(table.shape[1]) - (table.shape[1] - 1) / 2
        table -= np.outer(table @ time / (time @ time), time)
    return table


def _relations(table: Floats, centre: bool, lags: int) -> tuple[Floats, Floats] | None:
    """Squared canonical correlations of steps and levels, free of the lagged steps, and the levels' weights."""
    legs, n = table.shape
    steps, rows = np.diff(table), n - lags - 1
    before = [steps[:, lags - back : n - 1 - back] for back in range(1, lags + 1)]
    columns = np.vstack([*before, table[:, 1 : n - lags], steps[:, lags:]])
    if centre:
        columns -= columns.mean(axis=1, keepdims=True)
    # The blocks of R hold what the lagged steps leave of the levels, and of the steps along and across these.
    upper = _factor(columns)[lags * legs :, lags * legs :]
    level_root, step_part = upper[:legs, :legs], upper[:, legs:]
    step_root = _triangle(step_part)
    if not _regular(level_root, columns[-2 * legs : -legs]) or not _regular(step_root, columns[-legs:]):
        return None
    axes, correlations, _ = np.linalg.svd(np.linalg.solve(step_root.T, step_part[:legs].T).T)
    weights = np.linalg.solve(level_root, axes) * math.sqrt(rows)
    return correlations**2, weights * np.where(weights[0] < 0, -1.0, 1.0)


def _factor(columns: Floats) -> Floats:
    """The triangular factor of columns (k, rows): from their cross products where these keep the digits, else by QR."""
    gram = columns @ columns.T
    try:
        upper: Floats = np.linalg.cholesky(gram).T.astype(np.float64, copy=False)
    except np.linalg.LinAlgError:
        upper = np.zeros_like(gram)
    if (np.diag(upper) ** 2 > _LEAST_PIVOT * np.diag(gram)).all():
        return upper
    return _triangle(columns.T)


def _triangle(matrix: Floats) -> Floats:
    result: Floats = np.asarray(np.linalg.qr(matrix, mode="r"))
    return result


def _regular(root: Floats, columns: Floats) -> bool:
    """Whether each column of a triangular factor is more than what rounding left of the one it came from."""
    return bool((np.abs(np.diag(root)) > 1e-12 * np.sqrt(np.einsum("ij,ij->i", columns, columns))).all())


def _first_kept(statistic: Floats, critical: Floats) -> int:
    """The first null hypothesis that is not rejected at 5 %."""
    rejected = statistic > critical[:, 1]
    return int(rejected.size if rejected.all() else np.argmin(rejected))
