"""What a backtest runs on: the prices of the legs, and the signals with the weights of the legs."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from analytics.dependence import follows
from analytics.hedge import Fit
from analytics.loops.backtest import BLOCK
from analytics.market import CLOSE, FLAGS, OPEN, OPEN_MS, PARTIAL, BarArray
from analytics.rolling import rolling_ols
from analytics.spread import PairHistory, scaled

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Legs:
    """Bars that k legs share, oldest first: ``opens`` and ``closes`` (n, k) in the quote asset, stamps and flags (n,).

    ``flags`` joins the flags of all legs. ``clock`` (n,) counts bars since the first row, missing ones included;
    ``fillable`` (n,) is where a position may be opened: this bar and the one before are whole, and none is missing.
    Raises ValueError for shapes that disagree, times that do not grow, and prices that are not positive and finite.
    """

    open_ms: Integers
    opens: Floats
    closes: Floats
    flags: Integers
    step_ms: int
    clock: Integers = field(init=False)
    fillable: NDArray[np.bool_] = field(init=False)

    def __post_init__(self) -> None:
        _compact(self, ("open_ms", "flags"), np.int64)
        _compact(self, ("opens", "closes"), np.float64)
        shape = self.opens.shape
        if len(shape) != 2 or self.closes.shape != shape or not self.open_ms.shape == self.flags.shape == shape[:1]:
            raise ValueError(f"`opens` and `closes` must be (n, k) and stamps (n,), got {shape}. Use `share`.")
        if not (np.diff(self.open_ms) > 0).all():
            raise ValueError("`open_ms` must grow from row to row. Sort the bars and drop repeats.")
        if not all((np.isfinite(each) & (each > 0)).all() for each in (self.opens, self.closes)):
            raise ValueError("`opens` and `closes` must be positive and finite. Drop bars without a price.")
        whole = (self.flags & PARTIAL) == 0
        fillable = follows(self.open_ms, self.step_ms) & whole
        fillable[1:] &= whole[:-1]
        object.__setattr__(self, "clock", (self.open_ms - self.open_ms[:1].sum()) // self.step_ms)
        object.__setattr__(self, "fillable", fillable)

    def __len__(self) -> int:
        return self.open_ms.size

    @property
    def span_ms(self) -> int:
        """Time from the first open to the last close; 0 without bars."""
        return int(self.open_ms[-1] - self.open_ms[0]) + self.step_ms if len(self) else 0

    def part(self, start: int, stop: int) -> Legs:
        """The rows from ``start`` up to ``stop``, views of the same memory."""
        rows = slice(start, stop)
        return Legs(self.open_ms[rows], self.opens[rows], self.closes[rows], self.flags[rows], self.step_ms)


@dataclass(frozen=True, slots=True, eq=False)
class Signals:
    """What is known when bar t is closed, one row each: nothing in it may rest on a later bar.

    ``z`` (n,) is the distance of the spread from its mean in ``sigma`` (n,), NaN where there is none. ``weights``
    (n, k) are the units of each leg in one unit of the spread, so that a held unit earns what the spread moves;
    ``sigma`` is in the spread's unit. ``half_life`` (n,) in bars, NaN where there is none. ``lows`` and ``highs`` are
    the extremes of z in each block of bars.
    """

    z: Floats
    weights: Floats
    sigma: Floats
    half_life: Floats
    lows: Floats = field(init=False)
    highs: Floats = field(init=False)

    def __post_init__(self) -> None:
        _compact(self, ("z", "weights", "sigma", "half_life"), np.float64)
        n = self.z.size
        if not self.z.shape == self.sigma.shape == self.half_life.shape == (n,) == self.weights.shape[:1]:
            raise ValueError("`z`, `sigma`, `half_life` must be (n,) and `weights` (n, k), one row for each bar.")
        padded = np.full(-(-n // BLOCK) * BLOCK, np.nan)
        padded[:n] = self.z
        for name, extreme in (("lows", np.fmin), ("highs", np.fmax)):
            object.__setattr__(self, name, extreme.reduce(padded.reshape(-1, BLOCK), axis=1))


def share(bars: Sequence[BarArray], step_ms: int) -> Legs:
    """The bars that all legs share, each an (n, 10) array, oldest first. Raises ValueError as `Legs` does.

    >>> bars = np.ones((3, 10)); bars[:, OPEN_MS] = 0, 60_000, 120_000
    >>> share([bars, bars[[0, 2]]], 60_000).open_ms
    array([     0, 120000])
    """
    for leg in bars:
        if not (np.diff(leg[:, OPEN_MS]) > 0).all():
            raise ValueError("`bars` must be oldest first without repeats, got open times that do not grow. Sort them.")
    stamps = functools.reduce(np.intersect1d, [leg[:, OPEN_MS] for leg in bars])
    found = [leg[np.searchsorted(leg[:, OPEN_MS], stamps)] for leg in bars]
    flags = functools.reduce(np.bitwise_or, [leg[:, FLAGS].astype(np.int64) for leg in found])
    opens, closes = (np.stack([leg[:, column] for leg in found], axis=1) for column in (OPEN, CLOSE))
    return Legs(stamps.astype(np.int64), opens, closes, flags, step_ms)


def pair_signals(
    legs: Legs, hedge_ratio: Floats, intercept: Floats, sigma: Floats, *, scale: str, window: int
) -> Signals:
    """Signals of spread = y - intercept - hedge_ratio * x, on closes or (scale ``log``) their natural logarithms.

    ``hedge_ratio``, ``intercept`` and ``sigma`` are columns (n,) of any estimator, row t from bars before t. On levels
    the hedge ratio is units of x per unit of y; on logs it is money in x per money in y. Half-lives are those of the
    last ``window`` spreads.
    """
    y, x = scaled(legs.closes[:, 0], legs.closes[:, 1], scale)
    spread = y - intercept - hedge_ratio * x
    return _signals(legs, spread, hedge_ratio, sigma, scale=scale, window=window)


def history_signals(legs: Legs, history: PairHistory, *, scale: str, window: int) -> Signals:
    """Signals of the pair page's own history of the same bars: z is what the page showed. Raises ValueError if not."""
    if not np.array_equal(legs.open_ms, history.open_ms):
        raise ValueError("`history` must be of the same bars as `legs`. Make both from the same bar arrays.")
    return _signals(legs, history.spread, history.hedge_ratio, history.sigma, scale=scale, window=window)


def line_signals(legs: Legs, fit: Fit, half_life_bars: float | None, *, scale: str) -> Signals:
    """Signals of one frozen line: z is the distance from it in its ``sigma``. Fit it on bars before these."""
    y, x = scaled(legs.closes[:, 0], legs.closes[:, 1], scale)
    spread = (y - fit.y_mean) - fit.slope * (x - fit.x_mean)
    column = np.ones(len(legs))
    bars = math.nan if half_life_bars is None else half_life_bars
    z, weights = _z_and_weights(legs, spread, fit.slope * column, fit.sigma * column, scale)
    return Signals(z, weights, fit.sigma * column, bars * column)


def half_lives(spread: Floats, counted: NDArray[np.bool_], window: int) -> Floats:
    """Half-life in bars from the last ``window`` steps of the spread up to each row, (n,): AR(1) by least squares.

    ``counted`` (n,) marks the rows that directly follow the row before; other steps span missing bars and are left out.
    NaN where there are too few steps, and where the spread does not revert or overshoots within one bar.

    >>> half_lives(np.array([8.0, 4.0, 2.0, 1.0, 0.5]), np.array([False, True, True, True, True]), 3)
    array([nan, nan, nan,  1.,  1.])
    """
    steps = np.flatnonzero(counted)
    result = np.full(spread.size, np.nan)
    if steps.size >= window:
        slope = rolling_ols(spread[steps] - spread[steps - 1], spread[steps - 1], window).slope
        with np.errstate(invalid="ignore", divide="ignore"):
            bars = np.where((slope < 0) & (slope > -1), -math.log(2) / np.log1p(slope), np.nan)
        result[steps[0] :] = bars[np.cumsum(counted)[steps[0] :] - 1]
    return result


def _compact(record: object, names: tuple[str, ...], kind: type) -> None:
    """Arrays as compiled code wants them: of one type, row after row, writeable; copies only what is not."""
    for name in names:
        object.__setattr__(record, name, np.require(getattr(record, name), kind, ["C", "W"]))


def _signals(legs: Legs, spread: Floats, ratio: Floats, sigma: Floats, *, scale: str, window: int) -> Signals:
    z, weights = _z_and_weights(legs, spread, ratio, sigma, scale)
    return Signals(z, weights, sigma, half_lives(spread, follows(legs.open_ms, legs.step_ms), window))


def _z_and_weights(legs: Legs, spread: Floats, ratio: Floats, sigma: Floats, scale: str) -> tuple[Floats, Floats]:
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(sigma > 0, spread / sigma, np.nan)
    weights = np.stack([np.ones(ratio.size), -ratio], axis=1)
    if scale == "log":
        weights /= legs.closes[:, :2]
    return z, weights
