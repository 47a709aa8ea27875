"""Correlation of two symbols straight from their trades, which need no common times: Hayashi and Yoshida.

Every change of one leg is multiplied with every change of the other that shares time with it. Nothing is put on a grid
and nothing is filled forward, which is what drives correlation to zero on short grids (Epps 1979). It takes for granted
that both legs move at the same moment: trades must be thinned until the time one needs to follow is short beside them.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np

from analytics.compiled import fast, ready
from analytics.inputs import Floats, Integers, Trades
from analytics.loops.overlap import overlap_product

LEAST_GRID: Final = 20
"""Returns on a grid, or prices without one, below which there is no correlation."""
_LEVEL: Final = 0.05
_DRAWS: Final = 999


class Path(NamedTuple):
    """Log price after each moment with trades: times in ms strictly grow, both columns of shape (n,)."""

    time_ms: Integers
    log_price: Floats


def path(trades: Trades, thin_ms: int = 1) -> Path:
    """The last price in every ``thin_ms`` that have trades, at its own time; trades without a price are left out.

    Many fills share a millisecond: between them no time passes in which the other leg could move.

    >>> some = Trades(np.array([1, 1, 4]), np.array([1.0, 2.0, 0.0]), np.ones(3), np.ones(3, np.bool_))
    >>> path(some).time_ms, path(some).log_price.round(3)
    (array([1]), array([0.693]))
    """
    usable = (trades.price > 0) & np.isfinite(trades.price)
    times, prices = trades.time_ms[usable], trades.price[usable]
    last = np.append(np.diff(times // thin_ms) > 0, True)[: times.size]
    return Path(np.ascontiguousarray(times[last]), np.log(prices[last]))


def common_span(y: Path, x: Path) -> tuple[Path, Path]:
    """Both paths over the time that both have; what only one has seen would weigh on its variance alone."""
    if not (y.time_ms.size and x.time_ms.size):
        return _part(y, 1, 0), _part(x, 1, 0)
    start, end = int(max(y.time_ms[0], x.time_ms[0])), int(min(y.time_ms[-1], x.time_ms[-1]))
    return _part(y, start, end), _part(x, start, end)


def covariance(y: Path, x: Path) -> float:
    """Hayashi-Yoshida covariance of the log prices, summed over the whole span (not per unit of time).

    >>> a = Path(np.array([0, 2, 4]), np.array([0.0, 1.0, 3.0]))
    >>> b = Path(np.array([0, 1, 3, 4]), np.array([0.0, 1.0, 1.5, 2.0]))
    >>> covariance(a, b), variance(a), variance(b)
    (3.5, 5.0, 1.5)
    """
    if y.time_ms.size < 2 or x.time_ms.size < 2:
        return 0.0
    if ready():
        return float(fast(overlap_product)(y.time_ms, y.log_price, x.time_ms, x.log_price))
    return float(_products(y, x).sum())


def variance(some: Path) -> float:
    """Realised variance: the sum of squared changes, over the whole span."""
    steps = np.diff(some.log_price)
    return float(steps @ steps)


def correlation(y: Path, x: Path) -> float | None:
    """Covariance over the root of both variances, held within -1 and 1 (it can step out by chance); None if still."""
    scale = math.sqrt(variance(y)) * math.sqrt(variance(x))
    return min(1.0, max(-1.0, covariance(y, x) / scale)) if scale > 0 else None


class Shifted(NamedTuple):
    """Correlations of y at t with x at t + lag: ``parts`` (b, lags) of b blocks of y's changes add up to them.

    NaN where either leg has too few prices in the time that both have then, or does not move.
    """

    lags_ms: Integers
    parts: Floats

    @property
    def correlation(self) -> Floats:
        """At each lag, held within -1 and 1, shape (lags,)."""
        held: Floats = np.clip(self.parts.sum(axis=0), -1.0, 1.0)
        return held


def shifted(y: Path, x: Path, lags_ms: Integers, least: int = 2) -> Shifted:
    """Correlation at each lag over the time both have then, in blocks of the square root of y's changes.

    A lag at which either leg has fewer than ``least`` prices has no value: of two or three, any correlation is near 1.
    """
    changes = max(1, y.time_ms.size - 1)
    edges = np.arange(0, changes, round(math.sqrt(changes)))
    parts = np.full((edges.size, lags_ms.size), np.nan)
    for at, lag in enumerate(lags_ms):
        ahead, behind = common_span(y, Path(x.time_ms - lag, x.log_price))
        scale = math.sqrt(variance(ahead)) * math.sqrt(variance(behind))
        if min(ahead.time_ms.size, behind.time_ms.size) >= least and scale > 0:
            steps = np.zeros(changes)
            first = int(np.searchsorted(y.time_ms, ahead.time_ms[0]))
            steps[first : first + ahead.time_ms.size - 1] = _products(ahead, behind) / scale
            parts[:, at] = np.add.reduceat(steps, edges)
    return Shifted(lags_ms, parts)


class Lead(NamedTuple):
    """The lag of the largest correlation (of equal ones that nearest to 0), and whether it is more than chance.

    ``bar`` is the size up to which the largest of all is chance, 19 times in 20. ``clear``: it is beyond that and,
    unless its lag is 0, beats the one at lag 0 by more than chance.
    """

    lag_ms: int
    bar: float
    clear: bool


def lead(found: Shifted) -> Lead:
    """Null hypothesis of the bar: the legs move together at no lag. Lag 0 must be among the lags, with a value.

    A randomisation test: each block of y's changes gets a sign at random, 999 times, and the largest correlation of all
    lags is kept. It is exact when a block of y is as likely to come upside down, whatever x does: bursts, bounce inside
    a block, uneven times and lags that share changes are all in it. What a lag gains over lag 0 is held against gains
    whose blocks, less their mean, get the same signs. The signs are the same every time.
    """
    parts = found.parts[:, np.isfinite(found.parts[0])]
    signs = 1.0 - 2.0 * np.random.default_rng(20240601).integers(0, 2, (_DRAWS, len(parts)))
    bar = _top(signs @ parts)
    sizes = np.abs(found.correlation).round(12)  # what rounding alone sets apart is equal
    nearest = np.argsort(np.abs(found.lags_ms), kind="stable")
    best, still = int(nearest[np.nanargmax(sizes[nearest])]), int(nearest[0])
    clear = sizes[best] > bar
    if clear and best != still:
        gains = parts * np.sign(parts.sum(axis=0)) - found.parts[:, [still]] * np.sign(found.correlation[still])
        clear = sizes[best] - sizes[still] > _top(signs @ (gains - gains.mean(axis=0)))
    return Lead(int(found.lags_ms[best]), bar, bool(clear))


def on_grid(y: Path, x: Path, step_ms: int) -> tuple[float | None, int]:
    """Correlation of returns between the whole multiples of ``step_ms``, each with the last price before; how many.

    None below 20 returns, and where a leg does not move.
    """
    start = -(-int(max(y.time_ms[0], x.time_ms[0])) // step_ms) * step_ms
    stamps = np.arange(start, int(min(y.time_ms[-1], x.time_ms[-1])) + 1, step_ms)
    count = max(0, stamps.size - 1)
    if count < LEAST_GRID:
        return None, count
    dy, dx = (np.diff(leg.log_price[np.searchsorted(leg.time_ms, stamps, "right") - 1]) for leg in (y, x))
    dy, dx = dy - dy.mean(), dx - dx.mean()
    scale = math.sqrt(float(dy @ dy)) * math.sqrt(float(dx @ dx))
    return (min(1.0, max(-1.0, float(dy @ dx) / scale)) if scale > 0 else None), count


def _top(drawn: Floats) -> float:
    return float(np.sort(np.abs(drawn).max(axis=1))[-round(_LEVEL * (_DRAWS + 1))])


def _products(y: Path, x: Path) -> Floats:
    """Every change of y times the changes of x that share time with it, (n - 1,)."""
    first = np.maximum(np.searchsorted(x.time_ms, y.time_ms[:-1], "right") - 1, 0)
    last = np.minimum(np.searchsorted(x.time_ms, y.time_ms[1:], "left"), x.time_ms.size - 1)
    shares = (x.time_ms[first] < y.time_ms[1:]) & (x.time_ms[last] > y.time_ms[:-1])
    return np.where(shares, np.diff(y.log_price) * (x.log_price[last] - x.log_price[first]), 0.0)


def _part(some: Path, start_ms: int, end_ms: int) -> Path:
    first, last = np.searchsorted(some.time_ms, start_ms, "left"), np.searchsorted(some.time_ms, end_ms, "right")
    return Path(some.time_ms[first:last], some.log_price[first:last])
