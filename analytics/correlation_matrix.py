"""Correlation of many symbols' returns over one window, kept up to date bar by bar, and put in order by likeness."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from analytics.compiled import fast, ready
from analytics.dependence import CANCELLED
from analytics.inputs import Floats, Integers
from analytics.loops.matrix import correlate, slide

_SHRUNK: Final = 1e-3
"""When a symbol's sum of squares falls below this share of its peak, a big move has left: all is added up again."""


class Moments(NamedTuple):
    """Sums of returns and of their squares, arrays that broadcast to (k, k)."""

    sums: Floats
    squares: Floats


class RollingMatrix:
    """Correlations of k symbols' returns over the newest ``window`` rows; a new row costs O(k^2), whatever the window.

    A row that leaves is subtracted. What that rounds is removed every ``window`` rows and whenever a big move has left,
    by adding up the whole window again: what is left of it stays below 1e-12. NaN marks a return that is not there;
    each pair rests on the rows that both symbols have. Not for use by two threads at once.
    """

    _products: Floats
    _sums: Floats
    _peak: Floats

    def __init__(self, returns: Floats) -> None:
        """``returns`` (window, k) is the first window, oldest first."""
        self._rows = np.array(returns, dtype=np.float64, order="C")
        self._there = np.isfinite(self._rows)
        self._rows[~self._there] = 0.0
        self._next = 0
        self._anchor()

    def update(self, row: Floats) -> None:
        """Take in the newest returns (k,); the oldest row leaves."""
        at, there = self._next, np.isfinite(row)
        new, old, was_there = np.where(there, row, 0.0), self._rows[at].copy(), self._there[at].copy()
        self._rows[at], self._there[at] = new, there
        self._next = (at + 1) % len(self._rows)
        if self._next == 0 or self._slide(new, old):
            self._anchor()
            return
        self._counts += there
        self._counts -= was_there
        for values, known, sign in ((new, there, 1), (old, was_there, -1)):
            if not known.all():
                self._holes += sign
                self._lacking[:, :, ~known] += sign * np.stack([known, values, values**2])[:, :, np.newaxis]

    def _slide(self, new: Floats, old: Floats) -> bool:
        if ready():
            return fast(slide)(self._products, self._sums, self._peak, new, old)
        self._products += np.array([new, old]).T @ np.array([new, -old])
        self._sums += new - old
        squares = np.diagonal(self._products)
        np.maximum(self._peak, squares, out=self._peak)
        return bool((squares < _SHRUNK * self._peak).any())

    def counts(self) -> Integers:
        """Returns that each pair rests on, shape (k, k); on the diagonal those of each symbol."""
        both: Integers = np.rint(self._counts[:, np.newaxis] - self._lacking[0]).astype(np.int64)
        return both

    def correlation(self) -> Floats:
        """The matrix (k, k), 1 on its diagonal; NaN for a pair with under half of the window's returns, or a still leg.

        With missing returns each entry rests on its own rows: the whole need not be positive definite then.
        """
        if not self._holes:
            return self._complete()
        upper = np.triu(self._products)
        products = upper + np.triu(upper, 1).T
        n, sums, squares = np.stack([self._counts, self._sums, np.diagonal(upper)])[:, :, np.newaxis] - self._lacking
        own, other = Moments(sums, squares), Moments(sums.T, squares.T)
        return _own_ones(from_moments(n, products, own, other, len(self._rows) / 2))

    def _complete(self) -> Floats:
        n = float(len(self._rows))
        if ready():
            result = np.empty_like(self._products)
            fast(correlate)(self._products, self._sums, n, np.empty_like(self._sums), result)
            return result
        squares = np.diagonal(self._products)
        own, other = Moments(self._sums[:, np.newaxis], squares[:, np.newaxis]), Moments(self._sums, squares)
        return _own_ones(from_moments(np.array(n), self._products, own, other, n / 2))

    def _anchor(self) -> None:
        self._products = np.ascontiguousarray(self._rows.T @ self._rows)
        self._sums = self._rows.sum(axis=0)
        self._peak = np.diagonal(self._products).copy()
        self._counts = self._there.sum(axis=0)
        self._holes = int(np.count_nonzero(~self._there.all(axis=1)))
        # [:, i, j]: number, sum and squares of i's returns in the rows that j lacks.
        self._lacking = np.zeros((3, *self._products.shape))
        some = np.flatnonzero(~self._there.all(axis=0))
        lacks = (~self._there[:, some]).astype(np.float64)
        for part, values in zip(
            self._lacking, (self._there.astype(np.float64), self._rows, self._rows**2), strict=True
        ):
            part[:, some] = values.T @ lacks


def from_moments(n: Floats, products: Floats, y: Moments, x: Moments, need: float) -> Floats:
    """Correlations from raw sums over n rows each, arrays that broadcast to (k, k); NaN below ``need`` rows."""
    with np.errstate(divide="ignore", invalid="ignore"):
        yy = y.squares - y.sums**2 / n
        xx = x.squares - x.sums**2 / n
        usable = (n >= max(need, 2.0)) & (yy > CANCELLED * y.squares) & (xx > CANCELLED * x.squares)
        value = (products - y.sums * x.sums / n) / (np.sqrt(yy) * np.sqrt(xx))
        return np.where(usable, np.clip(value, -1.0, 1.0), np.nan)


def leaf_order(correlation: Floats, names: Sequence[str]) -> tuple[int, ...]:
    """Columns in an order that puts like beside like, the same whatever order they come in.

    Leaves of the average-linkage tree on the distances sqrt(2 (1 - r)); what is unknown counts as r = 0, and symbols
    without any correlation come last, by name.

    >>> leaf_order(np.array([[1.0, 0.1, 0.9], [0.1, 1.0, 0.2], [0.9, 0.2, 1.0]]), ["A", "B", "C"])
    (1, 0, 2)
    """
    from scipy.cluster import hierarchy  # noqa: PLC0415  # a quarter of a second
    from scipy.spatial.distance import squareform  # noqa: PLC0415

    known = np.isfinite(correlation).sum(axis=1) > 1
    by_name = sorted(range(len(names)), key=lambda column: names[column])
    inner = np.array([column for column in by_name if known[column]], dtype=np.intp)
    last = [column for column in by_name if not known[column]]
    if not inner.size:
        return tuple(last)
    distance = np.sqrt(2 * (1 - np.nan_to_num(correlation[np.ix_(inner, inner)])))
    np.fill_diagonal(distance, 0.0)
    tree = hierarchy.linkage(squareform(distance, checks=False), method="average")
    return (*(int(inner[leaf]) for leaf in hierarchy.leaves_list(tree)), *last)


def _own_ones(matrix: Floats) -> Floats:
    own = np.diagonal(matrix)
    np.fill_diagonal(matrix, np.where(np.isfinite(own), 1.0, np.nan))
    return matrix
