"""The Dickey-Fuller statistic of many residuals at once, without a constant, lags by information criterion or fixed."""

from __future__ import annotations

import math
from typing import Final, Literal, NamedTuple

import numpy as np

from analytics.compiled import fast, ready
from analytics.loops.scan import unit_roots
from analytics.scan.products import Floats, Integers, Products, Residuals, Trials, residuals

Rule = Literal["aic", "bic", "fixed"]


class Lags(NamedTuple):
    """The lags of a test: chosen by a criterion up to ``longest``, or always ``longest``."""

    rule: Rule
    longest: int


TINY: Final = 1e-10
"""A column of which no more is left by the others is taken as made of them: the regression is singular."""
_AT_ONCE: Final = 1024


def lags_for(rows: int, rule: Rule, fixed: int) -> Lags:
    """``fixed`` where the rule is so; else a criterion has up to 12 (n / 100)^(1/4), rounded up, as in statsmodels.

    >>> lags_for(3600, "aic", 1)
    Lags(rule='aic', longest=30)
    """
    if rule == "fixed":
        return Lags(rule, fixed)
    return Lags(rule, min(rows // 2 - 1, math.ceil(12 * math.pow(rows / 100, 0.25))))


def statistics(products: Products, of: Trials, lags: Lags) -> tuple[Floats, Integers]:
    """Statistic and number of lags of each residual; NaN where its regression is singular or leaves nothing.

    They are chosen on the rows that the longest allows, then the regression is fitted on all rows that the chosen ones
    allow, as statsmodels' ``adfuller`` does.
    """
    longest, size = lags.longest, of.slope.size
    statistic, chosen = np.empty(size), np.empty(size, np.int64)
    penalty = {"aic": 2.0, "bic": math.log(max(1, products.steps - longest)), "fixed": -1.0}[lags.rule]
    if ready():
        fast(unit_roots)(*of, products.steps, penalty, TINY, *products[1:], statistic, chosen)
        return statistic, chosen
    for start in range(0, size, _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        some = residuals(products, Trials._make(column[part] for column in of))
        chosen[part] = longest if lags.rule == "fixed" else _best(some, longest, penalty)
        for each in np.unique(chosen[part]).tolist():
            rows = np.flatnonzero(chosen[part] == each)
            statistic[start + rows] = _fitted(some, rows, each)
    return statistic, chosen


def _best(some: Residuals, longest: int, penalty: float) -> Integers:
    """The lags of least criterion; the longest where the regression is singular."""
    left = _factor(_gram(some, longest, 0))[1]
    n = some.steps - longest
    with np.errstate(invalid="ignore"):
        value = n * np.log(left / n) + penalty * np.arange(1, longest + 2)
    return np.where(np.isnan(value).any(axis=1), longest, value.argmin(axis=1))


def _fitted(some: Residuals, rows: Integers, lags: int) -> Floats:
    part = Residuals(some.steps, *(column[rows] for column in some[1:]))
    longest = part.first.shape[1]
    products = part.products[:, : lags + 1].copy()
    for lag in range(lags + 1):
        head = part.first[:, lags:longest] * part.first[:, lags - lag : longest - lag]
        products[:, lag] += head.sum(axis=1)
    gram, left = _factor(_gram(part._replace(products=products), lags, lags))
    found: Floats = gram[:, lags, lags + 1] / np.sqrt(left[:, lags] / (part.steps - 2 * lags - 1))
    return found


def _gram(some: Residuals, lags: int, level_at: int) -> Floats:
    """The upper halves of X'X, (m, lags + 2, lags + 2); see `analytics.loops.scan.fill_gram`."""
    first, newest, lead, end = some.first, some.newest, some.lead, some.end
    steps = np.empty((end.size, lags + 1, lags + 1))
    steps[:, 0] = some.products[:, : lags + 1]
    for i in range(lags):
        head = first[:, lags - 1 - i, None] * first[:, lags - 1 - i :: -1]
        steps[:, i + 1, i + 1 :] = steps[:, i, i:-1] + head - newest[:, i, None] * newest[:, i:lags]
    moments = np.empty((end.size, lags + 1))
    moments[:, 0] = (end * end - lead[:, lags] ** 2 - steps[:, 0, 0]) / 2
    edges = lead[:, lags, None] * first[:, :lags][:, ::-1] - end[:, None] * newest[:, :lags]
    moments[:, 1:] = moments[:, :1] + np.cumsum(steps[:, 0, :lags] + edges, axis=1)

    gram = np.zeros((end.size, lags + 2, lags + 2))
    at = slice(1, lags + 1) if level_at == 0 else slice(0, lags)
    gram[:, at, at] = steps[:, 1:, 1:]
    gram[:, at, -1] = steps[:, 0, 1:]
    gram[:, -1, -1] = steps[:, 0, 0]
    gram[:, level_at, -1] = moments[:, 0]
    if level_at == 0:
        gram[:, 0, at] = moments[:, 1:]
    else:
        gram[:, at, level_at] = moments[:, 1:]
    gram[:, level_at, level_at] = some.squares - (lead[:, :lags] ** 2).sum(axis=1) - end * end
    return gram


def _factor(gram: Floats) -> tuple[Floats, Floats]:
    """Cholesky factors in place, and what each further column leaves of the last one's squares; NaN from a bad one."""
    size = gram.shape[1] - 1
    whole = np.diagonal(gram, axis1=1, axis2=2).copy()
    with np.errstate(invalid="ignore"):
        for k in range(size):
            if k:
                gram[:, k, k:] -= (gram[:, None, :k, k] @ gram[:, :k, k:])[:, 0]
            pivot = np.where(gram[:, k, k] > TINY * whole[:, k], gram[:, k, k], np.nan)
            gram[:, k, k:] /= np.sqrt(pivot)[:, None]
        left = whole[:, -1:] - np.cumsum(gram[:, :size, -1] ** 2, axis=1)
        left[~(left > TINY * whole[:, -1:])] = np.nan
    return gram, left
