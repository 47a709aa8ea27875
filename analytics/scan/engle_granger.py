"""Engle-Granger tests of all pairs of some columns, in both directions, and what else their residuals tell."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analytics.reversion import MIN_STEPS
from analytics.scan.products import Floats, Integers, Products, Trials, of_pairs, of_series, quadratic
from analytics.scan.unit_roots import Lags, statistics

_NEAR: Final = 1e-4
"""Where a residual is a smaller part of the legs than this, its products are taken from the residual itself."""
_VALUES_AT_ONCE: Final = 1 << 21


class PairTests(NamedTuple):
    """One test a row, 2 * pairs rows: the first half explains column ``y`` by column ``x``, the second swaps them.

    ``statistic`` is NaN where the regression is singular, ``half_life`` (in rows) where the residual does not revert.
    ``last`` is the residual in the newest row; ``sigma`` its sample standard deviation (ddof 1).
    """

    y: Integers
    x: Integers
    slope: Floats
    r_squared: Floats
    statistic: Floats
    lags: Integers
    sigma: Floats
    half_life: Floats
    last: Floats


class _Steps(NamedTuple):
    """Sums over the n steps between neighbouring bars: of levels, of steps, and their products, as in `Products`."""

    n: int
    levels: Floats
    steps: Floats
    squares: Floats
    cross_squares: Floats
    products: Floats
    cross_products: Floats


def both_directions(centred: Floats, counted: NDArray[np.bool_], lags: Lags) -> PairTests:
    """Test every pair of columns of ``centred`` (n, k), whose means are 0 and which all move.

    ``counted`` (n,) marks rows that follow the row before; the half-life rests on those steps alone, while the test
    takes a step over missing bars as one step.
    """
    first, second = np.triu_indices(centred.shape[1], 1)
    products = of_pairs(centred, lags.longest, first, second)
    y, x = np.concatenate([first, second]), np.concatenate([second, first])
    pair = np.tile(np.arange(first.size), 2)
    squares, cross = products.squares, products.cross_squares[pair]
    of = Trials(y, x, pair, cross / squares[x])
    found = _tests(products, _steps(centred, counted, (first, second)), of, lags)
    tests = PairTests(y, x, of.slope, cross**2 / (squares[x] * squares[y]), *found)
    _redo(tests, _near(products, of, tests.r_squared), centred, counted, lags)
    return tests


def _tests(
    products: Products, steps: _Steps, of: Trials, lags: Lags
) -> tuple[Floats, Integers, Floats, Floats, Floats]:
    """The last five columns of `PairTests`."""
    statistic, chosen = statistics(products, of, lags)
    squares = quadratic(products.squares, products.cross_squares, of)
    level = steps.levels[of.y] - of.slope * steps.levels[of.x]
    step = steps.steps[of.y] - of.slope * steps.steps[of.x]
    n = max(1, steps.n)
    inner = quadratic(steps.products, steps.cross_products, of) - level * step / n
    variance = quadratic(steps.squares, steps.cross_squares, of) - level * level / n
    with np.errstate(divide="ignore", invalid="ignore"):
        speed = inner / variance
        reverts = (speed < 0) & (speed > -1) & (steps.n >= MIN_STEPS)
        half_life = np.where(reverts, -math.log(2) / np.log1p(speed), np.nan)
    sigma = np.sqrt(np.maximum(squares, 0.0) / products.steps)
    return statistic, chosen, sigma, half_life, products.end[of.y] - of.slope * products.end[of.x]


def _near(products: Products, of: Trials, r_squared: Floats) -> Integers:
    """Tests whose legs go so closely together that the products of the residual lose digits."""
    legs = products.own[of.y, 0] + of.slope * of.slope * products.own[of.x, 0]
    steps = quadratic(products.own[:, 0], products.cross[0], of)
    return np.flatnonzero((1 - r_squared < _NEAR) | (steps < _NEAR * legs))


def _redo(tests: PairTests, near: Integers, centred: Floats, counted: NDArray[np.bool_], lags: Lags) -> None:
    """Do these tests once more, on the residuals themselves, as series that nothing is taken from."""
    at_once = max(1, _VALUES_AT_ONCE // len(centred))
    for start in range(0, near.size, at_once):
        part = near[start : start + at_once]
        residual = centred[:, tests.y[part]] - tests.slope[part] * centred[:, tests.x[part]]
        residual -= residual.mean(axis=0)
        each, nothing = np.arange(part.size), np.zeros(part.size)
        of = Trials(each, each, np.zeros(part.size, np.int64), nothing)
        found = _tests(of_series(residual, lags.longest), _steps(residual, counted, None), of, lags)
        for column, values in zip(tests[4:], found, strict=True):
            column[part] = values


def _steps(centred: Floats, counted: NDArray[np.bool_], pairs: tuple[Integers, Integers] | None) -> _Steps:
    levels, steps = centred[:-1][counted[1:]], np.diff(centred, axis=0)[counted[1:]]
    if pairs is None:
        squares, products = (levels * levels).sum(axis=0), (levels * steps).sum(axis=0)
        cross_squares = cross_products = np.zeros(1)
    else:
        square, product = levels.T @ levels, levels.T @ steps
        squares, products = square.diagonal(), product.diagonal()
        cross_squares, cross_products = square[pairs], (product + product.T)[pairs] / 2
    return _Steps(len(steps), levels.sum(axis=0), steps.sum(axis=0), squares, cross_squares, products, cross_products)
