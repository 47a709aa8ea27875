"""Lagged products of many series' steps: what every pair's unit-root test is made of, whatever the number of rows.

The residual e = y - b x has sum(de_t de_t-j) = Q_j(y, y) - 2 b Q_j(y, x) + b^2 Q_j(x, x) with the symmetrised products
Q_j of the two legs' steps. The level's products with lagged steps follow from them without another pass, since
e_t+1 = e_t + de_t: sum(e_t de_t) = (e_last^2 - e_start^2 - sum(de_t^2)) / 2, and each further lag adds one product and
two rows at the edges. So a pair costs the same at 300 rows and at 86,400.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class Products(NamedTuple):
    """Of k series with n rows and mean 0, and of some pairs of them, for up to p lags.

    ``steps`` is n - 1. ``own`` (k, p + 1) and ``cross`` (p + 1, pairs): symmetrised sum of step_t * step_t-j over
    t = p .. n - 2. ``first`` (k, p): steps 0 .. p - 1; ``newest`` (k, p): steps n - 2, n - 3, ...; ``lead`` (k, p + 1):
    levels 0 .. p; ``end`` (k,): the last level. ``squares`` (k,) and ``cross_squares`` (pairs,): products of the levels
    over all rows.
    """

    steps: int
    own: Floats
    cross: Floats
    first: Floats
    newest: Floats
    lead: Floats
    end: Floats
    squares: Floats
    cross_squares: Floats


class Trials(NamedTuple):
    """Which residuals are meant, each (m,): series ``y`` - ``slope`` * ``x``, whose products stand at ``pair``."""

    y: Integers
    x: Integers
    pair: Integers
    slope: Floats


class Residuals(NamedTuple):
    """The same of residuals y - slope * x, one a row: ``products`` (m, p + 1), ``squares`` (m,)."""

    steps: int
    products: Floats
    first: Floats
    newest: Floats
    lead: Floats
    end: Floats
    squares: Floats


def centre(levels: Floats) -> tuple[Floats, Floats]:
    """``levels`` (n, k) less their means, and the means (k,); about the first row, so that no digits cancel."""
    moved = levels - levels[0]
    offset = moved.mean(axis=0)
    return moved - offset, levels[0] + offset


def of_pairs(levels: Floats, lags: int, y: Integers, x: Integers) -> Products:
    """Products of the series ``levels`` (n, k), each of mean 0, for the pairs of columns ``y`` and ``x``."""
    steps = np.diff(levels, axis=0)
    own, cross = np.empty((levels.shape[1], lags + 1)), np.empty((lags + 1, y.size))
    now = steps[lags:]
    shifted = square = now.T @ now
    for lag in range(lags + 1):
        product = square
        if lag:
            leaves, enters = steps[len(steps) - lag], steps[lags - lag]
            shifted = shifted + np.outer(enters, enters) - np.outer(leaves, leaves)
            # A matrix times its own transpose takes half the time of two different ones.
            both = now + steps[lags - lag : len(steps) - lag]
            product = (both.T @ both - square - shifted) / 2
        own[:, lag] = product.diagonal()
        cross[lag] = product[y, x]
    squares = levels.T @ levels
    return Products(len(steps), own, cross, *_edges(levels, steps, lags), squares.diagonal().copy(), squares[y, x])


def of_series(levels: Floats, lags: int) -> Products:
    """Products of the series ``levels`` (n, k), each of mean 0, without any pairs."""
    steps = np.diff(levels, axis=0)
    now = steps[lags:]
    own = np.column_stack([(now * steps[lags - lag : len(steps) - lag]).sum(axis=0) for lag in range(lags + 1)])
    nothing, squares = np.zeros((lags + 1, 1)), (levels * levels).sum(axis=0)
    return Products(len(steps), own.copy(), nothing, *_edges(levels, steps, lags), squares, np.zeros(1))


def _edges(levels: Floats, steps: Floats, lags: int) -> tuple[Floats, Floats, Floats, Floats]:
    newest = steps[len(steps) - lags :][::-1]
    return steps[:lags].T.copy(), newest.T.copy(), levels[: lags + 1].T.copy(), levels[-1].copy()


def quadratic(own: Floats, cross: Floats, of: Trials) -> Floats:
    """Squares or symmetrised products of each residual from those of the legs: ``own`` (k,), ``cross`` (pairs,)."""
    return own[of.y] - 2 * of.slope * cross[of.pair] + of.slope * of.slope * own[of.x]


def residuals(products: Products, of: Trials) -> Residuals:
    """The products of each residual."""
    y, x, b = of.y, of.x, of.slope[:, None]
    return Residuals(
        steps=products.steps,
        products=products.own[y] - 2 * b * products.cross[:, of.pair].T + b * b * products.own[x],
        first=products.first[y] - b * products.first[x],
        newest=products.newest[y] - b * products.newest[x],
        lead=products.lead[y] - b * products.lead[x],
        end=products.end[y] - of.slope * products.end[x],
        squares=quadratic(products.squares, products.cross_squares, of),
    )
