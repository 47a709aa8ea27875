"""Augmented Dickey-Fuller statistics of one series or of many at once, equal to a regression for every lag.

The cross products of lagged steps follow from one another by a shift, and one Cholesky factor of them, in the order
level, lag 1, lag 2, ..., step, holds the residual sum of squares of every number of lags: its last row squared, summed
from the end. The chosen model is then fitted again on all rows that its lags leave, with the level last, so that its t
is the last but one element over the last. Where the moments have lost too many digits to trust, the same factor is
taken from the columns themselves (QR).
"""

from __future__ import annotations

import math
from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analytics import unit_root_plain as plain
from analytics.compiled import fast, ready
from analytics.loops import unit_root as loops
from analytics.rolling import ROUNDING
from analytics.unit_root_plain import Task, best_lags, last_t, triangle

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Regression = Literal["n", "c", "ct"]
Rule = Literal["aic", "bic"]

TRENDS: Final[dict[str, int]] = {"n": 0, "c": 1, "ct": 2}
"""Deterministic columns of a regression: none, a constant, a constant and a trend."""
_VALUES: Final = 1 << 18
"""Values worked on at once: what fits the processor's cache."""


class UnitRoots(NamedTuple):
    """Dickey-Fuller t of each series, the lags in its regression and the rows that these leave, all of shape (B,).

    The statistic is NaN, and the lags -1, where there is nothing to test: NaN or infinity, no movement, or steps that
    follow exactly from the ones before.
    """

    statistic: Floats
    lags: Integers
    rows: Integers


def most_lags(n: int) -> int:
    """The longest lag that a rule may choose for n rows, 12 (n / 100)^(1/4) rounded up (Schwert 1989).

    >>> most_lags(300), most_lags(3600)
    (16, 30)
    """
    return math.ceil(12 * math.sqrt(math.sqrt(n / 100)))


def rows_for(lags: int, regression: str) -> int:
    """Rows that a regression with so many lags must have, as statsmodels asks.

    >>> rows_for(1, "c")
    6
    """
    return 2 * (lags + TRENDS[regression] + 1)


def dickey_fuller(series: ArrayLike, regression: Regression = "c", lags: int | Rule = "aic") -> UnitRoots:
    """Test each row of ``series`` (B, n), or one series (n,), for a unit root; the null hypothesis is that it has one.

    step_t = speed * level_t-1 + a constant ("c") + a trend ("ct") + ``lags`` lagged steps; the statistic is the t of
    speed, with MacKinnon's distribution (`analytics.mackinnon`). ``lags`` is a number, or the rule (AIC, BIC) that
    picks it among 0 to `most_lags`, on the rows that the most lags leave. Raises ValueError when rows are too few.

    >>> walks = np.random.default_rng(1).normal(size=(2, 300)).cumsum(axis=1)
    >>> found = dickey_fuller(walks, "c", "aic")
    >>> found.statistic.round(6), found.lags
    (array([ 0.337478, -1.118965]), array([8, 0]))
    """
    table = np.atleast_2d(np.ascontiguousarray(series, dtype=np.float64))
    count, n = table.shape
    most = lags if isinstance(lags, int) else most_lags(n)
    if n < rows_for(most, regression) or most < 0:
        raise ValueError(
            f"`lags` must be 0 to {n // 2 - TRENDS[regression] - 1} for {n} rows, got {most}. Take more rows."
        )
    price = 0.0 if isinstance(lags, int) else 2.0 if lags == "aic" else math.log(n - 1 - most)
    statistic, used = np.full(count, np.nan), np.full(count, -1, dtype=np.int64)
    with np.errstate(invalid="ignore", over="ignore"):
        mean = table.mean(axis=1, keepdims=True)
        centred = table - mean
        squares = np.einsum("bt,bt->b", centred, centred)
        rounding = n * (ROUNDING * mean[:, 0]) ** 2 + ROUNDING**2 * squares
    (rows,), together = (squares > rounding).nonzero(), max(1, _VALUES // n)
    source, trends = table if regression == "n" else centred, _trends(n - 1, regression)
    for start in range(0, rows.size, together):
        part = rows[start : start + together]
        # The caller's own array may be read-only, which compiled code does not take.
        some = source if source is centred and part.size == count else source[part]
        task = Task(*_prepared(some, regression), trends, most, price)
        found, with_lags = _from_moments(task)
        # Steps of a straight line are all alike, but for rounding.
        alive = np.einsum("bt,bt->b", task.steps, task.steps) > rounding[part]
        for each in (alive & (with_lags < 0)).nonzero()[0]:
            if not _predictable(some[each], task):
                found[each], with_lags[each] = _from_columns(task, int(each))
        statistic[part], used[part] = np.where(alive, found, np.nan), np.where(alive, with_lags, -1)
    return UnitRoots(statistic, used, np.where(used >= 0, n - 1 - used, 0))


def _trends(n: int, regression: str) -> Floats:
    trends = np.ones((TRENDS[regression], n))
    if regression == "ct":
        trends[1] = np.arange(n) - (n - 1) / 2
    return trends


def _prepared(table: Floats, regression: str) -> tuple[Floats, Floats]:
    """Levels and steps; what the trends would take out of both is taken out first, to keep the digits."""
    n = table.shape[1]
    if regression == "ct":
        time = np.arange(n) - (n - 1) / 2
        table = table - np.outer(np.einsum("bt,t->b", table, time) / (time @ time), time)
    steps = table[:, 1:] - table[:, :-1]
    if regression == "c":
        steps -= (table[:, -1:] - table[:, :1]) / (n - 1)
    return table, steps


def _from_moments(task: Task) -> tuple[Floats, Integers]:
    count = len(task.levels)
    if not ready():
        return plain.from_moments(task)
    statistic, used = np.empty(count), np.empty(count, dtype=np.int64)
    fast(loops.dickey_fuller)(*task, plain.LEAST_PIVOT, statistic, used)
    return statistic, used


def _predictable(series: Floats, task: Task) -> bool:
    """Whether the regression is singular or leaves nothing: its statistic would be rounding over rounding."""
    matrix = _columns(series, np.diff(series), task, [*range(task.most + 2)])
    norms = np.linalg.norm(matrix, axis=0)
    return not norms.all() or int(np.linalg.matrix_rank(matrix / norms)) < norms.size


def _from_columns(task: Task, each: int) -> tuple[float, int]:
    """One series by QR of its columns."""
    level, steps, n = task.levels[each], task.steps[each], task.steps.shape[1]
    lags, trends = task.most, len(task.trends)
    if task.price:
        lower = triangle(_columns(level, steps, task, [*range(lags + 2)]), trends)
        lags = int(best_lags(lower, n - lags, trends, task.price)[0])
    lower = triangle(_columns(level, steps, task, [*range(1, lags + 1), 0, lags + 1]), trends)
    return float(last_t(lower, n - lags, trends)[0]), lags


def _columns(level: Floats, steps: Floats, task: Task, order: list[int]) -> Floats:
    """The trends, then level, lagged steps and step in ``order``, of shape (rows, columns)."""
    lags, n = len(order) - 2, steps.size
    every = [level[lags:-1], *(steps[lags - back : n - back] for back in (*range(1, lags + 1), 0))]
    return np.column_stack([*task.trends[:, : n - lags], *(every[place] for place in order)])
