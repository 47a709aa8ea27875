"""Which of many symbols moves first: correlations of their returns at every lag, each over its exact overlap."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import Final, NamedTuple

import numpy as np

from analytics.correlation_matrix import Moments, from_moments
from analytics.inputs import Flags, Floats

_LEAST: Final = 50
"""Pairs of returns below which a correlation at a lag says nothing."""
LEVEL: Final = 0.05


class Lagged(NamedTuple):
    """Correlations of k symbols at lags 0 to ``max_lag``; one more lag is one more row.

    ``forward[l, i, j]`` is that of symbol i's return at t with j's at t + l, so i moves first; a negative lag is
    ``forward[l, j, i]``. ``counts`` (broadcasts to the same shape) are the returns it rests on.
    """

    forward: Floats
    counts: Floats

    def of(self, i: int, j: int) -> Floats:
        """Symbol i with j at lags -max_lag to max_lag; at positive lags i moves first."""
        return np.concatenate([self.forward[:0:-1, j, i], self.forward[:, i, j]])


@dataclass(frozen=True, slots=True, eq=False)
class Best:
    """Strongest correlation of every two of k symbols, shape (k, k); NaN where there is none and on the diagonal.

    ``lag`` is in rows: above 0 where the symbol of the row moves before that of the column. ``strength`` is the
    correlation there, and ``significant`` whether it is more than `bar` allows by chance.
    """

    lag: Floats
    strength: Floats
    significant: Flags


def cross_correlations(returns: Floats, max_lag: int) -> Lagged:
    """All correlations between the columns of ``returns`` (n, k) at lags up to ``max_lag`` < n.

    NaN marks a return that is not there: each value rests on the rows in which both symbols have one, with their own
    means and deviations. NaN below 50 of them, and for a symbol that does not move. One matrix product a lag, six with
    missing returns.
    """
    there = np.isfinite(returns)
    filled = np.where(there, returns, 0.0)
    squared = filled**2
    whole = bool(there.all())
    weights = there.astype(np.float64)
    n, k = returns.shape
    forward = np.empty((max_lag + 1, k, k))
    counts = np.empty((max_lag + 1, 1, 1) if whole else forward.shape)
    edges = [_edge_sums(values, max_lag) for values in (filled, squared)] if whole else []
    for lag in range(max_lag + 1):
        head, tail = slice(0, n - lag), slice(lag, n)
        if whole:
            counts[lag] = n - lag
            y, x = (Moments(edges[0][side][lag], edges[1][side][lag]) for side in (0, 1))
            y = Moments(y.sums[:, np.newaxis], y.squares[:, np.newaxis])
        else:
            counts[lag] = weights[head].T @ weights[tail]
            y = Moments(filled[head].T @ weights[tail], squared[head].T @ weights[tail])
            x = Moments(weights[head].T @ filled[tail], weights[head].T @ squared[tail])
        forward[lag] = from_moments(counts[lag], filled[head].T @ filled[tail], y, x, _LEAST)
    return Lagged(forward, counts)


def bar(max_lag: int) -> float:
    """What |r| sqrt(n) must exceed at the best of all 2 max_lag + 1 lags, for one false find in 20 (Sidak).

    >>> round(bar(0), 2), round(bar(60), 2)
    (1.96, 3.52)
    """
    alone: float = 1 - (1 - LEVEL) ** (1 / (2 * max_lag + 1))
    return NormalDist().inv_cdf(1 - alone / 2)


def strongest(lagged: Lagged) -> Best:
    """The lag of the largest |r| of every two symbols; the smaller lag wins a tie."""
    max_lag, k = lagged.forward.shape[0] - 1, lagged.forward.shape[1]
    strength, lag = np.full((k, k), np.nan), np.full((k, k), np.nan)
    top, score = np.full((k, k), -1.0), np.zeros((k, k))
    for step in range(max_lag + 1):
        counts = np.broadcast_to(lagged.counts[step], (k, k))
        for ahead, found, n in ((1, lagged.forward[step], counts), (-1, lagged.forward[step].T, counts.T)):
            better = np.abs(found) > top
            top[better] = np.abs(found)[better]
            strength[better], lag[better] = found[better], ahead * step
            score[better] = top[better] * np.sqrt(n[better])
    for table, sign in ((strength, 1.0), (lag, -1.0), (score, 1.0)):
        lower = np.tril_indices(k, -1)
        table[lower] = sign * table.T[lower]
        np.fill_diagonal(table, np.nan)
    return Best(lag + 0.0, strength, score > bar(max_lag))


def _edge_sums(values: Floats, max_lag: int) -> tuple[Floats, Floats]:
    """Sums of the first and of the last n - l rows for l = 0 to max_lag, each (max_lag + 1, k), by additions only."""
    n = len(values)
    first = values[: n - max_lag].sum(axis=0) + _grown(values[n - max_lag :])
    last = values[max_lag:].sum(axis=0) + _grown(values[:max_lag][::-1])
    return first[::-1], last[::-1]


def _grown(edge: Floats) -> Floats:
    return np.vstack([np.zeros((1, edge.shape[1])), edge.cumsum(axis=0)])
