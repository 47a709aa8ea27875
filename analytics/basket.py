"""Baskets of many legs: weights from the rows before, and the residual that they leave, row by row."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analytics.dependence import follows
from analytics.inputs import Panel
from analytics.johansen import johansen
from analytics.measure import NotTestable
from analytics.parameters import Integer
from analytics.reversion import HalfLife, half_life
from analytics.rolling import ROUNDING
from analytics.scan.products import centre
from analytics.scan.rows import Common, common_rows

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Weigh = Callable[[Floats, Flags], Floats | NotTestable]
"""Weights (k, b) of b baskets from levels (n, k) of mean 0 and the rows (n,) that follow the row before."""

WINDOW: Final = Integer(
    name="window", label="Window", help="Bars in every fit", unit="bars", default=480, low=60, high=20_000
)
EVERY: Final = Integer(
    name="every",
    label="Refit every",
    help="Weights change at open times that are multiples of so many bars",
    unit="bars",
    default=60,
    low=1,
    high=1440,
)
_EXPLAINED: Final = 1e-9
"""No more than this of a leg's variance is left: rounding."""


class Fit(NamedTuple):
    """b baskets of k legs: ``weights`` (k, b), the level's ``mean`` (k,) and the residuals' ``sigma`` (b,)."""

    weights: Floats
    mean: Floats
    sigma: Floats


class Path(NamedTuple):
    """Residual and z-score of b baskets, (n, b): row t by a fit of rows before t, NaN where there is none."""

    spread: Floats
    z: Floats


class Legs(NamedTuple):
    """What baskets are made of: ``levels`` (n, k) of the rows that all symbols share."""

    common: Common
    levels: Floats
    counted: Flags
    log: bool


def legs_of(panel: Panel, window: int, scale: str) -> Legs | NotTestable:
    """The symbols of a panel with enough shared rows; at least two."""
    common = common_rows(panel, window)
    if len(common.symbols) < 2:
        return NotTestable(f"fewer than 2 symbols share {window} bars")
    levels = np.log(common.closes) if scale == "log" else common.closes
    return Legs(common, levels, follows(common.open_ms, panel.step_ms), scale == "log")


def fit(legs: Legs, rows: slice, weigh: Weigh) -> Fit | NotTestable:
    """Baskets from these rows, each scaled to a gross value of 1.

    With prices, a basket at the rows' last prices is worth 1 of the quote asset, longs and shorts added up; with logs,
    the absolute weights add up to 1. So a residual reads as profit for each unit of money at work.
    """
    levels = legs.levels[rows]
    centred, mean = centre(levels)
    weights = weigh(centred, legs.counted[rows])
    if isinstance(weights, NotTestable):
        return weights
    value = np.ones(mean.size) if legs.log else levels[-1]
    weights = weights / (np.abs(weights).T @ value)
    residual = centred @ weights
    residual -= residual.mean(axis=0)
    sigma = np.sqrt((residual * residual).sum(axis=0) / (len(levels) - 1))
    # What rounding leaves of the legs is no residual.
    floor = ROUNDING * (np.abs(weights).T @ np.abs(mean))
    return Fit(weights, mean, np.where(sigma > floor, sigma, np.nan))


def walk_forward(legs: Legs, step_ms: int, window: int, every: int, weigh: Weigh) -> Path:
    """Every row by the newest fit made at or before it, on the ``window`` rows before that moment.

    Fits are made at open times that are multiples of ``every`` bars, so that they stay where they are when rows are
    added or leave.
    """
    bucket = legs.common.open_ms // (step_ms * every)
    moments = np.flatnonzero(np.diff(bucket, prepend=bucket[:1]))
    edges = [*moments[moments >= window].tolist(), len(legs.levels)]
    parts: list[Floats] = []
    for start, stop in itertools.pairwise(edges):
        found = fit(legs, slice(start - window, start), weigh)
        if isinstance(found, NotTestable):
            parts.append(np.full((2, stop - start, 1), np.nan))
        else:
            # Not by BLAS: its sums depend on how many rows there are.
            spread = np.einsum("ij,jk->ik", legs.levels[start:stop] - found.mean, found.weights)
            parts.append(np.stack([spread, spread / found.sigma]))
    baskets = max((part.shape[2] for part in parts), default=1)
    early = np.full((2, edges[0], baskets), np.nan)
    whole = [np.broadcast_to(part, (2, part.shape[1], baskets)) for part in parts]
    return Path(*np.concatenate([early, *whole], axis=1))


def half_lives(legs: Legs, rows: slice, found: Fit) -> Floats:
    """Half-life in bars of each basket's residual over these rows; NaN where it does not revert."""
    residual = (legs.levels[rows] - found.mean) @ found.weights
    told = [half_life(column, legs.counted[rows]) for column in residual.T]
    return np.array([each.bars if isinstance(each, HalfLife) else np.nan for each in told])


def by_johansen(centred: Floats, counted: Flags) -> Floats | NotTestable:
    """The most strongly reverting combination, by Johansen's test with a constant and one lagged step."""
    found = johansen(centred, 0, 1, int((~counted[1:]).sum()))
    return found if isinstance(found, NotTestable) else found.weights[:, :1]


def by_components(count: int) -> Weigh:
    """One basket a leg: what the first ``count`` principal components of the standardised steps leave of it.

    The weights of a leg that they explain altogether are NaN.
    """

    def weigh(centred: Floats, counted: Flags) -> Floats | NotTestable:
        if centred.shape[1] <= count:
            return NotTestable(f"needs more than {count} symbols, has {centred.shape[1]}")
        steps = np.diff(centred, axis=0)[counted[1:]]
        if len(steps) <= centred.shape[1]:
            return NotTestable(f"needs more than {centred.shape[1]} steps between neighbouring bars, has {len(steps)}")
        scale = steps.std(axis=0)
        if not (scale > 0).all():
            return NotTestable("a leg does not move between neighbouring bars")
        unit = (steps - steps.mean(axis=0)) / scale
        _, vectors = np.linalg.eigh(unit.T @ unit)
        kept = vectors[:, ::-1][:, :count]
        weights: Floats = np.eye(scale.size) - (kept @ kept.T) * scale / scale[:, None]
        return np.where(np.diagonal(weights) > _EXPLAINED, weights, np.nan)

    return weigh
