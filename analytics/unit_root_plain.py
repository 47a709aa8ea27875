"""Dickey-Fuller statistics in numpy, over all series at once: what `analytics.loops.unit_root` does one by one."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

LEAST_PIVOT: Final = 1e-6
"""A pivot below this share of its column's square has lost too many digits to trust the moments."""


class Task(NamedTuple):
    """What to test, and how: the same numbers of lags for all, or the rule's price of a regressor (0: none)."""

    levels: Floats  # (B, n)
    steps: Floats  # (B, n - 1), from a level to the next
    trends: Floats  # (k, n - 1)
    most: int
    price: float


def from_moments(task: Task) -> tuple[Floats, Integers]:
    """Statistic and lags of each series (B,), NaN and -1 where the moments are not to be trusted."""
    count, n = task.steps.shape
    statistic, used = np.full(count, np.nan), np.full(count, task.most, dtype=np.int64)
    if task.price:
        lower = _factors(_moments(task, task.most), np.arange(task.most + 2))
        used = best_lags(lower, n - task.most, len(task.trends), task.price)
    for lags in np.unique(used[used >= 0]).tolist():
        these = np.flatnonzero(used == lags)
        some = task._replace(levels=task.levels[these], steps=task.steps[these])
        lower = _factors(_moments(some, lags), np.r_[1 : lags + 1, 0, lags + 1])
        statistic[these] = last_t(lower, n - lags, len(task.trends))
    used[np.isnan(statistic)] = -1
    return statistic, used


def _moments(task: Task, lags: int) -> Floats:
    """Cross products (B, lags + 2, lags + 2) of level, lagged steps 1 to ``lags``, and step, free of the trends."""
    levels, steps, n = task.levels[:, lags:-1], task.steps, task.steps.shape[1]
    step = steps[:, lags:]
    shifted = [steps[:, lags - back : n - back] for back in range(lags + 1)]
    # products[i, j]: of the steps i and j rows back.
    products = np.empty((lags + 1, lags + 1, len(steps)))
    for back, column in enumerate(shifted):
        products[0, back] = products[back, 0] = np.einsum("bt,bt->b", step, column)
    heads, tails = steps[:, :lags].T[::-1], steps[:, n - lags :].T[::-1]
    for i in range(lags):
        products[i + 1, i + 1 :] = products[i, i:lags] + heads[i] * heads[i:] - tails[i] * tails[i:]
        products[i + 1 :, i + 1] = products[i + 1, i + 1 :]
    gram = np.empty((lags + 2, lags + 2, len(steps)))
    order = np.r_[1 : lags + 1, 0]
    gram[1:, 1:] = products[order][:, order]
    gram[0, 0] = np.einsum("bt,bt->b", levels, levels)
    columns = [*shifted[1:], shifted[0]]
    for place, column in enumerate(columns, 1):
        gram[0, place] = gram[place, 0] = np.einsum("bt,bt->b", levels, column)
    for trend in _orthonormal(task.trends[:, : n - lags]):
        share = np.array([np.einsum("bt,t->b", column, trend) for column in (levels, *columns)])
        gram -= share[:, None] * share
    return np.ascontiguousarray(np.moveaxis(gram, 2, 0))


def _orthonormal(trends: Floats) -> list[Floats]:
    basis: list[Floats] = []
    for trend in trends:
        column = trend - sum((other @ trend * other for other in basis), np.zeros(1))
        basis.append(column / math.sqrt(column @ column))
    return basis


def _factors(gram: Floats, order: Integers) -> Floats:
    """Cholesky factors with the columns in ``order``, NaN throughout where a pivot is too small to trust."""
    ordered = gram[:, order][:, :, order]
    try:
        lower: Floats = np.linalg.cholesky(ordered).astype(np.float64, copy=False)
    except np.linalg.LinAlgError:
        if len(gram) == 1:
            return np.full_like(gram, np.nan)
        return np.concatenate([_factors(each[None], order) for each in gram])
    squares = np.einsum("bii->bi", ordered)
    steps = order > 0
    scale = np.where(steps, squares[:, steps].max(axis=1, keepdims=True), squares)
    with np.errstate(divide="ignore", invalid="ignore"):
        least = (np.einsum("bii->bi", lower) ** 2 / scale).min(axis=1)
    lower[~(least >= LEAST_PIVOT)] = np.nan
    return lower


def best_lags(lower: Floats, rows: int, trends: int, price: float) -> Integers:
    """The lags with the least rows ln(SSR / rows) + price * regressors; -1 where the factor is NaN."""
    squares = lower[:, -1, :] ** 2
    left = np.cumsum(squares[:, :0:-1], axis=1)[:, ::-1]
    value = rows * np.log(left / rows) + price * (np.arange(1, left.shape[1] + 1) + trends)
    return np.where(np.isnan(left[:, 0]), -1, value.argmin(axis=1))


def last_t(lower: Floats, rows: int, trends: int) -> Floats:
    """The t of the last regressor."""
    result: Floats = lower[:, -1, -2] / lower[:, -1, -1] * math.sqrt(rows - (lower.shape[1] - 1) - trends)
    return result


def triangle(matrix: Floats, trends: int) -> Floats:
    """The Cholesky factor (1, m, m) of the columns after the first ``trends``, free of these."""
    upper = np.asarray(np.linalg.qr(matrix, mode="r"))[trends:, trends:]
    signs = np.where(np.diag(upper) < 0, -1.0, 1.0)
    result: Floats = (upper * signs[:, None]).T[None]
    return result
